from datetime import timedelta

import pytest

from followthrough.domain.answered.incident.thanks import kudos_between, thanks
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import IncidentStatus
from followthrough.domain.replayed.incident.kudos import GiveKudos
from followthrough.domain.replayed.values import Refusal
from tests.records import NOW, incident


def test_kudos_name_each_person_once_and_read_as_a_sentence(organisation: Organisation) -> None:
    record = incident()
    GiveKudos(by="ines", to=("tomas", "lucia", "tomas"), text="You stayed calm").apply(record, NOW)
    GiveKudos(by="tomas", to=("lucia",), text="You said at once what you ran", for_openness=True).apply(record, NOW)
    assert thanks(record, organisation) == [
        "Inés Robles thanks Tomás Ferrer and Lucía Prieto: You stayed calm",
        "Tomás Ferrer thanks Lucía Prieto for openness: You said at once what you ran",
    ]
    assert record.unwritten[-1].text == "Kudos to lucia for openness: You said at once what you ran"


def test_nobody_thanks_themselves_or_after_the_end() -> None:
    record = incident()
    with pytest.raises(Refusal, match="leave ines out"):
        GiveKudos(by="ines", to=("tomas", "ines"), text="We did it").apply(record, NOW)
    record.status = IncidentStatus.CLOSED
    with pytest.raises(Refusal, match="is closed; kudos can be given until an incident is closed"):
        GiveKudos(by="ines", to=("tomas",), text="Thanks").apply(record, NOW)
    assert record.kudos == []


def test_a_months_kudos_come_in_order_and_without_drills() -> None:
    records = [incident(1), incident(2, drill=True), incident(3)]
    for record, day in zip(records, (5, 3, 2), strict=True):
        GiveKudos(by="ines", to=("tomas",), text="Thanks").apply(record, NOW + timedelta(days=day))
    month = kudos_between(records, NOW, NOW + timedelta(days=5))
    assert [given.incident.id for given in month] == [records[2].id]
    everything = kudos_between(records, NOW, NOW + timedelta(days=6))
    assert [given.incident.id for given in everything] == [records[2].id, records[0].id]
