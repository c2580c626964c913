"""What waits for who asks, and what somebody means who does not know its id."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime
from sqlmodel import Session

from followthrough.checks import require_people
from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.may import cannot_speak_as
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.answered.incident.durations import durations
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.my_work import Wanted
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.sprint.sprint import SprintPlan
from followthrough.domain.replayed.values import PersonId
from followthrough.permission import Forbidden
from followthrough.store import find
from followthrough.web.by import speaker
from followthrough.web.dependencies import ActorDep, Authorised, GatewayDep, OrganisationDep, Reading, SeenByDep
from followthrough.web.my_work import Line, to_approve, work_of
from followthrough.web.next_moment import coming
from followthrough.web.offers import choices_of
from followthrough.web.paging import LINKED, PagingDep, in_time
from followthrough.web.private_views import ViewsDep
from followthrough.web.reading import read
from followthrough.web.shapes.shape import Shape

router = APIRouter(prefix="/api", tags=["api"], dependencies=[Authorised])


class Findable(StrEnum):
    """Which of both is meant."""

    INCIDENT = "incident"
    ITEM = "item"


class Found(Shape):
    """An incident or action item that may be meant."""

    id: str
    """Of the incident or action item."""
    status: str
    """Where it stands."""
    ticket: str | None
    """Key of its ticket; null where it has none."""
    title: str
    """Its title."""


class Waiting(Shape):
    """What is wanted of somebody, about an incident, an action item or a team's planning, whose id is the team's.

    ``step`` names the choice that is wanted most, empty where there is no single one or none is open to them.
    """

    id: str
    """Of the incident or the action item; the key of the team whose planning it is."""
    title: str
    """Its title; of a planning, that it is one."""
    drill: bool
    """Whether it is practice."""
    wanted: Wanted
    """What for, the most urgent first."""
    why: str
    """In a sentence for who has to do it."""
    step: str
    """Name of the choice; empty where there is no single one."""
    until: AwareDatetime | None
    """When it has to be done; null where there is no time."""
    late: bool
    """Whether that time has passed."""


@router.get("/find", operation_id="find")
def find_records(
    reading: Reading,
    seen_by: SeenByDep,
    views: ViewsDep,
    text: Annotated[str, Query(max_length=250)],
    kind: Findable | None = None,
) -> list[Found]:
    """By the beginning of an id, a ticket or a part of a title; what goes on first, ten of a kind at most."""
    hits: list[find.Hit] = []
    if kind is not Findable.INCIDENT:
        hits += find.items_like(reading, text, seen_by)
    if kind is not Findable.ITEM:
        hits += find.incidents_like(reading, text, seen_by)
    views.note(hit.id for hit in hits)
    return [Found(**hit._asdict()) for hit in hits]


@router.get("/mine", operation_id="list_my_work", responses=LINKED)
async def what_waits(
    reading: Reading,
    organisation: OrganisationDep,
    gateway: GatewayDep,
    actor: ActorDep,
    seen_by: SeenByDep,
    views: ViewsDep,
    paging: PagingDep,
    by: PersonId | None = None,
) -> list[Waiting]:
    """For who asks, or for ``by`` whom they speak for: the most urgent first, as on the first page.

    Of whoever has more than 300 action items open, it is the 300 that are due first; of incidents, the 300 latest.
    """
    actor = asking(actor, by)
    person, now = speaker(None, actor), datetime.now(UTC)
    require_people([person], organisation)
    here = as_of(organisation, now.date())
    work = await read(work_of, reading, person, actor, here, now, seen_by)
    await run_in_threadpool(views.note, [line.task.record.id for line in work.lines])
    plans = await to_approve(work.led, here, gateway, now)
    waiting = [
        *((line.task.place[0], _waiting(line, now)) for line in work.lines),
        *((plan.planning_at, _planning(plan, team)) for plan, team in plans),
    ]
    found = paging.of(waiting, lambda one: (f"{[*Wanted].index(one[1].wanted):02}", in_time(one[0]), one[1].id))
    return [one for _, one in found]


def _waiting(line: Line, now: datetime) -> Waiting:
    task = line.task
    return Waiting(
        id=task.record.id,
        title=task.record.title,
        drill=task.record.drill,
        wanted=task.wanted,
        why=task.because,
        step=line.steps[0].name if line.steps else "",
        until=task.until,
        late=task.late(now),
    )


def _planning(plan: SprintPlan, team: str) -> Waiting:
    return Waiting(
        id=plan.team,
        title=f"Planning of {team}",
        drill=False,
        wanted=Wanted.PLANNING,
        why="What is proposed has to be approved",
        step="approve-planning",
        until=plan.planning_at,
        late=False,
    )


def asking(actor: Actor, by: PersonId | None) -> Actor:
    """Whose work and choices are shown: whoever speaks for others may name somebody. Raises Forbidden."""
    if not by:
        return actor
    if sentence := cannot_speak_as(Right.READ, actor, by):
        raise Forbidden(sentence)
    return actor.model_copy(update={"person": by})


def around(session: Session, record: Incident | ActionItem, actor: Actor, organisation: Organisation) -> dict[str, Any]:
    """What comes next without anybody's doing, who asks, and the names of the choices that they have.

    Of an incident also how long it took.
    """
    now = datetime.now(UTC)
    offered = choices_of(session, record, actor, as_of(organisation, now.date()))
    took = durations(record) if isinstance(record, Incident) else None
    return {
        **({"durations": took, "durations_in_words": took.in_words()} if took else {}),
        "next_in_words": coming(record, organisation, now),
        "you": actor.person,
        "you_may": [choice.name for choice in offered],
    }
