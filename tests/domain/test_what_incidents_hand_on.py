from typing import Any

import pytest

from followthrough.domain.replayed.ids import generation_of, incident_id, incident_of, item_id
from followthrough.domain.replayed.incident.incident import Audience, Incident, ItemSummary, SentUpdate, UpdateStage
from followthrough.domain.replayed.incident.lifecycle import Continued, Split
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.text import TITLE, cut
from followthrough.domain.replayed.values import Severity
from tests.domain.changes import LATER
from tests.records import NOW, incident

INCIDENT, WHY = "inc-0000000001", "A bad deployment"
ITEM = ItemSummary(id=f"{INCIDENT}.1", title="Alert on queue depth", owner="ana")
SPLIT_ID = incident_id(f"split/{INCIDENT}/1")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, ("checkout", Severity.SEV2)),
        ({"service": "refunds", "severity": Severity.SEV4}, ("refunds", Severity.SEV4)),
    ],
)
def test_what_is_split_off_begins_now_as_what_it_was_split_from(
    given: dict[str, Any], kept: tuple[str, Severity]
) -> None:
    record = incident(drill=True)
    command = Split(by="ana", title="Refunds fail", reason=WHY, **given)
    command.apply(record, NOW)
    assert command.split_off(record, LATER) == Incident(
        id=SPLIT_ID,
        dedup_key=f"split/{INCIDENT}/1",
        title="Refunds fail",
        service=kept[0],
        team="payments",
        severity=kept[1],
        declared_at=LATER,
        declared_by="ana",
        drill=True,
        split_from=INCIDENT,
    )


def test_a_key_gives_the_same_id_and_how_often_it_began_one() -> None:
    ids = [incident_id("alert/1"), incident_id("alert/1", 2), incident_id("alert/1", 12)]
    assert ids == [f"inc-93110548d7a58337f4d3{end}" for end in ("", "-2", "-12")]
    assert [generation_of(one) for one in (*ids, incident_of(item_id(ids[1], 3)), INCIDENT)] == [1, 2, 12, 2, 1]


def test_an_incident_hands_over_what_is_open_and_the_beginnings_of_its_updates() -> None:
    ended = ITEM.model_copy(update={"id": f"{INCIDENT}.2", "ended_at": NOW, "ended_as": ItemStatus.CLOSED})
    long = SentUpdate(stage=UpdateStage.IDENTIFIED, audience=Audience.INTERNAL, text="a" * 300, by="ben", at=NOW)
    record = incident(items=[ITEM, ended], updates=[long])
    handed = Continued.of(record)
    assert (handed.items, [update.text for update in handed.updates]) == ((ITEM,), [cut("a" * 300, TITLE)])
    assert (len(record.items), record.updates) == (2, [long])
