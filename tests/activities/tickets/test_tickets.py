import dataclasses
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import HttpUrl
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.tickets.jira.client import JiraConnection
from activities.tickets.jira.tracker import JiraTracker
from activities.tickets.tickets import Tickets
from activities.tickets.tracker import TicketState, Tracker
from followthrough.domain.replayed.item.action_item import ActionItem, Evidence, ItemStatus, Waiver
from followthrough.domain.replayed.ticket.ticket import Ticket, TicketReport
from tests.records import NOW, item
from tests.standins.jira import Fault, JiraStandIn
from tests.standins.jira_data import Sprint
from tests.tracking import (
    PUBLIC_URL,
    attempt,
    ensure,
    failure,
    jira_settings,
    jira_tracker,
    new_ticket,
    organisation,
    the_issue,
    tickets,
    to_follow,
)
from workflows.messages.ticket import FollowTicket, TicketFollowed, TicketMade


def closed(**changes: Any) -> ActionItem:
    evidence = Evidence(url=HttpUrl("https://git.example.com/change/7"), note="with a test", by="ana", at=NOW)
    return item(status=ItemStatus.CLOSED, ended_at=NOW, evidence=[evidence], **changes)


def waived() -> ActionItem:
    waiver = Waiver(reason="The queue is going away [see plan]", by="carla", at=NOW)
    return item(status=ItemStatus.WAIVED, ended_at=NOW, waiver=waiver)


def test_a_ticket_says_what_why_who_and_when(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira, labels=["incident"], components=["queue"])
    ticket = ensure(tracker, item(drill=True, title="Alert on\nqueue depth"))
    issue = the_issue(jira)
    assert ticket == Ticket(key=issue.key, url=f"{jira.url}/browse/{issue.key}")
    assert issue.fields["summary"] == "Alert on queue depth"
    assert issue.fields["labels"] == ["followthrough", item().id, "followthrough-drill", "incident"]
    assert issue.fields["components"] == [{"name": "queue"}]
    assert issue.fields["priority"] == {"name": "High"}
    assert issue.fields["duedate"] == "2026-03-12"
    assert issue.fields["assignee"] == {"id" if jira.cloud else "name": "5b10ana"}
    for words in ("incident inc-0000000001", "SEV2", "Ana Ruiz", "2026-03-12", f"{PUBLIC_URL}/items/{item().id}"):
        assert words in str(issue.fields["description"])


def test_a_ticket_leads_back_to_its_action_item_once(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    assert ensure(tracker) == ensure(tracker)
    page = f"{PUBLIC_URL}/items/{item().id}"
    assert the_issue(jira).links == {page: {"url": page, "title": f"Action item {item().id}"}}
    assert the_issue(jira).properties == {"followthrough": {"item": item().id, "incident": item().incident_id}}


def test_a_lost_answer_and_a_slow_search_index_still_make_one_ticket(jira: JiraStandIn) -> None:
    jira.index_lag = 1
    jira.faults.append(Fault("POST", "/issue$", lose_answer=True))
    tracker = jira_tracker(jira, index_lag=2)
    lost = failure(tickets(tracker).ensure_ticket, new_ticket())
    assert (lost.type, lost.non_retryable) == ("TrackerUnavailable", False)
    assert ensure(tracker, number=2).key == the_issue(jira).key
    assert the_issue(jira).links


def test_an_attempt_that_created_nothing_is_made_up_for_once_the_search_can_be_trusted(jira: JiraStandIn) -> None:
    jira.faults.append(Fault("POST", "/issue$", status=502))
    tracker = jira_tracker(jira, index_lag=0.5)
    failure(tickets(tracker).ensure_ticket, new_ticket())
    started = datetime.now(UTC)
    ensure(tracker, number=2)
    assert the_issue(jira).created - started >= timedelta(seconds=0.5)


def test_an_answer_that_comes_too_late_still_makes_one_ticket(jira: JiraStandIn) -> None:
    jira.faults.append(Fault("POST", "/issue$", late=1))
    assert failure(tickets(jira_tracker(jira, timeout=0.3)).ensure_ticket, new_ticket()).type == "TrackerUnavailable"
    assert ensure(jira_tracker(jira), number=2).key == the_issue(jira).key


def test_a_ticket_without_its_link_gets_it_on_the_next_attempt(jira: JiraStandIn) -> None:
    jira.faults.append(Fault("POST", "/remotelink$", status=500))
    tracker = jira_tracker(jira)
    failure(tickets(tracker).ensure_ticket, new_ticket())
    assert not the_issue(jira).links
    ensure(tracker, number=2)
    assert the_issue(jira).links


def test_a_ticket_counts_where_links_are_forbidden(jira: JiraStandIn) -> None:
    jira.faults.append(Fault("POST", "/remotelink$", status=403))
    assert ensure(jira_tracker(jira)).key == the_issue(jira).key


def test_of_two_tickets_the_oldest_is_kept_and_the_log_says_so(
    jira: JiraStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    tracker = jira_tracker(jira)
    oldest, _ = tracker.create(item()), tracker.create(item())
    assert ensure(tracker) == oldest
    assert "has tickets PAY-1, PAY-2; the oldest is kept" in caplog.text


def test_many_threads_share_one_tracker(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    with ThreadPoolExecutor(8) as pool:
        tickets = list(pool.map(lambda number: ensure(tracker, item(number)), range(40)))
    assert len({ticket.key for ticket in tickets}) == len(jira.issues) == 40


def test_jira_is_left_alone_for_as_long_as_it_asks(jira: JiraStandIn) -> None:
    jira.faults.append(Fault("POST", "/issue$", status=429, retry_after=7))
    limited = failure(tickets(jira_tracker(jira)).ensure_ticket, new_ticket())
    assert (limited.next_retry_delay, limited.non_retryable) == (timedelta(seconds=7), False)
    assert jira.requests.count(f"POST /rest/api/{3 if jira.cloud else 2}/issue") == 1


@pytest.mark.parametrize("status", [401, 408, 500, 503])
def test_trouble_that_may_pass_is_retried(jira: JiraStandIn, status: int) -> None:
    jira.faults.append(Fault(status=status))
    error = failure(tickets(jira_tracker(jira)).ensure_ticket, new_ticket())
    assert (error.type, error.non_retryable) == ("TrackerUnavailable", False)


def test_a_jira_that_is_down_is_retried(jira: JiraStandIn) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        settings = jira_settings(jira, jira_url=f"http://127.0.0.1:{gone.getsockname()[1]}")
    error = failure(tickets(JiraTracker(JiraConnection(settings, organisation))).ensure_ticket, new_ticket())
    assert (error.type, error.non_retryable) == ("TrackerUnavailable", False)


def test_a_refusal_is_in_jiras_words_and_not_retried(jira: JiraStandIn) -> None:
    said = '{"errorMessages": ["No."], "errors": {"labels": "Not these."}}'
    jira.faults.append(Fault("POST", "/issue$", status=400, content=said))
    error = failure(tickets(jira_tracker(jira)).ensure_ticket, new_ticket())
    assert error.message == "Jira refused a new ticket in project PAY: No. labels: Not these."
    assert (error.type, error.non_retryable) == ("TrackerRefused", True)


@pytest.mark.parametrize("team", ["research", "gone"])
def test_a_team_without_a_project_is_told_to_get_one(jira: JiraStandIn, team: str) -> None:
    error = failure(tickets(jira_tracker(jira)).ensure_ticket, new_ticket(item(team=team)))
    assert f"Team {team} " in error.message
    assert "organisation file" in error.message
    assert error.non_retryable


def test_owner_and_deadline_are_followed(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    ticket = ensure(tracker)
    attempt(1, tickets(tracker).follow_ticket, to_follow(ticket, item(owner="ben", due_in_days=20)))
    status = tracker.status(ticket)
    assert (status.assignee, str(status.due), status.state) == ("5b10ben", "2026-03-22", TicketState.TO_DO)
    shown = item(owner="ben", due_in_days=20)
    attempt(1, tickets(tracker).follow_ticket, to_follow(ticket, item(owner="carla"), shown))
    assert tracker.status(ticket).assignee is None


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (closed(), ("https://git.example.com/change/7", "with a test")),
        (waived(), ("Waived: The queue is going away",)),
        (item(status=ItemStatus.MERGED, duplicate_of="inc-0000000002.4"), ("Merged into inc-0000000002.4",)),
    ],
)
def test_the_end_of_an_item_closes_its_ticket_and_says_why(
    jira: JiraStandIn, ended: ActionItem, words: tuple[str, ...]
) -> None:
    tracker = jira_tracker(jira)
    change = to_follow(ensure(tracker), ended)
    attempt(1, tickets(tracker).follow_ticket, change)
    attempt(2, tickets(tracker).follow_ticket, change)
    assert tracker.status(Ticket(key="PAY-1", url="")).state is TicketState.DONE
    (comment,) = the_issue(jira).comments
    assert all(word in str(comment) for word in words)


@pytest.mark.parametrize("path", ["/comment$", "/transitions$"])
def test_a_lost_answer_while_closing_leaves_one_comment(jira: JiraStandIn, path: str) -> None:
    tracker = jira_tracker(jira)
    change = to_follow(ensure(tracker), closed())
    jira.faults.append(Fault("POST", path, lose_answer=True))
    failure(tickets(tracker).follow_ticket, change)
    attempt(2, tickets(tracker).follow_ticket, change)
    assert tracker.status(Ticket(key="PAY-1", url="")).state is TicketState.DONE
    assert len(the_issue(jira).comments) == 1


def test_a_ticket_that_people_closed_is_left_as_it_is(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    change = to_follow(ensure(tracker), closed(owner="ben"))
    the_issue(jira).status = "Done"
    attempt(1, tickets(tracker).follow_ticket, change)
    assert not the_issue(jira).comments
    assert tracker.status(Ticket(key="PAY-1", url="")).assignee == "5b10ana"


def test_the_transition_can_be_named(jira: JiraStandIn) -> None:
    jira.transitions = {"To Do": "new", "Done": "done", "Verified": "done"}
    tracker = jira_tracker(jira, done_transition="Verified")
    attempt(1, tickets(tracker).follow_ticket, to_follow(ensure(tracker), closed()))
    assert the_issue(jira).status == "Verified"


def test_a_workflow_without_an_end_is_said_in_words(jira: JiraStandIn) -> None:
    jira.transitions = {"To Do": "new", "In Progress": "indeterminate"}
    tracker = jira_tracker(jira)
    error = failure(tickets(tracker).follow_ticket, to_follow(ensure(tracker), closed()))
    assert "Jira offers To Do, In Progress, not one to a done status; set done_transition" in error.message
    assert error.non_retryable


def reopened() -> FollowTicket:
    asked = item(status=ItemStatus.PROPOSED, asked_at=NOW, asked_because="Reopened: The test was skipped")
    return to_follow(Ticket(key="PAY-1", url=""), asked, closed(owner="ben"))


@pytest.mark.parametrize(("wanted", "status"), [(None, "To Do"), ("In Progress", "In Progress")])
def test_the_ticket_of_an_item_that_is_open_again_is_opened_and_says_why(
    jira: JiraStandIn, wanted: str | None, status: str
) -> None:
    tracker = jira_tracker(jira, reopen_transition=wanted)
    attempt(1, tickets(tracker).follow_ticket, to_follow(ensure(tracker), closed(owner="ben")))
    jira.faults.append(Fault("POST", "/transitions$", lose_answer=True))
    failure(tickets(tracker).follow_ticket, reopened())
    attempt(2, tickets(tracker).follow_ticket, reopened())
    assert (the_issue(jira).status, tracker.status(Ticket(key="PAY-1", url="")).assignee) == (status, "5b10ana")
    assert len(the_issue(jira).comments) == 2
    assert "Reopened: The test was skipped" in str(the_issue(jira).comments[-1])


def test_a_ticket_that_can_not_be_opened_again_is_said_in_words(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    attempt(1, tickets(tracker).follow_ticket, to_follow(ensure(tracker), closed()))
    jira.transitions = {"Done": "done"}
    error = failure(tickets(tracker).follow_ticket, reopened())
    assert "can't be reopened: Jira offers Done, not one to an open status; set reopen_transition" in error.message


def test_a_deleted_ticket_is_gone(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    ticket = ensure(tracker)
    jira.delete(ticket.key)
    assert tracker.status(ticket).state is TicketState.GONE
    followed: TicketFollowed = attempt(1, tickets(tracker).follow_ticket, to_follow(ticket, closed()))
    assert (followed.written, followed.report.state) == (False, TicketState.GONE)


def planned_at_once() -> ActionItem:
    record = item()
    policy = record.planned.policy.model_copy(update={"planned_on_acceptance": True})
    return record.model_copy(update={"plan": record.planned.model_copy(update={"policy": policy})})


def schedule(tracker: Tracker) -> TicketMade:
    made: TicketMade = attempt(1, tickets(tracker).ensure_ticket, new_ticket(planned_at_once()))
    return made


def test_a_ticket_goes_into_the_sprint_that_starts_first(jira: JiraStandIn) -> None:
    following = Sprint(4, "Next", start=NOW + timedelta(days=7), end=NOW + timedelta(days=21))
    jira.boards[12] = [
        Sprint(1, "Running", state="active", start=NOW),
        Sprint(2, "Undated"),
        Sprint(3, "Later", start=NOW + timedelta(days=21)),
        following,
    ]
    sprint = schedule(jira_tracker(jira)).sprint
    assert sprint is not None
    assert (sprint.id, sprint.name, sprint.end) == (4, "Next", NOW + timedelta(days=21))
    assert following.issues == ["PAY-1"]


@pytest.mark.parametrize("sprints", [[], [Sprint(1, "Running", state="active")], None])
def test_without_a_future_sprint_a_ticket_stays_in_the_backlog(jira: JiraStandIn, sprints: list[Sprint] | None) -> None:
    jira.boards[12] = sprints
    assert schedule(jira_tracker(jira)).sprint is None
    assert not any("/sprint/" in request for request in jira.requests)


def test_a_board_that_does_not_exist_is_said_in_words(jira: JiraStandIn) -> None:
    made = schedule(jira_tracker(jira))
    assert made.report.ticket.key == the_issue(jira).key
    assert "Jira refused the list of sprints of board 12: The board does not exist" in made.refusal


def test_a_sprint_that_can_not_be_read_now_costs_no_second_search_and_no_second_link(jira: JiraStandIn) -> None:
    jira.boards[12] = [Sprint(4, "Next")]
    jira.faults.append(Fault("GET", "/sprint$", status=503))
    tracker, environment, told = jira_tracker(jira, index_lag=60), ActivityEnvironment(), []
    environment.on_heartbeat = lambda *details: told.append(details)
    with pytest.raises(ApplicationError):
        environment.run(tickets(tracker).ensure_ticket, new_ticket(planned_at_once()))
    known = DataConverter.default.payload_converter.from_payloads(
        DataConverter.default.payload_converter.to_payloads([detail.model_dump() for detail in told[-1]])
    )
    jira.requests.clear()
    again = ActivityEnvironment()
    again.info = dataclasses.replace(again.info, attempt=2, heartbeat_details=known)
    made: TicketMade = again.run(tickets(tracker).ensure_ticket, new_ticket(planned_at_once()))
    assert (made.sprint and made.sprint.name, made.report.ticket.key) == ("Next", the_issue(jira).key)
    assert [request.rpartition("/")[2] for request in jira.requests] == ["sprint", "issue", the_issue(jira).key]


@pytest.mark.parametrize("path", ["/issue/PAY-1$", "/transitions$"])
def test_what_an_attempt_wrote_whose_answer_was_lost_is_not_taken_for_what_people_did(
    jira: JiraStandIn, path: str
) -> None:
    tracker = jira_tracker(jira)
    ticket = ensure(tracker)
    later = closed() if path == "/transitions$" else item(owner="ben", due_in_days=20)
    request = to_follow(ticket, later, seen=says(tickets(tracker), ticket))
    jira.faults.append(Fault("PUT|POST", path, lose_answer=True))
    failure(tickets(tracker).follow_ticket, request)
    followed: TicketFollowed = attempt(2, tickets(tracker).follow_ticket, request)
    assert followed.written
    assert (followed.report.assignee_kept, followed.report.due_kept) == (True, True)


def says(ours: Tickets, ticket: Ticket) -> TicketReport:
    followed: TicketFollowed = attempt(1, ours.follow_ticket, to_follow(ticket, item()))
    assert not followed.written
    return followed.report


def test_a_ticket_costs_as_few_requests_as_it_can(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    tracker.check("payments")
    tracker.find(item().id)
    jira.requests.clear()
    ticket = ensure(tracker)
    assert len(jira.requests) == 5, "it is looked for, created, linked in two ways, and read"
    request = to_follow(ticket, closed(), seen=says(tickets(tracker), ticket))
    jira.requests.clear()
    attempt(1, tickets(tracker).follow_ticket, request)
    assert len(jira.requests) == 7, "it is read, changed, and closed with a comment in four; and read"
