"""Writing a stakeholder update by the link of the mail that asks for it, on the same page as whoever is signed in."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from followthrough.checks import NotCarriedOut
from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.incident.choices import UPDATE
from followthrough.domain.replayed.incident.commands import SendUpdate
from followthrough.domain.replayed.incident.incident import Audience, UpdateStage
from followthrough.domain.replayed.values import Refusal
from followthrough.permission import Forbidden
from followthrough.store.links import use
from followthrough.web.access import without_sign_in
from followthrough.web.act_facts import state
from followthrough.web.act_form import Offer, command_of
from followthrough.web.act_links import MOVED_ON, Closed, closed_page, find, require_unused
from followthrough.web.act_pages import TypedDep
from followthrough.web.dependencies import GatewayDep, LinksDep, OrganisationDep, Reading, SettingsDep, newcomer
from followthrough.web.doing import Asked
from followthrough.web.offers import choices_of
from followthrough.web.reading import read
from followthrough.web.writing import form, said_again

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


async def _to_write(
    request: Request,
    token: str,
    gateway: GatewayDep,
    links: LinksDep,
    organisation: OrganisationDep,
    reading: Reading,
) -> Asked:
    """Raises Closed for what is not theirs, or not possible now."""
    link, record, people = await find(request, token, {UPDATE.name}, gateway, links, organisation)
    await require_unused(link.nonce, record, people, link.person, reading)
    actor: Actor = newcomer(request, Door.MAIL_LINK, link.person)
    if UPDATE not in await read(choices_of, reading, record, actor, people):
        sentence = f"By this link no update can be sent now. {state(record, people, link.person)}"
        raise Closed(409, MOVED_ON, sentence, record)
    return Asked(actor, Offer(link.person, link.nonce, record, UPDATE, people))


ToWriteDep = Annotated[Asked, Depends(_to_write)]


@router.api_route("/act/{token}/update", methods=["GET", "HEAD"])
@without_sign_in
async def write(
    request: Request,
    asked: ToWriteDep,
    settings: SettingsDep,
    audience: Audience | None = None,
    stage: UpdateStage | None = None,
) -> Response:
    """The form, filled with the draft for who waits for it."""
    return form(request, asked.offer, audience, stage, settings.resolved_public_url)


@router.post("/act/{token}/update")
@without_sign_in
async def go_on(
    request: Request, asked: ToWriteDep, typed: TypedDep, reading: Reading, gateway: GatewayDep, settings: SettingsDep
) -> Response:
    """As the button says: another draft, the preview, back to the form, or sending it, once."""
    actor, offer = asked
    url = settings.resolved_public_url
    if typed.get("do") != "send":
        return said_again(request, offer, typed, url)
    try:
        update: SendUpdate = command_of(offer, typed)
        record = await gateway.incidents.command(offer.record.id, update, actor, offer.nonce)
    except (Refusal, NotCarriedOut, Forbidden) as error:
        await require_unused(offer.nonce, offer.record, offer.organisation, offer.person, reading)
        return said_again(request, offer, {**typed, "do": "change"}, url, str(error))
    await read(use, reading, offer.nonce, datetime.now(UTC))
    sentence = f"The update for {update.audience} is on its way. {state(record, offer.organisation, offer.person)}"
    return closed_page(request, Closed(200, "Thank you", sentence, record))
