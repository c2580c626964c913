"""Deadlines for people's calendars: one to download, or all of a person behind an address that only they have.

The address works until it is revoked; the next one is another.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException, Response

from followthrough.deadline_calendar import deadline_calendar
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.answered.access.privacy import title_for_all
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation, Person
from followthrough.domain.replayed.values import Message, PersonId
from followthrough.links import BadLink, Link
from followthrough.noting import happened
from followthrough.store import queries
from followthrough.store.links import revoke_calendar, revoked_calendars
from followthrough.store.privacy import marked
from followthrough.web.access import without_sign_in
from followthrough.web.dependencies import (
    ActorDep,
    AuditDep,
    Authorised,
    Exported,
    GatewayDep,
    LinksDep,
    OrganisationDep,
    Reading,
    SettingsDep,
)

CALENDAR = "calendar"
LONGEST = 500


class CalendarAddress(Message):
    """For calendar programs to subscribe to."""

    url: str


router = APIRouter()


@router.get("/api/people/{person}/calendar", operation_id="get_calendar", tags=["api"], dependencies=[Authorised])
def get_address(
    person: PersonId,
    reading: Reading,
    organisation: OrganisationDep,
    links: LinksDep,
    settings: SettingsDep,
    actor: ActorDep,
    audit: AuditDep,
) -> CalendarAddress:
    """The address of the person's deadlines; whoever has it can read them."""
    if person not in _present(organisation):
        raise HTTPException(404, f"Nobody in the organisation file is {person!r}, or they left.")
    audit.note(happened(actor, Act.TOKEN, "give calendar address", datetime.now(UTC), whom=person))
    token = links.sign(Link(purpose=CALENDAR, person=person, nonce=str(revoked_calendars(reading, person))))
    return CalendarAddress(url=f"{settings.resolved_public_url}/people/{person}/deadlines.ics?token={token}")


@router.delete("/api/people/{person}/calendar", operation_id="revoke_calendar", tags=["api"], dependencies=[Authorised])
def revoke_address(
    person: PersonId,
    reading: Reading,
    organisation: OrganisationDep,
    links: LinksDep,
    settings: SettingsDep,
    actor: ActorDep,
    audit: AuditDep,
) -> CalendarAddress:
    """Addresses that were given out before stop working; the answer is the one that works from now on."""
    with audit.doing(happened(actor, Act.TOKEN, "revoke calendar address", datetime.now(UTC), whom=person)):
        revoke_calendar(reading, person)
    return get_address(person, reading, organisation, links, settings, actor, audit)


@router.get("/people/{person}/deadlines.ics", include_in_schema=False)
@without_sign_in
def deadlines(
    person: PersonId,
    token: str,
    reading: Reading,
    organisation: OrganisationDep,
    links: LinksDep,
    settings: SettingsDep,
) -> Response:
    """What the person owes, for calendar programs that subscribe to it."""
    try:
        link = links.read(token, {CALENDAR})
    except BadLink:
        link = None
    current = link and link.person == person and link.nonce == str(revoked_calendars(reading, person))
    if not current or person not in _present(organisation):
        sentence = "This calendar address does not work (any more); ask for another with `followthrough calendar`."
        raise HTTPException(404, sentence)
    now = datetime.now(UTC)
    listed = queries.action_items(reading, now, owner=person, limit=LONGEST)
    owed = [item for item in marked(reading, (item for item, _ in listed)) if not item.settled]
    return _calendar(deadline_calendar(person, "Follow-up deadlines", owed, settings.resolved_public_url, now))


@router.get("/items/{item_id}/deadline.ics", include_in_schema=False, dependencies=[Exported])
async def deadline(item_id: str, gateway: GatewayDep, settings: SettingsDep, actor: ActorDep) -> Response:
    """To download."""
    item = await gateway.items.seen(item_id, actor)
    return _calendar(
        deadline_calendar(item.id, title_for_all(item), [item], settings.resolved_public_url, datetime.now(UTC))
    )


def _present(organisation: Organisation) -> Mapping[PersonId, Person]:
    return as_of(organisation, datetime.now(UTC).date()).people


def _calendar(content: bytes) -> Response:
    return Response(content, media_type="text/calendar")
