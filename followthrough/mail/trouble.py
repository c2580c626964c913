"""What the mail to administrators may use."""

from collections.abc import Sequence
from typing import TypedDict

from followthrough.mail.context import AsIs

SHOWN = 30
"""A page has the rest."""


class AboutTrouble(TypedDict):
    """Lines are a sentence and what to do; ``more`` of them are left out."""

    count: int
    first: str
    lines: list[tuple[str, str]]
    more: int
    page_url: AsIs


def about_trouble(lines: Sequence[tuple[str, str]], public_url: str) -> AboutTrouble:
    """There is at least one."""
    return {
        "count": len(lines),
        "first": lines[0][0],
        "lines": list(lines[:SHOWN]),
        "more": len(lines[SHOWN:]),
        "page_url": AsIs(f"{public_url}/trouble"),
    }
