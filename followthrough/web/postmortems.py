"""Drafts of postmortems, and the check for blameless wording."""

from datetime import UTC, datetime
from itertools import zip_longest
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse
from sqlmodel import Session

from followthrough.checks import findings
from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.may import may
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.answered.incident.choices import WRITE_POSTMORTEM
from followthrough.domain.answered.incident.thanks import thanks
from followthrough.domain.answered.item import quality
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.postmortem import formats as postmortem_format
from followthrough.domain.answered.postmortem.blameless import Finding
from followthrough.domain.answered.postmortem.merging import Line, differences
from followthrough.domain.answered.postmortem.notes import why_not_corrected, why_not_in_confluence
from followthrough.domain.answered.postmortem.prompts import unanswered
from followthrough.domain.replayed.incident.incident import Incident, IncidentStatus
from followthrough.domain.replayed.postmortem.commands import Publish, ReviewPostmortem
from followthrough.domain.replayed.postmortem.postmortem import FormatName
from followthrough.domain.replayed.values import TimelineEntry
from followthrough.postmortem_document import corrected_sentence
from followthrough.settings import Settings
from followthrough.store import queries
from followthrough.store.anonymous import shown_notes
from followthrough.store.postmortems import Version, comments, corrected, in_confluence, versions
from followthrough.web import act_facts
from followthrough.web.bodies import ItemTitle, Prose
from followthrough.web.dependencies import ActorDep, Authorised, GatewayDep, OrganisationDep, Reading, SettingsDep
from followthrough.web.offers import choices_of, why_not
from followthrough.web.reading import read
from followthrough.web.rendering import page
from followthrough.web.shapes.shape import Shape
from followthrough.web.shapes.texts import ShownFinding


class MarkdownResponse(PlainTextResponse):
    """Text that can be saved as a file and edited."""

    media_type = "text/markdown"


router = APIRouter()


@router.get(
    "/api/incidents/{incident_id}/postmortem/draft",
    operation_id="draft_postmortem",
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
    return await run_in_threadpool(draft_of, incident, organisation, reading, format_name)


@router.post(
    "/api/blameless",
    operation_id="check_wording",
    tags=["api"],
    dependencies=[Authorised],
    response_model=list[ShownFinding],
)
def check(prose: Prose, organisation: OrganisationDep) -> list[Finding]:
    """Sentences of any prose that name a person as a cause, and how to say them another way."""
    return findings(prose.text, organisation)


class TitleHints(Shape):
    """What keeps a title from being accepted, and advice where it could not be checked."""

    missing: list[str]
    """What has to be there; empty where the title will be accepted."""
    hint: str | None
    """Null where there is none."""


@router.post("/api/quality", tags=["api"], dependencies=[Authorised])
def look_at_title(item: ItemTitle, organisation: OrganisationDep) -> TitleHints:
    """What an action item lacks to be checkable, before it is proposed; nothing is said of an owner left out."""
    owner = item.owner or next(iter(organisation.people))
    missing = quality.missing(item.title, owner, organisation.people, organisation.teams)
    return TitleHints(missing=missing, hint=quality.hint(item.title))


@router.get("/incidents/{incident_id}/postmortem", include_in_schema=False, response_class=HTMLResponse)
async def show_postmortem(
    request: Request,
    incident_id: str,
    gateway: GatewayDep,
    organisation: OrganisationDep,
    reading: Reading,
    actor: ActorDep,
    settings: SettingsDep,
    said: int | None = None,
) -> Response:
    """As it was submitted, else a draft, with what is still to be said another way, and what its reader can do."""
    incident, corrections = await read(corrected, reading, await gateway.incidents.seen(incident_id, actor))
    written = incident.postmortem
    shown = written.text if written else await run_in_threadpool(draft_of, incident, organisation, reading)
    found = await run_in_threadpool(findings, shown, organisation)
    here = as_of(organisation, datetime.now(UTC).date())
    return page(
        request,
        "postmortem.html",
        incident=incident,
        text=shown,
        corrections=corrections,
        corrected_sentence=corrected_sentence,
        **await read(_beside, reading, incident, actor, here, settings),
        findings=found,
        unanswered=unanswered(shown) if written and incident.status is IncidentStatus.RESOLVED else [],
        name=organisation.name_of,
        said=await read(act_facts.said, reading, said, incident, actor.person, here),
        writes=incident.status is IncidentStatus.RESOLVED
        and actor.person is not None
        and await read(why_not, reading, WRITE_POSTMORTEM, incident, actor, here) is None,
        versions=await read(_versions, reading, incident.id),
        offered=[
            choice
            for choice in await read(choices_of, reading, incident, actor, here)
            if choice.command in (ReviewPostmortem, Publish)
        ],
    )


def _beside(
    session: Session, incident: Incident, actor: Actor, here: Organisation, settings: Settings
) -> dict[str, Any]:
    """What people said of it, and whether its reader may settle, correct and publish it."""
    about = About.of_record(incident, here, None)

    def mine(right: Right) -> bool:
        return actor.person is not None and may(right, actor, actor.person, about) is None

    there = bool(settings.resolved_confluence_url) and why_not_in_confluence(incident) is None
    return {
        "me": actor.person,
        "comments": comments(session, incident.id),
        "settles": mine(Right.SETTLE_COMMENT),
        "corrects": why_not_corrected(incident) is None and mine(Right.CORRECT_POSTMORTEM),
        "confluence": in_confluence(session, incident.id),
        "to_confluence": there and mine(Right.TO_CONFLUENCE),
    }


def _versions(session: Session, incident_id: str) -> list[tuple[Version, list[Line]]]:
    """The newest first, each with what it changed; nothing of the first one that is kept."""
    found = versions(session, incident_id)
    return [
        (after, differences(before.text, after.text) if before else [])
        for after, before in zip_longest(found, found[1:])
        if after
    ]


def format_of(incident: Incident, session: Session) -> FormatName:
    """That which was chosen, else the one whose turn it is."""
    chosen = incident.postmortem_format
    return chosen or postmortem_format.next_format(incident.severity, queries.recent_formats(session, incident.team))


def draft_of(incident: Incident, organisation: Organisation, session: Session, chosen: FormatName | None = None) -> str:
    """What its author begins with."""
    rows = queries.timeline(session, incident.id)
    timeline = [
        TimelineEntry.model_validate(row.model_dump(include=set(TimelineEntry.model_fields)))
        for row in rows
        if row.record_id == incident.id
    ]
    groups = shown_notes(session, incident.id, organisation, datetime.now(UTC))
    return postmortem_format.draft(
        chosen or format_of(incident, session),
        incident,
        timeline,
        organisation,
        thanks(incident, organisation),
        anonymous=[text for group in groups for text in group.texts],
    )
