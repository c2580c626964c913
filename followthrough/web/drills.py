"""Drills."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse

from followthrough.domain.answered.drill.calendar import Quarter
from followthrough.domain.answered.drill.scorecard import TeamPractice, measures, practices
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import when
from followthrough.domain.replayed.drill.drill import DrillReport
from followthrough.domain.replayed.values import Message, Refusal
from followthrough.organisation_file import OrganisationError
from followthrough.scenarios import load_scenarios
from followthrough.store.reports import QUARTER, drill_reports, team_beginnings
from followthrough.web.accepted import Accepted, incident_page
from followthrough.web.bodies import NewDrill
from followthrough.web.dependencies import ActorDep, Authorised, GatewayDep, OrganisationDep, Reading, SettingsDep
from followthrough.web.rendering import page


class DrillOverview(Message):
    """Where each team is in this quarter, and the reports, the latest first."""

    teams: list[TeamPractice]
    reports: list[DrillReport]


router = APIRouter()
api = APIRouter(prefix="/api", tags=["api"], dependencies=[Authorised])


@api.post("/drills", status_code=201)
async def start(
    new: NewDrill, organisation: OrganisationDep, gateway: GatewayDep, settings: SettingsDep, actor: ActorDep
) -> Accepted:
    """The incident is there a moment later. 409 while the team has another drill."""
    await asyncio.to_thread(_require_possible, new, organisation)
    started = await gateway.start_drill(new.team, new.scenario, actor)
    if started is not None:
        return Accepted(incident=started, url=incident_page(started, settings))
    drill = await gateway.running_drill(new.team)
    if drill.starts_at is not None and drill.starts_at > datetime.now(UTC):
        raise Refusal(f"Team {new.team} has a drill that starts on {when(drill.starts_at)}; let it have that one.")
    url = incident_page(drill.incident_id, settings)
    raise Refusal(f"Team {new.team} has a drill already: {url}; resolve it or cancel it first.")


@api.get("/drills")
def list_drills(
    reading: Reading, organisation: OrganisationDep, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> DrillOverview:
    """Who has practised this quarter and who has not, and what came of the latest drills."""
    now = datetime.now(UTC)
    recent = drill_reports(reading, since=now - QUARTER)
    teams = practices(recent, organisation, Quarter.of(now.date()), now, team_beginnings(reading))
    return DrillOverview(teams=teams, reports=drill_reports(reading, limit=limit))


@router.get("/drills", include_in_schema=False, response_class=HTMLResponse)
def show_drills(request: Request, reading: Reading, organisation: OrganisationDep) -> Response:
    """The same, to look at."""
    shown = list_drills(reading, organisation)
    return page(request, "drills.html", overview=shown, measures=measures, organisation=organisation)


router.include_router(api)


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
