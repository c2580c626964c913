"""What links in mails lead to: looking changes nothing, for mail scanners open every link; sending the form acts."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from followthrough.checks import NotCarriedOut
from followthrough.domain.answered.access.actor import Door
from followthrough.domain.answered.choices import choices
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import Refusal
from followthrough.links import Link
from followthrough.permission import Forbidden
from followthrough.store.links import use
from followthrough.web.access import without_sign_in
from followthrough.web.act_facts import facts, state
from followthrough.web.act_form import Offer, command_of
from followthrough.web.act_links import HEADERS, Closed, OfferDep, ToDecideDep, closed_page, require_unused
from followthrough.web.act_pages import TypedDep, form_page
from followthrough.web.dependencies import GatewayDep, LinksDep, Reading, newcomer
from followthrough.web.reading import read
from followthrough.web.rendering import page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.api_route("/act/{token}", methods=["GET", "HEAD"])
@without_sign_in
async def look(request: Request, offer: OfferDep) -> Response:
    """What the link is for, and the form to do it."""
    return _form(request, offer)


@router.post("/act/{token}")
@without_sign_in
async def act(request: Request, typed: TypedDep, offer: OfferDep, reading: Reading, gateway: GatewayDep) -> Response:
    """As the person whom the mail was for; having the link is what allows it. Equal links are one command."""
    records = gateway.items if isinstance(offer.record, ActionItem) else gateway.incidents
    actor = newcomer(request, Door.MAIL_LINK, offer.person)
    try:
        record = await records.command(offer.record.id, command_of(offer, typed), actor, offer.nonce)
    except (Refusal, NotCarriedOut, Forbidden) as error:
        await require_unused(offer.nonce, offer.record, offer.organisation, offer.person, reading)
        return _form(request, offer, typed, str(error))
    await read(use, reading, offer.nonce, datetime.now(UTC))
    return closed_page(request, Closed(200, "Thank you", state(record, offer.organisation, offer.person), record))


@router.api_route("/decide/{token}", methods=["GET", "HEAD"])
@without_sign_in
async def decide(request: Request, token: str, found: ToDecideDep, links: LinksDep) -> Response:
    """From a mail about many things: links to all that the person may decide about one of them."""
    link, record, people = found
    as_long = links.ending_with(token)
    offered = [
        (choice.label, as_long.sign(Link.in_mail(link.nonce, choice.name, link.person, record.id)))
        for choice in choices(record, link.person)
    ]
    known = facts(record, link.person, people, datetime.now(UTC))
    zone = people.time_zone_of(link.person)
    return page(request, "decide.html", headers=HEADERS, zone=zone, record=record, facts=known, offered=offered)


def _form(request: Request, offer: Offer, typed: Mapping[str, str] | None = None, refused: str = "") -> Response:
    return form_page(request, offer, typed or {}, refused, status=409 if refused else 200, once=True)
