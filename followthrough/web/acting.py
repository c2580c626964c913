"""What links in mails lead to: looking changes nothing, for mail scanners open every link; sending the form acts."""

from collections.abc import Callable, Container, Mapping
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.exceptions import HTTPException

from followthrough.domain.action_item import ActionItem
from followthrough.domain.choices import DECIDE, NAMES, choices
from followthrough.domain.departures import as_of
from followthrough.domain.incident import Incident
from followthrough.domain.values import Refusal
from followthrough.domain.wording import when
from followthrough.links import BadLink, ExpiredLink, Link, Links
from followthrough.organisation import Organisation
from followthrough.store.links import use, used_at
from followthrough.web.act_facts import facts, state
from followthrough.web.act_form import Offer, command_of, form_fields
from followthrough.web.errors import Returned
from followthrough.web.incidents import Incidents
from followthrough.web.reading import Reading, read
from followthrough.web.rendering import page

HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
MOVED_ON = "This has moved on"


class Closed(Exception):
    """A link that does not act, any more or yet again; the message says why."""

    def __init__(self, status: int, heading: str, sentence: str, record: ActionItem | Incident | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.heading = heading
        self.record = record


def acting(organisation: Callable[[], Organisation], incidents: Incidents, links: Links) -> APIRouter:
    """Acts as the person whom the mail was for; having the link is what allows it."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.api_route("/act/{token}", methods=["GET", "HEAD"])
    async def look(request: Request, token: str, reading: Reading) -> Response:
        try:
            return _form(request, await find_offer(token, reading))
        except Closed as closed:
            return _closed(request, closed)

    @router.post("/act/{token}")
    async def act(request: Request, token: str, reading: Reading) -> Response:
        form = await request.form()
        typed = {name: value for name, value in form.items() if isinstance(value, str)}
        try:
            offer = await find_offer(token, reading)
            try:
                record = await carry_out(offer, typed)
            except (Refusal, Returned, HTTPException) as error:
                await check_unused(offer.link, offer.record, offer.organisation, reading)
                sentence = error.detail if isinstance(error, HTTPException) else str(error)
                return _form(request, offer, typed, sentence)
        except Closed as closed:
            return _closed(request, closed)
        await read(use, reading, offer.link.nonce, datetime.now(UTC))
        return _closed(request, Closed(200, "Thank you", state(record, offer.organisation), record))

    @router.api_route("/decide/{token}", methods=["GET", "HEAD"])
    async def decide(request: Request, token: str) -> Response:
        """From a mail about many things: links to all that the person may decide about one of them."""
        try:
            link, record, people = await find(token, {DECIDE})
        except Closed as closed:
            return _closed(request, closed)
        as_long = links.ending_with(token)
        offered = [
            (choice.label, as_long.sign(Link.in_mail(link.nonce, choice.name, link.person, record.id)))
            for choice in choices(record, link.person)
        ]
        known = facts(record, link.person, people, datetime.now(UTC))
        return page(request, "decide.html", headers=HEADERS, record=record, facts=known, offered=offered)

    async def find(token: str, purposes: Container[str]) -> tuple[Link, ActionItem | Incident, Organisation]:
        """The link, what it is about, and who is there now. Raises Closed."""
        known = organisation()
        try:
            link, expired = links.read(token, purposes, known.policies.mails.links_expire), False
        except ExpiredLink as error:
            link, expired = error.link, True
        except BadLink:
            sentence = "It was cut off or changed on its way; open it again from the mail."
            raise Closed(400, "This link is not complete", sentence) from None
        record: ActionItem | Incident = await (
            incidents.action_item(link.about) if "." in link.about else incidents.incident(link.about)
        )
        people = as_of(known, datetime.now(UTC).date())
        if expired:
            raise Closed(410, "This link has expired", "Use the one in the latest mail about it, or its page.", record)
        if link.person not in people.people:
            raise Closed(410, MOVED_ON, f"The mail was for {link.person}, who is not there any more.", record)
        return link, record, people

    async def find_offer(token: str, reading: Session) -> Offer:
        """Raises Closed."""
        link, record, people = await find(token, NAMES)
        await check_unused(link, record, people, reading)
        choice = next((choice for choice in choices(record, link.person) if choice.name == link.purpose), None)
        if choice is None:
            raise Closed(409, MOVED_ON, f"By this link there is nothing to decide now. {state(record, people)}", record)
        return Offer(link, record, choice, people)

    async def check_unused(link: Link, record: ActionItem | Incident, people: Organisation, reading: Session) -> None:
        at = await read(used_at, reading, link.nonce)
        if at is not None:
            sentence = f"It acts once, and did so on {when(at)}. {state(record, people)}"
            raise Closed(410, "This link has been used", sentence, record)

    async def carry_out(offer: Offer, typed: Mapping[str, str]) -> ActionItem | Incident:
        """Equal links are one update of the workflow. Raises Refusal, Returned or HTTPException, with nothing done."""
        command = command_of(offer, typed)
        if isinstance(offer.record, ActionItem):
            return await incidents.item_command(offer.record.id, command, offer.link.nonce)
        return await incidents.command(offer.record.id, command, offer.link.nonce)

    return router


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


def _closed(request: Request, closed: Closed) -> Response:
    return page(request, "act-closed.html", status=closed.status, headers=HEADERS, closed=closed)
