import html
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from followthrough.domain.replayed.incident.incident import IncidentMomentKind
from followthrough.domain.replayed.item.action_item import Moment, MomentKind
from followthrough.web.next_moment import MOMENTS, next_moment
from followthrough.web.rendering import _safe_markdown

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
MADRID = ZoneInfo("Europe/Madrid")


def test_a_next_moment_that_has_passed_is_about_to_happen() -> None:
    moment = Moment(at=NOW - timedelta(days=2), kind=MomentKind.ESCALATE, level=1, to=("ana", "ben"))
    assert next_moment(moment, NOW, str.capitalize, MADRID) == "escalates to Ana and Ben today 10:00 (Europe/Madrid)"


def test_every_moment_can_be_said() -> None:
    assert MOMENTS.keys() == {*MomentKind, *IncidentMomentKind}


def test_a_paragraph_of_brackets_stays_as_it_was_typed() -> None:
    many = "[" * 60_000
    assert html.unescape(str(_safe_markdown(many))) == f"<p>{many}</p>\n"
    assert '<a href="https://x.example">a</a>' in _safe_markdown(f"[a](https://x.example)\n\n{many}")
