"""What comes to an action item if nobody does anything."""

from datetime import timedelta
from typing import Any

import pytest

from followthrough.domain.answered.item.course import MOST, course
from followthrough.domain.answered.item.schedule import plan_item
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus, MomentKind, Priority, Waiver
from followthrough.domain.replayed.item.editing import Edit
from tests.example import EXAMPLE
from tests.records import NOW, item

LATER = NOW + timedelta(days=40)


def planned(**changes: Any) -> ActionItem:
    record = item(owner="tomas", proposed_by="ines", plan=None, **changes)
    record.plan = plan_item(record, EXAMPLE, NOW)
    return record


@pytest.mark.parametrize(
    ("changes", "first", "last"),
    [
        ({"status": ItemStatus.PROPOSED}, MomentKind.REMIND_TO_ACCEPT, None),
        ({"accepted_at": NOW}, None, MomentKind.ESCALATE),
        ({"status": ItemStatus.WAIVED, "waiver": Waiver(reason="No", by="marcos", at=NOW, until=LATER)}, None, "end"),
        ({"drill": True}, MomentKind.DRILL_OVER, MomentKind.DRILL_OVER),
    ],
)
def test_it_begins_with_the_next_moment_and_goes_up_the_ladder(changes: Any, first: Any, last: Any) -> None:
    record = planned(**changes)
    before = record.model_copy(deep=True)
    found = course(record, EXAMPLE, NOW)
    assert record == before
    assert found[0] == record.upcoming
    assert first in (None, found[0].kind)
    assert [moment.at for moment in found] == sorted(moment.at for moment in found)
    if last == "end":
        assert found[-1].kind is MomentKind.WAIVER_EXPIRES
    elif last is not None:
        assert found[-1].kind is last
    levels = [moment.level for moment in found if moment.kind is MomentKind.ESCALATE]
    assert levels == list(range(1, len(levels) + 1))
    assert len(found) <= MOST


def test_nothing_comes_once_it_has_ended() -> None:
    assert course(planned(status=ItemStatus.CLOSED, ended_at=NOW), EXAMPLE, NOW) == []


def test_an_owner_gains_no_time_by_an_edit_and_an_approver_gives_it() -> None:
    """The policy has more time for what is less urgent."""
    record = planned(accepted_at=NOW)
    assert record.plan is not None
    due = record.plan.due
    for person, later in (("tomas", False), ("marcos", True)):
        edited = record.model_copy(deep=True)
        Edit(by=person, priority=Priority.LOW).apply(edited, NOW)
        assert (plan_item(edited, EXAMPLE, NOW).due > due) is later
