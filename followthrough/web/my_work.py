"""What somebody begins with: all that waits for them, each with its next step."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from temporalio.service import RPCError

from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.choices import Choice
from followthrough.domain.answered.incident.choices import INCIDENT_CHOICES
from followthrough.domain.answered.item.choices import ITEM_CHOICES
from followthrough.domain.answered.offered import offered
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.my_work import STEPS, Task, WaitsFor, tasks, waits_for
from followthrough.domain.answered.sprint.dates import coming_plans
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.sprint.sprint import SprintPlan
from followthrough.domain.replayed.values import PersonId, TeamId
from followthrough.gateway import Gateway
from followthrough.store.my_work import Concerns, concerns
from followthrough.store.queries import ListedItem
from followthrough.web import pages
from followthrough.web.dependencies import (
    ActorDep,
    GatewayDep,
    OrganisationDep,
    OrganisationFileDep,
    Reading,
    SeenByDep,
    SettingsDep,
)
from followthrough.web.private_views import ViewsDep
from followthrough.web.reading import read
from followthrough.web.rendering import page

MOST_SHOWN = 50

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


class Line(NamedTuple):
    """A task, and what can be chosen at once."""

    task: Task
    steps: list[Choice]


class Work(NamedTuple):
    """What waits for somebody, the most urgent first, what they wait for, and what is late in the teams they lead."""

    lines: list[Line]
    waits: list[WaitsFor]
    late: list[ListedItem]
    led: list[TeamId]

    def shown(self) -> list[str]:
        """What it names."""
        named = (*(line.task.record for line in self.lines), *(one.record for one in self.waits))
        return [record.id for record in (*named, *(one.item for one in self.late))]


@router.get("/")
async def begin(
    request: Request,
    reading: Reading,
    file: OrganisationFileDep,
    organisation: OrganisationDep,
    settings: SettingsDep,
    gateway: GatewayDep,
    actor: ActorDep,
    seen_by: SeenByDep,
    views: ViewsDep,
) -> Response:
    """What waits for whoever asks; the incidents where nobody is known."""
    if request.url.query:
        return RedirectResponse(f"/incidents?{request.url.query}", 308)
    if actor.person is None:
        begin_with = (request, reading, file, organisation, settings, seen_by, views)
        return await run_in_threadpool(pages.list_incidents, *begin_with)
    now = datetime.now(UTC)
    here = as_of(organisation, now.date())
    work = await read(work_of, reading, actor.person, actor, here, now, seen_by)
    await run_in_threadpool(views.note, work.shown())
    return page(
        request,
        "my-work.html",
        name=organisation.name_of,
        lines=work.lines[:MOST_SHOWN],
        more=len(work.lines[MOST_SHOWN:]),
        plans=await to_approve(work.led, here, gateway, now),
        waits=work.waits[:MOST_SHOWN],
        late=work.late,
        led=[(team, here.teams[team].name) for team in work.led],
        person=actor.person,
    )


def work_of(
    session: Session, person: PersonId, actor: Actor, here: Organisation, now: datetime, seen_by: PersonId | None
) -> Work:
    """A person's, who is the actor or for whom the actor speaks; ``here`` is without those who left."""
    led = [key for key, team in here.teams.items() if team.lead == person]
    found = concerns(session, person, led, now, seen_by)
    return Work(
        lines=[
            Line(task, _steps(task, actor, here, found, now))
            for task in tasks(person, found.items, found.incidents, found.unanswered, here, now)
        ],
        waits=waits_for(person, found.items, found.incidents, here),
        late=found.late,
        led=led,
    )


def _steps(task: Task, actor: Actor, here: Organisation, found: Concerns, now: datetime) -> list[Choice]:
    """Without what the table of rights keeps from them, which is asked about these alone."""
    steps = STEPS.get(task.wanted, ())
    if isinstance(task.record, ActionItem):
        of_item = [one for one in ITEM_CHOICES if one.choice in steps]
        about = About.of_record(task.record, here, found.of_items.get(task.record.incident_id))
        open_to_them = offered(of_item, task.record, actor, about, now)
    else:
        of_incident = [one for one in INCIDENT_CHOICES if one.choice in steps]
        open_to_them = offered(of_incident, task.record, actor, About.of_record(task.record, here, None), now)
    return [choice for choice in steps if choice in open_to_them]


async def to_approve(
    led: Sequence[TeamId], here: Organisation, gateway: Gateway, now: datetime
) -> list[tuple[SprintPlan, str]]:
    """Plannings of their teams whose proposal is out and which nobody has approved, with the team's name."""
    coming = [plan for team in led if (plan := next(coming_plans(team, here, now), None)) and plan.digest_at <= now]
    approved = await asyncio.gather(*(_approved(gateway, plan) for plan in coming))
    return [(plan, here.teams[plan.team].name) for plan, done in zip(coming, approved, strict=True) if not done]


async def _approved(gateway: Gateway, plan: SprintPlan) -> bool:
    """Said to be so while the engine does not answer: the page is there without it."""
    with contextlib.suppress(RPCError, TimeoutError):
        progress = await gateway.planning(plan)
        return progress is not None and progress.approval is not None
    return True
