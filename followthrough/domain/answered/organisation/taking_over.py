"""What of a directory is taken over: all but what would break the organisation, which changes nothing and is told."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict

from followthrough.domain.answered.organisation.directory import DirectoryPerson, Source, circle_members
from followthrough.domain.answered.organisation.organisation import Away, Organisation
from followthrough.domain.replayed.values import PersonId

LONGEST_KEY = 64
"""Characters: keys stand in addresses, tickets and timelines."""
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # one less than is allowed


class Entry(BaseModel):
    """What a directory says of somebody."""

    model_config = ConfigDict(frozen=True)

    id: str
    names: tuple[str, ...] = ()
    """What else others may name them by, as their manager: user name, the directory's own id."""
    name: str
    email: str | None = None
    manager: str | None = None
    """The id, one of the names, the e-mail or the key of somebody, also of somebody in the organisation file."""
    time_zone: str | None = None
    left: date | None = None
    away: tuple[Away, ...] = ()
    teams: tuple[str, ...] = ()
    key: PersonId | None = None
    """Where the directory gives one."""
    source: Source = Source.SCIM
    gone: bool = False
    """Not in the directory any more."""
    unread: tuple[str, ...] = ()
    """What of it can't be read, a sentence each."""


@dataclass(frozen=True)
class Problem:
    """What is not taken over; ``key`` is the same for as long as it is not."""

    key: str
    entry: str
    sentence: str


def take_over(
    entries: Sequence[Entry], before: Mapping[str, DirectoryPerson], file: Organisation
) -> tuple[dict[str, DirectoryPerson], list[Problem]]:
    """Everybody by the ids of ``entries``, which come in the order of their making, and what is left as ``before``.

    Two can't have one e-mail; somebody who comes by SCIM is who came by CSV or was deleted before.
    """
    problems = [
        Problem(f"{entry.id}/unread/{number}", entry.id, sentence)
        for entry in entries
        for number, sentence in enumerate(entry.unread)
    ]
    emails = _emails(entries, before, problems)
    keys = _keys([entry for entry in entries if entry.id in emails], emails, before, file, problems)
    people = {
        entry.id: DirectoryPerson(
            key=keys[entry.id],
            name=entry.name,
            email=emails[entry.id],
            time_zone=entry.time_zone,
            left=entry.left,
            away=entry.away,
            teams=entry.teams,
            source=entry.source,
        )
        for entry in entries
        if entry.id in keys
    }
    managers = _managers(entries, people, before, file, problems)
    return {one: person.model_copy(update={"manager": managers[one]}) for one, person in people.items()}, problems


def slug(text: str) -> str:
    """What of a name can stand in a key: the part before the @, in small letters without accents."""
    plain = unicodedata.normalize("NFKD", text.partition("@")[0]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._-]+", "-", plain).strip("._-")[:LONGEST_KEY]


def _emails(entries: Sequence[Entry], before: Mapping[str, DirectoryPerson], problems: list[Problem]) -> dict[str, str]:
    """By id; whoever has it already keeps it, and one who gets none anew keeps the one before."""

    def rank(entry: Entry) -> tuple[bool, bool, bool]:
        had = before[entry.id].email if entry.id in before else ""
        return entry.gone, entry.source is Source.CSV, had.casefold() != (entry.email or "").casefold()

    owners: dict[str, Entry] = {}
    emails: dict[str, str] = {}
    without: list[Entry] = []
    for entry in sorted(entries, key=rank):
        owner = owners.setdefault(entry.email.casefold(), entry) if entry.email else None
        if owner is entry and entry.email:
            emails[entry.id] = entry.email
            continue
        if owner is not None and (entry.gone or (entry.source is Source.CSV and owner.source is Source.SCIM)):
            continue
        without.append(entry)
        problems.append(
            Problem(
                f"{entry.id}/email",
                entry.id,
                f"{entry.name} has the e-mail {entry.email}, which is {owner.name}'s; correct one of the two."
                if owner
                else f"{entry.name} has no e-mail, so no mail would reach them; give one in the directory.",
            )
        )
    for entry in without:
        if entry.id in before and owners.setdefault(before[entry.id].email.casefold(), entry) is entry:
            emails[entry.id] = before[entry.id].email
    return emails


def _keys(
    entries: Sequence[Entry],
    emails: Mapping[str, str],
    before: Mapping[str, DirectoryPerson],
    file: Organisation,
    problems: list[Problem],
) -> dict[str, PersonId]:
    """By id: as before, who had the e-mail before, the file's by e-mail, what the directory says, or made of a name."""
    keys = {entry.id: before[entry.id].key for entry in entries if entry.id in before}
    used = {*keys.values(), *file.people}
    had = {person.email.casefold(): person.key for one, person in before.items() if one not in keys}
    of_file = {person.email.casefold(): key for key, person in file.people.items()}
    taken = set(keys.values())
    for entry in entries:
        if entry.id in keys:
            continue
        email = emails[entry.id].casefold()
        known = had.get(email) or of_file.get(email)
        if known is not None and known not in taken:
            keys[entry.id] = known
        elif entry.key is not None and (not SAFE.fullmatch(entry.key) or entry.key in used):
            what = f"is {_whose(entry.key, file)} already" if entry.key in used else "can't be used"
            advice = f"write 1 to {LONGEST_KEY} letters, digits, dots, underscores and hyphens that nobody else has."
            problems.append(Problem(f"{entry.id}/key", entry.id, f"The key {entry.key} {what}; {advice}"))
            continue
        elif made := entry.key or _free(used, (slug(name) for name in (*entry.names, emails[entry.id]))):
            keys[entry.id] = made
        else:
            problems.append(
                Problem(
                    f"{entry.id}/key",
                    entry.id,
                    f"No key can be made for {entry.name}, whose user name has no Latin letter or digit before the @; "
                    "give such a user name or external id.",
                )
            )
            continue
        used.add(keys[entry.id])
        taken.add(keys[entry.id])
    return keys


def _whose(key: PersonId, file: Organisation) -> str:
    return f"that of {file.people[key].name}" if key in file.people else "somebody else's"


def _free(used: Iterable[PersonId], wanted: Iterable[str]) -> PersonId | None:
    """The first that can be one, with a number where somebody has it."""
    made = next((name for name in wanted if SAFE.fullmatch(name)), None)
    if made is None or made not in used:
        return made
    return next(key for number in range(2, 1_000_000) if (key := f"{made[: LONGEST_KEY - 8]}-{number}") not in used)


def _managers(
    entries: Sequence[Entry],
    people: Mapping[str, DirectoryPerson],
    before: Mapping[str, DirectoryPerson],
    file: Organisation,
    problems: list[Problem],
) -> dict[str, PersonId | None]:
    """By id; in each circle whoever has another manager than before keeps that one."""
    named = _by_name(entries, people, file)
    known = set(named.values())
    earlier = {one: person.manager if person.manager in known else None for one, person in before.items()}
    managers: dict[str, PersonId | None] = {}
    for entry in entries:
        if entry.id not in people:
            continue
        manager = named.get(entry.manager.strip().casefold()) if entry.manager else None
        managers[entry.id] = manager
        if entry.manager and manager is None:
            managers[entry.id] = earlier.get(entry.id)
            sentence = f"The manager of {entry.name}, {entry.manager}, is nobody known; add them, or correct it."
            problems.append(Problem(f"{entry.id}/manager", entry.id, sentence))
    of_file = {person.email.casefold(): key for key, person in file.people.items()}
    in_effect = {person.key: of_file.get(person.email.casefold(), person.key) for person in people.values()}
    while circle := _circle(people, managers, in_effect, file):
        changed = [one for one in circle if managers[one] != earlier.get(one)]
        for one in changed or circle:
            managers[one] = earlier.get(one) if changed else None
            sentence = (
                f"The managers above {people[one].name} would lead back to them, so the one before still counts; "
                "correct one of them."
            )
            problems.append(Problem(f"{one}/circle", one, sentence))
    return managers


def _by_name(
    entries: Sequence[Entry], people: Mapping[str, DirectoryPerson], file: Organisation
) -> dict[str, PersonId]:
    """Keys, by all that a manager may be named by; the directory's own ids count first."""
    here = [entry for entry in entries if entry.id in people]
    named = [(entry.id, people[entry.id].key) for entry in here]
    named += [(name, people[entry.id].key) for entry in here for name in entry.names]
    named += [(person.email, person.key) for person in people.values()]
    named += [(person.email, key) for key, person in file.people.items()]
    named += [(person.key, person.key) for person in people.values()]
    named += [(key, key) for key in file.people]
    return {name.casefold(): key for name, key in reversed(named)}


def _circle(
    people: Mapping[str, DirectoryPerson],
    managers: Mapping[str, PersonId | None],
    in_effect: Mapping[PersonId, PersonId],
    file: Organisation,
) -> list[str]:
    """The ids of those in circles whose manager the directory gives, for where the file names one that one counts."""
    said = {key: person.manager for key, person in file.people.items() if "manager" in person.model_fields_set}
    given = {in_effect[people[one].key]: in_effect.get(manager or "", manager) for one, manager in managers.items()}
    found = circle_members({**given, **said})
    ids = {in_effect[people[one].key]: one for one in managers}
    return sorted(ids[key] for key in found if key in ids and key not in said)
