"""Questions that a format asks, and which of them a text has left as they came."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

_SAID = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_AFTER_OTHERS = re.compile(r"^[-\d.]+ |[}.] ")
"""What stands before a question: its number or dash, another question's end, or what the timeline fills in."""
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s")


def unanswered(text: str) -> list[str]:
    """Questions of any format that stand in the text as they came, with nothing written after them, each once."""
    return list(dict.fromkeys(_unanswered(text)))


def _unanswered(text: str) -> Iterator[str]:
    waiting = None
    for line in filter(str.strip, text.splitlines()):
        said = _SAID.sub("", line).strip()
        if waiting is not None and (_HEADING.match(line) or _asks_anew(said)):
            yield waiting
        waiting = _left(said)
    if waiting is not None:
        yield waiting


def _left(said: str) -> str | None:
    """The question that a line ends with, as it came."""
    return next((question for question in _questions() if said == question or said.endswith(f". {question}")), None)


def _asks_anew(said: str) -> bool:
    """Whether a line is about another question, answered or not."""
    return said.startswith(_questions()) or _left(said) is not None


@cache
def _questions() -> tuple[str, ...]:
    """The longest first, so that a line is the whole of what it asks."""
    folder = files("followthrough") / "postmortem_formats"
    lines = (line for file in folder.iterdir() for line in file.read_text(encoding="utf-8").splitlines())
    asking = (line for line in lines if _SAID.match(line) and line.endswith("?"))
    found = {_AFTER_OTHERS.split(line)[-1] for line in asking}
    return tuple(sorted(found, key=lambda question: (-len(question), question)))
