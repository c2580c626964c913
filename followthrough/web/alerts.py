"""Alerts that started no incident: somebody declares one from them, or says that they need none."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session

from followthrough.audit import Audit
from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.answered.access.may import may
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.text import REASON, URL, one_line
from followthrough.domain.replayed.values import PersonId
from followthrough.noting import happened
from followthrough.permission import require
from followthrough.store.alerts import WithoutRoute, keys_without_route, set_aside, unstarted
from followthrough.web.bodies import BringBackAlert, SetAsideAlert
from followthrough.web.by import speaker
from followthrough.web.dependencies import ActorDep, AuditDep, Authorised, OrganisationDep, Reading
from followthrough.web.known import person_of
from followthrough.web.once import Once, OnceRoute
from followthrough.web.paging import LINKED, PagingDep, in_time
from followthrough.web.problems import NOT_HERE
from followthrough.web.reading import read
from followthrough.web.rendering import page
from followthrough.web.shapes.service import ShownAlertWithoutRoute

MOST_SHOWN = 50

router = APIRouter()
pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
api = APIRouter(prefix="/api/alerts", tags=["api"], dependencies=[Authorised], route_class=OnceRoute)


@api.get("", operation_id="list_alerts_without_route", response_model=list[ShownAlertWithoutRoute], responses=LINKED)
def list_without_route(
    reading: Reading, organisation: OrganisationDep, paging: PagingDep, aside: bool = False
) -> list[WithoutRoute]:
    """Alerts that started no incident, because no route fits, the latest first; or those that were set aside."""
    found = unstarted(reading, keys_without_route(reading, organisation, datetime.now(UTC), aside=aside))
    return paging.of(found, lambda alert: (in_time(alert.last_at), alert.dedup_key), last_first=True)


@api.post("/set-aside", operation_id="set_aside_alert", status_code=204, responses=NOT_HERE, dependencies=[Once])
async def set_aside_by_command(
    said: SetAsideAlert, reading: Reading, organisation: OrganisationDep, actor: ActorDep, audit: AuditDep
) -> None:
    """It needs no incident, for that reason; its further deliveries stay there."""
    await _by_command(said, said.because, reading, organisation, actor, audit)


@api.post("/bring-back", operation_id="bring_back_alert", status_code=204, responses=NOT_HERE, dependencies=[Once])
async def bring_back_by_command(
    said: BringBackAlert, reading: Reading, organisation: OrganisationDep, actor: ActorDep, audit: AuditDep
) -> None:
    """One that was set aside is among the others again."""
    await _by_command(said, None, reading, organisation, actor, audit)


@pages.get("/alerts")
def list_alerts(
    request: Request, reading: Reading, organisation: OrganisationDep, actor: ActorDep, said: str = ""
) -> Response:
    """Alerts that started no incident, because no route fits; and those that were set aside."""
    return _show(request, reading, organisation, actor, said=said)


@pages.post("/alerts/set-aside")
async def put_aside(
    request: Request,
    reading: Reading,
    organisation: OrganisationDep,
    actor: ActorDep,
    audit: AuditDep,
    alert: Annotated[str, Form(max_length=URL)],
    because: Annotated[str, Form()] = "",
    back: Annotated[bool, Form()] = False,
) -> Response:
    """It needs no incident, for that reason; with ``back`` it is among the others again. Raises NobodyYet."""
    person, reason = person_of(request, actor), one_line(because).strip()
    if not back and (not reason or len(reason) > REASON):
        why = "this can't be left out" if not reason else f"{REASON} characters at most"
        shown = (request, reading, organisation, actor)
        refused = {alert: f"Why it needs no incident: {why}."}
        return await run_in_threadpool(_show, *shown, refused=refused, typed=because, status=409)
    there = await _put_aside(alert, person, None if back else reason, reading, actor, audit)
    said = "gone" if not there else "back" if back else "aside"
    return RedirectResponse(f"/alerts?said={said}", 303)


SAID = {
    "aside": "It is set aside, and its further deliveries stay there.",
    "back": "It is among the others again.",
    "gone": "That alert is not kept here any more: it has an incident by now, or was forgotten.",
}


router.include_router(pages)
router.include_router(api)


async def _by_command(
    said: SetAsideAlert | BringBackAlert,
    because: str | None,
    reading: Session,
    organisation: Organisation,
    actor: Actor,
    audit: Audit,
) -> None:
    """Raises Forbidden, and HTTPException 404."""
    by, everywhere = speaker(said.by, actor), About.service_itself(as_of(organisation, datetime.now(UTC).date()))
    require(Right.SET_ASIDE_ALERT, actor, by, everywhere)
    if not await _put_aside(said.alert, by, because, reading, actor, audit):
        raise HTTPException(404, SAID["gone"])


async def _put_aside(
    alert: str, by: PersonId, because: str | None, reading: Session, actor: Actor, audit: Audit
) -> bool:
    """Without a reason it is brought back. False when it is not kept any more."""
    what = "set aside alert" if because else "bring alert back"
    async with audit.noting(happened(actor, Act.COMMAND, what, datetime.now(UTC), by=by, record=alert)):
        return await read(set_aside, reading, alert, by, because)


def _show(
    request: Request,
    reading: Session,
    organisation: Organisation,
    actor: Actor,
    *,
    said: str = "",
    refused: dict[str, str] | None = None,
    typed: str = "",
    status: int = 200,
) -> Response:
    now = datetime.now(UTC)
    found = keys_without_route(reading, organisation, now)
    aside = keys_without_route(reading, organisation, now, aside=True)
    everywhere = About.service_itself(as_of(organisation, now.date()))
    return page(
        request,
        "alerts.html",
        status=status,
        alerts=unstarted(reading, found[:MOST_SHOWN]),
        more=len(found[MOST_SHOWN:]),
        aside=unstarted(reading, aside[:MOST_SHOWN]),
        acts=actor.person is not None and may(Right.SET_ASIDE_ALERT, actor, None, everywhere) is None,
        nobody_yet=actor.person is None and actor.door is Door.THIS_MACHINE,
        name=organisation.name_of,
        said=SAID.get(said, ""),
        refused=refused or {},
        typed=typed,
    )
