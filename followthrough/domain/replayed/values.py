"""Words shared by incidents and action items."""

from datetime import date, datetime
from enum import StrEnum
from itertools import accumulate
from typing import Any, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from followthrough.domain.replayed.limits import COMMANDS
from followthrough.domain.replayed.names import Severity as Severity
from followthrough.domain.replayed.text import NOTE, TITLE, Key, clean, cut
from followthrough.domain.replayed.times import MachineTime

PersonId = Key
TeamId = Key
ServiceId = Key
"""Of the organisation file."""


ENTRIES_LONG, ENTRIES_FULL = 90_000, 130_000
"""Bytes of timeline that the read model does not have yet: from the first on people are refused and what machines say
is cut, from the second on it is only counted."""
ENTRIES_KEPT = 40_000
"""Bytes of timeline that was written last, which is written again."""
LONGEST_ENTRY = NOTE + 1_000
"""Characters of a timeline entry: the longest text that it may quote, with who and what."""


class Refusal(ValueError):
    """A command that the rules do not allow; the message is one sentence for the person who gave it."""


class Lean(BaseModel):
    """Does not keep which of its fields were given, which nobody asks and would be a tenth of an open record."""

    def model_post_init(self, context: Any, /) -> None:
        """Forgets it."""
        self.__pydantic_fields_set__.clear()


class State(Lean):
    """What a workflow knows and carries over continue-as-new.

    Unknown fields are ignored, so that a worker that was rolled back still reads newer state.
    """

    model_config = ConfigDict(validate_assignment=True)


class Message(Lean):
    """What is said once: a request to an activity, an answer, a signal.

    Unknown fields are ignored, for a newer worker or an older one may have said it.
    """

    model_config = ConfigDict(frozen=True)


class Request(Message):
    """What comes from outside: a command, or the body of a request. A field that it does not have is a mistake."""

    model_config = ConfigDict(extra="forbid")


class Fence(Message):
    """Where a run of a workflow was in its history when it said something; a later place in it counts more."""

    run_id: str = ""
    history_length: int = 0


class EntryKind(StrEnum):
    """What a timeline entry records."""

    ALERT = "alert"
    STATUS = "status"
    SEVERITY = "severity"
    ROLE = "role"
    UPDATE = "update"
    SUBSCRIPTION = "subscription"
    NOTE = "note"
    DECISION = "decision"
    POSTMORTEM = "postmortem"
    ACTION_ITEM = "action item"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    TICKET = "ticket"
    KUDOS = "kudos"


class TimelineEntry(Message):
    """One line of a timeline; ``number`` counts from 1 within its incident or action item."""

    number: int
    at: MachineTime
    kind: EntryKind
    text: str
    author: PersonId | None = None
    through: str | None = Field(None, exclude_if=lambda through: through is None)
    """How the author said it, where that was not by themselves: ``through the pager's token``."""


class Timed(Protocol):
    """Something that comes at a time."""

    @property
    def at(self) -> datetime:
        """When."""


class Command(Protocol):
    """What somebody tells an incident or an action item."""

    @property
    def command(self) -> str:
        """Its name."""

    def apply(self, record: Any, now: datetime, /) -> None:
        """Changes the record or raises Refusal."""


class Record(State):
    """What incidents and action items have in common: a timeline that is written to the read model."""

    id: str
    version: int = 0
    """Grows with every change, so that the read model never goes back."""
    entries: int = 0
    """How many timeline entries were made so far."""
    told: int = 0
    """How many mails were asked for so far, so that each has a key of its own."""
    unwritten: list[TimelineEntry] = Field(default_factory=list)
    """Entries that the read model does not have yet."""
    written: list[TimelineEntry] = Field(default_factory=list)
    """Entries that it was given in the last workflow task, which may not have counted; the next gives them again."""
    left_out: int = 0
    """How many entries the last of these stands for, once they were too many."""
    carried_out: dict[str, int | str] = Field(default_factory=dict)
    """The last commands by their ids: the version that each led to, or the sentence that refused it."""
    unreached: dict[PersonId, date] = Field(default_factory=dict)
    """When it was last told that mails do not reach a person; the empty name stands for plain addresses."""

    @property
    def ended(self) -> bool:
        """Nothing more will happen to it."""
        raise NotImplementedError

    @property
    def upcoming(self) -> Timed | None:
        """The next moment; none once it has ended."""
        raise NotImplementedError

    @property
    def unwritten_size(self) -> int:
        """In bytes."""
        return sum(len(to_json(entry)) for entry in self.unwritten)

    def lean(self) -> Self:
        """A copy for those who plan, write mails and tickets: without what only the read model needs."""
        return self.model_copy(update={"unwritten": [], "written": [], "carried_out": {}})

    def remember(self, command_id: str, answer: int | str) -> None:
        """Whoever gives that command again has the same answer."""
        before = {known: given for known, given in self.carried_out.items() if known != command_id}
        self.carried_out = dict([*before.items(), (command_id, answer)][-COMMANDS:])

    def wrote(self, entries: int, *, same_task: bool) -> None:
        """The read model was given every entry up to this number; what it was given in an earlier task has counted."""
        given = [entry for entry in self.unwritten if entry.number <= entries]
        self.unwritten = self.unwritten[len(given) :]
        last = [*self.written, *given] if same_task else given
        sizes = accumulate(len(to_json(entry)) for entry in reversed(last))
        self.written = last[len(last) - sum(size <= ENTRIES_KEPT for size in sizes) :]

    def note(self, at: datetime, kind: EntryKind, text: str, author: PersonId | None = None) -> None:
        """Adds a line to the timeline and marks the record as changed."""
        self.version += 1
        self.entries += 1
        waiting = self.unwritten_size
        if waiting <= ENTRIES_FULL:
            self.left_out = 0
        else:
            kind, author, self.left_out = EntryKind.NOTE, None, self.left_out + 1
            text = f"{self.left_out} more, while the database did not answer"
            if self.left_out > 1:
                self.unwritten.pop()
        line = cut(clean(text), LONGEST_ENTRY if waiting <= ENTRIES_LONG else TITLE)
        self.unwritten.append(TimelineEntry(number=self.entries, at=at, kind=kind, text=line, author=author))
