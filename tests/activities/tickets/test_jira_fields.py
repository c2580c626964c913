"""What a new ticket gets, and what is said when Jira would not take it."""

from tests.records import item
from tests.standins.jira import Fault, JiraStandIn
from tests.standins.jira_data import screen_field
from tests.tracking import (
    attempt,
    ensure,
    failure,
    jira_tracker,
    new_ticket,
    the_issue,
    tickets,
    to_follow,
)
from workflows.messages.ticket import TicketMade


def test_fields_of_the_file_are_set_by_name(jira: JiraStandIn) -> None:
    squad = screen_field("customfield_10042", "Squad", "option", required=True, allowed=("Payments",))
    jira.screen["customfield_10042"] = squad
    ensure(jira_tracker(jira, fields={"squad": "Payments"}, parent="PAY-99"))
    fields = the_issue(jira).fields
    assert fields["customfield_10042"] == {"value": "Payments"}
    assert (fields["parent"]["key"] if jira.cloud else fields["customfield_10008"]) == "PAY-99"


def test_a_required_field_without_a_value_is_said_before_anything_is_created(jira: JiraStandIn) -> None:
    jira.screen["customfield_10042"] = screen_field("customfield_10042", "Root cause", "string", required=True)
    error = failure(tickets(jira_tracker(jira)).ensure_ticket, new_ticket())
    assert "it requires Root cause: add a line like `fields: {Root cause: …}`" in error.message
    assert (error.type, error.non_retryable) == ("TrackerRefused", True)
    assert not any(request.startswith("POST") for request in jira.requests)


def test_an_issue_type_that_the_project_does_not_have_is_said(jira: JiraStandIn) -> None:
    error = failure(tickets(jira_tracker(jira, issue_type="Chore")).ensure_ticket, new_ticket())
    assert "project PAY lets us create Task, Bug, not Chore; set issue_type" in error.message


def test_the_screen_is_read_once_for_many_tickets(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    ensure(tracker, item(1))
    jira.requests.clear()
    ensure(tracker, item(2))
    assert not any("createmeta" in request for request in jira.requests)


def test_a_field_that_is_not_on_the_screen_is_left_out(jira: JiraStandIn) -> None:
    for field in ("duedate", "priority", "assignee"):
        del jira.screen[field]
    ensure(jira_tracker(jira))
    assert the_issue(jira).fields.keys() == {"project", "issuetype", "summary", "description", "labels"}


def test_an_owner_who_cannot_be_assigned_gets_the_ticket_all_the_same(jira: JiraStandIn) -> None:
    jira.unassignable = {"5b10ana", "5b10ben"}
    tracker = jira_tracker(jira)
    made: TicketMade = attempt(1, tickets(tracker).ensure_ticket, new_ticket())
    ticket = made.report.ticket
    assert tracker.status(ticket).assignee is None
    (comment,) = the_issue(jira).comments
    assert "Jira did not take assignee: User '5b10ana' cannot be assigned issues." in str(comment)
    change = to_follow(ticket, item(owner="ben", due_in_days=20), seen=made.report)
    attempt(1, tickets(tracker).follow_ticket, change)
    attempt(2, tickets(tracker).follow_ticket, change)
    assert str(tracker.status(ticket).due) == "2026-03-22"
    assert len(the_issue(jira).comments) == 2


def test_a_note_that_may_not_be_written_keeps_no_ticket_from_being_made(jira: JiraStandIn) -> None:
    jira.unassignable = {"5b10ana"}
    jira.faults.append(Fault(path="/comment$", status=403))
    assert ensure(jira_tracker(jira)).key == the_issue(jira).key
