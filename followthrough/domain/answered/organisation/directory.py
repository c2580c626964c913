"""People from a directory beside the organisation file, and the organisation that is in effect.

The file wins, field by field, for whom it names; its people and the directory's are the same by their e-mail. The
directory adds people, their managers, when they left, absences, and who is in which team. Teams, leads and services
stay in the file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from followthrough.domain.answered.organisation.organisation import Away, Organisation, Person
from followthrough.domain.replayed.values import PersonId, TeamId


class Source(StrEnum):
    """How a directory is read."""

    SCIM = "SCIM"
    CSV = "CSV"


class DirectoryPerson(BaseModel):
    """Somebody of the directory, as taken over; ``key`` stays the same whatever else changes."""

    model_config = ConfigDict(frozen=True)

    key: PersonId
    name: str
    email: str
    manager: PersonId | None = None
    time_zone: str | None = None
    left: date | None = None
    away: tuple[Away, ...] = ()
    teams: tuple[str, ...] = ()
    source: Source = Source.SCIM


class Group(BaseModel):
    """Of people, by their keys; it is a team's where its name is that team's key or name."""

    model_config = ConfigDict(frozen=True)

    name: str
    members: tuple[PersonId, ...] = ()


@dataclass(frozen=True)
class Directory:
    """What was taken over; ``version`` grows with each change."""

    version: int = 0
    people: tuple[DirectoryPerson, ...] = ()
    groups: tuple[Group, ...] = ()


NO_DIRECTORY = Directory()


@dataclass(frozen=True)
class Merged:
    """The organisation in effect; ``sources`` has whom the directory knows, ``problems`` what does not fit the file."""

    organisation: Organisation
    sources: Mapping[PersonId, Source] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def merged(file: Organisation, directory: Directory) -> Merged:
    """What the file says, with what the directory adds."""
    keys, problems = _keys(file, directory.people)
    named = {key: key for key in file.people} | keys
    people = dict(file.people)
    for known in directory.people:
        if key := keys.get(known.key):
            people[key] = _with(file.people.get(key), known, named.get(known.manager or ""))
    for person in sorted(circle_members({key: person.manager for key, person in people.items()})):
        said = file.people[person].manager if person in file.people else None
        if people[person].manager != said:
            people[person] = people[person].model_copy(update={"manager": said})
            problems.append(
                f"The managers above {people[person].name} lead back to them, so the one whom the directory names does "
                "not count; correct one of them."
            )
    members = _members(file, directory, keys)
    teams = {
        key: team.model_copy(update={"members": tuple(dict.fromkeys((*team.members, *members.get(key, ()))))})
        for key, team in file.teams.items()
    }
    problems += [
        f"{person.name} of the directory is in the team {team!r}, which is not in the organisation file; add it there."
        for person in directory.people
        for team in person.teams
        if team_named(file, team) is None
    ]
    return Merged(
        file.model_copy(update={"people": people, "teams": teams}),
        {keys[person.key]: person.source for person in directory.people if person.key in keys},
        tuple(problems),
    )


def team_named(file: Organisation, name: str) -> TeamId | None:
    """The team with that key, or else with that name."""
    wanted = name.strip().casefold()
    named = {team.name.casefold(): key for key, team in reversed(file.teams.items())}
    return next((key for key in file.teams if key.casefold() == wanted), named.get(wanted))


def absences(written: str) -> tuple[Away, ...]:
    """Days out of office, like ``2026-08-03/2026-08-21; 2026-12-24``. Raises ValueError in words."""
    parts = [part.strip().partition("/") for part in written.split(";") if part.strip()]
    return tuple(Away(first_day=day(first), last_day=day(last or first)) for first, _, last in parts)


def day(written: str) -> date:
    """Raises ValueError in words."""
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        raise ValueError(f"{written.strip()!r} is no day; write it like 2026-09-30") from None


def circle_members(managers: Mapping[PersonId, PersonId | None]) -> set[PersonId]:
    """Those above whom the managers lead back to them."""
    over = set[PersonId]()
    """From whom on it is known."""
    found = set[PersonId]()
    for person in managers:
        chain: dict[PersonId, int] = {}
        above: PersonId | None = person
        while above is not None and above not in chain and above not in over:
            chain[above] = len(chain)
            above = managers.get(above)
        if above in chain:
            found |= set(list(chain)[chain[above] :])
        over |= set(chain)
    return found


def _keys(file: Organisation, people: Iterable[DirectoryPerson]) -> tuple[dict[PersonId, PersonId], list[str]]:
    """The key in effect of everybody in the directory, by the one there; and of whom there is none, a sentence each."""
    of_email = {person.email.casefold(): key for key, person in reversed(file.people.items())}
    keys, problems = dict[PersonId, PersonId](), list[str]()
    for known in people:
        key = of_email.get(known.email.casefold(), known.key)
        if key in file.people and of_email.get(known.email.casefold()) != key:
            problems.append(
                f"{known.name} of the directory has the key {key}, which is {file.people[key].name}'s in the "
                "organisation file; give both the same e-mail, or the one in the file another key."
            )
        else:
            keys[known.key] = key
    return keys, problems


def _with(said: Person | None, known: DirectoryPerson, manager: PersonId | None) -> Person:
    added = {"manager": manager, "time_zone": known.time_zone, "left": known.left, "away": known.away}
    given = {name: value for name, value in added.items() if value}
    if said is None:
        return Person(name=known.name, email=known.email, **given)
    return said.model_copy(update={name: value for name, value in given.items() if name not in said.model_fields_set})


def _members(
    file: Organisation, directory: Directory, keys: Mapping[PersonId, PersonId]
) -> dict[TeamId, list[PersonId]]:
    """Whom the directory adds to each team."""
    added: dict[TeamId, list[PersonId]] = {}
    named = [(group.name, member) for group in directory.groups for member in group.members]
    named += [(team, person.key) for person in directory.people for team in person.teams]
    teams = {name: team_named(file, name) for name in dict.fromkeys(name for name, _ in named)}
    for name, person in named:
        if (team := teams[name]) is not None and person in keys:
            added.setdefault(team, []).append(keys[person])
    return added
