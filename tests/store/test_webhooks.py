"""When an endpoint counts as failing, and when it is disabled."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from followthrough.domain.answered.webhook.delivery import DISABLED_AFTER, SCHEDULE, Outcome
from followthrough.store import webhooks
from followthrough.store.webhook_tables import WebhookEndpointRow, WebhookEventRow
from followthrough.store.webhooks import DeliveryState, Tried
from tests.records import NOW

HOOK = "warehouse"
DAY = timedelta(days=1)
REFUSED, AWAY = Tried(Outcome.REFUSED, "It answered 400.", 5), Tried(Outcome.AWAY, "It answered 503.", 5)


def happened(session: Session, event_id: str, at: datetime) -> None:
    event = WebhookEventRow(id=event_id, type="incident.declared", at=at, record_id="inc-1", body="{}")
    webhooks.put(session, event, [HOOK])


def tries(session: Session, tried: Tried, now: datetime, until: datetime) -> datetime:
    """Each when it is due, so that it ends when nothing is any more; gives the last one's time."""
    last = now
    while isinstance(due := webhooks.next_due(session, HOOK, now), webhooks.Logged | datetime) and now < until:
        if isinstance(due, datetime):
            now = due
        else:
            last = now
            webhooks.note_try(session, due.delivery.number, tried, now)
    return last


def how_it_does(session: Session) -> WebhookEndpointRow:
    return webhooks.endpoints(session, [HOOK])[HOOK]


@pytest.mark.parametrize("then", [REFUSED, AWAY])
def test_one_failure_long_after_an_event_was_given_up_disables_nothing(database: Engine, then: Tried) -> None:
    with Session(database) as session:
        happened(session, "msg_1", NOW)
        tries(session, REFUSED, NOW, NOW + 30 * DAY)
        (given_up,) = webhooks.log(session, limit=2)
        assert (given_up.delivery.state, given_up.delivery.tries) == (DeliveryState.GIVEN_UP, len(SCHEDULE) + 1)
        later = NOW + 30 * DAY
        happened(session, "msg_2", later)
        tries(session, then, later, later + timedelta(seconds=1))
        row = how_it_does(session)
    assert (row.failing_since, row.disabled_at) == (later, None)


def test_events_that_are_refused_one_after_the_other_disable_it_after_days(database: Engine) -> None:
    with Session(database) as session:
        happened(session, "msg_1", NOW)
        happened(session, "msg_2", NOW + 3 * DAY)
        tries(session, REFUSED, NOW, NOW + 30 * DAY)
        row = how_it_does(session)
    assert row.failing_since == NOW
    assert row.disabled_at is not None
    assert row.disabled_at >= NOW + DISABLED_AFTER


def test_what_waits_untried_behind_one_that_fails_does_not_begin_the_days_anew(database: Engine) -> None:
    with Session(database) as session:
        happened(session, "msg_1", NOW)
        happened(session, "msg_2", NOW)
        tries(session, AWAY, NOW, NOW + 30 * DAY)
        row = how_it_does(session)
    assert row.failing_since == NOW
    assert row.disabled_at is not None
