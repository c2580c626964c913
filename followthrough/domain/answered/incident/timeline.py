"""A timeline as a document of its own."""

import re
from collections.abc import Callable, Iterable

from pydantic import AwareDatetime

from followthrough.domain.answered.wording import to_the_minute
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.text import one_line
from followthrough.domain.replayed.values import EntryKind, Message, PersonId

INLINE = re.compile(r"([\\`*_\[\]<>&~|$])")
BLOCK = re.compile(r"^([#+\-=:]|\d+(?=[.)]))")
"""What begins a block only at the start of a line."""


class ExportedEntry(Message):
    """One line; ``record_id`` is the incident, or the action item that it is about."""

    at: AwareDatetime
    kind: EntryKind
    text: str
    author: PersonId | None
    through: str | None = None
    record_id: str


class ExportedTimeline(Message):
    """What happened in an incident and to its action items, oldest first."""

    incident: str
    title: str
    entries: tuple[ExportedEntry, ...]


def as_markdown(incident: Incident, entries: Iterable[ExportedEntry], name: Callable[[PersonId], str]) -> str:
    """A heading and a list with one item for each entry, whatever people typed; times are in UTC."""
    lines = [f"# Timeline of {incident.id}: {_inert(one_line(incident.title))}", ""]
    if incident.drill:
        lines += ["This was a drill.", ""]
    for entry in entries:
        kind = f"**{entry.kind.upper()}**" if entry.kind is EntryKind.DECISION else entry.kind
        through = f", {_inert(entry.through)}" if entry.through else ""
        author = f", {_inert(name(entry.author))}{through}" if entry.author else ""
        item = f" ({entry.record_id})" if entry.record_id != incident.id else ""
        lines.append(f"- **{to_the_minute(entry.at)}** {kind}{author}{item}: {_text(entry.text)}")
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """Every line after the first stays in the list item."""
    first, *others = [one_line(line) for line in text.splitlines() if line.strip()] or [""]
    return "\\\n  ".join([_inert(first), *(BLOCK.sub(_escaped, _inert(line)) for line in others)])


def _escaped(start: re.Match[str]) -> str:
    return f"{start[0]}\\" if start[0].isdigit() else f"\\{start[0]}"


def _inert(text: str) -> str:
    return INLINE.sub(r"\\\1", text)
