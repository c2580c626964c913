"""Drills."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from followthrough.domain.drill import DrillReport
from followthrough.domain.drill_calendar import Quarter
from followthrough.domain.drill_scorecard import TeamPractice, measures, practices
from followthrough.domain.lifecycle_commands import incident_id
from followthrough.domain.values import Message, Refusal, TeamId
from followthrough.domain.wording import when
from followthrough.organisation import Organisation
from followthrough.organisation_file import OrganisationError
from followthrough.scenarios import load_scenarios
from followthrough.settings import Settings
from followthrough.store.reports import QUARTER, drill_reports, team_beginnings
from followthrough.web.bodies import NewDrill
from followthrough.web.incidents import ANSWER_WITHIN
from followthrough.web.intake import Accepted
from followthrough.web.reading import Reading
from followthrough.web.rendering import page
from followthrough.web.security import authorised
from workflows.drill import DrillWorkflow
from workflows.messages import TASK_QUEUE, DrillRequest, drill_id


class DrillOverview(Message):
    """Where each team is in this quarter, and the reports, the latest first."""

    teams: list[TeamPractice]
    reports: list[DrillReport]


def drills(settings: Settings, organisation: Callable[[], Organisation], client: Client) -> APIRouter:
    """For programs and for browsers."""
    router = APIRouter()
    api = APIRouter(prefix="/api", tags=["api"], dependencies=[authorised(settings)])

    def overview(session: Session, limit: int) -> DrillOverview:
        now = datetime.now(UTC)
        recent = drill_reports(session, since=now - QUARTER)
        teams = practices(recent, organisation(), Quarter.of(now.date()), now, team_beginnings(session))
        return DrillOverview(teams=teams, reports=drill_reports(session, limit=limit))

    async def already(team: TeamId) -> str:
        drill = await client.get_workflow_handle(drill_id(team)).query(DrillWorkflow.running)
        if drill.starts_at is not None and drill.starts_at > datetime.now(UTC):
            return f"Team {team} has a drill that starts on {when(drill.starts_at)}; let it have that one."
        url = f"{settings.resolved_public_url}/incidents/{drill.incident_id}"
        return f"Team {team} has a drill already: {url}; resolve it or cancel it first."

    @api.post("/drills", status_code=201)
    async def start(new: NewDrill) -> Accepted:
        """The incident is there a moment later. 409 while the team has another drill."""
        await asyncio.to_thread(_require_possible, new, organisation())
        key = f"{drill_id(new.team)}/{uuid4()}"
        async with asyncio.timeout(ANSWER_WITHIN):
            try:
                await client.start_workflow(
                    DrillWorkflow.run,
                    DrillRequest(team=new.team, scenario=new.scenario, by_hand=True, key=key),
                    id=drill_id(new.team),
                    task_queue=TASK_QUEUE,
                    id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                )
            except WorkflowAlreadyStartedError:
                raise Refusal(await already(new.team)) from None
        incident = incident_id(key)
        return Accepted(incident=incident, url=f"{settings.resolved_public_url}/incidents/{incident}")

    @api.get("/drills")
    def list_drills(reading: Reading, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> DrillOverview:
        """Who has practised this quarter and who has not, and what came of the latest drills."""
        return overview(reading, limit)

    @router.get("/drills", include_in_schema=False, response_class=HTMLResponse)
    def show_drills(request: Request, reading: Reading) -> Response:
        shown = overview(reading, limit=50)
        return page(request, "drills.html", overview=shown, measures=measures, organisation=organisation())

    router.include_router(api)
    return router


def _require_possible(new: NewDrill, organisation: Organisation) -> None:
    if new.team not in organisation.teams:
        known = ", ".join(sorted(organisation.teams))
        raise HTTPException(422, f"The organisation file has no team {new.team!r}; it has {known}.")
    if not organisation.services_of(new.team):
        raise HTTPException(422, f"Team {new.team} has no service to practise with; give it one.")
    try:
        scenarios = load_scenarios(organisation.drill_policies(organisation.teams[new.team]).scenarios)
    except OrganisationError as error:
        raise HTTPException(422, error.errors[0]) from error
    if new.scenario is not None and new.scenario not in scenarios:
        raise HTTPException(422, f"There is no scenario {new.scenario!r}; there are {', '.join(scenarios)}.")
