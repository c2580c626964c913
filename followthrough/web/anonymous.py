"""Anonymous notes over HTTP: writing for everybody, reading for those who may read the API.

There is no login and no cookie, and nothing of a request is kept or logged but its text. Only the database is asked:
the engine never hears of a note, and errors are answered here, where nothing logs them.
"""

from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime
from sqlalchemy import exc
from sqlmodel import Session

from followthrough.domain.answered.access.privacy import not_here
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.postmortem.anonymous import LONGEST, NewNote, ShownNotes
from followthrough.domain.answered.wording import when_from_here, whole_span
from followthrough.domain.replayed.ids import is_incident
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.records import Unknown
from followthrough.store import queries
from followthrough.store.anonymous import TooMany, add, shown_notes
from followthrough.store.privacy import sees
from followthrough.web.access import without_sign_in
from followthrough.web.dependencies import Authorised, OrganisationDep, Reading, SeenByDep
from followthrough.web.paging import LINKED, PagingDep, in_time
from followthrough.web.private_views import ViewsDep
from followthrough.web.problems import TOO_OFTEN
from followthrough.web.rendering import page
from followthrough.web.shapes import texts
from followthrough.web.shapes.shape import Shape


class Taken(Shape):
    """The note is kept, and shown no earlier than this.

    Null where there is no incident, or a private one, for which it is kept: nothing tells the two apart.
    """

    shown_from: AwareDatetime | None
    """Null where nothing is kept."""


router = APIRouter()


@router.post(
    "/api/incidents/{incident_id}/anonymous",
    operation_id="add_anonymous_note",
    status_code=201,
    responses=TOO_OFTEN,
    tags=["api"],
)
@without_sign_in
def add_note(incident_id: str, note: NewNote, organisation: OrganisationDep, reading: Reading) -> Taken:
    """Adds a note without saying who you are; it is shown later, together with others."""
    return Taken(shown_from=_take(reading, incident_id, note.text, organisation))


@router.get(
    "/api/incidents/{incident_id}/anonymous",
    operation_id="list_anonymous_notes",
    response_model=list[texts.ShownNotes],
    responses=LINKED,
    tags=["api"],
    dependencies=[Authorised],
)
def list_notes(
    incident_id: str,
    organisation: OrganisationDep,
    reading: Reading,
    seen_by: SeenByDep,
    views: ViewsDep,
    paging: PagingDep,
) -> list[ShownNotes]:
    """The notes that are shown by now, in the groups in which they appeared."""
    if not sees(reading, incident_id, seen_by):
        raise Unknown(f"There is no {incident_id} here." if seen_by is None else not_here(incident_id))
    views.note([incident_id])
    found = shown_notes(reading, incident_id, organisation, datetime.now(UTC))
    return paging.of(found, lambda notes: (in_time(notes.since),))


@router.get("/incidents/{incident_id}/anonymous", include_in_schema=False, response_class=HTMLResponse)
@without_sign_in
def show_form(request: Request, incident_id: str, organisation: OrganisationDep, reading: Reading) -> Response:
    """To write a note."""
    return _draw(request, _named(reading, incident_id), incident_id, organisation)


@router.post("/incidents/{incident_id}/anonymous", include_in_schema=False, response_class=HTMLResponse)
@without_sign_in
def take_form(
    request: Request,
    incident_id: str,
    note: Annotated[NewNote, Form()],
    organisation: OrganisationDep,
    reading: Reading,
) -> Response:
    """Says when the note is shown."""
    incident, shown_from = _named(reading, incident_id), _take(reading, incident_id, note.text, organisation)
    when = _local(shown_from, incident, organisation) if incident and shown_from else ""
    return _draw(request, incident, incident_id, organisation, 201, when)


def _find(session: Session, incident_id: str) -> Incident | None:
    if not is_incident(incident_id):
        raise Unknown(f"{incident_id} is not an incident's id; ids look like inc-7f3a9c21d0b84e5fa612.")
    try:
        return queries.incident(session, incident_id)
    except (exc.DBAPIError, exc.TimeoutError):
        raise _no_database() from None


def _named(session: Session, incident_id: str) -> Incident | None:
    """None for one that is private, too, for nobody knows who writes."""
    incident = _find(session, incident_id)
    return None if incident is None or incident.private else incident


def _take(session: Session, incident_id: str, text: str, organisation: Organisation) -> datetime | None:
    """When it is shown at the earliest; None where that would tell that there is a private incident."""
    incident = _find(session, incident_id)
    if incident is None:
        return None
    try:
        shown_from = add(session, incident, text, organisation, datetime.now(UTC))
    except TooMany as error:
        if incident.private:
            return None
        until = _local(error.until, incident, organisation)
        raise HTTPException(429, f"Too many anonymous notes are waiting; come back after {until}.") from None
    except (exc.DBAPIError, exc.TimeoutError):
        raise _no_database() from None
    return None if incident.private else shown_from


def _local(at: datetime, incident: Incident, organisation: Organisation) -> str:
    zone = ZoneInfo(organisation.team(incident.team, incident.service).time_zone)
    return f"{when_from_here(at, datetime.now(UTC), zone)} ({zone.key})"


def _draw(
    request: Request,
    incident: Incident | None,
    incident_id: str,
    organisation: Organisation,
    status: int = 200,
    shown_from: str = "",
) -> Response:
    policies = organisation.policies.anonymous
    context: dict[str, Any] = {"policies": policies, "at_most": whole_span(policies.alone_after), "longest": LONGEST}
    about = {"incident_id": incident_id, "title": incident.title if incident else "", "shown_from": shown_from}
    taken = status == 201
    return page(request, "anonymous.html", status=status, taken=taken, **about, **context)


def _no_database() -> HTTPException:
    return HTTPException(503, "The database does not answer; try again in a moment.")
