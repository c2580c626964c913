"""Roles that wait and of which nobody could be paged are troubles, for as long as they do."""

from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.replayed.incident.commands import Acknowledge, Resolve
from followthrough.domain.replayed.incident.incident import Paged, Role, RoleHolder
from followthrough.troubles import TroubleKind, in_database
from tests.notices import ORGANISATION
from tests.records import NOW, incident

BEN = RoleHolder(role=Role.INCIDENT_COMMANDER, person="ben", at=NOW, before=("ana",))
PAGED = Paged(role=Role.INCIDENT_COMMANDER, person="ben", at=NOW, problem="PagerDuty answered 503.")


def told(database: Engine) -> list[Any]:
    with Session(database) as session:
        found = in_database(session, ORGANISATION, NOW)
        return [(one.sentence, one.what_to_do) for one in found if one.kind is TroubleKind.PAGE]


def test_a_role_that_nobody_could_be_paged_for_is_a_trouble_until_somebody_has_it(database: Engine) -> None:
    record = incident(roles=[BEN], paged={"followthrough/inc-0000000001/Incident Commander": PAGED}, private=True)
    ReadModel(database).project_incident(record)
    assert told(database) == [
        (
            "Nobody was paged for inc-0000000001, Incident Commander: PagerDuty answered 503.",
            "See that whoever is asked knows, then to what it says.",
        )
    ]
    Acknowledge(by="ben").apply(record, NOW)
    ReadModel(database).project_incident(record)
    assert told(database) == []


def test_what_is_over_is_none(database: Engine) -> None:
    record = incident(roles=[BEN], paged={"followthrough/inc-0000000001/Incident Commander": PAGED})
    ReadModel(database).project_incident(record)
    assert [what_to_do for _, what_to_do in told(database)] == ["See that Ben Lee knows, then to what it says."]
    Resolve(by="ben", summary="Rolled back").apply(record, NOW)
    ReadModel(database).project_incident(record)
    assert told(database) == []
