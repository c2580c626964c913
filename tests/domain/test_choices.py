from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.answered import choices as module
from followthrough.domain.answered.choices import BLOCK, CHOICES, EXTEND, WAIVE, Choice, choices, days
from followthrough.domain.replayed.incident.incident import IncidentStatus, Role, RoleHolder
from followthrough.domain.replayed.item.action_item import ActionItem, Block, ExtensionWanted, ItemStatus, Waiver
from followthrough.domain.replayed.postmortem.postmortem import Postmortem, Review
from followthrough.domain.replayed.times import FAR_AWAY
from followthrough.domain.replayed.values import Refusal
from tests.notices import EVIDENCE
from tests.records import NOW, incident, item

PROPOSED, ACCEPTED, DONE = (
    {"status": status} for status in (ItemStatus.PROPOSED, ItemStatus.ACCEPTED, ItemStatus.DONE)
)
WAITS = {"block": Block(reason="The new API", until=NOW + timedelta(days=9), by="ana", at=NOW)}
ASKED = {"extension_wanted": ExtensionWanted(until=NOW + timedelta(days=30), reason="Illness", by="ana", at=NOW)}
EXPIRES = {"waiver": Waiver(reason="Later", by="carla", at=NOW, until=NOW + timedelta(days=90))}


def offered(record: ActionItem, person: str) -> str:
    return " ".join(choice.name for choice in choices(record, person))


@pytest.mark.parametrize(
    ("changes", "owner", "approver"),
    [
        (PROPOSED, "accept decline reassign", "extend reassign waive"),
        (ACCEPTED, "done extend block reassign", "extend block reassign waive"),
        (ACCEPTED | WAITS, "done extend unblock reassign", "extend unblock reassign waive"),
        (
            ACCEPTED | ASKED,
            "done extend block reassign",
            "approve-extension refuse-extension extend block reassign waive",
        ),
        (DONE | {"evidence": [EVIDENCE]}, "", "holds does-not-hold waive"),
        ({"status": ItemStatus.WAIVED, **EXPIRES}, "", "reopen waive"),
        ({"status": ItemStatus.WAIVED}, "", ""),
        ({"status": ItemStatus.CLOSED}, "", ""),
        (ACCEPTED | {"under_way": "split"}, "", ""),
    ],
)
def test_each_is_offered_what_fits_their_part_and_the_state(changes: dict[str, Any], owner: str, approver: str) -> None:
    record = item(**changes)
    assert offered(record, "ana") == owner
    assert offered(record, "carla") == approver
    assert offered(record, "ben") == ""


def test_roles_are_acknowledged_by_who_has_them_and_postmortems_reviewed_by_others() -> None:
    asked = RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=NOW)
    ongoing = incident(roles=[asked])
    assert [choice.name for choice in choices(ongoing, "ana")] == ["acknowledge"]
    assert choices(ongoing, "ben") == []
    assert choices(incident(roles=[asked.model_copy(update={"acknowledged_at": NOW})]), "ana") == []
    written = Postmortem(text="# What broke", by="ana", at=NOW)
    resolved = incident(status=IncidentStatus.RESOLVED, postmortem=written)
    assert choices(resolved, "ana") == []
    assert [choice.name for choice in choices(resolved, "ben")] == ["approve-postmortem", "return-postmortem"]
    reviewed = written.model_copy(update={"review": Review(by="ben", at=NOW, approved=True)})
    assert choices(incident(status=IncidentStatus.RESOLVED, postmortem=reviewed), "carla") == []


TYPED = {
    "evidence": "https://git.example.com/1",
    "evidence_kind": "change",
    "note": "See there",
    "reason": "It is better so",
    "to": "ben",
    "until": NOW + timedelta(days=12),
}


@given(
    status=st.sampled_from(ItemStatus),
    more=st.sampled_from(({}, WAITS, ASKED, EXPIRES)),
    person=st.sampled_from(("ana", "ben", "carla")),
)
def test_what_is_offered_is_never_refused(status: ItemStatus, more: dict[str, Any], person: str) -> None:
    record = item(status=status, evidence=[EVIDENCE], **more)
    for choice in choices(record, person):
        command = choice.command.model_validate(
            {"by": person, **choice.preset, **{name: TYPED[name] for name in choice.asks_for}}
        )
        try:
            command.apply(record.model_copy(deep=True), NOW)  # type: ignore[attr-defined]
        except Refusal as refusal:
            pytest.fail(f"{choice.name}: {refusal}")


def test_days_to_choose_from_are_those_that_the_policy_takes() -> None:
    record = item(due_in_days=10)
    policy = record.planned.policy.model_copy(update={"max_block_days": 20, "max_waiver_days": 90})
    record.plan = record.planned.model_copy(update={"policy": policy})
    assert days(EXTEND, record, "ana", NOW) == (NOW + timedelta(days=10), NOW + FAR_AWAY)
    later = NOW + timedelta(days=11)
    assert days(EXTEND, record, "ana", later) == (later, later + FAR_AWAY)
    assert days(BLOCK, record, "ana", NOW) == (NOW, NOW + timedelta(days=20))
    assert days(BLOCK, record, "carla", NOW) == (NOW, NOW + FAR_AWAY)
    assert days(WAIVE, record, "carla", NOW) == (NOW, NOW + timedelta(days=90))


def test_every_choice_has_a_link() -> None:
    assert [choice for choice in vars(module).values() if isinstance(choice, Choice)] == list(CHOICES)
