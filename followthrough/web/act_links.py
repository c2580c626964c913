"""What a link in a mail leads to: what its person may decide now, or why it does not act."""

from collections.abc import Container
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlmodel import Session

from followthrough.domain.answered.access.actor import Door
from followthrough.domain.answered.choices import DECIDE, NAMES, choices
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import when
from followthrough.domain.replayed.ids import is_item
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import PersonId
from followthrough.gateway import Gateway
from followthrough.links import BadLink, ExpiredLink, Link, Links
from followthrough.store.links import used_at
from followthrough.web.act_facts import state
from followthrough.web.act_form import Offer
from followthrough.web.dependencies import GatewayDep, LinksDep, OrganisationDep, Reading, newcomer
from followthrough.web.reading import read
from followthrough.web.rendering import page
from followthrough.web.typed import prose_in

HEADERS = {"X-Robots-Tag": "noindex"}
MOVED_ON = "This has moved on"

Found = tuple[Link, ActionItem | Incident, Organisation]
"""The link, what it is about, and who is there now."""


class Closed(Exception):
    """A link that does not act, any more or yet again; the message says why."""

    def __init__(self, status: int, heading: str, sentence: str, record: ActionItem | Incident | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.heading = heading
        self.record = record


def closed_page(request: Request, closed: Closed) -> Response:
    """Says so."""
    typed = prose_in(request) if closed.status >= 400 else []
    return page(request, "act-closed.html", status=closed.status, headers=HEADERS, closed=closed, typed=typed)


async def require_unused(
    nonce: str, record: ActionItem | Incident, people: Organisation, person: PersonId, session: Session
) -> None:
    """Raises Closed."""
    at = await read(used_at, session, nonce)
    if at is not None:
        used = when(at, people.time_zone_of(person))
        sentence = f"It acts once, and did so on {used}. {state(record, people, person)}"
        raise Closed(410, "This link has been used", sentence, record)


def held_by(token: str, purposes: Container[str], links: Links, organisation: Organisation) -> tuple[Link, bool]:
    """What a link of a mail holds, and whether it has expired. Raises Closed for one that was not signed here."""
    try:
        return links.read(token, purposes, organisation.policies.mails.links_expire), False
    except ExpiredLink as error:
        return error.link, True
    except BadLink:
        sentence = "It was cut off or changed on its way; open it again from the mail."
        raise Closed(400, "This link is not complete", sentence) from None


def nobody_any_more(person: PersonId) -> Closed:
    """To be raised for a mail to somebody who left."""
    return Closed(410, MOVED_ON, f"The mail was for {person}, who is not there any more.")


async def find(
    request: Request, token: str, purposes: Container[str], gateway: Gateway, links: Links, organisation: Organisation
) -> Found:
    """What a link of a mail is about. Raises Closed."""
    link, expired = held_by(token, purposes, links, organisation)
    reader = newcomer(request, Door.MAIL_LINK, link.person)
    records = gateway.items if is_item(link.about) else gateway.incidents
    record = await records.seen(link.about, reader)
    people = as_of(organisation, datetime.now(UTC).date())
    if expired:
        raise Closed(410, "This link has expired", "Use the one in the latest mail about it, or its page.", record)
    if link.person not in people.people:
        raise nobody_any_more(link.person)
    return link, record, people


async def _to_decide(
    request: Request, token: str, gateway: GatewayDep, links: LinksDep, organisation: OrganisationDep
) -> Found:
    return await find(request, token, {DECIDE}, gateway, links, organisation)


async def _offer(
    request: Request,
    token: str,
    gateway: GatewayDep,
    links: LinksDep,
    organisation: OrganisationDep,
    reading: Reading,
) -> Offer:
    link, record, people = await find(request, token, NAMES, gateway, links, organisation)
    await require_unused(link.nonce, record, people, link.person, reading)
    choice = next((choice for choice in choices(record, link.person) if choice.name == link.purpose), None)
    if choice is None:
        sentence = f"By this link there is nothing to decide now. {state(record, people, link.person)}"
        raise Closed(409, MOVED_ON, sentence, record)
    return Offer(link.person, link.nonce, record, choice, people)


ToDecideDep = Annotated[Found, Depends(_to_decide)]
OfferDep = Annotated[Offer, Depends(_offer)]
