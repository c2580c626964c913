"""Anonymous notes: which batch a note belongs to, and when it is shown.

Nobody learns from what is shown when a note was written: notes wait for a time that is the same for all of them,
and for company.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from followthrough.domain.answered.organisation.calendar import next_working_time
from followthrough.domain.answered.organisation.organisation import Team
from followthrough.domain.answered.organisation.policies import AnonymousPolicies
from followthrough.domain.replayed import text
from followthrough.domain.replayed.values import Message, Request

LONGEST = 4000
"""Characters of a note."""


class NewNote(Request):
    """What somebody says without being known."""

    text: Annotated[text.Note, Field(max_length=LONGEST)]


class Note(Message):
    """A note as it is kept: ``id`` is random, ``batch`` the earliest time to show it."""

    id: str
    text: str
    batch: AwareDatetime


class ShownNotes(Message):
    """Notes that are shown together since ``since``, in random order."""

    since: AwareDatetime
    texts: tuple[str, ...]


def batch_of(now: datetime, policies: AnonymousPolicies, team: Team) -> datetime:
    """Where a note that is written now belongs: the next time of the policy on a working day of the team."""
    return next_working_time(now, policies.at, team)


def shown(notes: Iterable[Note], policies: AnonymousPolicies, now: datetime) -> list[ShownNotes]:
    """What is shown of an incident's notes, oldest first; a later note never changes what was shown before.

    A batch that is too small waits for the next ones, but no longer than ``alone_after``.
    """
    by_batch: dict[datetime, list[Note]] = {}
    for note in sorted(notes, key=lambda note: (note.batch, note.id)):
        by_batch.setdefault(note.batch, []).append(note)
    times = {time for batch in by_batch for time in (batch, batch + policies.alone_after) if time <= now}
    groups: list[ShownNotes] = []
    waiting: list[Note] = []
    for time in sorted(times):
        waiting += by_batch.get(time, [])
        long_ago = bool(waiting) and waiting[0].batch + policies.alone_after <= time
        if len(waiting) >= policies.at_least or long_ago:
            texts = tuple(note.text for note in sorted(waiting, key=lambda note: note.id))
            groups.append(ShownNotes(since=time, texts=texts))
            waiting = []
    return groups
