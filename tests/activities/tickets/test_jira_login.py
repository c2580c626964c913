"""A login that Jira no longer knows is an outage; whoever runs the service hears of it once, and no ticket is gone."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from activities.tickets.jira import client as jira_client
from activities.tickets.jira.tracker import JiraTracker
from activities.vendors import VendorUnavailable
from followthrough.domain.replayed.sprint.sprint import Sprint as PlannedSprint
from followthrough.domain.replayed.ticket.ticket import Ticket
from tests.records import NOW, item
from tests.standins.jira import Fault, JiraStandIn
from tests.tracking import (
    ensure,
    failure,
    jira_tracker,
    new_ticket,
    one_of_several,
    tickets,
)

TICKET = Ticket(key="PAY-1", url="")
LOST = ["AUTHENTICATED_FAILED", "OUT", "CAPTCHA_CHALLENGE"]


@pytest.mark.parametrize("reason", LOST)
@pytest.mark.parametrize(
    "call",
    [
        lambda tracker: tracker.find(item().id),
        lambda tracker: tracker.status(TICKET),
        lambda tracker: tracker.statuses([TICKET]),
        lambda tracker: list(tracker.changed_since(datetime.now(UTC))),
        lambda tracker: tracker.sprint_state(PlannedSprint(id=5, name="Next"), NOW),
        lambda tracker: tracker.next_sprint("payments", NOW),
        lambda tracker: tracker.create(item()),
        lambda tracker: tracker.update(tracker.status(TICKET), item()),
        lambda tracker: tracker.who_we_are(),
    ],
    ids=["find", "status", "statuses", "changed", "sprint", "next sprint", "create", "update", "who"],
)
def test_to_a_stranger_nothing_is_gone(jira: JiraStandIn, reason: str, call: Callable[[JiraTracker], Any]) -> None:
    ensure(jira_tracker(jira))
    jira.lost_login = reason
    with pytest.raises(VendorUnavailable, match="renew"):
        call(jira_tracker(jira))


@pytest.mark.parametrize("reason", LOST)
def test_whoever_runs_the_service_is_told_once_and_when_it_is_over(
    jira: JiraStandIn, database: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(jira_client, "LOGIN_PAUSE", timedelta(0))
    jira.lost_login = reason
    for tracker in (one_of_several(jira, database), one_of_several(jira, database)):
        assert failure(tickets(tracker).ensure_ticket, new_ticket()).type == "TrackerUnavailable"
    (told,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "renew" in told.getMessage()
    jira.lost_login = ""
    assert ensure(one_of_several(jira, database)).key == ensure(one_of_several(jira, database)).key
    assert caplog.text.count("Jira knows us again.") == 1


def test_a_jira_that_does_not_know_us_is_left_alone_for_a_while(jira: JiraStandIn, database: Engine) -> None:
    jira.faults.append(Fault(status=401))
    assert (
        failure(tickets(one_of_several(jira, database)).ensure_ticket, new_ticket()).next_retry_delay
        == jira_client.LOGIN_PAUSE
    )
    asked = len(jira.requests)
    error = failure(tickets(one_of_several(jira, database)).ensure_ticket, new_ticket())
    assert "Jira does not know us" in error.message
    assert len(jira.requests) == asked
