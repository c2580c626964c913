"""How workflows call activities, and what they hear of one that failed."""

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.workflow import ActivityConfig, LocalActivityConfig

from followthrough.domain.replayed.text import REASON, cut
from followthrough.queues import Queue
from workflows.messages.mail import MissedMail

RETRY = RetryPolicy(maximum_interval=timedelta(minutes=10))
"""Without end: an outage of days delays and loses nothing. Errors that never heal are non-retryable."""

RECORDS = ActivityConfig(start_to_close_timeout=timedelta(seconds=10), retry_policy=RETRY)
"""For activities that ask the organisation file and the database."""

LOCAL = LocalActivityConfig(start_to_close_timeout=timedelta(seconds=10), retry_policy=RETRY)
"""For local activities, which ask the organisation file and the database."""

TRACKER = ActivityConfig(task_queue=Queue.TICKETS, start_to_close_timeout=timedelta(minutes=2), retry_policy=RETRY)
"""For activities that ask the tracker."""

CONFLUENCE = ActivityConfig(task_queue=Queue.TICKETS, start_to_close_timeout=timedelta(minutes=2), retry_policy=RETRY)
"""For activities that write pages in Confluence, where the tracker's account is used."""

MAIL = ActivityConfig(
    task_queue=Queue.MAILS,
    start_to_close_timeout=timedelta(minutes=2),
    schedule_to_close_timeout=timedelta(days=20),
    retry_policy=RETRY,
)
"""For activities that send mails. They set a mail aside sooner, after ``set_aside_after``, unless they can't begin."""

PAGING = RetryPolicy(maximum_interval=timedelta(seconds=30), non_retryable_error_types=["PageRefused"])
PAGE = ActivityConfig(
    task_queue=Queue.PAGES,
    start_to_close_timeout=timedelta(seconds=45),
    schedule_to_close_timeout=timedelta(minutes=10),
    retry_policy=PAGING,
)
"""For pages: what comes later than that wakes somebody for nothing, and whoever is asked next is paged anew."""

PAGE_OVER = ActivityConfig(
    task_queue=Queue.PAGES,
    start_to_close_timeout=timedelta(seconds=45),
    schedule_to_close_timeout=timedelta(days=1),
    retry_policy=PAGING,
)
"""For saying that a page is acknowledged, or over."""

WEBHOOKS = ActivityConfig(
    task_queue=Queue.WEBHOOKS,
    start_to_close_timeout=timedelta(minutes=15),
    heartbeat_timeout=timedelta(minutes=1),
    retry_policy=RETRY,
)
"""For sending events. When a receiver is tried again stands in the database, where people see it."""


def reason(error: ActivityError) -> str:
    """The sentence for people in a failed activity."""
    return cut(error.cause.message if isinstance(error.cause, ApplicationError) else str(error.cause), REASON)


def unsent(error: ActivityError) -> list[MissedMail]:
    """The mails to people that an activity could not send."""
    details = error.cause.details if isinstance(error.cause, ApplicationError) else ()
    return [MissedMail.model_validate(detail) for detail in details]
