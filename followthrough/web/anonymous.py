"""Anonymous notes over HTTP: no login, no cookie, and nothing of a request is kept or logged but its text."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime
from sqlalchemy import exc
from sqlmodel import Session

from followthrough.domain.anonymous import LONGEST, NewNote, ShownNotes
from followthrough.domain.incident import Incident
from followthrough.domain.values import Message
from followthrough.domain.wording import span, when_from_here
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from followthrough.store import queries
from followthrough.store.anonymous import TooMany, add, shown_notes
from followthrough.web.errors import Unknown
from followthrough.web.reading import Reading
from followthrough.web.rendering import page
from followthrough.web.security import authorised

NOT_KEPT = {"Cache-Control": "no-store"}


class Taken(Message):
    """The note is kept, and shown no earlier than this."""

    shown_from: AwareDatetime


def anonymous(settings: Settings, organisation: Callable[[], Organisation]) -> APIRouter:
    """Writing for everybody, reading for those who may read the API.

    Only the database is asked: the engine never hears of a note, and errors are answered here, where nothing logs them.
    """
    router = APIRouter()

    def find(session: Session, incident_id: str) -> Incident:
        try:
            incident = queries.incident(session, incident_id)
        except (exc.DBAPIError, exc.TimeoutError):
            raise _no_database() from None
        if incident is None:
            raise Unknown(f"There is no {incident_id} here.")
        return incident

    def local(at: datetime, incident: Incident) -> str:
        zone = ZoneInfo(organisation().team(incident.team, incident.service).time_zone)
        return f"{when_from_here(at, datetime.now(UTC), zone)} ({zone.key})"

    def take(session: Session, incident: Incident, text: str) -> datetime:
        try:
            return add(session, incident, text, organisation(), datetime.now(UTC))
        except TooMany as error:
            until = local(error.until, incident)
            raise HTTPException(429, f"Too many anonymous notes are waiting; come back after {until}.") from None
        except (exc.DBAPIError, exc.TimeoutError):
            raise _no_database() from None

    @router.post("/api/incidents/{incident_id}/anonymous", status_code=201, tags=["api"])
    def add_note(incident_id: str, note: NewNote, reading: Reading, response: Response) -> Taken:
        """Adds a note without saying who you are; it is shown later, together with others."""
        response.headers.update(NOT_KEPT)
        return Taken(shown_from=take(reading, find(reading, incident_id), note.text))

    @router.get("/api/incidents/{incident_id}/anonymous", tags=["api"], dependencies=[authorised(settings)])
    def list_notes(incident_id: str, reading: Reading) -> list[ShownNotes]:
        """The notes that are shown by now, in the groups in which they appeared."""
        find(reading, incident_id)
        return shown_notes(reading, incident_id, organisation(), datetime.now(UTC))

    def draw(request: Request, incident: Incident, status: int, shown_from: str) -> Response:
        policies = organisation().policies.anonymous
        context = {"policies": policies, "at_most": span(policies.alone_after), "shown_from": shown_from}
        return page(
            request, "anonymous.html", status=status, headers=NOT_KEPT, incident=incident, longest=LONGEST, **context
        )

    @router.get("/incidents/{incident_id}/anonymous", include_in_schema=False, response_class=HTMLResponse)
    def show_form(request: Request, incident_id: str, reading: Reading) -> Response:
        return draw(request, find(reading, incident_id), 200, "")

    @router.post("/incidents/{incident_id}/anonymous", include_in_schema=False, response_class=HTMLResponse)
    def take_form(request: Request, incident_id: str, note: Annotated[NewNote, Form()], reading: Reading) -> Response:
        incident = find(reading, incident_id)
        return draw(request, incident, 201, local(take(reading, incident, note.text), incident))

    return router


def _no_database() -> HTTPException:
    return HTTPException(503, "The database does not answer; try again in a moment.")
