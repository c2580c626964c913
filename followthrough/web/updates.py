"""Drafts of stakeholder updates, and the timeline as a file."""

from datetime import UTC, datetime

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from followthrough.domain.answered.incident.timeline import ExportedEntry, ExportedTimeline, as_markdown
from followthrough.domain.answered.incident.updates import likely_stage
from followthrough.domain.replayed.incident.incident import Audience, Incident, UpdateStage
from followthrough.drafts import Draft, draft
from followthrough.store import queries
from followthrough.web.dependencies import (
    ActorDep,
    Authorised,
    Exported,
    GatewayDep,
    OrganisationDep,
    Reading,
    SettingsDep,
)
from followthrough.web.postmortems import MarkdownResponse
from followthrough.web.shapes.texts import ShownDraft, TimelineFile

router = APIRouter()
for_programs = APIRouter(prefix="/api", tags=["api"], dependencies=[Authorised])
for_browsers = APIRouter(include_in_schema=False)


@for_programs.get("/incidents/{incident_id}/draft", operation_id="draft_update", response_model=ShownDraft)
async def get_draft(
    incident_id: str,
    audience: Audience,
    gateway: GatewayDep,
    organisation: OrganisationDep,
    settings: SettingsDep,
    actor: ActorDep,
    stage: UpdateStage | None = None,
) -> Draft:
    """An update filled with what is known; without ``stage`` of the one where the work stands."""
    incident = await gateway.incidents.seen(incident_id, actor)
    stage = stage or likely_stage(incident, audience)
    return draft(incident, stage, audience, organisation, settings.resolved_public_url, datetime.now(UTC))


@for_programs.get(
    "/incidents/{incident_id}/timeline.json",
    operation_id="get_timeline",
    response_model=TimelineFile,
    dependencies=[Exported],
)
@for_browsers.get("/incidents/{incident_id}/timeline.json", dependencies=[Exported])
async def timeline_as_json(
    incident_id: str, gateway: GatewayDep, reading: Reading, actor: ActorDep
) -> ExportedTimeline:
    """What happened in an incident and to its action items, oldest first."""
    incident = await gateway.incidents.seen(incident_id, actor)
    return await run_in_threadpool(_timeline, incident, reading)


@for_programs.get(
    "/incidents/{incident_id}/timeline.md",
    operation_id="get_timeline_markdown",
    response_class=MarkdownResponse,
    dependencies=[Exported],
)
@for_browsers.get("/incidents/{incident_id}/timeline.md", response_class=MarkdownResponse, dependencies=[Exported])
async def timeline_as_markdown(
    incident_id: str, gateway: GatewayDep, organisation: OrganisationDep, reading: Reading, actor: ActorDep
) -> str:
    """The same as a list that can be pasted into a document."""
    incident = await gateway.incidents.seen(incident_id, actor)
    timeline = await run_in_threadpool(_timeline, incident, reading)
    return as_markdown(incident, timeline.entries, organisation.name_of)


router.include_router(for_programs)
router.include_router(for_browsers)


def _timeline(incident: Incident, session: Session) -> ExportedTimeline:
    entries = (
        ExportedEntry.model_validate(row.model_dump(include=set(ExportedEntry.model_fields)))
        for row in queries.timeline(session, incident.id)
    )
    return ExportedTimeline(incident=incident.id, title=incident.title, entries=tuple(entries))
