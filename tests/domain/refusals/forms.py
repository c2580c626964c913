"""What the form to act by refuses."""

from collections.abc import Callable
from typing import Any

from followthrough.domain.answered.choices import EXTEND
from followthrough.web.act_form import Offer, command_of
from tests.domain.refusals.row import WHY, Row
from tests.example import EXAMPLE
from tests.records import item


def fill_in(**typed: str) -> Callable[[Any], object]:
    """A person of the example asks for more time."""
    return lambda record: command_of(Offer("marcos", "", record, EXTEND, EXAMPLE), typed)


FORMS = [
    Row(
        item(),
        fill_in(until="2026-12-31", reason=" "),
        "Why: this can't be left out.",
        but=fill_in(until="2026-12-31", reason=WHY),
    ),
    Row(
        item(),
        fill_in(until="2026-12-31", reason="a" * 2_001),
        "Why: the text has 2001 characters, and may have 2000; say it shorter.",
        but=fill_in(until="2026-12-31", reason="a" * 2_000),
    ),
    Row(
        item(),
        fill_in(until="soon", reason=WHY),
        "Until when: write the day like 2026-12-31.",
        but=fill_in(until="2026-12-31", reason=WHY),
    ),
]
