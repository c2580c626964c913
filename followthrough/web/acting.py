"""What links in mails lead to: looking changes nothing, for mail scanners open every link; sending the form acts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
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
from followthrough.web.act_form import Offer, command_of, form_fields
from followthrough.web.act_links import HEADERS, Closed, OfferDep, ToDecideDep, closed_page, require_unused
from followthrough.web.dependencies import GatewayDep, LinksDep, Reading, newcomer
from followthrough.web.reading import read
from followthrough.web.rendering import page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


async def _typed(request: Request) -> Mapping[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


TypedDep = Annotated[Mapping[str, str], Depends(_typed)]
"""What a form was filled with."""


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
    actor = newcomer(request, Door.MAIL_LINK, offer.link.person)
    try:
        record = await records.command(offer.record.id, command_of(offer, typed), actor, offer.link.nonce)
    except (Refusal, NotCarriedOut, Forbidden) as error:
        await require_unused(offer.link, offer.record, offer.organisation, reading)
        return _form(request, offer, typed, str(error))
    await read(use, reading, offer.link.nonce, datetime.now(UTC))
    return closed_page(request, Closed(200, "Thank you", state(record, offer.organisation), record))


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
    return page(request, "decide.html", headers=HEADERS, record=record, facts=known, offered=offered)


def _form(request: Request, offer: Offer, typed: Mapping[str, str] | None = None, refused: str = "") -> Response:
    return page(
        request,
        "act.html",
        status=409 if refused else 200,
        headers=HEADERS,
        choice=offer.choice,
        record=offer.record,
        refused=refused,
        name=offer.organisation.name_of(offer.link.person),
        fields=form_fields(offer, typed or {}),
        facts=facts(offer.record, offer.link.person, offer.organisation, datetime.now(UTC)),
    )
