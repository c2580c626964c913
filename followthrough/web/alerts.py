"""Alerts that started no incident: somebody declares one from them, or says that they need none."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session

from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.answered.access.may import may
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.text import REASON, URL, one_line
from followthrough.noting import happened
from followthrough.store.alerts import set_aside, without_route
from followthrough.web.dependencies import ActorDep, AuditDep, OrganisationDep, Reading
from followthrough.web.known import person_of
from followthrough.web.reading import read
from followthrough.web.rendering import page

MOST_SHOWN = 50

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/alerts")
def list_alerts(
    request: Request, reading: Reading, organisation: OrganisationDep, actor: ActorDep, said: str = ""
) -> Response:
    """Alerts that started no incident, because no route fits; and those that were set aside."""
    return _show(request, reading, organisation, actor, said=said)


@router.post("/alerts/set-aside")
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
    what = "bring alert back" if back else "set aside alert"
    async with audit.noting(happened(actor, Act.COMMAND, what, datetime.now(UTC), record=alert)):
        there = await read(set_aside, reading, alert, person, None if back else reason)
    said = "gone" if not there else "back" if back else "aside"
    return RedirectResponse(f"/alerts?said={said}", 303)


SAID = {
    "aside": "It is set aside, and its further deliveries stay there.",
    "back": "It is among the others again.",
    "gone": "That alert is not kept here any more: it has an incident by now, or was forgotten.",
}


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
    found = without_route(reading, organisation, now)
    everywhere = About.service_itself(as_of(organisation, now.date()))
    return page(
        request,
        "alerts.html",
        status=status,
        alerts=found[:MOST_SHOWN],
        more=len(found[MOST_SHOWN:]),
        aside=without_route(reading, organisation, now, aside=True)[:MOST_SHOWN],
        acts=actor.person is not None and may(Right.SET_ASIDE_ALERT, actor, None, everywhere) is None,
        nobody_yet=actor.person is None and actor.door is Door.THIS_MACHINE,
        name=organisation.name_of,
        said=SAID.get(said, ""),
        refused=refused or {},
        typed=typed,
    )
