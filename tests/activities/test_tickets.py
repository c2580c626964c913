import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import HttpUrl

from activities.jira_tracker import JiraTracker
from activities.tickets import Tickets
from activities.tracker import TicketState, Tracker
from followthrough.domain.action_item import ActionItem, Evidence, ItemStatus, Ticket, Waiver
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
    organisation,
    the_issue,
)
from workflows.messages import SprintRequest, TicketChange


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
    lost = failure(Tickets(tracker).ensure_ticket, item())
    assert (lost.type, lost.non_retryable) == ("TrackerUnavailable", False)
    assert ensure(tracker, number=2).key == the_issue(jira).key
    assert the_issue(jira).links


def test_an_attempt_that_created_nothing_is_made_up_for_once_the_search_can_be_trusted(jira: JiraStandIn) -> None:
    jira.faults.append(Fault("POST", "/issue$", status=502))
    tracker = jira_tracker(jira, index_lag=0.5)
    failure(Tickets(tracker).ensure_ticket, item())
    started = datetime.now(UTC)
    ensure(tracker, number=2)
    assert the_issue(jira).created - started >= timedelta(seconds=0.5)


def test_an_answer_that_comes_too_late_still_makes_one_ticket(jira: JiraStandIn) -> None:
    jira.faults.append(Fault("POST", "/issue$", late=1))
    assert failure(Tickets(jira_tracker(jira, timeout=0.3)).ensure_ticket, item()).type == "TrackerUnavailable"
    assert ensure(jira_tracker(jira), number=2).key == the_issue(jira).key


def test_a_ticket_without_its_link_gets_it_on_the_next_attempt(jira: JiraStandIn) -> None:
    jira.faults.append(Fault("POST", "/remotelink$", status=500))
    tracker = jira_tracker(jira)
    failure(Tickets(tracker).ensure_ticket, item())
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
    limited = failure(Tickets(jira_tracker(jira)).ensure_ticket, item())
    assert (limited.next_retry_delay, limited.non_retryable) == (timedelta(seconds=7), False)
    assert jira.requests.count(f"POST /rest/api/{3 if jira.cloud else 2}/issue") == 1


@pytest.mark.parametrize("status", [401, 408, 500, 503])
def test_trouble_that_may_pass_is_retried(jira: JiraStandIn, status: int) -> None:
    jira.faults.append(Fault(status=status))
    error = failure(Tickets(jira_tracker(jira)).ensure_ticket, item())
    assert (error.type, error.non_retryable) == ("TrackerUnavailable", False)


def test_a_jira_that_is_down_is_retried(jira: JiraStandIn) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        settings = jira_settings(jira, jira_url=f"http://127.0.0.1:{gone.getsockname()[1]}")
    error = failure(Tickets(JiraTracker(settings, organisation, None)).ensure_ticket, item())
    assert (error.type, error.non_retryable) == ("TrackerUnavailable", False)


def test_a_refusal_is_in_jiras_words_and_not_retried(jira: JiraStandIn) -> None:
    said = '{"errorMessages": ["No."], "errors": {"labels": "Not these."}}'
    jira.faults.append(Fault("POST", "/issue$", status=400, content=said))
    error = failure(Tickets(jira_tracker(jira)).ensure_ticket, item())
    assert error.message == "Jira refused a new ticket in project PAY: No. labels: Not these."
    assert (error.type, error.non_retryable) == ("TrackerRefused", True)


@pytest.mark.parametrize("team", ["research", "gone"])
def test_a_team_without_a_project_is_told_to_get_one(jira: JiraStandIn, team: str) -> None:
    error = failure(Tickets(jira_tracker(jira)).ensure_ticket, item(team=team))
    assert f"Team {team} " in error.message
    assert "organisation file" in error.message
    assert error.non_retryable


def test_owner_and_deadline_are_followed(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    ticket = ensure(tracker)
    attempt(1, Tickets(tracker).update_ticket, TicketChange(ticket=ticket, item=item(owner="ben", due_in_days=20)))
    status = tracker.status(ticket)
    assert (status.assignee, str(status.due), status.state) == ("5b10ben", "2026-03-22", TicketState.TO_DO)
    attempt(1, Tickets(tracker).update_ticket, TicketChange(ticket=ticket, item=item(owner="carla")))
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
    change = TicketChange(ticket=ensure(tracker), item=ended)
    attempt(1, Tickets(tracker).update_ticket, change)
    attempt(2, Tickets(tracker).update_ticket, change)
    assert tracker.status(change.ticket).state is TicketState.DONE
    (comment,) = the_issue(jira).comments
    assert all(word in str(comment) for word in words)


@pytest.mark.parametrize("path", ["/comment$", "/transitions$"])
def test_a_lost_answer_while_closing_leaves_one_comment(jira: JiraStandIn, path: str) -> None:
    tracker = jira_tracker(jira)
    change = TicketChange(ticket=ensure(tracker), item=closed())
    jira.faults.append(Fault("POST", path, lose_answer=True))
    failure(Tickets(tracker).update_ticket, change)
    attempt(2, Tickets(tracker).update_ticket, change)
    assert tracker.status(change.ticket).state is TicketState.DONE
    assert len(the_issue(jira).comments) == 1


def test_a_ticket_that_people_closed_is_left_as_it_is(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    change = TicketChange(ticket=ensure(tracker), item=closed(owner="ben"))
    the_issue(jira).status = "Done"
    attempt(1, Tickets(tracker).update_ticket, change)
    assert not the_issue(jira).comments
    assert tracker.status(change.ticket).assignee == "5b10ana"


def test_the_transition_can_be_named(jira: JiraStandIn) -> None:
    jira.transitions = {"To Do": "new", "Done": "done", "Verified": "done"}
    tracker = jira_tracker(jira, done_transition="Verified")
    attempt(1, Tickets(tracker).update_ticket, TicketChange(ticket=ensure(tracker), item=closed()))
    assert the_issue(jira).status == "Verified"


def test_a_workflow_without_an_end_is_said_in_words(jira: JiraStandIn) -> None:
    jira.transitions = {"To Do": "new", "In Progress": "indeterminate"}
    tracker = jira_tracker(jira)
    error = failure(Tickets(tracker).update_ticket, TicketChange(ticket=ensure(tracker), item=closed()))
    assert "Jira offers To Do, In Progress, not one to a done status; set done_transition" in error.message
    assert error.non_retryable


def reopened() -> TicketChange:
    asked = item(status=ItemStatus.PROPOSED, asked_at=NOW, asked_because="Reopened: The test was skipped")
    return TicketChange(ticket=Ticket(key="PAY-1", url=""), item=asked, reopen=True)


@pytest.mark.parametrize(("wanted", "status"), [(None, "To Do"), ("In Progress", "In Progress")])
def test_the_ticket_of_an_item_that_is_open_again_is_opened_and_says_why(
    jira: JiraStandIn, wanted: str | None, status: str
) -> None:
    tracker = jira_tracker(jira, reopen_transition=wanted)
    attempt(1, Tickets(tracker).update_ticket, TicketChange(ticket=ensure(tracker), item=closed(owner="ben")))
    jira.faults.append(Fault("POST", "/transitions$", lose_answer=True))
    failure(Tickets(tracker).update_ticket, reopened())
    attempt(2, Tickets(tracker).update_ticket, reopened())
    assert (the_issue(jira).status, tracker.status(reopened().ticket).assignee) == (status, "5b10ana")
    assert len(the_issue(jira).comments) == 2
    assert "Reopened: The test was skipped" in str(the_issue(jira).comments[-1])


def test_a_ticket_that_can_not_be_opened_again_is_said_in_words(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    attempt(1, Tickets(tracker).update_ticket, TicketChange(ticket=ensure(tracker), item=closed()))
    jira.transitions = {"Done": "done"}
    error = failure(Tickets(tracker).update_ticket, reopened())
    assert "can't be reopened: Jira offers Done, not one to an open status; set reopen_transition" in error.message


def test_a_deleted_ticket_is_gone(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira)
    ticket = ensure(tracker)
    jira.delete(ticket.key)
    assert tracker.status(ticket).state is TicketState.GONE
    error = failure(Tickets(tracker).update_ticket, TicketChange(ticket=ticket, item=item()))
    assert "PAY-1: Issue does not exist or you do not have permission to see it." in error.message


def schedule(tracker: Tracker, team: str = "payments") -> Any:
    request = SprintRequest(team=team, ticket=ensure(tracker), at=NOW)
    return attempt(1, Tickets(tracker).schedule_in_sprint, request)


def test_a_ticket_goes_into_the_sprint_that_starts_first(jira: JiraStandIn) -> None:
    following = Sprint(4, "Next", start=NOW + timedelta(days=7), end=NOW + timedelta(days=21))
    jira.boards[12] = [
        Sprint(1, "Running", state="active", start=NOW),
        Sprint(2, "Undated"),
        Sprint(3, "Later", start=NOW + timedelta(days=21)),
        following,
    ]
    sprint = schedule(jira_tracker(jira))
    assert (sprint.id, sprint.name, sprint.end) == (4, "Next", NOW + timedelta(days=21))
    assert following.issues == ["PAY-1"]


@pytest.mark.parametrize("sprints", [[], [Sprint(1, "Running", state="active")], None])
def test_without_a_future_sprint_a_ticket_stays_in_the_backlog(jira: JiraStandIn, sprints: list[Sprint] | None) -> None:
    jira.boards[12] = sprints
    assert schedule(jira_tracker(jira)) is None
    assert not any("/sprint/" in request for request in jira.requests)


def test_a_board_that_does_not_exist_is_said_in_words(jira: JiraStandIn) -> None:
    error = failure(
        Tickets(jira_tracker(jira)).schedule_in_sprint,
        SprintRequest(team="payments", ticket=Ticket(key="PAY-1", url=""), at=NOW),
    )
    assert "Jira refused the list of sprints of board 12: The board does not exist" in error.message
