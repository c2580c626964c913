"""Words that people type for a role, a status and the like, however they write them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

import typer

from followthrough.cli.api import WRONG_COMMAND_LINE, fail
from followthrough.domain.replayed.names import (
    Audience,
    IncidentStatus,
    ItemStatus,
    Role,
    Severity,
)

WordT = TypeVar("WordT", bound=StrEnum)

MINUTE = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M%z"]
ZONE = "this machine's time unless it ends in an offset like +01:00"

ALSO: Mapping[type[StrEnum], Mapping[str, StrEnum]] = {
    Role: {
        "ic": Role.INCIDENT_COMMANDER,
        "commander": Role.INCIDENT_COMMANDER,
        "cl": Role.COMMS_LEAD,
        "communications": Role.COMMS_LEAD,
        "fixer": Role.RESOLVER,
    },
    IncidentStatus: {
        "open": IncidentStatus.DECLARED,
        "ongoing": IncidentStatus.DECLARED,
        "in progress": IncidentStatus.DECLARED,
        "new": IncidentStatus.DECLARED,
        "over": IncidentStatus.RESOLVED,
        "fixed": IncidentStatus.RESOLVED,
        "published": IncidentStatus.PUBLISHED,
        "canceled": IncidentStatus.CANCELLED,
        "false alarm": IncidentStatus.CANCELLED,
    },
    ItemStatus: {
        "new": ItemStatus.PROPOSED,
        "to do": ItemStatus.PROPOSED,
        "todo": ItemStatus.PROPOSED,
        "in progress": ItemStatus.ACCEPTED,
        "doing": ItemStatus.ACCEPTED,
        "started": ItemStatus.ACCEPTED,
        "to verify": ItemStatus.DONE,
        "in review": ItemStatus.DONE,
        "finished": ItemStatus.DONE,
        "verified": ItemStatus.CLOSED,
        "won't do": ItemStatus.WAIVED,
        "wontfix": ItemStatus.WAIVED,
    },
    Severity: {str(number): severity for number, severity in enumerate(Severity, 1)}
    | {f"s{number}": severity for number, severity in enumerate(Severity, 1)},
    Audience: {"clients": Audience.CUSTOMERS, "management": Audience.EXECUTIVES, "us": Audience.INTERNAL},
}
"""Beside the words themselves and their beginnings."""


def one_of(words: type[WordT]) -> Callable[[str], WordT]:
    """Reads a word of these: in any case, with any blank, its beginning if no other begins like it, or as in ``ALSO``.

    What it gives raises BadParameter, which says all of them, for another.
    """
    also = ALSO.get(words, {})
    known = {word.value.lower(): word for word in words} | {name: words(word) for name, word in also.items()}

    def read(text: str) -> WordT:
        typed = " ".join(text.lower().replace("-", " ").replace("_", " ").split())
        plain = {name.replace("-", " "): word for name, word in known.items()}
        if typed in plain:
            return plain[typed]
        begun = {word for name, word in plain.items() if typed and name.startswith(typed)}
        if len(begun) == 1:
            return begun.pop()
        raise typer.BadParameter(f"{text!r} is none of {', '.join(map(_with_short, words))}.")

    def _with_short(word: WordT) -> str:
        short = [name for name, meant in also.items() if meant is word]
        return f"{word.value} ({', '.join(short)})" if short else word.value

    read.__name__ = words.__name__
    return read


def argument(words: type[StrEnum], help_text: str | None = None) -> Any:
    """One of these words, which a shell completes."""
    return typer.Argument(parser=one_of(words), autocompletion=_completing(words), help=help_text)


def option(words: type[StrEnum], *names: str, help_text: str | None = None) -> Any:
    """The same, after ``--name``."""
    return typer.Option(*names, parser=one_of(words), autocompletion=_completing(words), help=help_text)


def happened(at: datetime | None, named: str) -> str | None:
    """What was typed as ``MINUTE`` after the option of that name, as the API takes it."""
    if at is not None and not 2000 <= at.year <= 2199:
        fail(f"{named}: the year has to be from 2000 to 2199.", WRONG_COMMAND_LINE)
    return at.astimezone().isoformat() if at else None


def _completing(words: type[StrEnum]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [word.value for word in words if word.value.lower().startswith(incomplete.lower())]

    return complete
