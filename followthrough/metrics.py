"""What this process counts for Prometheus; what is the same for all processes is counted in the database instead.

No label holds a name, an address or a text: each has a few values, which are written here or in the domain.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics

from followthrough.domain.replayed.values import Refusal

disable_created_metrics()  # type: ignore[no-untyped-call]  # they double what Prometheus keeps, and no rule asks for them
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

SOURCES = ("Alertmanager", "PagerDuty", "The pager")
"""What alerts say that they come from."""
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class AlertOutcome(StrEnum):
    """What became of a delivery of an alert."""

    STARTED = "started"
    """An incident."""
    JOINED = "joined"
    """The incident that it belongs to."""
    KEPT = "kept"
    """No route fits."""
    NOTHING = "nothing to do"
    REFUSED = "refused"
    FAILED = "failed"
    """Its pager tries again."""


class CallOutcome(StrEnum):
    """What a vendor made of a call."""

    ANSWERED = "answered"
    REFUSED = "refused"
    LIMITED = "limited"
    """It came too often."""
    FAILED = "failed"


class MailOutcome(StrEnum):
    """What became of an attempt to hand a mail over."""

    SENT = "sent"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    """It is tried again."""
    SET_ASIDE = "set aside"


ALERTS = Counter(
    "followthrough_alerts", "Deliveries of alerts, by pager and outcome", ["source", "outcome"], registry=REGISTRY
)
ALERT_SECONDS = Histogram(
    "followthrough_alert_seconds",
    "From an alert's delivery to the answer",
    ["source"],
    buckets=SECONDS,
    registry=REGISTRY,
)
MAILS = Counter("followthrough_mails", "Attempts to hand a mail over, by outcome", ["outcome"], registry=REGISTRY)
TRACKER_CALLS = Counter("followthrough_tracker_calls", "Requests to Jira, by outcome", ["outcome"], registry=REGISTRY)
TRACKER_SECONDS = Histogram(
    "followthrough_tracker_call_seconds", "From a request to Jira to its answer", buckets=SECONDS, registry=REGISTRY
)

for source in SOURCES:  # what comes for the first time is an increase
    for alert_outcome in AlertOutcome:
        ALERTS.labels(source, alert_outcome)
for mail_outcome in MailOutcome:
    MAILS.labels(mail_outcome)
for call_outcome in CallOutcome:
    TRACKER_CALLS.labels(call_outcome)


@dataclass
class Delivery:
    """Of an alert; whoever delivers it says what became of it."""

    outcome: AlertOutcome | None = None


@contextmanager
def delivery_counted(source: str) -> Iterator[Delivery]:
    """One delivery, with the time that it takes."""
    delivery, began = Delivery(), time.perf_counter()
    try:
        yield delivery
    except Refusal:
        delivery.outcome = AlertOutcome.REFUSED
        raise
    finally:
        ALERTS.labels(source, delivery.outcome or AlertOutcome.FAILED).inc()
        ALERT_SECONDS.labels(source).observe(time.perf_counter() - began)


def tracker_call_counted(status: int | None, seconds: float) -> None:
    """A request to Jira; without a ``status`` there was no answer."""
    outcome = CallOutcome.ANSWERED
    if status is None or status >= 500:
        outcome = CallOutcome.FAILED
    elif status == 429:
        outcome = CallOutcome.LIMITED
    elif status >= 400:
        outcome = CallOutcome.REFUSED
    TRACKER_CALLS.labels(outcome).inc()
    TRACKER_SECONDS.observe(seconds)
