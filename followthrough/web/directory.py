"""Who there is, from where each is known, and what of a directory was not taken over."""

import asyncio
import hashlib
from collections import defaultdict
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import AwareDatetime
from sqlmodel import Session

from followthrough.directory_import import Imported, ManyLeave, WrongLines, import_csv
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.answered.organisation.directory import Source
from followthrough.domain.answered.organisation.leaving import HELD
from followthrough.domain.replayed.values import PersonId, ServiceId, TeamId
from followthrough.noting import happened, unnoted
from followthrough.organisation_file import OrganisationFile
from followthrough.store import directory
from followthrough.web.bodies import DirectoryImport
from followthrough.web.dependencies import (
    ActorDep,
    AuditDep,
    Authorised,
    OrganisationDep,
    OrganisationFileDep,
    Reading,
    served,
)
from followthrough.web.once import Once, OnceRoute
from followthrough.web.paging import LINKED, PagingDep
from followthrough.web.problems import REFUSED, problem
from followthrough.web.rendering import page
from followthrough.web.shapes.service import ShownImport
from followthrough.web.shapes.shape import Shape


class KnownPerson(Shape):
    """Somebody, and where they are from: the organisation file, a directory, or both."""

    key: PersonId
    """As the organisation file or the directory calls them."""
    name: str
    """As people call them."""
    manager: PersonId | None
    """Key of their manager; null for who has none."""
    teams: tuple[TeamId, ...]
    """Keys of the teams that they lead, or are a member of."""
    left: str | None
    """The day on which they left, or will; null where none is known."""
    in_file: bool
    """Whether the organisation file names them."""
    source: Source | None
    """Which directory has them; null where none does."""


class KnownPeople(Shape):
    """Everybody, when the directory was heard last, and what of it was not taken over."""

    people: list[KnownPerson]
    """By their keys."""
    scim_at: AwareDatetime | None
    """When a directory last told something by SCIM; null where it never did."""
    csv_at: AwareDatetime | None
    """When a CSV file was last taken over; null where none was."""
    problems: list[str]
    """Sentences about what a directory says and the service can't use."""
    held_back: int
    """How many leave only once an administrator lets them."""


class KnownTeam(Shape):
    """A team, and the services that are its own."""

    key: TeamId
    """As the organisation file calls it."""
    name: str
    """As people call it."""
    lead: PersonId
    """Key of who leads it."""
    members: tuple[PersonId, ...]
    """Keys of its members."""
    services: tuple[ServiceId, ...]
    """Keys of the services that are its own."""
    time_zone: str
    """Where its days begin and end, as `Europe/Madrid`."""


class Left(Shape):
    """How many people have left now."""

    people: int
    """How many; 0 where nobody was held back."""


router = APIRouter()
api = APIRouter(prefix="/api", tags=["api"], dependencies=[Authorised], route_class=OnceRoute)


@router.get("/people", include_in_schema=False)
def show_people(request: Request, reading: Reading, file: OrganisationFileDep) -> Response:
    """Each person, with manager and teams, and where that is from."""
    known = _known(reading, file)
    names = {person.key: person.name for person in known.people}
    return page(request, "people.html", known=known, names=names, teams=file.file.teams)


@api.get("/people", responses=LINKED)
def list_people(reading: Reading, file: OrganisationFileDep, paging: PagingDep) -> KnownPeople:
    """Each person by their key, with manager and teams, and where that is from."""
    known = _known(reading, file)
    return known.model_copy(update={"people": paging.of(known.people, lambda person: (person.key,))})


@api.get("/teams", responses=LINKED)
def list_teams(organisation: OrganisationDep, paging: PagingDep) -> list[KnownTeam]:
    """Each team by its key, with its people and services."""
    services = organisation.services.items()
    return [
        KnownTeam(
            key=key,
            name=team.name,
            lead=team.lead,
            members=tuple(team.members),
            services=tuple(name for name, service in services if service.team == key),
            time_zone=str(team.time_zone),
        )
        for key, team in paging.of(organisation.teams.items(), lambda team: (team[0],))
    ]


@api.post("/directory/import", response_model=ShownImport, responses=REFUSED, dependencies=[Once])
async def import_directory(
    request: Request, file: OrganisationFileDep, body: DirectoryImport, actor: ActorDep, audit: AuditDep
) -> Imported | Response:
    """A CSV file as the directory: all of it is taken over, or nothing."""
    file()
    now, noting = datetime.now(UTC), unnoted if body.dry_run else audit.noting
    try:
        async with noting(happened(actor, Act.DIRECTORY, "import people", now)) as noted:
            noted.details["file"] = hashlib.sha256(body.csv.encode()).hexdigest()
            imported = await asyncio.to_thread(
                import_csv,
                served(request).database,
                file.file,
                body.csv,
                now,
                dry_run=body.dry_run,
                many_may_leave=body.even_if_many_leave,
            )
            noted.details |= {"people": str(imported.people), "changed": str(len(imported.changes))}
            return imported
    except ManyLeave as error:
        return problem(409, str(error))
    except WrongLines as error:
        return problem(422, str(error), lines=error.lines)


@api.post("/directory/let-leave", dependencies=[Once])
def let_leave(request: Request, file: OrganisationFileDep) -> Left:
    """Whoever the directory made inactive, and is held back since they are so many."""
    file()
    return Left(people=directory.let_leave(served(request).database, file.file, datetime.now(UTC)))


@router.post("/people/let-leave", include_in_schema=False)
def let_leave_here(request: Request, file: OrganisationFileDep) -> Response:
    """As by command, and back to the page."""
    let_leave(request, file)
    return RedirectResponse("/people", 303)


router.include_router(api)


def _known(reading: Session, file: OrganisationFile) -> KnownPeople:
    organisation, merged = file(), file.merged
    state = directory.state(reading)
    problems = directory.problems(reading)
    teams: defaultdict[PersonId, list[TeamId]] = defaultdict(list)
    for name, team in organisation.teams.items():
        for key in {team.lead, *team.members}:
            teams[key].append(name)
    return KnownPeople(
        people=[
            KnownPerson(
                key=key,
                name=person.name,
                manager=person.manager,
                teams=tuple(teams[key]),
                left=person.left.isoformat() if person.left else None,
                in_file=key in file.file.people,
                source=merged.sources.get(key),
            )
            for key, person in organisation.people.items()
        ],
        scim_at=state.scim_at,
        csv_at=state.csv_at,
        problems=[*(problem.sentence for problem in problems), *merged.problems],
        held_back=sum(problem.key.endswith(HELD) for problem in problems),
    )
