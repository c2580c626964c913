"""A vendor that asks one worker to wait is left alone by all."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import Engine

from activities.vendor_pause import LONGEST, VendorPause
from tests.records import NOW, item
from tests.standins.jira import Fault, JiraStandIn
from tests.tracking import (
    ensure,
    failure,
    new_ticket,
    one_of_several,
    tickets,
)


@pytest.mark.parametrize("status", [429, 503])
@time_machine.travel(NOW, tick=False)
def test_all_workers_wait_when_jira_asks_one_to(jira: JiraStandIn, database: Engine, status: int) -> None:
    jira.faults.append(Fault("POST", "/issue$", status=status, retry_after=60))
    first, second = one_of_several(jira, database), one_of_several(jira, database)
    assert failure(tickets(first).ensure_ticket, new_ticket()).next_retry_delay == timedelta(seconds=60)
    asked = len(jira.requests)
    for tracker in (first, second):
        waiting = failure(tickets(tracker).ensure_ticket, new_ticket(item(2)))
        assert waiting.type == "TrackerUnavailable"
        assert waiting.next_retry_delay is not None
        assert timedelta(seconds=40) < waiting.next_retry_delay < timedelta(seconds=75)
    assert len(jira.requests) == asked


@pytest.mark.parametrize("seconds", ["9" * 20, "9" * 5_000, "soon"])
def test_a_pause_that_makes_no_sense_sticks_nothing(jira: JiraStandIn, database: Engine, seconds: str) -> None:
    jira.faults.append(Fault("POST", "/issue$", status=429, retry_after=seconds))
    error = failure(tickets(one_of_several(jira, database)).ensure_ticket, new_ticket())
    assert error.type == "TrackerUnavailable"
    assert error.next_retry_delay is None or error.next_retry_delay <= timedelta(days=1)


def test_after_the_pause_work_goes_on(jira: JiraStandIn, database: Engine) -> None:
    VendorPause(database, "Jira").start(timedelta(0))
    assert ensure(one_of_several(jira, database)).key == "PAY-1"


@time_machine.travel(NOW, tick=False)
def test_a_shorter_wait_does_not_end_a_longer_one_and_none_is_endless(database: Engine) -> None:
    VendorPause(database, "Jira").start(timedelta(days=300))
    VendorPause(database, "Jira").start(timedelta(seconds=1))
    left = VendorPause(database, "Jira").left()
    assert left == LONGEST
    assert VendorPause(database, "SendGrid").left() is None


def test_a_login_that_is_lost_or_back_is_news_once_for_all_workers(database: Engine) -> None:
    first, second = VendorPause(database, "Jira"), VendorPause(database, "Jira")
    first.start(timedelta(seconds=30))
    assert not first.login_is_known()
    assert [first.login_is_lost(timedelta(0)), second.login_is_lost(timedelta(0))] == [True, False]
    second.start(timedelta(seconds=60))
    assert VendorPause(database, "Jira").login_lost_at() is not None
    third = VendorPause(database, "Jira")
    assert [third.login_is_known(), VendorPause(database, "Jira").login_is_known()] == [True, False]
    assert third.left() is not None
