"""Answers that are not what the document says: an outage or a refusal in words, and never a ticket that is gone."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from activities.tickets.jira.tracker import JiraTracker
from activities.tickets.tracker import SprintState, TicketState
from activities.vendors import VendorRefused, VendorUnavailable
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.sprint.sprint import Sprint as PlannedSprint
from followthrough.domain.replayed.ticket.ticket import Ticket
from tests.records import NOW, item
from tests.standins.jira import Fault, JiraStandIn
from tests.standins.jira_data import Sprint
from tests.tracking import ensure, jira_tracker, the_issue

TICKET, NEXT = Ticket(key="PAY-1", url=""), PlannedSprint(id=5, name="Next")

CALLS: dict[str, Callable[[JiraTracker], Any]] = {
    "find": lambda tracker: tracker.find(item().id),
    "check": lambda tracker: tracker.check("payments"),
    "create": lambda tracker: tracker.create(item(2)),
    "link back": lambda tracker: tracker.link_back(TICKET, item()),
    "adopt": lambda tracker: tracker.adopt("PAY-1", item()),
    "update": lambda tracker: tracker.update(tracker.status(TICKET), item(owner="ben")),
    "close": lambda tracker: tracker.update(
        tracker.status(TICKET), item(status=ItemStatus.MERGED, duplicate_of="inc-0000000002.1")
    ),
    "comment": lambda tracker: tracker.comment(TICKET, "Please comment with a link."),
    "status": lambda tracker: tracker.status(TICKET),
    "statuses": lambda tracker: tracker.statuses([TICKET]),
    "history": lambda tracker: tracker.history(TICKET),
    "changed": lambda tracker: list(tracker.changed_since(datetime.now(UTC))),
    "next sprint": lambda tracker: tracker.next_sprint("payments", NOW),
    "sprint": lambda tracker: tracker.sprint_state(NEXT, NOW),
    "plan": lambda tracker: tracker.plan_sprint(NEXT, [TICKET]),
    "rank": lambda tracker: tracker.rank_first("payments", [TICKET]),
    "who": lambda tracker: tracker.who_we_are(),
}

CONTENTS = (
    "",
    "null",
    "[]",
    '["no"]',
    '"message: no"',
    "7",
    "{",
    "{}",
    '{"errors": ["no", null]}',
    '{"errors": "no"}',
    '{"errorMessages": "no", "errors": null}',
    '{"errors": {"summary": null, "assignee": ["no", {"message": "no"}]}}',
    '{"message": "no Route matched with those values"}',
    '{"issues": null, "fields": null, "values": null, "comments": null, "transitions": null, "total": null}',
    '{"issues": [null], "fields": [], "values": [7], "comments": ["x"], "transitions": [{}], "key": null}',
    '{"key": "PAY-1", "fields": {"status": null, "labels": null}, "id": "x", "state": "paused", "issues": [{}]}',
    "\ud83d".encode("utf-8", "surrogatepass").decode("latin-1"),
)


@pytest.mark.parametrize("call", CALLS)
def test_whatever_comes_instead_of_an_answer_is_an_outage_or_a_refusal(jira: JiraStandIn, call: str) -> None:
    ensure(jira_tracker(jira))
    jira.boards[12] = [Sprint(5, "Next", issues=["PAY-1"])]
    tracker = jira_tracker(jira)
    gone = (TicketState.GONE, TicketState.HIDDEN, SprintState.GONE)
    for status, content in product((200, 404), CONTENTS):
        jira.faults = [Fault(status=status, content=content, times=-1)]
        with contextlib.suppress(VendorUnavailable, VendorRefused):
            said = CALLS[call](tracker)
            states = [getattr(one, "state", one) for one in (said if isinstance(said, list) else [said])]
            assert not any(state in gone for state in states), (status, content)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [200, 404])
def test_the_page_of_a_proxy_is_an_outage(jira: JiraStandIn, call: str, status: int) -> None:
    ensure(jira_tracker(jira))
    jira.boards[12] = [Sprint(5, "Next", issues=["PAY-1"])]
    page = "<html>Please log in</html>"
    jira.faults = [
        Fault("GET" if status == 404 else ".*", status=status, content=page, media_type="text/html", times=-1)
    ]
    if call in ("create", "link back") and status == 404:
        return  # which only write
    with pytest.raises(VendorUnavailable, match="is not Jira answered"):
        CALLS[call](jira_tracker(jira))


def test_fields_that_are_no_list_are_not_asked_for_page_after_page(jira: JiraStandIn) -> None:
    jira.faults = [Fault("GET", content='{"fields": {"status": null, "labels": null}}', status=200, times=-1)]
    with pytest.raises(VendorUnavailable, match="has no end"):
        jira_tracker(jira).create(item())
    assert len(jira.requests) <= 3


@pytest.mark.parametrize("hidden", [{"labels": None}, {"assignee": None}, {"duedate": None}])
def test_a_field_that_is_hidden_is_empty(jira: JiraStandIn, hidden: dict[str, None]) -> None:
    tracker = jira_tracker(jira)
    ticket = ensure(tracker)
    the_issue(jira).fields |= hidden
    status = tracker.status(ticket)
    assert status.state is TicketState.TO_DO
    assert (status.item_id is None) is ("labels" in hidden)
    tracker.update(tracker.status(ticket), item(owner="ben"))


def test_a_due_date_that_no_calendar_has_is_as_far_away_as_can_be(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    ticket = ensure(tracker)
    the_issue(jira).fields["duedate"] = "12026-03-12"
    status = tracker.status(ticket)
    assert status.due is not None
    assert status.due.year == 9999


def test_a_search_that_repeats_its_pages_ends_in_words(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    ensure(tracker)
    jira.repeats_pages = True
    with pytest.raises(VendorRefused, match="repeats its pages; the next sweep asks again"):
        list(tracker.changed_since(datetime.now(UTC)))
