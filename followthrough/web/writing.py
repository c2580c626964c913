"""Writing a stakeholder update: from a draft, through a preview that says who reads it, to sending it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from followthrough.checks import NotCarriedOut
from followthrough.domain.answered.incident.choices import UPDATE
from followthrough.domain.answered.incident.readers import likely_audience, readers
from followthrough.domain.answered.incident.updates import likely_stage
from followthrough.domain.answered.wording import when
from followthrough.domain.replayed.incident.commands import SendUpdate
from followthrough.domain.replayed.incident.incident import Audience, Incident, UpdateStage
from followthrough.domain.replayed.values import Refusal
from followthrough.drafts import Draft, draft
from followthrough.permission import Forbidden
from followthrough.web.act_form import Offer, command_of, form_fields
from followthrough.web.act_links import HEADERS
from followthrough.web.act_pages import TypedDep
from followthrough.web.dependencies import ActorDep, GatewayDep, OrganisationDep, Reading, SettingsDep
from followthrough.web.doing import Asked, asked_for, carried_out, require_offered
from followthrough.web.rendering import page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


async def _to_write(
    request: Request, actor: ActorDep, gateway: GatewayDep, organisation: OrganisationDep, reading: Reading
) -> Asked:
    return await asked_for(request, UPDATE.name, actor, gateway, organisation, reading)


ToWriteDep = Annotated[Asked, Depends(_to_write)]


@router.get("/incidents/{incident_id}/update")
async def write(
    request: Request,
    asked: ToWriteDep,
    reading: Reading,
    settings: SettingsDep,
    audience: Audience | None = None,
    stage: UpdateStage | None = None,
) -> Response:
    """The form, filled with the draft of what is likely. Raises Closed for what is not theirs, or not possible now."""
    await require_offered(asked, reading)
    return form(request, asked.offer, audience, stage, settings.resolved_public_url)


@router.post("/incidents/{incident_id}/update")
async def go_on(
    request: Request,
    asked: ToWriteDep,
    typed: TypedDep,
    reading: Reading,
    gateway: GatewayDep,
    settings: SettingsDep,
) -> Response:
    """As the button says: another draft, the preview, back to the form, or sending it. Raises Closed."""
    url = settings.resolved_public_url
    if typed.get("do") != "send":
        return said_again(request, asked.offer, typed, url)
    try:
        return await carried_out(asked, typed, reading, gateway)
    except (Refusal, NotCarriedOut, Forbidden) as error:
        status = 403 if isinstance(error, Forbidden) else 409
        return _page(request, asked.offer, typed, str(error), status=status)


def form(request: Request, offer: Offer, audience: Audience | None, stage: UpdateStage | None, url: str) -> Response:
    """Filled with a draft: for the likely audience and stage, unless others are asked for."""
    incident = cast(Incident, offer.record)
    audience = audience or likely_audience(incident, offer.organisation)
    stage = stage or likely_stage(incident, audience)
    drafted = _draft(offer, audience, stage, url)
    return _page(request, offer, {"audience": audience, "stage": stage, "text": drafted.text})


def said_again(request: Request, offer: Offer, typed: Mapping[str, str], url: str, refused: str = "") -> Response:
    """With another draft, in its preview, or as it was typed, with what was ``refused``."""
    try:
        match typed.get("do"):
            case "draft":
                wanted: SendUpdate = command_of(offer, {**typed, "text": "to be drafted"})
                return _page(request, offer, {**typed, "text": _draft(offer, wanted.audience, wanted.stage, url).text})
            case "change":
                return _page(request, offer, typed, refused, status=409 if refused else 200)
        return _preview(request, offer, typed, command_of(offer, typed), url)
    except Refusal as error:
        return _page(request, offer, typed, str(error), status=409)


def _draft(offer: Offer, audience: Audience, stage: UpdateStage, url: str) -> Draft:
    return draft(cast(Incident, offer.record), stage, audience, offer.organisation, url, datetime.now(UTC))


def _preview(request: Request, offer: Offer, typed: Mapping[str, str], update: SendUpdate, url: str) -> Response:
    who = readers(cast(Incident, offer.record), update.audience, offer.organisation)
    zone = offer.organisation.people[offer.person].time_zone
    return _page(
        request,
        offer,
        typed,
        preview={
            "said": update,
            "readers": [*map(offer.organisation.name_of, who.people), *who.addresses],
            "next_update": when(_draft(offer, update.audience, update.stage, url).next_update, zone),
        },
    )


def _page(
    request: Request,
    offer: Offer,
    typed: Mapping[str, str],
    refused: str = "",
    *,
    preview: Mapping[str, Any] | None = None,
    status: int = 200,
) -> Response:
    return page(
        request,
        "update.html",
        status=status,
        headers=HEADERS,
        record=offer.record,
        nonce=typed.get("nonce") or offer.nonce,
        fields=form_fields(offer, typed),
        refused=refused,
        preview=preview,
        name=offer.organisation.name_of(offer.person),
        zone=offer.organisation.time_zone_of(offer.person),
    )
