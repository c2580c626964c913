from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from followthrough.domain.answered.wording import (
    exact_span,
    span,
    span_to_the_minute,
    to_the_minute,
    when,
    when_from_here,
    whole_span,
    without_addresses,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<ana@example.com> is not known", "[address] is not known"),
        ("to ana@example.com,ben@example.com: no", "to [address] no"),
        ("Thanks @ana, 5 @ 3", "Thanks @ana, 5 @ 3"),
        ("line one\n  a@b ", "line one\n  [address] "),
        ("x" * 500_000, "x" * 500_000),
    ],
)
def test_addresses_are_left_out(text: str, left: str) -> None:
    assert without_addresses(text) == left


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (timedelta(seconds=59), "moments"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=23, minutes=59), "23 hours"),
        (timedelta(days=-3), "3 days"),
    ],
)
def test_spans_are_said_in_their_largest_unit(duration: timedelta, said: str) -> None:
    assert span(duration) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 3, 2, 22, 59, tzinfo=UTC), "today 23:59"),
        (datetime(2026, 3, 2, 23, 0, tzinfo=UTC), "tomorrow 00:00"),
        (datetime(2026, 3, 1, 9, 0, tzinfo=UTC), "yesterday 10:00"),
        (datetime(2026, 3, 8, 8, 0, tzinfo=UTC), "Sunday 09:00"),
        (datetime(2026, 3, 9, 8, 0, tzinfo=UTC), "9 March 09:00"),
        (datetime(2026, 3, 30, 7, 0, tzinfo=UTC), "30 March 09:00"),
        (datetime(2027, 1, 4, 8, 0, tzinfo=UTC), "4 January 2027 09:00"),
    ],
)
def test_times_are_said_as_a_calendar_in_that_place_would(at: datetime, said: str) -> None:
    assert when_from_here(at, NOW, ZoneInfo("Europe/Madrid")) == said


@pytest.mark.parametrize(
    ("minutes", "exact", "to_the_minute"),
    [(5, "5 min", "5 min"), (90, "90 min", "1 h 30 min"), (120, "2 h", "2 h 0 min"), (2880, "2 d", "48 h 0 min")],
)
def test_where_minutes_count_they_are_said(minutes: int, exact: str, to_the_minute: str) -> None:
    duration = timedelta(minutes=minutes)
    assert (exact_span(duration), span_to_the_minute(duration)) == (exact, to_the_minute)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(30, "30 seconds"), (60, "1 minute"), (5400, "90 minutes"), (129_600, "36 hours"), (86_400, "1 day")],
)
def test_what_somebody_has_set_is_said_exactly_and_in_full(seconds: float, said: str) -> None:
    assert (whole_span(timedelta(seconds=seconds)), whole_span(timedelta(seconds=seconds + 0.25))) == (said, said)


def test_times_say_their_zone() -> None:
    assert (when(NOW, "Europe/Madrid"), when(None)) == ("Mon 02 Mar 2026, 10:00 (Europe/Madrid)", "")
    assert to_the_minute(NOW.astimezone(ZoneInfo("Europe/Madrid"))) == "2026-03-02 09:00 UTC"
