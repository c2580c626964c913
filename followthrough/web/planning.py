"""What each team is proposed to plan, and its approval."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from followthrough.domain.departures import as_of
from followthrough.domain.sprint import SprintPlan
from followthrough.domain.sprint_dates import coming_plans, sprint_plan
from followthrough.domain.sprint_planning import Place, Proposal, propose
from followthrough.domain.times import Day
from followthrough.domain.values import Message, Refusal, TeamId
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from followthrough.store.queries import items_to_plan
from followthrough.web.bodies import ApprovePlanning
from followthrough.web.errors import Unknown
from followthrough.web.incidents import ANSWER_WITHIN
from followthrough.web.keys import Key, update_id
from followthrough.web.reading import Reading, read
from followthrough.web.rendering import page
from followthrough.web.security import authorised
from workflows.messages import TASK_QUEUE
from workflows.sprint_messages import Approval, PlanningProgress, PlanSprint, planning_id
from workflows.sprint_planning import SprintPlanningWorkflow

FirstDay = Annotated[Day | None, Query(description="Of the sprint; left out, it is the one in planning")]


class Planning(Message):
    """A planning: what is proposed at this moment, and how far it is; ``progress`` is None before it has begun."""

    plan: SprintPlan
    proposal: Proposal
    progress: PlanningProgress | None


def plannings(settings: Settings, organisation: Callable[[], Organisation], client: Client) -> APIRouter:
    """For programs and for browsers."""
    router = APIRouter()
    api = APIRouter(prefix="/api", tags=["api"], dependencies=[authorised(settings)])

    async def planning(session: Session, team: TeamId, first_day: date | None) -> Planning:
        now = as_of(organisation(), datetime.now(UTC).date())
        plan = _plan(team, now, first_day)
        items = await read(items_to_plan, session, team)
        proposal = await asyncio.to_thread(propose, plan, items, now)
        return Planning(plan=plan, proposal=proposal, progress=await _progress(client, plan))

    @api.get("/planning/{team}")
    async def get_planning(team: TeamId, reading: Reading, first_day: FirstDay = None) -> Planning:
        """What the team is proposed to plan, by risk, and what is approved."""
        return await planning(reading, team, first_day)

    @api.post("/planning/{team}")
    async def approve(team: TeamId, reading: Reading, body: ApprovePlanning, key: Key = None) -> PlanningProgress:
        """The tickets follow as soon as the tracker takes them. 409 when it was approved before, or is over."""
        found = await planning(reading, team, body.first_day)
        items = body.items or tuple(line.id for line in found.proposal.proposed)
        strange = set(items) - {line.id for line in found.proposal.candidates}
        if strange:
            raise HTTPException(422, f"{', '.join(sorted(strange))} can't be planned by team {team}; see its planning.")
        if not items:
            raise Refusal(f"Nothing is proposed to team {team}; name the action items.")
        return await _approve(client, found.plan, Approval(by=body.by, items=items), update_id(key, body))

    @router.get("/planning", include_in_schema=False)
    def show_first() -> Response:
        return RedirectResponse(f"/planning/{next(iter(organisation().teams))}")

    @router.get("/planning/{team}", include_in_schema=False, response_class=HTMLResponse)
    async def show_planning(request: Request, team: TeamId, reading: Reading, first_day: FirstDay = None) -> Response:
        return page(
            request,
            "planning.html",
            planning=await planning(reading, team, first_day),
            places=list(Place),
            organisation=organisation(),
        )

    router.include_router(api)
    return router


def _plan(team: TeamId, organisation: Organisation, first_day: date | None) -> SprintPlan:
    """Raises Unknown."""
    if team not in organisation.teams:
        raise Unknown(f"The organisation file has no team {team!r}; it has {', '.join(sorted(organisation.teams))}.")
    coming = coming_plans(team, organisation, datetime.now(UTC))
    plan = sprint_plan(team, organisation, first_day) if first_day else next(coming, None)
    if plan is None:
        raise Unknown(f"Team {team} plans no sprint{f' that begins on {first_day}' if first_day else 's'}.")
    return plan


async def _progress(client: Client, plan: SprintPlan) -> PlanningProgress | None:
    handle = client.get_workflow_handle(planning_id(plan.team, plan.first_day))
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            return await handle.query(SprintPlanningWorkflow.progress)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    return None


async def _approve(client: Client, plan: SprintPlan, approval: Approval, key: str | None) -> PlanningProgress:
    """Begins the planning if its schedule has not. Raises Refusal."""
    begin = WithStartWorkflowOperation(
        SprintPlanningWorkflow.run,
        PlanSprint(team=plan.team, first_day=plan.first_day),
        id=planning_id(plan.team, plan.first_day),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
    )
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            return await client.execute_update_with_start_workflow(
                SprintPlanningWorkflow.approve, approval, start_workflow_operation=begin, id=key
            )
    except WorkflowUpdateFailedError as error:
        if isinstance(error.cause, ApplicationError) and error.cause.type == "Refusal":
            raise Refusal(error.cause.message) from error
        raise
    except WorkflowAlreadyStartedError as error:
        raise Refusal(f"The sprint of {plan.first_day} is over; plan the next one.") from error
