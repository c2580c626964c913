"""Drafts of postmortems, and the check for blameless wording."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse
from sqlmodel import Session

from followthrough.domain import postmortem_format
from followthrough.domain.blameless import Finding
from followthrough.domain.incident import Incident
from followthrough.domain.postmortem import FormatName
from followthrough.domain.thanks import thanks
from followthrough.domain.values import TimelineEntry
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from followthrough.store import queries
from followthrough.store.anonymous import shown_notes
from followthrough.web.bodies import Prose
from followthrough.web.checks import findings
from followthrough.web.incidents import Incidents
from followthrough.web.reading import Reading
from followthrough.web.rendering import page
from followthrough.web.security import authorised


class MarkdownResponse(PlainTextResponse):
    """Text that can be saved as a file and edited."""

    media_type = "text/markdown"


def postmortems(settings: Settings, organisation: Callable[[], Organisation], incidents: Incidents) -> APIRouter:
    """The draft and the check for programs, and what they give for browsers."""
    router = APIRouter()

    def draft(incident: Incident, session: Session, chosen: FormatName | None = None) -> str:
        rows = queries.timeline(session, incident.id)
        timeline = [
            TimelineEntry.model_validate(row.model_dump(include=set(TimelineEntry.model_fields)))
            for row in rows
            if row.record_id == incident.id
        ]
        name = chosen or incident.postmortem_format
        if name is None:
            recent = queries.recent_formats(session, incident.team)
            name = postmortem_format.next_format(incident.severity, recent)
        groups = shown_notes(session, incident.id, organisation(), datetime.now(UTC))
        return postmortem_format.draft(
            name,
            incident,
            timeline,
            organisation(),
            thanks(incident, organisation()),
            anonymous=[text for group in groups for text in group.texts],
        )

    @router.get(
        "/api/incidents/{incident_id}/postmortem/draft",
        tags=["api"],
        dependencies=[authorised(settings)],
        response_class=MarkdownResponse,
    )
    async def get_draft(
        incident_id: str, reading: Reading, format_name: Annotated[FormatName | None, Query(alias="format")] = None
    ) -> str:
        """A postmortem in Markdown, filled from the timeline; in the incident's format unless another is asked for."""
        return await run_in_threadpool(draft, await incidents.incident(incident_id), reading, format_name)

    @router.post("/api/blameless", tags=["api"], dependencies=[authorised(settings)])
    def check(prose: Prose) -> list[Finding]:
        """Sentences of any prose that name a person as a cause, and how to say them another way."""
        return findings(prose.text, organisation())

    @router.get("/incidents/{incident_id}/postmortem", include_in_schema=False, response_class=HTMLResponse)
    async def show_postmortem(request: Request, incident_id: str, reading: Reading) -> Response:
        incident = await incidents.incident(incident_id)

        def text() -> str:
            return incident.postmortem.text if incident.postmortem else draft(incident, reading)

        shown = await run_in_threadpool(text)
        found = await run_in_threadpool(findings, shown, organisation())
        name = organisation().name_of
        return page(request, "postmortem.html", incident=incident, text=shown, findings=found, name=name)

    return router
