"""What is read from tickets of both Jiras, with who changed them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import HttpUrl

from activities.tickets.jira.client import JiraConnection
from activities.tickets.jira.history import links_in
from activities.tickets.jira.tracker import JiraTracker
from activities.tickets.tickets import Tickets
from activities.tickets.tracker import TicketStatus
from followthrough.domain.answered.organisation.policies import JiraPolicies, Policies
from followthrough.domain.answered.ticket.text import Document, Link, atlassian_document, wiki_text
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.ticket.sync import TicketFacts, take_report
from followthrough.domain.replayed.ticket.ticket import Ticket, TicketReport, TicketState
from tests.records import NOW, item
from tests.standins.jira import JiraStandIn
from tests.tracking import PUBLIC_URL, attempt, ensure, jira_settings, jira_tracker, organisation, the_issue, tickets
from workflows.messages.ticket import FollowTicket, TicketComment, TicketFollowed

LINK = "https://git.example.com/change/7"


def with_ticket(jira: JiraStandIn, **changes: Any) -> ActionItem:
    return item(**changes).model_copy(update={"ticket": ensure(jira_tracker(jira), item(**changes))})


def read(jira: JiraStandIn, record: ActionItem, **policies: Any) -> TicketReport:
    known = organisation()
    known = known.model_copy(update={"policies": Policies(jira=JiraPolicies(**policies))})
    tracker = JiraTracker(JiraConnection(jira_settings(jira), lambda: known))
    shows = TicketFacts(owner=record.owner, due=record.planned.due, ended=False)
    request = FollowTicket(item=record, shows=shows, at=NOW)
    keeping = Tickets(tracker, lambda: known, lambda _: None, lambda *_: None)
    followed: TicketFollowed = attempt(1, keeping.follow_ticket, request)
    assert not followed.written
    return followed.report


def written(jira: JiraStandIn, *pieces: str | Link) -> Any:
    document: Document = (pieces,)
    return atlassian_document(document) if jira.cloud else wiki_text(document)


def account(jira: JiraStandIn, person: str) -> dict[str, str]:
    return {"id" if jira.cloud else "name": person}


def test_an_untouched_ticket_says_what_was_written(jira: JiraStandIn) -> None:
    report = read(jira, with_ticket(jira))
    assert (report.state, report.status, report.assignee, report.due) == (
        TicketState.TO_DO,
        "To Do",
        "ana",
        date(2026, 3, 12),
    )
    assert report.assignee_kept
    assert report.due_kept
    assert (report.moved_by, report.evidence, report.lead) == (None, None, "carla")


def test_an_owner_whom_jira_does_not_know_leaves_the_ticket_to_nobody(jira: JiraStandIn) -> None:
    report = read(jira, with_ticket(jira, owner="carla"))
    assert (report.account, report.assignee_kept) == (None, True)


def test_it_says_who_changed_what_and_the_last_change_counts(jira: JiraStandIn) -> None:
    record = with_ticket(jira)
    key = the_issue(jira).key
    jira.change(key, by="5b10ben", status="In Progress")
    jira.change(key, by="5b10ana", status="To Do")
    jira.change(key, by="5b10ana", assignee=account(jira, "5b10ben"))
    jira.change(key, by="5b10zoe", duedate="2026-03-20")
    report = read(jira, record)
    assert (report.moved_by, report.assigned_by, report.rescheduled_by) == ("ana", "ana", None)
    assert (report.assignee, report.assignee_kept, report.due_kept) == ("ben", False, False)
    assert report.deadline == datetime(2026, 3, 20, 16, tzinfo=UTC), "17:00 in Madrid"


def test_the_last_comment_of_who_closed_it_or_has_it_shows_the_evidence(jira: JiraStandIn) -> None:
    record = with_ticket(jira)
    key = the_issue(jira).key
    jira.remark(key, written(jira, "Look at https://wiki.example.com first"), by="5b10ana")
    jira.remark(key, written(jira, "Merged: ", Link("the change", LINK)), by="5b10ben")
    jira.remark(key, written(jira, "Thanks! https://cats.example.com"), by="5b10zoe")
    jira.change(key, by="5b10ben", status="Done")
    report = read(jira, record)
    assert (report.state, report.status, report.moved_by) == (TicketState.DONE, "Done", "ben")
    assert str(report.evidence) == LINK


@pytest.mark.parametrize(
    ("said", "link"),
    [
        ("https://wiki.example.com/informe-de-producción", "https://wiki.example.com/informe-de-producción"),
        ("see (https://bücher.example/x).", "https://bücher.example/x"),
        ("https://例え.example/道?x=é#ñ, danke", "https://例え.example/道?x=é#ñ"),
        ("https://wiki.example.com/Rollback_(drill)", "https://wiki.example.com/Rollback_(drill)"),
        ("{color:red}https://wiki.example.com/a{color}", "https://wiki.example.com/a"),
        ("https:// and https://[ and HTTPS://wiki.example.com/b!", "HTTPS://wiki.example.com/b"),
        ("https://wiki.example.com:99999/a then https://wiki.example.com/c", "https://wiki.example.com/c"),
        (f"https://wiki.example.com/{'x' * 3_000} then https://wiki.example.com/d", "https://wiki.example.com/d"),
    ],
)
def test_a_link_is_the_evidence_as_a_whole_or_not_at_all(jira: JiraStandIn, said: str, link: str) -> None:
    record = with_ticket(jira)
    key = the_issue(jira).key
    jira.remark(key, written(jira, said) if jira.cloud else said, by="5b10ana")
    jira.change(key, by="5b10ana", status="Done")
    assert read(jira, record).evidence == HttpUrl(link)


def test_links_are_found_in_any_place_of_wiki_text() -> None:
    text = "[https://a.example/1] [words|https://b.example/2] [https://c.example/3|https://c.example/3|smart-link]"
    assert [link[-1] for link in links_in(text)] == ["1", "2", "3", "3"]
    assert list(links_in("https://[" * 50_000)) == []


def test_a_field_can_hold_the_evidence(jira: JiraStandIn) -> None:
    record = with_ticket(jira)
    jira.change(the_issue(jira).key, status="Done", customfield_10077=LINK)
    assert read(jira, record).evidence is None
    assert str(read(jira, record, evidence_field="customfield_10077").evidence) == LINK


def test_links_that_lead_back_here_show_nothing(jira: JiraStandIn) -> None:
    record = with_ticket(jira)
    key = the_issue(jira).key
    jira.remark(key, written(jira, f"See {PUBLIC_URL}/items/{record.id}."), by="5b10ana")
    jira.change(key, by="5b10ana", status="Done")
    assert read(jira, record).evidence is None


def test_a_resolution_that_means_not_done_says_so(jira: JiraStandIn) -> None:
    record = with_ticket(jira)
    jira.change(the_issue(jira).key, status="Done")
    report = read(jira, record, not_done=("Done",))
    assert report.abandoned
    assert not read(jira, record).abandoned


def test_a_ticket_that_is_gone_or_hidden_says_only_that(jira: JiraStandIn) -> None:
    record = with_ticket(jira)
    jira.hidden_projects.add("PAY")
    assert read(jira, record).state is TicketState.HIDDEN
    jira.hidden_projects.clear()
    jira.delete(the_issue(jira).key)
    assert read(jira, record).state is TicketState.GONE


def test_a_moved_ticket_says_whose_project_it_is_in(jira: JiraStandIn) -> None:
    record = with_ticket(jira)
    moved = jira.move(the_issue(jira).key, "OPS")
    report = read(jira, record)
    assert (report.ticket.key, report.project_lead) == (moved, "carla")


def test_a_ticket_that_did_not_change_is_not_asked_for_more(jira: JiraStandIn) -> None:
    record = with_ticket(jira)
    record.ticket_seen = read(jira, record)
    before = len(jira.requests)
    assert read(jira, record) == record.ticket_seen
    assert len(jira.requests) == before + 1


def test_the_same_comment_is_made_once(jira: JiraStandIn) -> None:
    record = with_ticket(jira)
    assert record.ticket is not None
    ours = tickets(jira_tracker(jira))
    for _ in range(2):
        attempt(1, ours.comment_on_ticket, TicketComment(ticket=record.ticket, text="Please comment with a link."))
    assert len(the_issue(jira).comments) == 1


@pytest.mark.parametrize("due", [date.min, date.max])
def test_a_due_date_from_the_edge_of_the_calendar_is_put_back(jira: JiraStandIn, due: date) -> None:
    record = with_ticket(jira)
    record.ticket_seen = read(jira, record)
    jira.change(the_issue(jira).key, duedate=due.isoformat())
    report = read(jira, record)
    assert report.due == due
    outcome = take_report(record, report, NOW)
    assert (outcome.commands, outcome.put_back) == ([], True)


def test_a_link_that_is_longer_than_any_pages_address_is_no_evidence(jira: JiraStandIn) -> None:
    record = with_ticket(jira)
    issue = the_issue(jira)
    jira.change(issue.key, status="Done", by="ana")
    jira.remark(issue.key, written(jira, f"{LINK}?{'x' * 2_050}"), by="ana")
    assert read(jira, record).evidence is None


def test_a_name_in_jira_is_one_line_and_cut(jira: JiraStandIn) -> None:
    status = TicketStatus(
        ticket=Ticket(key="PAY-1", url=LINK), state=TicketState.TO_DO, status="\x1b[31m\n" + "x" * 600
    )
    assert (len(status.status), status.status[:5], status.status[-5:]) == (500, "[31m ", "[cut]")
