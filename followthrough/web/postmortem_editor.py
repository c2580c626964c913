"""The page on which a postmortem is written: its text and a preview, what to say another way, and its action items.

All is one form, so that whatever its buttons do, what was typed stays. Without scripts the hints come with the preview.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated, NamedTuple
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session

from followthrough.checks import Blames, NotCarriedOut, findings
from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.incident.choices import WRITE_POSTMORTEM
from followthrough.domain.answered.item import quality
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.postmortem.merging import Line, differences, merged, require_decided
from followthrough.domain.answered.postmortem.notes import SettleComment
from followthrough.domain.answered.postmortem.prompts import unanswered
from followthrough.domain.replayed.incident.commands import ProposeItem
from followthrough.domain.replayed.incident.incident import Incident, IncidentStatus
from followthrough.domain.replayed.item.action_item import Kind, Priority
from followthrough.domain.replayed.postmortem.commands import ChooseFormat, SubmitPostmortem
from followthrough.domain.replayed.postmortem.postmortem import FormatName
from followthrough.domain.replayed.text import KEY, clean
from followthrough.domain.replayed.values import PersonId, Refusal
from followthrough.gateway import Gateway
from followthrough.permission import Forbidden
from followthrough.records import NotYet
from followthrough.store.acting import last_entry
from followthrough.store.postmortems import comments, corrected
from followthrough.web.act_facts import state
from followthrough.web.act_links import HEADERS, Closed
from followthrough.web.act_pages import TypedDep
from followthrough.web.dependencies import ActorDep, GatewayDep, OrganisationDep, Reading
from followthrough.web.keys import update_id
from followthrough.web.known import person_of
from followthrough.web.offers import why_not
from followthrough.web.postmortems import draft_of, format_of
from followthrough.web.reading import read
from followthrough.web.rendering import page
from followthrough.web.typed import typed_as

SETTLE = "settle "

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
LABELS = {"title": "What is to be done", "owner": "Owner", "override": "Why they may stay", "text": "The text"}


class Writing(NamedTuple):
    """Who writes, about what; ``here`` is without those who left."""

    request: Request
    actor: Actor
    person: PersonId
    incident: Incident
    here: Organisation
    gateway: Gateway
    reading: Session
    closed: Closed | None = None
    """Why it is not written now, where it was sent all the same."""

    async def give(self, command: SubmitPostmortem | ProposeItem | ChooseFormat, nonce: str) -> Incident:
        """Once for each form that was shown. Raises Closed with 202 while its result is not there."""
        try:
            key = update_id(nonce, command)
            return await self.gateway.incidents.command(self.incident.id, command, self.actor, key)
        except NotYet as accepted:
            raise Closed(202, "That is on its way", str(accepted), self.incident) from None


@dataclass(frozen=True)
class Typed:
    """What the form holds."""

    text: str
    began_from: str
    """Version of the text that was there when the writing began; empty for a draft."""
    began_with: str
    """That text, for two authors' to be put together by."""
    format: FormatName | None = None
    override: str = ""
    item: Mapping[str, str] = field(default_factory=dict)
    nonce: str = ""


async def _writing(
    request: Request,
    incident_id: str,
    actor: ActorDep,
    gateway: GatewayDep,
    organisation: OrganisationDep,
    reading: Reading,
) -> Writing:
    """Raises Unknown, NobodyYet, and Closed for who may not, or would begin when it is not written now."""
    incident = await gateway.incidents.seen(incident_id, actor)
    person = person_of(request, actor)
    here = as_of(organisation, datetime.now(UTC).date())
    if sentence := await read(why_not, reading, WRITE_POSTMORTEM, incident, actor, here):
        raise Closed(403, "That is not for you", sentence, incident)
    if incident.status is not IncidentStatus.RESOLVED:
        sentence = f"Its postmortem is written once it is resolved, until it is published. {state(incident, here)}"
        closed = Closed(409, "There is nothing to write now", sentence, incident)
        if request.method == "GET":
            raise closed
        return Writing(request, actor, person, incident, here, gateway, reading, closed)
    return Writing(request, actor, person, incident, here, gateway, reading)


WritingDep = Annotated[Writing, Depends(_writing)]


@router.get("/incidents/{incident_id}/postmortem/edit")
async def edit(
    writing: WritingDep,
    reading: Reading,
    chosen: Annotated[FormatName | None, Query(alias="format")] = None,
) -> Response:
    """The text that was handed in last, else a draft in the format that is chosen, or whose turn it is."""
    written = writing.incident.postmortem
    if written is not None:
        text = (await read(corrected, reading, writing.incident)).incident.postmortem or written
        return await _show(writing, Typed(text.text, written.version, text.text))
    name = chosen or await read(lambda session: format_of(writing.incident, session), reading)
    draft = clean(await run_in_threadpool(draft_of, writing.incident, writing.here, reading, name)).strip()
    return await _show(writing, Typed(draft, "", draft, name))


@router.post("/incidents/{incident_id}/postmortem/edit")
async def write(writing: WritingDep, form: TypedDep, reading: Reading) -> Response:
    """What the button says that was pressed; whatever it is, all that was typed stays."""
    typed = _read(form)
    if writing.closed is not None:
        return await _show(writing, typed, status=writing.closed.status, refused=str(writing.closed))
    try:
        match form.get("do"):
            case "hand-in":
                return await _hand_in(writing, typed, reading)
            case "propose":
                return await _propose(writing, typed)
            case "check":
                return await _show(writing, typed, item_hints=_item_hints(writing, typed))
            case str(settled) if settled.startswith(SETTLE):
                return await _settle(writing, typed, settled.removeprefix(SETTLE))
            case _:
                return await _show(writing, typed, preview=True)
    except (Refusal, NotCarriedOut, Forbidden) as error:
        status = 403 if isinstance(error, Forbidden) else 409
        return await _show(writing, typed, status=status, refused=str(error), preview=isinstance(error, Blames))


async def _hand_in(writing: Writing, typed: Typed, reading: Reading) -> Response:
    """Nothing is overwritten that its author has not seen."""
    present = writing.incident.postmortem
    where = f"/incidents/{writing.incident.id}/postmortem?said="
    if present is not None and present.version != typed.began_from:
        if present.text == typed.text:
            return RedirectResponse(f"{where}0", 303, HEADERS)
        they = writing.here.name_of(present.by)
        both = merged(typed.began_with, typed.text, present.text, they)
        now = replace(typed, text=both.text, began_from=present.version, began_with=present.text, nonce="")
        refused = f"{they} handed in another text while you wrote, and nothing is handed in yet. " + (
            "Where both of you changed the same, both stand in the text now; choose, and hand it in."
            if both.conflicts
            else "What both of you changed is in the text now; look at it, and hand it in."
        )
        found = differences(typed.text, both.text)
        return await _show(writing, now, status=409, refused=refused, meanwhile=found)
    require_decided(typed.text)
    person, nonce, replaces = writing.person, typed.nonce or uuid4().hex, present.version if present else ""
    before, _ = await read(last_entry, reading, writing.incident.id, person)
    command = typed_as(
        SubmitPostmortem,
        LABELS,
        {"by": person, "text": typed.text, "override": typed.override or None, "replaces": replaces},
    )
    if present is None and typed.format not in (None, writing.incident.postmortem_format):
        await writing.give(typed_as(ChooseFormat, LABELS, {"by": person, "format": typed.format}), nonce)
    await writing.give(command, nonce)
    _, mine = await read(last_entry, reading, writing.incident.id, person)
    return RedirectResponse(f"{where}{mine if mine > before else 0}", 303, HEADERS)


async def _propose(writing: Writing, typed: Typed) -> Response:
    command = typed_as(ProposeItem, LABELS, {"by": writing.person, **typed.item})
    after = await writing.give(command, typed.nonce or uuid4().hex)
    said = f"Proposed to {writing.here.name_of(command.owner)}: {command.title}."
    return await _show(writing._replace(incident=after), replace(typed, item={}), said=said)


async def _settle(writing: Writing, typed: Typed, comment: str) -> Response:
    said = SettleComment()
    notes = writing.gateway.postmortems
    await notes.settle(writing.incident.id, comment, said, writing.person, writing.actor)
    return await _show(writing, typed, said="That comment is settled.")


def _item_hints(writing: Writing, typed: Typed) -> list[str]:
    title, owner = typed.item.get("title", ""), typed.item.get("owner", "")
    lacking = quality.missing(title, owner, writing.here.people, writing.here.teams)
    return [*lacking, *filter(None, [quality.hint(title)])] or ["One can see when it is done."]


async def _show(
    writing: Writing,
    typed: Typed,
    *,
    status: int = 200,
    refused: str = "",
    said: str = "",
    preview: bool = False,
    item_hints: list[str] | None = None,
    meanwhile: list[Line] | None = None,
) -> Response:
    """The form, with what was typed into it; each that is shown acts once."""
    here, incident = writing.here, writing.incident
    return page(
        writing.request,
        "postmortem-edit.html",
        status=status,
        headers=HEADERS,
        incident=incident,
        typed=typed,
        nonce=uuid4().hex,
        formats=list(FormatName) if incident.postmortem is None else [],
        refused=refused,
        said=said,
        preview=preview,
        findings=await run_in_threadpool(findings, typed.text, here) if preview else [],
        unanswered=unanswered(typed.text) if preview else [],
        item_hints=item_hints or [],
        meanwhile=meanwhile or [],
        comments=[row for row in await read(comments, writing.reading, incident.id) if row.settled_at is None],
        kinds=list(Kind),
        priorities=list(Priority),
        people={key: person.name for key, person in here.people.items()},
        me=here.name_of(writing.person),
        name=here.name_of,
    )


def _read(form: Mapping[str, str]) -> Typed:
    name = form.get("format", "")
    asked = ("title", "owner", "kind", "priority")
    return Typed(
        text=clean(form.get("text", "")).strip(),
        began_from=form.get("began_from", ""),
        began_with=clean(form.get("began_with", "")),
        format=FormatName(name) if name in list(FormatName) else None,
        override=form.get("override", "").strip(),
        item={one: value for one in asked if (value := form.get(f"item-{one}", "").strip())},
        nonce=form.get("nonce", "")[:KEY],
    )
