"""What waits for somebody, the most urgent first, and what they wait for."""

from datetime import timedelta
from typing import Any

import pytest

from followthrough.domain.answered.choices import CHOICES
from followthrough.domain.answered.report.my_work import STEPS, Wanted, tasks, waits_for
from followthrough.domain.replayed.incident.incident import IncidentPlan, IncidentStatus, Role, RoleHolder
from followthrough.domain.replayed.item.action_item import Block, Evidence, ExtensionWanted, ItemStatus, OwnerWanted
from followthrough.domain.replayed.postmortem.postmortem import Postmortem, Review
from tests.example import EXAMPLE
from tests.records import NOW, incident, item

SHOWN = Evidence.model_validate({"url": "https://git.example.com/1", "by": "tomas", "at": NOW})
ASKED = ExtensionWanted(until=NOW + timedelta(days=30), reason="Illness", by="tomas", at=NOW)
WAITS = Block(reason="The new API", on="inc-0000000001.9", until=NOW + timedelta(days=9), by="tomas", at=NOW)
WRITTEN = Postmortem(text="# What broke", by="ines", at=NOW)


def item_of_tomas(number: int = 1, **changes: Any) -> Any:
    record = item(number, owner="tomas", proposed_by="ines", **changes)
    policy = record.planned.policy.model_copy(update={"approvers": ("marcos",)})
    record.plan = record.planned.model_copy(update={"policy": policy})
    return record


def wanted(person: str, *records: Any, incidents: Any = ()) -> list[str]:
    return [task.wanted.value for task in tasks(person, records, incidents, {}, EXAMPLE, NOW)]


@pytest.mark.parametrize(
    ("changes", "owner", "approver"),
    [
        ({"status": ItemStatus.PROPOSED}, ["to accept"], []),
        ({}, ["to do"], []),
        ({"due_in_days": -2}, ["late"], []),
        ({"due_in_days": -2, "status": ItemStatus.PROPOSED}, ["late"], []),
        ({"extension_wanted": ASKED}, ["to do"], ["more time"]),
        ({"status": ItemStatus.DONE, "evidence": [SHOWN]}, [], ["to verify"]),
        ({"owner_wanted": OwnerWanted(because="away", since=NOW)}, ["to do"], ["owner wanted"]),
        ({"status": ItemStatus.CLOSED}, [], []),
    ],
)
def test_of_an_item_each_reads_what_is_theirs(changes: dict[str, Any], owner: list[str], approver: list[str]) -> None:
    record = item_of_tomas(**changes)
    assert wanted("tomas", record) == owner
    assert wanted("marcos", record) == approver
    assert wanted("wei", record) == []


def test_what_is_most_urgent_comes_first_and_then_what_is_due_first() -> None:
    records = [
        item_of_tomas(1, due_in_days=9),
        item_of_tomas(2, due_in_days=3),
        item_of_tomas(3, due_in_days=20, status=ItemStatus.PROPOSED),
        item_of_tomas(4, due_in_days=-1),
    ]
    asked = RoleHolder(role=Role.RESOLVER, person="tomas", at=NOW)
    found = tasks("tomas", records, [incident(5, roles=[asked])], {}, EXAMPLE, NOW)
    assert [task.record.id[-2:] for task in found] == ["05", ".4", ".3", ".2", ".1"]
    assert [task.because for task in found[:2]] == ["You are asked to be its Resolver", "It is 1 day late"]


def test_what_is_wanted_at_once_has_no_time_and_what_has_one_can_be_late() -> None:
    shown = {"status": ItemStatus.DONE, "evidence": [SHOWN], "done_at": NOW}
    records = [item_of_tomas(1, due_in_days=-2), item_of_tomas(2, due_in_days=2), item_of_tomas(3, **shown)]
    asked = RoleHolder(role=Role.RESOLVER, person="tomas", at=NOW)
    plan = IncidentPlan(postmortem_due=NOW - timedelta(days=1), auto_resolve=False, next=None)
    owed = incident(6, status=IncidentStatus.RESOLVED, postmortem_owner="tomas", resolved_at=NOW, plan=plan)
    found = tasks("tomas", records, [incident(5, roles=[asked]), owed], {}, EXAMPLE, NOW)
    assert {task.wanted.value: task.late(NOW) for task in found} == {
        "role": False,
        "late": True,
        "postmortem": True,
        "to do": False,
    }
    assert [task.wanted.value for task in found if task.until is None] == ["role"]
    (seen,) = tasks("marcos", records[2:], [], {}, EXAMPLE, NOW)
    assert (seen.until, seen.late(NOW)) == (None, False)


@pytest.mark.parametrize(
    ("written", "owner", "other"),
    [
        (None, ["postmortem"], []),
        (WRITTEN, ["to publish"], ["to review"]),
        (WRITTEN.model_copy(update={"review": Review(by="tomas", at=NOW, approved=True)}), ["to publish"], []),
        (WRITTEN.model_copy(update={"review": Review(by="tomas", at=NOW, approved=False)}), ["postmortem"], []),
    ],
)
def test_postmortems_wait_for_who_owes_them_and_who_was_there(
    written: Postmortem | None, owner: list[str], other: list[str]
) -> None:
    there = [
        RoleHolder(role=role, person=person, at=NOW, acknowledged_at=NOW)
        for role, person in ((Role.INCIDENT_COMMANDER, "ines"), (Role.RESOLVER, "tomas"))
    ]
    resolved = incident(
        status=IncidentStatus.RESOLVED, roles=there, postmortem_owner="ines", postmortem=written, resolved_at=NOW
    )
    assert wanted("ines", incidents=[resolved]) == owner
    assert wanted("tomas", incidents=[resolved]) == other
    assert wanted("wei", incidents=[resolved]) == []
    waiting = waits_for("ines", [], [resolved], EXAMPLE)
    assert len(waiting) == (written == WRITTEN)


@pytest.mark.parametrize(
    ("changes", "person", "sentence"),
    [
        ({"status": ItemStatus.PROPOSED}, "ines", "Tomás Ferrer has to accept it"),
        ({"extension_wanted": ASKED}, "tomas", "Marcos Vidal has to decide on the time that you asked for"),
        ({"status": ItemStatus.DONE, "evidence": [SHOWN]}, "tomas", "Marcos Vidal has to look at your evidence"),
        ({"block": WAITS}, "tomas", "It waits for inc-0000000001.9"),
        ({}, "tomas", None),
        ({"status": ItemStatus.CLOSED}, "tomas", None),
    ],
)
def test_what_others_have_to_do_is_said_by_name(changes: dict[str, Any], person: str, sentence: str | None) -> None:
    found = [line.because for line in waits_for(person, [item_of_tomas(**changes)], [], EXAMPLE)]
    assert found == ([sentence] if sentence else [])


def test_comments_on_a_postmortem_wait_for_an_answer_also_after_its_incident_has_closed() -> None:
    closed = incident(1, status=IncidentStatus.CLOSED, postmortem_owner="ines", postmortem=WRITTEN)
    owed = incident(2, status=IncidentStatus.RESOLVED, postmortem_owner="ines", postmortem=WRITTEN)
    found = tasks("ines", [], [owed, closed], {closed.id: 1, owed.id: 2}, EXAMPLE, NOW)
    assert [(task.wanted.value, task.record.id, task.because) for task in found] == [
        ("to answer", closed.id, "1 comment on its postmortem waits for an answer"),
        ("to answer", owed.id, "2 comments on its postmortem wait for an answer"),
        ("to publish", owed.id, "Its postmortem can be published, although nobody has reviewed it"),
    ]


def test_each_step_is_a_choice_that_has_a_link_as_well() -> None:
    assert {choice.name for steps in STEPS.values() for choice in steps} <= {
        *(choice.name for choice in CHOICES),
        *(choice.name for choice in STEPS[Wanted.PUBLISH]),
    }
    assert set(Wanted) - set(STEPS) == {Wanted.PLANNING, Wanted.POSTMORTEM, Wanted.ANSWER}
