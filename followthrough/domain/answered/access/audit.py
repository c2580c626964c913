"""What an audit entry says, and the chain that shows when one is changed, taken out or put in between.

An entry holds pseudonyms where something leads to a person: whoever is erased can't be found by it any more, and the
chain is as it was.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC
from enum import StrEnum
from typing import NamedTuple

from pydantic import AwareDatetime, Field

from followthrough.domain.answered.access.actor import Door
from followthrough.domain.replayed.text import MachineKey, MachineLine
from followthrough.domain.replayed.values import Message, PersonId


class Act(StrEnum):
    """What is audited."""

    COMMAND = "command"
    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    TOKEN = "token"  # noqa: S105 -- no secret
    EXPORT = "export"
    PRIVATE_VIEW = "view of a private incident"
    DECRYPTION = "decryption of what Temporal keeps"
    ORGANISATION_FILE = "organisation file"
    DIRECTORY = "directory"
    ERASURE = "erasure of a person"
    PRUNING = "pruning of old entries"


class Outcome(StrEnum):
    """What became of it."""

    DONE = "done"
    ACCEPTED = "accepted"
    """Its result was not there in time; the timeline has it."""
    REFUSED = "refused"
    """By the rules, in words."""
    FORBIDDEN = "forbidden"
    """Who asked has no right to."""
    UNKNOWN = "unknown"
    """It broke off: it may have been done, and the timeline says so then."""


class Happened(Message):
    """Something to be audited, with names still. ``id`` makes it one entry however often it is written."""

    id: str
    at: AwareDatetime
    act: Act
    what: MachineLine
    """Like the command's name. It leads to no person, and nor does ``details``."""
    person: PersonId | None = None
    """Who; None where nobody is known."""
    through: Door | None = None
    """How; None where no one asked, as for the organisation file."""
    token: MachineLine = ""
    """What people call the token."""
    address: MachineLine = ""
    """Where from."""
    whom: PersonId | None = None
    """To whom, where that is a person and not a record."""
    record: MachineKey = ""
    """About which incident, action item, token or team."""
    outcome: Outcome | None = None
    """None while it is under way."""
    details: dict[str, str] = Field(default_factory=dict)


class Pseudonyms(NamedTuple):
    """Of whom and what leads to them; empty where there is nothing to hide."""

    who: str
    token: str
    address: str
    whom: str


class Entry(Message):
    """As it lies in the chain, also with an act that only another version knows."""

    number: int
    """From 1, without gaps."""
    id: str
    at: AwareDatetime
    act: str
    what: str
    who: str
    through: str | None
    token: str
    address: str
    whom: str
    record: str
    outcome: str
    details: dict[str, str]
    previous: str
    """The digest of the entry before."""
    digest: str = ""

    def digested(self) -> str:
        """SHA-256 of all that it says, as JSON with sorted keys and without spaces, in UTF-8."""
        said = self.model_dump(mode="json", exclude={"digest"})
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


class Link(NamedTuple):
    """A place in the chain."""

    number: int
    digest: str

    def __str__(self) -> str:
        """As people keep it elsewhere."""
        return f"{self.number}:{self.digest}"


BEGINNING = Link(0, "0" * 64)
"""Before the first entry."""


class Broken(Exception):
    """The chain is not as it was written, from the entry ``number`` on; the message is one sentence."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"Entry {number} {why}.")
        self.number = number


def chained(said: Happened, pseudonyms: Pseudonyms, last: Link) -> Entry:
    """The entry after ``last``."""
    entry = Entry(
        **said.model_dump(mode="json", exclude={"at", "person", "token", "address", "whom", "outcome"}),
        at=said.at.astimezone(UTC),
        **pseudonyms._asdict(),
        outcome=said.outcome or Outcome.UNKNOWN,
        number=last.number + 1,
        previous=last.digest,
    )
    return entry.model_copy(update={"digest": entry.digested()})


def verify(entries: Iterable[Entry], anchor: Link, known: Link | None = None) -> Link:
    """The last place of the entries that follow ``anchor``. Raises Broken.

    ``known`` is a place that was the last once: without it, entries that are cut off at the end are not missed.
    """
    last = anchor
    _require(known, last)
    for entry in entries:
        if entry.number != last.number + 1:
            raise Broken(last.number + 1, "is missing")
        if entry.previous != last.digest:
            raise Broken(entry.number, "does not follow the one before it")
        if entry.digest != entry.digested():
            raise Broken(entry.number, "says something else than when it was written")
        last = Link(entry.number, entry.digest)
        _require(known, last)
    if known and last.number < known.number:
        raise Broken(last.number + 1, f"is missing: the chain went on to {known.number} once")
    return last


def _require(known: Link | None, here: Link) -> None:
    if known and known.number == here.number and known.digest != here.digest:
        raise Broken(here.number, "is another than the one that was known")
