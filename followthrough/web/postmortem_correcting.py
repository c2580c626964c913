"""Correcting a postmortem that is published, whatever its incident has come to since: on a page, and in the API."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from followthrough.checks import Blames, NotCarriedOut, findings
from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.postmortem.merging import differences, merged, require_decided
from followthrough.domain.answered.postmortem.notes import CorrectPostmortem, why_not_corrected
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.postmortem.postmortem import version_of
from followthrough.domain.replayed.text import KEY, clean
from followthrough.domain.replayed.values import PersonId, Refusal
from followthrough.gateway import Gateway
from followthrough.permission import Forbidden
from followthrough.store.postmortems import corrected
from followthrough.web.act_links import HEADERS, Closed
from followthrough.web.act_pages import TypedDep
from followthrough.web.by import speaker
from followthrough.web.dependencies import ActorDep, Authorised, GatewayDep, OrganisationDep, Reading
from followthrough.web.keys import Key, update_id
from followthrough.web.known import person_of
from followthrough.web.problems import REFUSED
from followthrough.web.reading import read
from followthrough.web.rendering import page
from followthrough.web.shapes.texts import CorrectedPostmortem
from followthrough.web.typed import typed_as

router = APIRouter()
LABELS = {"reason": "Why it is corrected", "text": "The text", "override": "Why they may stay"}
PAGE = "/incidents/{incident_id}/postmortem/correct"


@router.post(
    "/api/incidents/{incident_id}/postmortem/corrections",
    operation_id="correct_postmortem",
    response_model=CorrectedPostmortem,
    responses=REFUSED,
    tags=["api"],
    dependencies=[Authorised],
)
async def correct_published(
    incident_id: str, command: CorrectPostmortem, gateway: GatewayDep, actor: ActorDep, key: Key = None
) -> CorrectPostmortem:
    """Puts another text instead of the published one; when, by whom and why stands above it."""
    command = command.model_copy(update={"by": speaker(command.by, actor)})
    await gateway.postmortems.correct(incident_id, command, command.by or "", actor, update_id(key, command))
    return command


class Correcting(NamedTuple):
    """Who corrects which text, of an incident as its reader sees it now."""

    request: Request
    actor: Actor
    person: PersonId
    incident: Incident
    present: str
    organisation: Organisation
    gateway: Gateway


async def _correcting(
    request: Request,
    incident_id: str,
    actor: ActorDep,
    gateway: GatewayDep,
    organisation: OrganisationDep,
    reading: Reading,
) -> Correcting:
    """Raises Unknown, NobodyYet, and Closed where nothing can be corrected."""
    incident = await gateway.incidents.seen(incident_id, actor)
    person = person_of(request, actor)
    if (sentence := why_not_corrected(incident)) is not None:
        raise Closed(409, "There is nothing to correct", sentence, incident)
    found = (await read(corrected, reading, incident)).incident.postmortem
    return Correcting(request, actor, person, incident, found.text if found else "", organisation, gateway)


CorrectingDep = Annotated[Correcting, Depends(_correcting)]


@router.get(PAGE, include_in_schema=False)
async def form(correcting: CorrectingDep) -> Response:
    """Who may not is told when they send it."""
    present = correcting.present
    typed = {"text": present, "began_from": version_of(present), "began_with": present}
    return await _show(correcting, typed)


@router.post(PAGE, include_in_schema=False)
async def correct(correcting: CorrectingDep, typed: TypedDep) -> Response:
    """Nothing is overwritten that its author has not seen, and whatever is refused keeps what was typed."""
    given = {**typed, "text": clean(typed.get("text", "")).strip(), "began_with": clean(typed.get("began_with", ""))}
    if typed.get("do") != "correct":
        return await _show(correcting, given, preview=True)
    if given.get("began_from") != version_of(correcting.present):
        both = merged(given["began_with"], given["text"], correcting.present, "the other text")
        now = {"text": both.text, "began_from": version_of(correcting.present), "began_with": correcting.present}
        refused = "Somebody else corrected it meanwhile, and nothing of yours is kept yet; look at both, and send it."
        return await _show(correcting, {**given, **now}, refused, status=409)
    try:
        await _give(correcting, given)
    except (Refusal, NotCarriedOut, Forbidden) as error:
        status = 403 if isinstance(error, Forbidden) else 409
        return await _show(correcting, given, str(error), status=status, preview=isinstance(error, Blames))
    return RedirectResponse(f"/incidents/{correcting.incident.id}/postmortem", 303, HEADERS)


async def _give(correcting: Correcting, typed: Mapping[str, str]) -> None:
    require_decided(typed["text"])
    command = typed_as(
        CorrectPostmortem,
        LABELS,
        {
            "by": correcting.person,
            "text": typed["text"],
            "reason": typed.get("reason", ""),
            "replaces": typed.get("began_from", "")[:KEY],
            "override": typed.get("override", "").strip() or None,
        },
    )
    key = update_id(typed.get("nonce", "")[:KEY] or uuid4().hex, command)
    await correcting.gateway.postmortems.correct(
        correcting.incident.id, command, correcting.person, correcting.actor, key
    )


async def _show(
    correcting: Correcting, typed: Mapping[str, str], refused: str = "", *, status: int = 200, preview: bool = False
) -> Response:
    text, here = typed["text"], correcting.organisation
    return page(
        correcting.request,
        "postmortem-correct.html",
        status=status,
        headers=HEADERS,
        incident=correcting.incident,
        typed={"reason": "", "override": "", **typed},
        nonce=uuid4().hex,
        refused=refused,
        preview=preview,
        findings=await run_in_threadpool(findings, text, here) if preview else [],
        changed=differences(correcting.present, text) if text != correcting.present else [],
        me=here.name_of(correcting.person),
    )
