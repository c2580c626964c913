"""What somebody asks for by changing a ticket, as the audit has it."""

from typing import Any

import pytest

from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.ticket.sync import take_report
from followthrough.domain.replayed.ticket.ticket import TicketReport
from tests.domain.ticket.test_sync import CHANGE, LATER, LINK, followed, says
from tests.records import NOW

DONE_BY_BEN: dict[str, Any] = {"state": "done", "status": "Done", "moved_by": "ben"}
TO_BEN: dict[str, Any] = {"account": "5b10ben", "assignee": "ben", "assignee_kept": False}


@pytest.mark.parametrize(
    ("record", "report", "forbidden", "asked"),
    [
        (followed(), says(**DONE_BY_BEN, evidence=LINK), {}, [("done", "ben", None)]),
        (followed(), says(state="done", status="Done", evidence=LINK), {}, [("done", None, None)]),
        (followed(), says(**DONE_BY_BEN), {}, [("done", "ben", "Nothing shows that it is done.")]),
        (followed(), says(**DONE_BY_BEN, evidence=LINK), {"done": "No."}, [("done", "ben", "No.")]),
        (followed(), says(**TO_BEN, assigned_by="ben"), {}, [("reassign", "ben", None), ("accept", "ben", None)]),
        (followed(), says(**TO_BEN, assigned_by="zoe"), {"reassign": "No."}, [("reassign", "zoe", "No.")]),
        (
            followed(),
            says(account="5b10zoe", assignee=None, assignee_kept=False, assigned_by="zoe"),
            {},
            [("reassign", "zoe", "That is somebody who is not in the organisation file.")],
        ),
        (followed(), says(**LATER, rescheduled_by="ana"), {}, [("extend", "ana", None)]),
        (
            followed(),
            says(due=None, due_kept=False, rescheduled_by="ana"),
            {},
            [("extend", "ana", "An action item always has a deadline.")],
        ),
        (followed(), says(**LATER, rescheduled_by="zoe"), {"extend": "No."}, [("extend", "zoe", "No.")]),
        (
            followed(says(**DONE_BY_BEN), status=ItemStatus.DONE, evidence=[CHANGE]),
            says(moved_by="zoe"),
            {},
            [("reopen", "zoe", None)],
        ),
        (
            followed(says(**DONE_BY_BEN), status=ItemStatus.DONE, evidence=[CHANGE]),
            says(moved_by="zoe"),
            {"reopen": "No."},
            [("reopen", "zoe", "No.")],
        ),
        (followed(), says(state="in progress", status="In Progress", moved_by="ben"), {}, []),
    ],
)
def test_what_somebody_asks_for_by_a_change_is_told_with_who_and_why_not(
    record: ActionItem, report: TicketReport, forbidden: dict[str, str], asked: list[tuple[str, str | None, str | None]]
) -> None:
    record = record.model_copy(deep=True)
    assert take_report(record, report, NOW, forbidden).asked == asked
    assert take_report(record, report, NOW, forbidden).asked == [], "once"
