"""The ticket of an action item of a private incident says little, and follows when that changes."""

from typing import Any

from pydantic import HttpUrl
from sqlalchemy import Engine
from sqlmodel import Session, select

from activities.tickets.local import LocalTracker
from followthrough.domain.replayed.item.action_item import ActionItem, Evidence, ItemStatus
from followthrough.domain.replayed.ticket.sync import ticket_facts
from followthrough.domain.replayed.ticket.ticket import TicketReport, TicketState
from followthrough.store.tables import LocalTicketRow
from tests.records import NOW, item
from tests.standins.jira import JiraStandIn
from tests.tracking import PUBLIC_URL, attempt, ensure, jira_tracker, organisation, the_issue, tickets
from workflows.messages.ticket import FollowTicket, TicketFollowed

SECRET = "Zanzibar"


def secret(**changes: Any) -> ActionItem:
    said: dict[str, Any] = {"title": f"Alert on {SECRET} depth", "private": True, "accepted_at": NOW}
    return item(**said | changes)


def in_jira(jira: JiraStandIn) -> str:
    issue = the_issue(jira)
    return f"{issue.fields} {issue.comments} {issue.links} {issue.properties}"


def follow(jira: JiraStandIn, before: ActionItem, after: ActionItem) -> TicketFollowed:
    """The ticket that shows the one is to show the other."""
    tracker = jira_tracker(jira)
    ticket = tracker.find(before.id)
    assert ticket is not None
    seen = TicketReport(ticket=ticket, state=TicketState.TO_DO, status="To Do", lead="carla")
    known = after.model_copy(update={"ticket": ticket, "ticket_seen": seen})
    wanted = FollowTicket(item=known, shows=ticket_facts(before, None), at=NOW)
    followed: TicketFollowed = attempt(1, tickets(tracker).follow_ticket, wanted)
    return followed


def test_it_names_its_page_its_owner_and_its_deadline(jira: JiraStandIn) -> None:
    ensure(jira_tracker(jira), secret())
    issue = the_issue(jira)
    assert SECRET not in in_jira(jira)
    assert issue.fields["summary"] == "Follow-up of a private incident"
    assert issue.fields["assignee"] == {"id" if jira.cloud else "name": "5b10ana"}
    for words in (f"{PUBLIC_URL}/items/{item().id}", "2026-03-12"):
        assert words in str(issue.fields["description"])


def test_it_says_less_once_its_incident_is_private_and_more_once_that_is_open(jira: JiraStandIn) -> None:
    openly = secret(private=False)
    ensure(jira_tracker(jira), openly)
    assert SECRET in in_jira(jira)
    assert follow(jira, openly, secret()).written
    assert SECRET not in in_jira(jira)
    assert follow(jira, secret(), openly).written
    assert the_issue(jira).fields["summary"] == openly.title


def test_it_is_closed_without_what_shows_that_it_is_done(jira: JiraStandIn) -> None:
    ensure(jira_tracker(jira), secret())
    evidence = Evidence(url=HttpUrl("https://git.example.com/change/7"), note=SECRET, by="ana", at=NOW)
    assert follow(jira, secret(), secret(status=ItemStatus.CLOSED, ended_at=NOW, evidence=[evidence])).written
    assert "git.example.com" not in in_jira(jira)
    assert SECRET not in in_jira(jira)
    assert "Closed" in str(the_issue(jira).comments)


def test_the_services_own_tickets_say_as_little(database: Engine) -> None:
    tracker = LocalTracker(database, organisation, PUBLIC_URL)
    ticket = tracker.create(secret())

    def words() -> str:
        with Session(database) as session:
            row = session.exec(select(LocalTicketRow)).one()
            return f"{row.summary} {row.description}"

    assert SECRET not in words()
    tracker.update(tracker.status(ticket), secret(private=False), words=True)
    assert SECRET in words()
    tracker.update(tracker.status(ticket), secret(), words=True)
    assert SECRET not in words()


def test_a_ticket_follows_an_edit_unless_it_was_there_before_its_item(jira: JiraStandIn) -> None:
    before = secret(private=False)
    ensure(jira_tracker(jira), before)
    edited = secret(private=False, title="Alert on its age", description="See the runbook", edited=1)
    assert follow(jira, before, edited).written
    assert the_issue(jira).fields["summary"] == "Alert on its age"
    assert "See the runbook" in str(the_issue(jira).fields["description"])
    adopted = edited.model_copy(update={"title": "Test it", "edited": 2, "ticket_adopted": True})
    assert follow(jira, edited, adopted).written
    assert the_issue(jira).fields["summary"] == "Alert on its age"
