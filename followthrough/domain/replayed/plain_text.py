"""Text as every database, terminal and mail can hold it. It costs little to import, for the command line's sake."""

import re
from typing import Any

CUT = "… [cut]"

_BREAK = re.compile("\r\n?|[\u2028\u2029]")
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
"""Controls, also a terminal's, and those that turn the direction of what follows."""
_HALF = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """What every database, terminal and mail can hold: one kind of line break, half surrogates as U+FFFD.

    What is unfit is not printable either, which is known at once: each text of each document that is read comes here.
    """
    if text.isprintable():
        return text
    return _HALF.sub("\ufffd", _UNFIT.sub("", _BREAK.sub("\n", text)))


def one_line(text: str) -> str:
    """Clean, with every run of white space as one space, so that nothing is broken out of."""
    return " ".join(clean(text).split())


def clean_all(value: Any) -> Any:
    """What JSON can hold, with every text in it clean."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(name): clean_all(part) for name, part in value.items()}
    return [clean_all(part) for part in value] if isinstance(value, list) else value


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters, of which the last say that it was cut."""
    return text if len(text) <= limit else text[: limit - len(CUT)] + CUT


def shortened(text: str, limit: int) -> str:
    """One line of at most ``limit`` characters, which ends between words where it has some."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    begins = line[: limit - 1]
    words = begins.rpartition(" ")[0]
    return f"{words if len(words) > limit // 2 else begins}…"
