"""Drafts of postmortems, and the check for blameless wording."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse
from sqlmodel import Session

from followthrough.checks import findings
from followthrough.domain.answered.incident.thanks import thanks
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.postmortem import formats as postmortem_format
from followthrough.domain.answered.postmortem.blameless import Finding
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.postmortem.postmortem import FormatName
from followthrough.domain.replayed.values import TimelineEntry
from followthrough.store import queries
from followthrough.store.anonymous import shown_notes
from followthrough.web.bodies import Prose
from followthrough.web.dependencies import ActorDep, Authorised, GatewayDep, OrganisationDep, Reading
from followthrough.web.rendering import page


class MarkdownResponse(PlainTextResponse):
    """Text that can be saved as a file and edited."""

    media_type = "text/markdown"


router = APIRouter()


@router.get(
    "/api/incidents/{incident_id}/postmortem/draft",
    tags=["api"],
    dependencies=[Authorised],
    response_class=MarkdownResponse,
)
async def get_draft(
    incident_id: str,
    gateway: GatewayDep,
    organisation: OrganisationDep,
    reading: Reading,
    actor: ActorDep,
    format_name: Annotated[FormatName | None, Query(alias="format")] = None,
) -> str:
    """A postmortem in Markdown, filled from the timeline; in the incident's format unless another is asked for."""
    incident = await gateway.incidents.seen(incident_id, actor)
    return await run_in_threadpool(_draft, incident, organisation, reading, format_name)


@router.post("/api/blameless", tags=["api"], dependencies=[Authorised])
def check(prose: Prose, organisation: OrganisationDep) -> list[Finding]:
    """Sentences of any prose that name a person as a cause, and how to say them another way."""
    return findings(prose.text, organisation)


@router.get("/incidents/{incident_id}/postmortem", include_in_schema=False, response_class=HTMLResponse)
async def show_postmortem(
    request: Request,
    incident_id: str,
    gateway: GatewayDep,
    organisation: OrganisationDep,
    reading: Reading,
    actor: ActorDep,
) -> Response:
    """As it was submitted, else a draft, with the sentences that blame."""
    incident = await gateway.incidents.seen(incident_id, actor)
    written = incident.postmortem
    shown = written.text if written else await run_in_threadpool(_draft, incident, organisation, reading)
    found = await run_in_threadpool(findings, shown, organisation)
    name = organisation.name_of
    return page(request, "postmortem.html", incident=incident, text=shown, findings=found, name=name)


def _draft(incident: Incident, organisation: Organisation, session: Session, chosen: FormatName | None = None) -> str:
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
    groups = shown_notes(session, incident.id, organisation, datetime.now(UTC))
    return postmortem_format.draft(
        name,
        incident,
        timeline,
        organisation,
        thanks(incident, organisation),
        anonymous=[text for group in groups for text in group.texts],
    )
