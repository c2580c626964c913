"""What a command changes in a record, and nothing besides."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from followthrough.domain.replayed.values import EntryKind, Record
from tests.records import NOW

LATER = NOW + timedelta(hours=1)
COUNTED = ("version", "entries", "unwritten")


class Command(Protocol):
    """What people say to a record."""

    def apply(self, record: Any, now: datetime, /) -> None: ...


Doing = Command | Callable[[Any], object]


@dataclass(frozen=True)
class Change:
    """After ``doing`` it to ``record`` these fields are other ones, and the timeline says this."""

    record: Record
    doing: Doing
    changed: dict[str, Any]
    said: tuple[tuple[EntryKind, str, str | None], ...] = ()


def did(record: Record, doing: Doing) -> tuple[dict[str, Any], tuple[tuple[EntryKind, str, str | None], ...]]:
    """Which fields it changed, and what the timeline says of it."""
    after = record.model_copy(deep=True)
    doing(after) if callable(doing) else doing.apply(after, LATER)
    new = after.unwritten[len(record.unwritten) :]
    assert all(entry.at == LATER for entry in new)
    names = (name for name in type(record).model_fields if name not in COUNTED)
    changed = {name: getattr(after, name) for name in names if getattr(after, name) != getattr(record, name)}
    return changed, tuple((entry.kind, entry.text, entry.author) for entry in new)
