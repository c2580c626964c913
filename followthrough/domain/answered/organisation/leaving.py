"""When many leave at once: more often a directory's mistake than a company's decision."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from followthrough.domain.answered.organisation.directory import DirectoryPerson, Source
from followthrough.domain.answered.organisation.taking_over import Entry, Problem

FEW, SHARE = 5, 5
HELD = "/leaving"
"""How the key of the problem of somebody who is held back ends."""


def many(leaving: int, here: int) -> bool:
    """More than five, and more than a fifth of those who are here."""
    return leaving > FEW and leaving * SHARE > here


def held_back(
    entries: Sequence[Entry], before: Mapping[str, DirectoryPerson], held: Collection[str], today: date
) -> set[str]:
    """The ids of those who are not to leave yet: whoever is ``held``, and all once there are many within a day."""
    pending = {
        entry.id
        for entry in entries
        if entry.source is Source.SCIM and entry.left and entry.id in before and before[entry.id].left is None
    }
    yesterday = today - timedelta(days=1)
    here = [person for person in before.values() if person.left is None or person.left >= yesterday]
    lately = sum(person.left is not None and person.left <= today for person in here)
    return pending if many(lately + len(pending), len(here)) else pending.intersection(held)


def still_here(entry: Entry) -> tuple[Entry, Problem]:
    """As if they had not left, and what is told of it."""
    sentence = (
        f"{entry.name} would leave with many others within a day, so they are still here; an administrator lets them "
        "leave on the page /people, or the directory is corrected."
    )
    return entry.model_copy(update={"left": None}), Problem(f"{entry.id}{HELD}", entry.id, sentence)


def leaving(
    before: Mapping[str, DirectoryPerson], after: Mapping[str, DirectoryPerson], today: date
) -> tuple[list[str], int]:
    """Names of who has left by today and had not before, and how many were here."""
    here = [one for one, person in before.items() if not _has_left(person, today)]
    return [before[one].name for one in here if one not in after or _has_left(after[one], today)], len(here)


def _has_left(person: DirectoryPerson, today: date) -> bool:
    return person.left is not None and person.left <= today
