"""An organisation whose teams have tickets, a Jira tracker that talks to the stand-in, and activities that use it."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.tickets.jira.client import JiraConnection
from activities.tickets.jira.tracker import JiraTracker
from activities.tickets.tickets import Tickets
from activities.tickets.tracker import Tracker
from activities.vendor_pause import VendorPause
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.ticket.sync import TicketFacts
from followthrough.domain.replayed.ticket.ticket import Ticket, TicketReport, TicketState
from followthrough.domain.replayed.values import Severity
from followthrough.settings import Settings
from tests.records import NOW, item
from tests.standins.jira import JiraStandIn
from tests.standins.jira_data import Issue
from workflows.messages.ticket import FollowTicket, TicketMade

PUBLIC_URL = "https://followthrough.example.com"


def organisation(**jira: Any) -> Organisation:
    """``payments`` works in sprints, ``platform`` without, and ``research`` has no tracker at all."""
    return Organisation.model_validate(
        {
            "name": "Paper Plane",
            "people": {
                "ana": {"name": "Ana Ruiz", "email": "ana@example.com", "jira": "5b10ana"},
                "ben": {"name": "Ben Lee", "email": "ben@example.com", "jira": "5b10ben"},
                "carla": {"name": "Carla Diaz", "email": "carla@example.com"},
            },
            "teams": {
                "payments": {
                    "name": "Payments",
                    "lead": "carla",
                    "time_zone": "Europe/Madrid",
                    "sprints": {"first_day": "2026-01-12", "weeks": 2, "planning": "10:00"},
                    "jira": {"project": "PAY", "board": 12, **jira},
                },
                "platform": {"name": "Platform", "lead": "carla", "jira": {"project": "OPS", "board": 34}},
                "research": {"name": "Research", "lead": "carla"},
            },
            "services": {"checkout": {"name": "Checkout", "team": "payments", "on_call": ["ana"]}},
            "severities": {severity: {"description": severity, "acknowledge_within": "5m"} for severity in Severity},
        }
    )


def jira_settings(jira: JiraStandIn, **changes: Any) -> Settings:
    return Settings(
        **{
            "jira_url": jira.url,
            "jira_cloud": jira.cloud,
            "jira_user": "followthrough@example.com" if jira.cloud else "",
            "jira_token": SecretStr("token"),
            "jira_index_lag": timedelta(0),
            "public_url": PUBLIC_URL,
            **changes,
        }
    )


def jira_tracker(jira: JiraStandIn, *, index_lag: float = 0, timeout: float = 5, **project: Any) -> JiraTracker:
    settings = jira_settings(jira, jira_index_lag=timedelta(seconds=index_lag))
    organised = organisation(**project)
    return JiraTracker(JiraConnection(settings, lambda: organised, timeout=(timeout, timeout)))


def one_of_several(jira: JiraStandIn, database: Engine) -> JiraTracker:
    """That of a worker beside others with the same database."""
    return JiraTracker(JiraConnection(jira_settings(jira), organisation, VendorPause(database, "Jira")))


def attempt(number: int, activity: Callable[..., Any], argument: object) -> Any:
    """Runs the activity as its ``number``-th attempt."""
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, attempt=number)
    return environment.run(activity, argument)


def tickets(tracker: Tracker) -> Tickets:
    return Tickets(tracker, organisation, lambda _: None, lambda *_: None)


def new_ticket(record: ActionItem | None = None) -> FollowTicket:
    """Asks for the ticket of an action item that has none yet."""
    return FollowTicket(item=record or item(), shows=None, at=NOW)


def to_follow(
    ticket: Ticket, record: ActionItem, shown: ActionItem | None = None, seen: TicketReport | None = None
) -> FollowTicket:
    """Asks to bring a ticket that shows ``shown`` to where the action item is."""
    shown = shown or item()
    if shown.settled:
        seen = TicketReport(ticket=ticket, state=TicketState.DONE, status="Done", lead="carla")
    shows = TicketFacts(owner=shown.owner, due=shown.planned.due, ended=shown.settled)
    return FollowTicket(item=record.model_copy(update={"ticket": ticket, "ticket_seen": seen}), shows=shows, at=NOW)


def ensure(tracker: Tracker, record: ActionItem | None = None, number: int = 1) -> Ticket:
    made: TicketMade = attempt(number, tickets(tracker).ensure_ticket, new_ticket(record))
    return made.report.ticket


def failure(activity: Callable[..., Any], argument: object) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        attempt(1, activity, argument)
    return caught.value


def the_issue(jira: JiraStandIn) -> Issue:
    (issue,) = jira.issues.values()
    return issue
