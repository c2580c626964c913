"""What a ticket tracker, a mail transport, a pager or Confluence comes to: not now, or no."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

from temporalio.exceptions import ApplicationError

from followthrough.domain.replayed.text import REASON, clean, cut

LONGEST_PAUSE = timedelta(days=1)
"""More than this makes no sense to ask for."""

Of = Literal["Tracker", "Mail", "Page", "Confluence"]


class VendorUnavailable(Exception):
    """Outage, rate limit, timeout: the call was not taken, or nobody knows.

    ``retry_after`` is how long the vendor asks to be left alone.
    """

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class VendorRefused(Exception):
    """The vendor said no, in words for a person, without addresses."""


def failure(error: VendorUnavailable | VendorRefused, of: Of, *details: object) -> ApplicationError:
    """As Temporal tries it again, or doesn't: then the ``details`` say what was refused."""
    if isinstance(error, VendorUnavailable):
        return ApplicationError(in_words(error), type=f"{of}Unavailable", next_retry_delay=error.retry_after)
    return ApplicationError(in_words(error), *details, type=f"{of}Refused", non_retryable=True)


@contextmanager
def tracker_failures() -> Iterator[None]:
    """What a tracker raises, as a ``failure``."""
    try:
        yield
    except (VendorUnavailable, VendorRefused) as error:
        raise failure(error, "Tracker") from None


def in_words(error: VendorUnavailable | VendorRefused) -> str:
    """They may quote the vendor, and go into timelines and mails."""
    return cut(clean(str(error)), REASON)


def pause_asked(retry_after: str) -> timedelta | None:
    """By this header: seconds, or a date."""
    try:
        if retry_after.isdecimal():
            return timedelta(seconds=min(int(retry_after), LONGEST_PAUSE.total_seconds()))
        wanted = parsedate_to_datetime(retry_after) - datetime.now(UTC)
    except (ValueError, TypeError):
        return None
    return min(max(wanted, timedelta(0)), LONGEST_PAUSE)
