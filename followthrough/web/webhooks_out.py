"""The log of webhooks that go out: how each endpoint does, what each event came to, and what is sent again."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import AwareDatetime
from sqlmodel import Session

from followthrough.audit import Audit
from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.text import URL
from followthrough.noting import happened
from followthrough.store import webhooks
from followthrough.store.cursors import written
from followthrough.store.webhooks import DeliveryState
from followthrough.web.accepted import Said
from followthrough.web.dependencies import ActorDep, AuditDep, Authorised, OrganisationDep, Reading
from followthrough.web.once import Once, OnceRoute
from followthrough.web.paging import LINKED, Cursor, PagingDep, link_next, number_in
from followthrough.web.reading import read
from followthrough.web.rendering import page
from followthrough.web.shapes.shape import Shape

PAGE_LENGTH = 100


class Endpoint(Shape):
    """A receiver of events, and how it does."""

    name: str
    """As the organisation file calls it."""
    url: str
    """Where events are posted."""
    events: list[str]
    """Types of events that it hears of; empty for all."""
    teams: list[str]
    """Teams whose events it hears of; empty for all."""
    drills: bool
    """Whether it hears of drills, too."""
    failing_since: AwareDatetime | None
    """Nothing was taken since then, of all that was tried; null while it does well."""
    paused_until: AwareDatetime | None
    """Until then nothing is sent; null where nothing holds it up."""
    disabled_at: AwareDatetime | None
    """From when on nothing is sent until somebody enables it; null while it is enabled."""
    disabled_because: str
    """Why it was disabled; empty while it is enabled."""


class Delivery(Shape):
    """An event on its way to one endpoint; ``answer`` is of the last try, without what the receiver wrote."""

    number: int
    """Grows with each event and endpoint."""
    event_id: str
    """The same for each try and endpoint, sent as `webhook-id`."""
    type: str
    """What happened, as `incident.declared`."""
    at: AwareDatetime
    """When the event happened."""
    record: str
    """Id of the incident or action item that it is about."""
    endpoint: str
    """Name of who hears of it."""
    state: DeliveryState
    """How far it is."""
    tries: int
    """How often it was sent."""
    tried_at: AwareDatetime | None
    """When it was sent last; null where it has not been."""
    answer: str
    """What came of the last try, in words; empty before."""
    took_ms: int | None
    """How long the last try took, in milliseconds; null where nothing answered."""
    next_at: AwareDatetime | None
    """When it is tried next; null where it is not tried any more."""


Name = Annotated[str, Query(max_length=URL)]
FormText = Annotated[str, Form(max_length=URL)]
router = APIRouter()
api = APIRouter(prefix="/api/webhooks", tags=["api"], dependencies=[Authorised], route_class=OnceRoute)


@api.get("", responses=LINKED)
def list_endpoints(reading: Reading, organisation: OrganisationDep, paging: PagingDep) -> list[Endpoint]:
    """Those of the organisation file, by name."""
    return paging.of(_endpoints(reading, organisation), lambda endpoint: (endpoint.name,))


@api.get("/deliveries", responses=LINKED)
def list_deliveries(
    request: Request,
    response: Response,
    reading: Reading,
    endpoint: Name = "",
    state: DeliveryState | None = None,
    before: Annotated[
        int | None, Query(ge=1, lt=2**31, deprecated=True, description="A number, instead of `cursor`")
    ] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LENGTH)] = PAGE_LENGTH,
) -> list[Delivery]:
    """The newest first, for as long as they are kept."""
    found = _deliveries(reading, endpoint, state, number_in(cursor) if cursor else before, limit + 1)
    link_next(request, response, written(found[limit - 1].number) if len(found) > limit else None)
    return found[:limit]


@api.post("/deliveries/{event_id}/send-again", status_code=202, dependencies=[Once])
async def send_event_again(reading: Reading, actor: ActorDep, audit: AuditDep, event_id: str, endpoint: Name) -> Said:
    """The event goes once more to that endpoint, as soon as it is enabled, with the ``webhook-id`` that it had."""
    became = await _send_again(reading, actor, audit, event_id, endpoint)
    if became == "gone":
        raise HTTPException(404, f"No such event went to {endpoint}; `followthrough webhooks` lists what is kept.")
    return Said(message=SAID[became])


@api.post("/{name}/enable", status_code=202, dependencies=[Once])
async def enable(reading: Reading, organisation: OrganisationDep, actor: ActorDep, audit: AuditDep, name: str) -> Said:
    """What waits for an endpoint that was disabled goes out."""
    if not await _enable(reading, organisation, actor, audit, name):
        raise HTTPException(404, f"No endpoint {name} is disabled; `followthrough webhooks` lists them.")
    return Said(message=SAID["enabled"])


@router.get("/webhooks-out", include_in_schema=False)
def show_log(
    request: Request,
    reading: Reading,
    organisation: OrganisationDep,
    endpoint: str = "",
    state: str = "",
    before: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    said: str = "",
) -> Response:
    """How each endpoint does, and the log."""
    wanted = DeliveryState(state) if state in list(DeliveryState) else None
    found = _deliveries(reading, endpoint, wanted, before, PAGE_LENGTH)
    return page(
        request,
        "webhooks-out.html",
        endpoints=_endpoints(reading, organisation),
        deliveries=found,
        further=found[-1].number if len(found) == PAGE_LENGTH else None,
        filters={"endpoint": endpoint, "state": wanted or ""},
        states=list(DeliveryState),
        said=SAID.get(said, ""),
    )


@router.post("/webhooks-out/send-again", include_in_schema=False)
async def send_again_on_page(
    reading: Reading, actor: ActorDep, audit: AuditDep, event_id: FormText, endpoint: FormText
) -> Response:
    """That event, to that endpoint."""
    became = await _send_again(reading, actor, audit, event_id, endpoint)
    return RedirectResponse(f"/webhooks-out?said={became}", 303)


@router.post("/webhooks-out/enable", include_in_schema=False)
async def enable_on_page(
    reading: Reading, organisation: OrganisationDep, actor: ActorDep, audit: AuditDep, name: FormText
) -> Response:
    """That endpoint."""
    there = await _enable(reading, organisation, actor, audit, name)
    return RedirectResponse(f"/webhooks-out?said={'enabled' if there else 'not-disabled'}", 303)


SAID = {
    "again": "It is sent again in a moment; the log shows what becomes of it.",
    "held": "That endpoint is disabled, so the event waits; it is sent once somebody enables the endpoint.",
    "gone": "That event is not kept here any more.",
    "enabled": "It is enabled, and what waits goes out.",
    "not-disabled": "That endpoint is not disabled any more.",
}

router.include_router(api)


def _endpoints(session: Session, organisation: Organisation) -> list[Endpoint]:
    known = organisation.webhooks
    states = webhooks.endpoints(session, list(known))
    return [
        Endpoint(
            **states[name].model_dump(),
            url=str(endpoint.url),
            events=list(endpoint.events),
            teams=list(endpoint.teams),
            drills=endpoint.drills,
        )
        for name, endpoint in known.items()
    ]


def _deliveries(
    session: Session, endpoint: str, state: DeliveryState | None, before: int | None, limit: int
) -> list[Delivery]:
    found = webhooks.log(session, endpoint=endpoint, state=state or "", before=before, limit=limit)
    return [
        Delivery(
            **line.delivery.model_dump(exclude={"next_at"}),
            type=line.event.type,
            at=line.event.at,
            record=line.event.record_id,
            next_at=line.delivery.next_at if line.delivery.state == DeliveryState.WAITS else None,
        )
        for line in found
    ]


async def _send_again(reading: Session, actor: Actor, audit: Audit, event_id: str, endpoint: str) -> str:
    """What of ``SAID`` became of it."""
    now = datetime.now(UTC)
    noted = happened(actor, Act.COMMAND, "send webhook again", now, record=event_id)
    async with audit.noting(noted) as kept:
        kept.details["endpoint"] = endpoint
        at_once = await read(webhooks.send_again, reading, event_id, endpoint, now)
    return "gone" if at_once is None else "again" if at_once else "held"


async def _enable(reading: Session, organisation: Organisation, actor: Actor, audit: Audit, name: str) -> bool:
    if name not in organisation.webhooks:
        return False
    now = datetime.now(UTC)
    async with audit.noting(happened(actor, Act.COMMAND, "enable webhook", now, record=name)):
        return await read(webhooks.enable, reading, name, now)
