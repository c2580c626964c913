"""The JSON API. Lists read the read model; commands go to the workflows and are answered by them."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, Field
from sqlmodel import Session

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import IncidentStatus
from followthrough.domain.replayed.times import MachineTime
from followthrough.domain.replayed.values import PersonId
from followthrough.headers import PRIVATE
from followthrough.store import listing, queries
from followthrough.store.tables import MailRow, MailState
from followthrough.web.accepted import Accepted, Said, incident_page
from followthrough.web.bodies import NewIncident
from followthrough.web.by import ToIncident, ToItem, given, speaker
from followthrough.web.dependencies import (
    ActorDep,
    Authorised,
    GatewayDep,
    OrganisationDep,
    Reading,
    SeenByDep,
    SettingsDep,
)
from followthrough.web.etags import TAGGED, UNCHANGED, IfMatch, IfNoneMatch, unless_known, versions
from followthrough.web.item_filters import ItemFields
from followthrough.web.keys import Key, update_id
from followthrough.web.paging import PAGED, Cursor, link_next
from followthrough.web.private_views import ViewsDep
from followthrough.web.problems import REFUSED
from followthrough.web.reading import read
from followthrough.web.shapes.incidents import IncidentDetail, IncidentLine, IncidentNow, ShownIncident
from followthrough.web.shapes.items import ItemDetail, ItemLine, ItemNow, ShownItem
from followthrough.web.shapes.shape import Entry, Shape, facts
from followthrough.web.work import around, asking

Limit = Annotated[int, Query(ge=1, le=500)]
UpdatedSince = Annotated[
    MachineTime | None,
    Query(description="For a copy: ask a minute before the last that you have, for what is written at once"),
]

NOT_YET: dict[int | str, dict[str, Any]] = {
    202: {
        "model": Said,
        "description": "Accepted; it will be carried out",
        "headers": {"Location": {"description": "Where its result will be", "schema": {"type": "string"}}},
    }
}


class ItemQuery(ItemFields):
    """Which action items are listed, and from where on."""

    words: Annotated[str, Field(max_length=250)] = ""
    """Each is in the title, the id, the ticket, the description, or the title of the incident."""
    updated_since: UpdatedSince = None
    cursor: Cursor = None
    limit: Limit = 200


class MailLine(Shape):
    """A mail in a list, without its body."""

    key: str
    """What the mail is called by: sent again, it keeps it."""
    kind: str
    """What the mail is for, as `item-proposed`."""
    incident_id: str | None
    """The incident that it is about; null where there is none."""
    item_id: str | None
    """The action item that it is about; null where there is none."""
    person: PersonId | None
    """Who gets it; null for an address that is nobody's."""
    recipients: list[str]
    """Addresses that it goes to."""
    subject: str
    """Its subject."""
    at: AwareDatetime
    """When it was made."""
    state: MailState
    """How far it is on its way."""
    answer: str | None
    """What was said when it was handed over, or by SendGrid later; null until then."""
    sent_in: str | None
    """The `key` of the daily mail that it went out with; null where it went by itself."""


router = APIRouter(prefix="/api", tags=["api"], dependencies=[Authorised])


@router.post("/incidents", operation_id="declare_incident", status_code=201, responses=REFUSED)
async def declare(
    new: NewIncident, gateway: GatewayDep, actor: ActorDep, settings: SettingsDep, key: Key = None
) -> Accepted:
    """Declares an incident; the answer says where it is."""
    new = new.model_copy(update={"by": speaker(new.by, actor)})
    dedup_key = new.dedup_key or update_id(key, new)
    incident_id = await gateway.declare(**{**new.model_dump(), "dedup_key": dedup_key}, actor=actor)
    return Accepted(incident=incident_id, url=incident_page(incident_id, settings))


@router.get("/incidents", responses=PAGED)
def list_incidents(
    request: Request,
    reading: Reading,
    response: Response,
    seen_by: SeenByDep,
    views: ViewsDep,
    status: IncidentStatus | None = None,
    service: str | None = None,
    team: str | None = None,
    updated_since: UpdatedSince = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> list[IncidentLine]:
    """Newest first; with ``updated_since`` those that were written since then, the longest ago first."""
    filters = queries.IncidentFilters(status=status, service=service, team=team)
    response.headers[PRIVATE] = str(queries.hidden_incidents(reading, seen_by, **filters))
    found = listing.page_of_incidents(
        reading, since=updated_since, cursor=cursor, limit=limit, seen_by=seen_by, **filters
    )
    views.note(incident.id for incident, _ in found.incidents)
    link_next(request, response, found.next)
    return [
        IncidentLine.model_validate({**facts(ShownIncident, incident), "updated_at": at})
        for incident, at in found.incidents
    ]


@router.get("/incidents/{incident_id}", response_model=IncidentDetail, responses=UNCHANGED)
async def get_incident(
    incident_id: str,
    response: Response,
    gateway: GatewayDep,
    organisation: OrganisationDep,
    reading: Reading,
    actor: ActorDep,
    by: PersonId | None = None,
    known: IfNoneMatch = None,
) -> IncidentDetail | Response:
    """An incident with what happened in it and to its action items."""
    incident = await gateway.incidents.seen(incident_id, actor)
    timeline = await run_in_threadpool(_entries, reading, incident_id, organisation)
    now = await read(around, reading, incident, asking(actor, by), organisation)
    shown = IncidentDetail.model_validate({**facts(ShownIncident, incident), **now, "timeline": timeline})
    return unless_known(shown, incident.version, known, response) or shown


@router.post("/incidents/{incident_id}/commands", responses={**TAGGED, **NOT_YET, **REFUSED})
async def command_incident(
    incident_id: str,
    command: Annotated[ToIncident, Body()],
    response: Response,
    gateway: GatewayDep,
    organisation: OrganisationDep,
    reading: Reading,
    actor: ActorDep,
    key: Key = None,
    if_match: IfMatch = None,
) -> IncidentNow:
    """Carries a command out; the answer is the incident after it."""
    command = given(command, actor)
    after = await gateway.incidents.command(incident_id, command, actor, update_id(key, command), versions(if_match))
    response.headers["ETag"] = f'"{after.version}"'
    now = await read(around, reading, after, asking(actor, command.by), organisation)
    return IncidentNow.model_validate({**facts(ShownIncident, after), **now})


@router.get("/items", responses=PAGED)
def list_items(
    request: Request,
    reading: Reading,
    response: Response,
    seen_by: SeenByDep,
    views: ViewsDep,
    wanted: Annotated[ItemQuery, Query()],
) -> list[ItemLine]:
    """By deadline, those that wait to be looked at and those that have ended last.

    With ``updated_since`` those that were written since then, the longest ago first.
    """
    now, filters = datetime.now(UTC), wanted.filters()
    response.headers[PRIVATE] = str(queries.hidden_items(reading, now, seen_by, **filters))
    page = listing.page_of_lines(
        reading,
        now,
        since=wanted.updated_since,
        cursor=wanted.cursor,
        limit=wanted.limit,
        seen_by=seen_by,
        **filters,
    )
    views.note(row.id for row in page.items)
    link_next(request, response, page.next)
    return [ItemLine.model_validate(row) for row in page.items]


@router.get("/items/{item_id}", response_model=ItemDetail, responses=UNCHANGED)
async def get_item(
    item_id: str,
    response: Response,
    gateway: GatewayDep,
    organisation: OrganisationDep,
    reading: Reading,
    actor: ActorDep,
    by: PersonId | None = None,
    known: IfNoneMatch = None,
) -> ItemDetail | Response:
    """An action item with what happened to it."""
    item = await gateway.items.seen(item_id, actor)
    timeline = await run_in_threadpool(_entries, reading, item_id, organisation)
    zone = organisation.team(item.team, item.service).time_zone
    now = await read(around, reading, item, asking(actor, by), organisation)
    beside = {**now, "timeline": timeline, "time_zone": zone}
    shown = ItemDetail.model_validate({**facts(ShownItem, item), **beside})
    return unless_known(shown, item.version, known, response) or shown


@router.post("/items/{item_id}/commands", responses={**TAGGED, **NOT_YET, **REFUSED})
async def command_item(
    item_id: str,
    command: Annotated[ToItem, Body()],
    response: Response,
    gateway: GatewayDep,
    organisation: OrganisationDep,
    reading: Reading,
    actor: ActorDep,
    key: Key = None,
    if_match: IfMatch = None,
) -> ItemNow:
    """Carries a command out; the answer is the item after it."""
    command = given(command, actor)
    after = await gateway.items.command(item_id, command, actor, update_id(key, command), versions(if_match))
    response.headers["ETag"] = f'"{after.version}"'
    now = await read(around, reading, after, asking(actor, command.by), organisation)
    return ItemNow.model_validate({**facts(ShownItem, after), **now})


@router.get("/mails", response_model=list[MailLine], responses=PAGED)
def list_mails(
    request: Request,
    reading: Reading,
    response: Response,
    seen_by: SeenByDep,
    views: ViewsDep,
    incident_id: str | None = None,
    person: PersonId | None = None,
    state: MailState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> list[MailRow]:
    """Newest first."""
    found = listing.page_of_mails(
        reading,
        incident_id=incident_id,
        person=person,
        state=state,
        cursor=cursor,
        limit=limit,
        seen_by=seen_by,
    )
    views.note_mails(found.mails)
    link_next(request, response, found.next)
    return found.mails


def _entries(session: Session, record_id: str, organisation: Organisation) -> list[Entry]:
    return [
        Entry(**row.model_dump(), author_name=organisation.name_of(row.author) if row.author else None)
        for row in queries.timeline(session, record_id)
    ]
