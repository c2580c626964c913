"""Declaring an incident on a page."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session

from followthrough.checks import NotInFile
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.ids import page_of
from followthrough.domain.replayed.incident.alert import Alert
from followthrough.domain.replayed.text import KEY, TITLE, URL
from followthrough.domain.replayed.values import PersonId, Refusal, Severity
from followthrough.permission import Forbidden
from followthrough.store import queries
from followthrough.store.alerts import kept
from followthrough.web.act_links import HEADERS
from followthrough.web.act_pages import TypedDep
from followthrough.web.bodies import NewIncident
from followthrough.web.dependencies import ActorDep, GatewayDep, OrganisationDep, Reading
from followthrough.web.keys import update_id
from followthrough.web.known import person_of
from followthrough.web.reading import read
from followthrough.web.rendering import page
from followthrough.web.typed import typed_as

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
KINDS = {
    "real": "It is real, and everybody may see it",
    "private": "It is real, and only who is on it sees it: for security, and for what concerns a person",
    "drill": "It is a drill: only practice, and customers hear nothing",
}
HAS_ONE = (
    "This alert started an incident by now, or is not kept any more; look at the list of incidents. Nothing was "
    "declared: send it once more if it is something else."
)
EMPTY = {"nonce": "", "title": "", "service": "", "severity": Severity.SEV3, "kind": "real", "call": ""}
LABELS = {"title": "What is wrong", "service": "What is broken", "severity": "Severity"}
CALL = "Link to the call where you talk"


@router.get("/incidents/new")
async def write(request: Request, actor: ActorDep, organisation: OrganisationDep, reading: Reading) -> Response:
    """The form; a link may fill it in, also from an alert that no route fits. Raises NobodyYet."""
    person, filled = person_of(request, actor), {**request.query_params}
    alert = await read(kept, reading, filled.get("alert", ""))
    if alert is None:
        filled.pop("alert", None)
    else:
        service = alert.labels.get("service", "")
        filled = {"title": alert.title, "service": service if service in organisation.services else "", **filled}
    return _form(request, person, organisation, filled, alert=alert)


@router.post("/incidents/new")
async def declare(
    request: Request,
    typed: TypedDep,
    actor: ActorDep,
    organisation: OrganisationDep,
    gateway: GatewayDep,
    reading: Reading,
) -> Response:
    """To its page; once for each form that was shown, and what is in it. Raises NobodyYet."""
    person = person_of(request, actor)
    alert = await read(kept, reading, typed.get("alert", ""))
    form = partial(_form, request, person, organisation, alert=alert)
    if typed.get("alert") and alert is None:
        if mine := await read(_declared_before, reading, typed, person):
            return RedirectResponse(f"/{page_of(mine)}?said=0", 303, HEADERS)
        return form({**typed, "alert": ""}, HAS_ONE, 409)
    given = {name: typed.get(name, "").strip() for name in LABELS}
    kind = typed.get("kind")
    try:
        if missing := next((label for name, label in LABELS.items() if not given[name]), None):
            raise Refusal(f"{missing}: this can't be left out.")
        new = typed_as(
            NewIncident,
            LABELS | {"call": CALL},
            {
                **given,
                "by": person,
                "drill": kind == "drill",
                "private": kind == "private",
                "call": typed.get("call", "").strip() or None,
            },
        )
        key = update_id(typed.get("nonce", "")[:KEY] or None, new)
        begins = None if new.drill else alert
        incident = await gateway.declare(**{**new.model_dump(), "dedup_key": key}, actor=actor, alert=begins)
    except (Refusal, NotInFile, Forbidden) as error:
        status = 403 if isinstance(error, Forbidden) else 409
        return form(typed, str(error), status)
    return RedirectResponse(f"/{page_of(incident)}?said=0", 303, HEADERS)


def _declared_before(session: Session, typed: Mapping[str, str], person: PersonId) -> str | None:
    """What they declared by the same form."""
    latest = session.execute(queries.LATEST_INCIDENT, {"dedup_key": typed["alert"]}).first()
    incident = queries.incident(session, latest[0]) if latest else None
    same = incident and incident.declared_by == person and incident.title == typed.get("title", "").strip()
    return incident.id if incident and same else None


def _form(
    request: Request,
    person: PersonId,
    organisation: Organisation,
    typed: Mapping[str, str],
    refused: str = "",
    status: int = 200,
    *,
    alert: Alert | None = None,
) -> Response:
    severities: dict[str, Any] = {
        severity: f"{severity}, {policy.description}" for severity, policy in organisation.severities.items()
    }
    return page(
        request,
        "declare.html",
        status=status,
        headers=HEADERS,
        alert=alert,
        typed={**EMPTY, **typed},
        refused=refused,
        labels=LABELS,
        call=CALL,
        longest_link=URL,
        longest=TITLE,
        services={"": {key: service.name for key, service in organisation.services.items()}},
        severities={"": severities},
        kinds=KINDS,
        name=organisation.name_of(person),
    )
