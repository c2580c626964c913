"""Anonymous notes over HTTP: writing for everybody, reading for those who may read the API.

There is no login and no cookie, and nothing of a request is kept or logged but its text. Only the database is asked:
the engine never hears of a note, and errors are answered here, where nothing logs them.
"""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime
from sqlalchemy import exc
from sqlmodel import Session

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.postmortem.anonymous import LONGEST, NewNote, ShownNotes
from followthrough.domain.answered.wording import span, when_from_here
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.values import Message
from followthrough.records import Unknown
from followthrough.store import queries
from followthrough.store.anonymous import TooMany, add, shown_notes
from followthrough.web.access import without_sign_in
from followthrough.web.dependencies import Authorised, OrganisationDep, Reading
from followthrough.web.rendering import page

NOT_KEPT = {"Cache-Control": "no-store"}


class Taken(Message):
    """The note is kept, and shown no earlier than this."""

    shown_from: AwareDatetime


router = APIRouter()


@router.post("/api/incidents/{incident_id}/anonymous", status_code=201, tags=["api"])
@without_sign_in
def add_note(
    incident_id: str, note: NewNote, organisation: OrganisationDep, reading: Reading, response: Response
) -> Taken:
    """Adds a note without saying who you are; it is shown later, together with others."""
    response.headers.update(NOT_KEPT)
    return Taken(shown_from=_take(reading, _find(reading, incident_id), note.text, organisation))


@router.get("/api/incidents/{incident_id}/anonymous", tags=["api"], dependencies=[Authorised])
def list_notes(incident_id: str, organisation: OrganisationDep, reading: Reading) -> list[ShownNotes]:
    """The notes that are shown by now, in the groups in which they appeared."""
    return shown_notes(reading, _find(reading, incident_id).id, organisation, datetime.now(UTC))


@router.get("/incidents/{incident_id}/anonymous", include_in_schema=False, response_class=HTMLResponse)
@without_sign_in
def show_form(request: Request, incident_id: str, organisation: OrganisationDep, reading: Reading) -> Response:
    """To write a note."""
    return _draw(request, _find(reading, incident_id), organisation)


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
    incident = _find(reading, incident_id)
    shown_from = _take(reading, incident, note.text, organisation)
    return _draw(request, incident, organisation, 201, _local(shown_from, incident, organisation))


def _find(session: Session, incident_id: str) -> Incident:
    try:
        incident = queries.incident(session, incident_id)
    except (exc.DBAPIError, exc.TimeoutError):
        raise _no_database() from None
    if incident is None:
        raise Unknown(f"There is no {incident_id} here.")
    return incident


def _take(session: Session, incident: Incident, text: str, organisation: Organisation) -> datetime:
    try:
        return add(session, incident, text, organisation, datetime.now(UTC))
    except TooMany as error:
        until = _local(error.until, incident, organisation)
        raise HTTPException(429, f"Too many anonymous notes are waiting; come back after {until}.") from None
    except (exc.DBAPIError, exc.TimeoutError):
        raise _no_database() from None


def _local(at: datetime, incident: Incident, organisation: Organisation) -> str:
    zone = ZoneInfo(organisation.team(incident.team, incident.service).time_zone)
    return f"{when_from_here(at, datetime.now(UTC), zone)} ({zone.key})"


def _draw(
    request: Request, incident: Incident, organisation: Organisation, status: int = 200, shown_from: str = ""
) -> Response:
    policies = organisation.policies.anonymous
    context = {"policies": policies, "at_most": span(policies.alone_after), "shown_from": shown_from}
    return page(
        request, "anonymous.html", status=status, headers=NOT_KEPT, incident=incident, longest=LONGEST, **context
    )


def _no_database() -> HTTPException:
    return HTTPException(503, "The database does not answer; try again in a moment.")
