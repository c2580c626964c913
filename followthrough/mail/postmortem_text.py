"""A postmortem's text in a mail: its lines as they were typed, and not more than mail programs show."""

import re
from html import escape
from typing import NamedTuple

from followthrough.domain.replayed.text import one_line

MOST = 60_000
"""Bytes of HTML: Gmail clips a mail at 102 KB, and the rest of the mail needs some."""
OF_A_LINE = 160
"""What a line needs for its own style, about."""
MARKED = re.compile(r"(#{1,6}|[-*+]) (.*)")
LONGEST_CHARACTER = len("&quot;")


class MailedLine(NamedTuple):
    """``kind`` is what stands before it: nothing, ``heading`` or ``point``."""

    kind: str
    text: str


def mailed_lines(text: str) -> tuple[list[MailedLine], bool]:
    """The first lines that fit, and whether there are more. A line too long for all of it is cut."""
    room, lines = MOST, list[MailedLine]()
    for typed in text.splitlines():
        words = one_line(typed)
        if not words:
            continue
        found = MARKED.fullmatch(words)
        kind = "" if found is None else "heading" if found[1].startswith("#") else "point"
        words = found[2] if found else words
        room -= OF_A_LINE
        fits = _fitting(words, room)
        if not fits:
            return lines, True
        lines.append(MailedLine(kind, fits))
        if len(fits) < len(words):
            return lines, True
        room -= _size(fits)
    return lines, False


def _size(text: str) -> int:
    return len(escape(text).encode())


def _fitting(text: str, room: int) -> str:
    """As much of it as surely fits."""
    return text if _size(text) <= room else text[: max(0, room) // LONGEST_CHARACTER]
