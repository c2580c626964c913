"""Drills."""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError
from sqlmodel import Session

from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.access.may import may
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.answered.drill.calendar import Quarter
from followthrough.domain.answered.drill.scorecard import TeamPractice, measures, practices
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import what_is_wrong, when
from followthrough.domain.replayed.drill.drill import DrillReport
from followthrough.domain.replayed.ids import is_incident
from followthrough.domain.replayed.values import Refusal, TeamId
from followthrough.gateway import Gateway
from followthrough.organisation_file import OrganisationError
from followthrough.permission import Forbidden
from followthrough.scenarios import load_scenarios
from followthrough.settings import Settings
from followthrough.store.reports import QUARTER, drill_reports, team_beginnings
from followthrough.web.accepted import Accepted, incident_page
from followthrough.web.act_pages import TypedDep
from followthrough.web.bodies import NewDrill
from followthrough.web.dependencies import ActorDep, Authorised, GatewayDep, OrganisationDep, Reading, SettingsDep
from followthrough.web.known import person_of
from followthrough.web.once import Once, OnceRoute
from followthrough.web.paging import LINKED, PagingDep, in_time
from followthrough.web.problems import REFUSED
from followthrough.web.rendering import page
from followthrough.web.shapes.drills import ShownDrill, ShownPractice
from followthrough.web.shapes.shape import Shape


class DrillOverview(Shape):
    """Where each team is in this quarter, and the reports, the latest first."""

    teams: list[ShownPractice]
    """Each team, by its key."""
    reports: list[ShownDrill]
    """A page of them."""


class Overview(NamedTuple):
    """The same, of drills as they are known here."""

    teams: list[TeamPractice]
    reports: list[DrillReport]


LATEST = 50

router = APIRouter()
api = APIRouter(prefix="/api", tags=["api"], dependencies=[Authorised], route_class=OnceRoute)


@api.post("/drills", operation_id="start_drill", status_code=201, responses=REFUSED, dependencies=[Once])
async def start(
    new: NewDrill, organisation: OrganisationDep, gateway: GatewayDep, actor: ActorDep, settings: SettingsDep
) -> Accepted:
    """The incident is there a moment later. 409 while the team has another drill."""
    started = await _start(new, organisation, gateway, actor, settings)
    return Accepted(incident=started, url=incident_page(started, settings))


async def _start(new: NewDrill, organisation: Organisation, gateway: Gateway, actor: Actor, settings: Settings) -> str:
    """The id of its incident. Raises HTTPException, Refusal and Forbidden."""
    await asyncio.to_thread(_require_possible, new, organisation)
    started = await gateway.start_drill(new.team, new.scenario, actor)
    if started is not None:
        return started
    drill = await gateway.running_drill(new.team)
    if drill.starts_at is not None and drill.starts_at > datetime.now(UTC):
        raise Refusal(f"Team {new.team} has a drill that starts on {when(drill.starts_at)}; let it have that one.")
    url = incident_page(drill.incident_id, settings)
    raise Refusal(f"Team {new.team} has a drill already: {url}; resolve it or cancel it first.")


@api.get("/drills", response_model=DrillOverview, responses=LINKED)
def list_drills(reading: Reading, organisation: OrganisationDep, paging: PagingDep) -> Overview:
    """Who has practised this quarter and who has not, and what came of drills, the latest first."""
    return Overview(_teams(reading, organisation), paging.of(drill_reports(reading), _place, last_first=True))


@router.get("/drills", include_in_schema=False, response_class=HTMLResponse)
def show_drills(
    request: Request, reading: Reading, organisation: OrganisationDep, actor: ActorDep, started: str = ""
) -> Response:
    """The same, to look at, and a form for those who may start one; ``started`` is the incident of one."""
    return _show(request, reading, organisation, actor, started=started if is_incident(started) else "")


@router.post("/drills", include_in_schema=False, response_class=HTMLResponse)
async def start_on_page(
    request: Request,
    typed: TypedDep,
    reading: Reading,
    organisation: OrganisationDep,
    gateway: GatewayDep,
    actor: ActorDep,
    settings: SettingsDep,
) -> Response:
    """A team has one at a time, so a form that is sent twice starts one."""
    person_of(request, actor)
    try:
        new = NewDrill.model_validate({"team": typed.get("team", ""), "scenario": typed.get("scenario") or None})
        started = await _start(new, organisation, gateway, actor, settings)
    except ValidationError as error:
        refused, status = f"{what_is_wrong(error.errors()[0])}.", 409
    except HTTPException as error:
        refused, status = error.detail, 409
    except (Refusal, Forbidden) as error:
        refused, status = str(error), 403 if isinstance(error, Forbidden) else 409
    else:
        return RedirectResponse(f"/drills?started={started}", 303)
    return await run_in_threadpool(
        _show, request, reading, organisation, actor, typed=typed, refused=refused, status=status
    )


def _show(
    request: Request,
    reading: Session,
    organisation: Organisation,
    actor: Actor,
    *,
    typed: Mapping[str, str] = MappingProxyType({}),
    refused: str = "",
    started: str = "",
    status: int = 200,
) -> Response:
    overview = Overview(_teams(reading, organisation), drill_reports(reading, limit=LATEST))
    here = as_of(organisation, datetime.now(UTC).date())
    teams = {
        team: here.teams[team].name
        for team in here.teams
        if actor.person is not None
        and here.services_of(team)
        and may(Right.START_DRILL, actor, None, About.of_team(team, here)) is None
    }
    return page(
        request,
        "drills.html",
        status=status,
        overview=overview,
        measures=measures,
        organisation=organisation,
        teams=teams,
        scenarios=_scenarios(here, teams),
        nobody_yet=actor.person is None and actor.door is Door.THIS_MACHINE,
        typed={"team": next(iter(teams), ""), "scenario": "", **typed},
        refused=refused,
        started=started,
    )


def _scenarios(organisation: Organisation, teams: Iterable[TeamId]) -> dict[str, str]:
    """Of all these teams, by name; those of a folder that can't be read are said when one starts."""
    found: dict[str, str] = {}
    for folder in {organisation.drill_policies(organisation.teams[team]).scenarios for team in teams}:
        with contextlib.suppress(OrganisationError):
            found |= {name: scenario.title for name, scenario in load_scenarios(folder).items()}
    return dict(sorted(found.items()))


router.include_router(api)


def _place(report: DrillReport) -> tuple[str, ...]:
    return in_time(report.started_at), report.incident_id


def _teams(reading: Session, organisation: Organisation) -> list[TeamPractice]:
    now = datetime.now(UTC)
    recent = drill_reports(reading, since=now - QUARTER)
    return practices(recent, organisation, Quarter.of(now.date()), now, team_beginnings(reading))


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
