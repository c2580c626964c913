import html
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from followthrough.domain.action_item import Moment, MomentKind
from followthrough.domain.incident import IncidentMomentKind
from followthrough.web import words
from followthrough.web.rendering import _safe_markdown

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
MADRID = ZoneInfo("Europe/Madrid")


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
    assert words.span(duration) == said


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
    assert words.when(at, NOW, MADRID) == said


def test_a_next_moment_that_has_passed_is_about_to_happen() -> None:
    moment = Moment(at=NOW - timedelta(days=2), kind=MomentKind.ESCALATE, level=1, to=("ana", "ben"))
    assert (
        words.next_moment(moment, NOW, str.capitalize, MADRID) == "escalates to Ana and Ben today 10:00 (Europe/Madrid)"
    )


def test_every_moment_can_be_said() -> None:
    assert words.MOMENTS.keys() == {*MomentKind, *IncidentMomentKind}


def test_a_paragraph_of_brackets_stays_as_it_was_typed() -> None:
    many = "[" * 60_000
    assert html.unescape(str(_safe_markdown(many))) == f"<p>{many}</p>\n"
    assert '<a href="https://x.example">a</a>' in _safe_markdown(f"[a](https://x.example)\n\n{many}")
