"""Deadlines for people's calendars: one to download, or all of a person behind an address that only they have."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException, Response

from followthrough.deadline_calendar import deadline_calendar
from followthrough.domain.departures import as_of
from followthrough.domain.values import Message, PersonId
from followthrough.links import BadLink, Link, Links
from followthrough.organisation import Organisation, Person
from followthrough.settings import Settings
from followthrough.store import queries
from followthrough.store.links import revoke_calendar, revoked_calendars
from followthrough.web.incidents import Incidents
from followthrough.web.reading import Reading
from followthrough.web.security import authorised

CALENDAR = "calendar"
HEADERS = {"Cache-Control": "no-store"}
LONGEST = 500


class CalendarAddress(Message):
    """For calendar programs to subscribe to."""

    url: str


def calendars(
    settings: Settings, organisation: Callable[[], Organisation], incidents: Incidents, links: Links
) -> APIRouter:
    """A person's address works until it is revoked; the next one is another."""
    router = APIRouter()
    public_url = settings.resolved_public_url

    def present() -> Mapping[PersonId, Person]:
        return as_of(organisation(), datetime.now(UTC).date()).people

    def address(person: PersonId, reading: Reading) -> CalendarAddress:
        if person not in present():
            raise HTTPException(404, f"Nobody in the organisation file is {person!r}, or they left.")
        token = links.sign(Link(purpose=CALENDAR, person=person, nonce=str(revoked_calendars(reading, person))))
        return CalendarAddress(url=f"{public_url}/people/{person}/deadlines.ics?token={token}")

    @router.get("/api/people/{person}/calendar", tags=["api"], dependencies=[authorised(settings)])
    def get_address(person: PersonId, reading: Reading) -> CalendarAddress:
        """The address of the person's deadlines; whoever has it can read them."""
        return address(person, reading)

    @router.delete("/api/people/{person}/calendar", tags=["api"], dependencies=[authorised(settings)])
    def revoke_address(person: PersonId, reading: Reading) -> CalendarAddress:
        """Addresses that were given out before stop working; the answer is the one that works from now on."""
        revoke_calendar(reading, person)
        return address(person, reading)

    @router.get("/people/{person}/deadlines.ics", include_in_schema=False)
    def deadlines(person: PersonId, token: str, reading: Reading) -> Response:
        try:
            link = links.read(token, {CALENDAR})
        except BadLink:
            link = None
        current = link and link.person == person and link.nonce == str(revoked_calendars(reading, person))
        if not current or person not in present():
            sentence = "This calendar address does not work (any more); ask for another with `followthrough calendar`."
            raise HTTPException(404, sentence)
        now = datetime.now(UTC)
        listed = queries.action_items(reading, now, owner=person, limit=LONGEST)
        owed = [item for item, _ in listed if not item.settled]
        return _calendar(deadline_calendar(person, "Follow-up deadlines", owed, public_url, now))

    @router.get("/items/{item_id}/deadline.ics", include_in_schema=False)
    async def deadline(item_id: str) -> Response:
        item = await incidents.action_item(item_id)
        return _calendar(deadline_calendar(item.id, item.title, [item], public_url, datetime.now(UTC)))

    return router


def _calendar(content: bytes) -> Response:
    return Response(content, media_type="text/calendar", headers=HEADERS)
