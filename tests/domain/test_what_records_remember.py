from datetime import date, timedelta
from typing import Any

import pytest

from followthrough.domain.replayed.incident.incident import (
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    IncidentStatus,
    ItemSummary,
)
from followthrough.domain.replayed.item.action_item import Evidence, ItemStatus, Moment, MomentKind
from followthrough.domain.replayed.limits import COMMANDS, PASSED
from followthrough.domain.replayed.postmortem.postmortem import Postmortem
from followthrough.domain.replayed.revival import UNANSWERED, incident_goes_on, item_goes_on
from followthrough.domain.replayed.sprint.commands import MovedOn, NotPlanned, Planned
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.text import CUT, TITLE
from followthrough.domain.replayed.times import clamped_day
from followthrough.domain.replayed.values import ENTRIES_KEPT, EntryKind
from tests.domain.changes import LATER, Change, did
from tests.domain.refusals.items import blocked
from tests.records import NOW, incident, item

DAY = timedelta(days=1)
INCIDENT, OTHER = "inc-0000000001", "inc-0000000002"
FIRST, SECOND = Sprint(id=1, name="Sprint 1"), Sprint(id=2, name="Sprint 2")
TICKET, LINE, NOTE = EntryKind.TICKET, EntryKind.ACTION_ITEM, EntryKind.NOTE
OPEN = ItemSummary(id=f"{INCIDENT}.1", title="Alert on queue depth", owner="ana")
ENDED = ItemSummary(id=f"{INCIDENT}.2", title="Test it", owner="ben", ended_at=NOW, ended_as=ItemStatus.WAIVED)


@pytest.mark.parametrize(
    "change",
    [
        Change(
            item(),
            lambda one: Planned(sprint=FIRST, because="it is risky", by="carla").apply(one, LATER),
            {"sprint": FIRST, "planned_at": LATER},
            ((TICKET, "Planned in Sprint 1, because it is risky", "carla"),),
        ),
        Change(
            item(sprint=FIRST),
            lambda one: Planned(sprint=SECOND, by="carla").apply(one, LATER),
            {"sprint": SECOND, "planned_at": LATER, "moved_on": 1},
            (
                (TICKET, "Planned in Sprint 1 and not done; it moved on once", None),
                (TICKET, "Planned in Sprint 2", "carla"),
            ),
        ),
        Change(
            item(sprint=FIRST, moved_on=1),
            lambda one: Planned(sprint=None, by="carla").apply(one, LATER),
            {"sprint": None, "planned_at": LATER, "moved_on": 2},
            (
                (TICKET, "Planned in Sprint 1 and not done; it moved on 2 times", None),
                (TICKET, "Ranked first on the team's board", "carla"),
            ),
        ),
        Change(
            item(sprint=FIRST),
            lambda one: Planned(sprint=FIRST, by="carla").apply(one, LATER),
            {"planned_at": LATER},
            ((TICKET, "Planned in Sprint 1", "carla"),),
        ),
        Change(
            item(),
            lambda one: NotPlanned(why="It has no ticket", by="carla").apply(one, LATER),
            {},
            ((TICKET, "Not planned: It has no ticket", "carla"),),
        ),
        Change(
            item(sprint=FIRST),
            lambda one: MovedOn(sprint=FIRST).apply(one, LATER),
            {"sprint": None, "moved_on": 1},
            ((TICKET, "Planned in Sprint 1 and not done; it moved on once", None),),
        ),
        Change(item(sprint=SECOND), lambda one: MovedOn(sprint=FIRST).apply(one, LATER), {}),
        Change(item(), lambda one: MovedOn(sprint=FIRST).apply(one, LATER), {}),
    ],
)
def test_an_item_knows_its_sprint_and_how_often_it_moved_on(change: Change) -> None:
    assert did(change.record, change.doing) == (change.changed, change.said)


@pytest.mark.parametrize(
    "change",
    [
        Change(incident(), lambda one: incident_goes_on(one, "It goes on", LATER), {}, ((NOTE, "It goes on", None),)),
        Change(
            incident(merging_into=OTHER),
            lambda one: incident_goes_on(one, "It goes on", LATER),
            {"merging_into": None},
            ((NOTE, "It goes on", None), (EntryKind.STATUS, f"Not merged into {OTHER}: {UNANSWERED}", None)),
        ),
        Change(item(), lambda one: item_goes_on(one, "It goes on", LATER), {}, ((NOTE, "It goes on", None),)),
        Change(blocked(), lambda one: item_goes_on(one, "It goes on", LATER), {}, ((NOTE, "It goes on", None),)),
        Change(
            blocked(under_way="blocked"),
            lambda one: item_goes_on(one, "It goes on", LATER),
            {"under_way": None, "block": None},
            ((NOTE, "It goes on", None), (LINE, f"Not blocked: {UNANSWERED}", None)),
        ),
        Change(
            item(under_way="split"),
            lambda one: item_goes_on(one, "It goes on", LATER),
            {"under_way": None},
            ((NOTE, "It goes on", None), (LINE, f"Not split: {UNANSWERED}", None)),
        ),
    ],
)
def test_a_record_whose_workflow_ended_badly_waits_for_no_answer(change: Change) -> None:
    assert did(change.record, change.doing) == (change.changed, change.said)


@pytest.mark.parametrize(
    "change",
    [
        Change(
            incident(items=[OPEN, ENDED], unheard=[OPEN.id, ENDED.id]),
            lambda one: one.item_ended(LATER, OPEN.id, NOW + DAY, ItemStatus.WAIVED),
            {
                "items": [OPEN.model_copy(update={"ended_at": NOW + DAY, "ended_as": ItemStatus.WAIVED}), ENDED],
                "unheard": [ENDED.id],
            },
            ((LINE, f"{OPEN.id} waived", None),),
        ),
        Change(
            incident(items=[OPEN, ENDED]), lambda one: one.item_ended(LATER, ENDED.id, LATER, ItemStatus.WAIVED), {}
        ),
        Change(
            incident(items=[OPEN, ENDED], unheard=[ENDED.id, OPEN.id]),
            lambda one: one.item_asked_again(LATER, ENDED.id, "The waiver has expired"),
            {"items": [OPEN, ENDED.model_copy(update={"ended_at": None, "ended_as": None})], "unheard": [OPEN.id]},
            ((LINE, f"{ENDED.id} is open again. The waiver has expired", None),),
        ),
        Change(incident(items=[OPEN]), lambda one: one.item_asked_again(LATER, OPEN.id, "It was wrong"), {}),
        Change(
            incident(items=[OPEN]),
            lambda one: one.item_split(LATER, OPEN.id, [OPEN, ENDED]),
            {"items": [OPEN, ENDED]},
            ((LINE, f"{ENDED.id}, a part of {OPEN.id}, for ben: Test it", None),),
        ),
        Change(
            incident(items=[OPEN, ENDED]),
            lambda one: one.item_not_split(LATER, OPEN.id, [ENDED]),
            {"items": [OPEN]},
            ((LINE, f"{OPEN.id} was not split after all, which waited for an answer", None),),
        ),
        Change(
            incident(status=IncidentStatus.PUBLISHED, items=[ENDED, OPEN]),
            lambda one: one.item_not_split(LATER, ENDED.id, [OPEN]),
            {"items": [ENDED], "status": IncidentStatus.CLOSED, "ended_at": LATER},
            (
                (LINE, f"{ENDED.id} was not split after all, which waited for an answer", None),
                (EntryKind.STATUS, "Closed: no action item is open", None),
            ),
        ),
        Change(incident(items=[OPEN]), lambda one: one.item_not_split(LATER, OPEN.id, [ENDED]), {}),
        Change(incident(items=[OPEN, ENDED]), Incident.ask_items, {"unheard": [OPEN.id, ENDED.id]}),
        Change(
            incident(items=[OPEN, ENDED], unheard=[ENDED.id]), Incident.ask_open_items, {"unheard": [ENDED.id, OPEN.id]}
        ),
    ],
)
def test_an_incident_knows_which_of_its_items_are_open(change: Change) -> None:
    assert did(change.record, change.doing) == (change.changed, change.said)


def test_an_incident_closes_when_its_last_item_ended_even_if_that_is_yet_to_come_here() -> None:
    record = incident(status=IncidentStatus.PUBLISHED, items=[OPEN, ENDED])
    record.item_ended(LATER, OPEN.id, LATER + DAY, ItemStatus.CLOSED)
    assert (record.ended_at, record.unwritten[-1].at) == (LATER + DAY, LATER + DAY)


def test_moments_that_have_passed_are_kept_up_to_a_number() -> None:
    record, again = incident(), item()
    for level in range(PASSED + 1):
        record.passed(IncidentMoment(at=NOW, kind=IncidentMomentKind.UPDATE_MISSED, level=level))
        again.passed(Moment(at=NOW, kind=MomentKind.ESCALATE, level=level, because="It is late"))
    for moments in (record.moments, again.reminders):
        assert [moment.level for moment in moments] == [*range(1, PASSED + 1)]
    assert {moment.because for moment in again.reminders} == {""}


def test_the_last_commands_are_known_with_their_answers() -> None:
    record = incident()
    for number in range(COMMANDS):
        record.remember(f"command {number}", number)
    record.remember("command 0", "It was refused")
    assert list(record.carried_out.items())[-1] == ("command 0", "It was refused")
    assert len(record.carried_out) == COMMANDS
    record.remember("one more", 1)
    assert (len(record.carried_out), "command 1" in record.carried_out) == (COMMANDS, False)


def entries(record: Incident) -> tuple[list[int], list[int]]:
    return [entry.number for entry in record.unwritten], [entry.number for entry in record.written]


def test_each_entry_has_the_next_number_and_makes_the_record_newer() -> None:
    record = incident(version=7, entries=4)
    record.note(NOW, NOTE, "More")
    assert (record.version, record.entries) == (9, 6)
    assert [entry.number for entry in record.unwritten] == [5, 6]


def test_what_was_written_in_the_last_task_is_known_until_the_next_has_written() -> None:
    record = incident()
    for number in range(2, 6):
        record.note(NOW, NOTE, f"Entry {number}")
    record.wrote(2, same_task=False)
    assert entries(record) == ([3, 4, 5], [1, 2])
    record.wrote(3, same_task=True)
    assert entries(record) == ([4, 5], [1, 2, 3])
    record.wrote(4, same_task=False)
    assert entries(record) == ([5], [4])


def test_of_what_was_written_the_last_is_kept() -> None:
    record = incident()
    for _ in range(8):
        record.note(NOW, NOTE, "a" * (ENTRIES_KEPT // 4))
    record.wrote(9, same_task=False)
    assert entries(record) == ([], [7, 8, 9])


def test_a_lean_record_has_only_what_planning_and_mails_need() -> None:
    written = Postmortem(text="What happened", by="ana", at=NOW)
    record = incident(postmortem=written, carried_out={"a": 1}, title="Cards are declined")
    record.note(NOW, NOTE, "More")
    record.wrote(1, same_task=False)
    lean = record.lean()
    assert (lean.unwritten, lean.written, lean.carried_out) == ([], [], {})
    assert (lean.postmortem, lean.title) == (written.model_copy(update={"text": ""}), "Cards are declined")
    assert (len(record.unwritten), incident().lean().postmortem) == (1, None)


def test_of_evidence_that_did_not_hold_the_beginning_is_kept() -> None:
    record = item()
    for number in range(12):
        note = f"{number} {'a' * TITLE}"
        record.show(Evidence.model_validate({"url": "https://example.com", "note": note, "by": "ana", "at": NOW}))
    assert [one.note.split()[0] for one in record.evidence] == [str(number) for number in range(2, 12)]
    assert {len(one.note) for one in record.evidence[:-1]} == {TITLE}
    assert record.evidence[0].note.endswith(CUT)
    assert record.evidence[-1].note == f"11 {'a' * TITLE}"


@pytest.mark.parametrize(
    ("changes", "late"),
    [
        ({}, False),
        ({"due_in_days": -1}, True),
        ({"due_in_days": -1, "status": ItemStatus.DONE}, False),
        ({"due_in_days": -1, "status": ItemStatus.DONE, "done_at": NOW}, False),
        ({"due_in_days": -1, "status": ItemStatus.DONE, "done_at": NOW + DAY}, True),
        ({"due_in_days": 1, "status": ItemStatus.DONE, "done_at": NOW + DAY}, False),
        ({"due_in_days": -1, "status": ItemStatus.CLOSED, "ended_at": NOW + DAY}, True),
        ({"due_in_days": -1, "status": ItemStatus.CLOSED, "done_at": NOW - DAY, "ended_at": NOW + DAY}, False),
        ({"plan": None, "status": ItemStatus.WAIVED, "ended_at": NOW + DAY}, False),
        ({"plan": None}, False),
        ({"plan": None, "due": NOW}, False),
        ({"plan": None, "due": NOW - DAY}, True),
    ],
)
def test_an_item_is_late_while_its_time_has_passed(changes: dict[str, Any], late: bool) -> None:
    assert item(**changes).late(NOW) is late


@pytest.mark.parametrize(
    ("kind", "level", "late"),
    [
        (MomentKind.ESCALATE, 0, True),
        (MomentKind.OWNER_WANTED, 0, False),
        (MomentKind.OWNER_WANTED, 1, True),
        (MomentKind.REMIND_AT_DEADLINE, 1, False),
    ],
)
def test_an_item_that_was_fast_forwarded_is_late_by_its_own_clock(kind: MomentKind, level: int, late: bool) -> None:
    plan = item().planned.model_copy(update={"next": Moment(at=NOW + DAY, kind=kind)})
    asked = [Moment(at=NOW, kind=MomentKind.OWNER_WANTED, level=level)]
    assert item(plan=plan, reminders=asked).late(NOW) is late


def test_a_day_out_of_reach_is_the_nearest_within() -> None:
    days = date(1999, 12, 31), date(2000, 1, 1), date(2199, 12, 31), date(2200, 1, 1)
    assert [clamped_day(day) for day in days] == [days[1], days[1], days[2], days[2]]
