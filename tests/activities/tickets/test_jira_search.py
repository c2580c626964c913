"""Reading many tickets: in batches, past the index where it has to be, and what became of those that are not found."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from activities.tickets.tracker import TicketState
from followthrough.domain.replayed.ticket.ticket import Ticket
from tests.records import item
from tests.standins.jira import JiraStandIn
from tests.tracking import jira_tracker


def created(jira: JiraStandIn, count: int, project: str = "PAY") -> list[Ticket]:
    issues = [jira.add(project, labels=["followthrough", item(number + 1).id]) for number in range(count)]
    return [Ticket(key=issue.key, url=f"{jira.url}/browse/{issue.key}") for issue in issues]


def test_statuses_come_in_the_order_asked_for_and_in_batches(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    tickets = created(jira, 120)
    jira.change(tickets[7].key, status="Done", assignee=None)
    jira.requests.clear()
    statuses = tracker.statuses(tickets[::-1])
    assert [status.ticket for status in statuses] == tickets[::-1]
    closed = statuses[-8]
    assert (closed.state, closed.resolution, closed.assignee) == (TicketState.DONE, "Done", None)
    assert (closed.item_id, closed.project) == (item(8).id, "PAY")
    assert sum("/search" in request for request in jira.requests) == 2
    assert not any("/issue/" in request for request in jira.requests)


def test_moved_deleted_and_hidden_tickets_are_told_apart(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    there, moved, deleted, restricted = created(jira, 4)
    (hidden,) = created(jira, 1, project="OPS")
    new_key = jira.move(moved.key, "WEB")
    jira.delete(deleted.key)
    jira.hidden_projects.add("OPS")
    jira.issues[restricted.key].hidden = True
    found = tracker.statuses([there, moved, deleted, hidden, restricted])
    states = [status.state for status in found]
    assert states == [TicketState.TO_DO, TicketState.TO_DO, TicketState.GONE, TicketState.HIDDEN, TicketState.GONE]
    keys = [there.key, new_key, deleted.key, hidden.key, restricted.key]
    assert [status.ticket.key for status in found] == keys
    assert (found[1].project, found[1].item_id) == ("WEB", item(2).id)


def test_all_that_changed_is_found_page_by_page(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    keys = {ticket.key for ticket in created(jira, 120)}
    jira.add(labels=["theirs"])
    jira.issues["PAY-3"].updated -= timedelta(hours=1)
    found = [status.ticket.key for status in tracker.changed_since(datetime.now(UTC) - timedelta(minutes=5))]
    assert len(found) == len(set(found))
    assert set(found) == keys - {"PAY-3"}
    assert "PAY-3" in {status.ticket.key for status in tracker.changed_since(datetime.now(UTC) - timedelta(hours=1))}


def test_what_changes_between_two_pages_is_in_the_next_answer(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    created(jira, 120)
    begun = datetime.now(UTC)
    answer = tracker.changed_since(begun)
    found = {next(answer).ticket.key}
    jira.change("PAY-2", status="Done")
    found |= {status.ticket.key for status in answer}
    found |= {status.ticket.key for status in tracker.changed_since(begun) if status.state is TicketState.DONE}
    assert found == {f"PAY-{number}" for number in range(1, 121)}


def test_what_gets_old_while_pages_are_read_is_found(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    keys = {ticket.key for ticket in created(jira, 120)}
    begun = datetime.now(UTC)
    answer = tracker.changed_since(begun)
    found = {next(answer).ticket.key}
    with time_machine.travel(begun + timedelta(minutes=50)):
        found |= {status.ticket.key for status in answer}
    assert found == keys


def test_a_change_that_the_index_learns_of_late_is_found_later(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira, index_lag=60)
    (ticket,) = created(jira, 1)
    jira.index_lag = 60
    begun = datetime.now(UTC)
    assert not list(tracker.changed_since(begun))
    assert tracker.status(ticket).state is TicketState.TO_DO
    jira.index_lag = 0
    assert [status.ticket for status in tracker.changed_since(begun + timedelta(seconds=60))] == [ticket]


def test_nothing_is_asked_for_no_ticket(jira: JiraStandIn) -> None:
    assert jira_tracker(jira).statuses([]) == []
    assert not jira.requests


@pytest.mark.parametrize("project", [None, "PAY"])
def test_one_ticket_that_is_not_there_is_gone_or_hidden_with_its_project(
    jira: JiraStandIn, project: str | None
) -> None:
    jira.hidden_projects |= {project} if project else set()
    expected = TicketState.HIDDEN if project else TicketState.GONE
    assert jira_tracker(jira).status(Ticket(key="PAY-9", url="")).state is expected
