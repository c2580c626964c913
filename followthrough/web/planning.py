"""What each team is proposed to plan, and its approval; the page is in ``planning_page.py``."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Query

from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.sprint.dates import coming_plans, sprint_plan
from followthrough.domain.answered.sprint.proposal import Proposal, propose
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.sprint.sprint import SprintPlan
from followthrough.domain.replayed.times import Day
from followthrough.domain.replayed.values import Message, Refusal, TeamId
from followthrough.gateway import Gateway
from followthrough.records import Unknown
from followthrough.store.queries import items_to_plan
from followthrough.web.bodies import ApprovePlanning
from followthrough.web.by import speaker
from followthrough.web.dependencies import ActorDep, Authorised, GatewayDep, OrganisationDep, Reading
from followthrough.web.keys import Key, update_id
from followthrough.web.problems import REFUSED
from followthrough.web.reading import read
from followthrough.web.shapes.planning import ShownPlanning, ShownProgress
from workflows.messages.sprint import Approval, PlanningProgress

FirstDay = Annotated[Day | None, Query(description="Of the sprint; left out, it is the one in planning")]


class Planning(Message):
    """A planning: what is proposed at this moment, and how far it is; ``progress`` is None before it has begun."""

    plan: SprintPlan
    proposal: Proposal
    progress: PlanningProgress | None

    @property
    def approval(self) -> Approval | None:
        """None before somebody has approved it."""
        return self.progress.approval if self.progress else None


class Found(NamedTuple):
    """A planning with the action items that it is about; ``here`` is without those who left by now."""

    planning: Planning
    items: Sequence[ActionItem]
    here: Organisation


router = APIRouter()
api = APIRouter(prefix="/api", tags=["api"], dependencies=[Authorised])


async def find(
    team: TeamId, reading: Reading, organisation: OrganisationDep, gateway: GatewayDep, first_day: FirstDay = None
) -> Found:
    """Of the team and the sprint that the address names. Raises Unknown."""
    here = as_of(organisation, datetime.now(UTC).date())
    return await as_it_is(_plan(team, here, first_day), await read(items_to_plan, reading, team), here, gateway)


async def as_it_is(plan: SprintPlan, items: Sequence[ActionItem], here: Organisation, gateway: Gateway) -> Found:
    """Of that sprint, and these of the action items of its team."""
    proposal = await asyncio.to_thread(propose, plan, items, here)
    return Found(Planning(plan=plan, proposal=proposal, progress=await gateway.planning(plan)), items, here)


FoundDep = Annotated[Found, Depends(find)]


@api.get("/planning/{team}", response_model=ShownPlanning)
async def get_planning(found: FoundDep) -> Planning:
    """What the team is proposed to plan, by risk, and what is approved."""
    return found.planning


@api.post("/planning/{team}", operation_id="approve_planning", response_model=ShownProgress, responses=REFUSED)
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
    planning, *_ = await find(team, reading, organisation, gateway, body.first_day)
    items = body.items or tuple(line.id for line in planning.proposal.proposed)
    strange = set(items) - {line.id for line in planning.proposal.candidates}
    if strange:
        raise HTTPException(422, f"{', '.join(sorted(strange))} can't be planned by team {team}; see its planning.")
    if not items:
        raise Refusal(f"Nothing is proposed to team {team}; name the action items.")
    approval = Approval(by=by, items=items)
    update = update_id(key, body.model_copy(update={"by": by}))
    return await gateway.approve_planning(planning.plan, approval, actor, update)


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
