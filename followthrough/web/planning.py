"""What each team is proposed to plan, and its approval."""

import asyncio
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.sprint.dates import coming_plans, sprint_plan
from followthrough.domain.answered.sprint.proposal import Place, Proposal, propose
from followthrough.domain.replayed.sprint.sprint import SprintPlan
from followthrough.domain.replayed.times import Day
from followthrough.domain.replayed.values import Message, Refusal, TeamId
from followthrough.records import Unknown
from followthrough.store.queries import items_to_plan
from followthrough.web.bodies import ApprovePlanning
from followthrough.web.by import speaker
from followthrough.web.dependencies import ActorDep, Authorised, GatewayDep, OrganisationDep, Reading
from followthrough.web.keys import Key, update_id
from followthrough.web.reading import read
from followthrough.web.rendering import page
from workflows.messages.sprint import Approval, PlanningProgress

FirstDay = Annotated[Day | None, Query(description="Of the sprint; left out, it is the one in planning")]


class Planning(Message):
    """A planning: what is proposed at this moment, and how far it is; ``progress`` is None before it has begun."""

    plan: SprintPlan
    proposal: Proposal
    progress: PlanningProgress | None


router = APIRouter()
api = APIRouter(prefix="/api", tags=["api"], dependencies=[Authorised])


async def planning_now(
    team: TeamId, reading: Reading, organisation: OrganisationDep, gateway: GatewayDep, first_day: FirstDay = None
) -> Planning:
    """As its address says. Raises Unknown."""
    now = as_of(organisation, datetime.now(UTC).date())
    plan = _plan(team, now, first_day)
    items = await read(items_to_plan, reading, team)
    proposal = await asyncio.to_thread(propose, plan, items, now)
    return Planning(plan=plan, proposal=proposal, progress=await gateway.planning(plan))


PlanningDep = Annotated[Planning, Depends(planning_now)]
"""Of the team and the sprint that the address names."""


@api.get("/planning/{team}")
async def get_planning(planning: PlanningDep) -> Planning:
    """What the team is proposed to plan, by risk, and what is approved."""
    return planning


@api.post("/planning/{team}")
async def approve(
    team: TeamId,
    reading: Reading,
    organisation: OrganisationDep,
    gateway: GatewayDep,
    actor: ActorDep,
    body: ApprovePlanning,
    key: Key = None,
) -> PlanningProgress:
    """The tickets follow as soon as the tracker takes them. 409 when it was approved before, or is over."""
    by = speaker(body.by, actor)
    found = await planning_now(team, reading, organisation, gateway, body.first_day)
    items = body.items or tuple(line.id for line in found.proposal.proposed)
    strange = set(items) - {line.id for line in found.proposal.candidates}
    if strange:
        raise HTTPException(422, f"{', '.join(sorted(strange))} can't be planned by team {team}; see its planning.")
    if not items:
        raise Refusal(f"Nothing is proposed to team {team}; name the action items.")
    approval = Approval(by=by, items=items)
    update = update_id(key, body.model_copy(update={"by": by}))
    return await gateway.approve_planning(found.plan, approval, actor, update)


@router.get("/planning", include_in_schema=False)
def show_first(organisation: OrganisationDep) -> Response:
    """That of the first team."""
    return RedirectResponse(f"/planning/{next(iter(organisation.teams))}")


@router.get("/planning/{team}", include_in_schema=False, response_class=HTMLResponse)
async def show_planning(request: Request, planning: PlanningDep, organisation: OrganisationDep) -> Response:
    """What a team is proposed, in the order of risk."""
    return page(request, "planning.html", planning=planning, places=list(Place), organisation=organisation)


router.include_router(api)


def _plan(team: TeamId, organisation: Organisation, first_day: date | None) -> SprintPlan:
    """Raises Unknown."""
    if team not in organisation.teams:
        raise Unknown(f"The organisation file has no team {team!r}; it has {', '.join(sorted(organisation.teams))}.")
    coming = coming_plans(team, organisation, datetime.now(UTC))
    plan = sprint_plan(team, organisation, first_day) if first_day else next(coming, None)
    if plan is None:
        raise Unknown(f"Team {team} plans no sprint{f' that begins on {first_day}' if first_day else 's'}.")
    return plan
