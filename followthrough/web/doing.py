"""Acting on pages, as whoever is signed in or sits at this machine: the form of each choice, and doing it.

What there is to choose is in ``domain/answered/item/choices.py`` and ``incident/choices.py``, how it is asked for in
``act_form.py``.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple
from uuid import uuid4

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session

from followthrough.checks import NotCarriedOut
from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.replayed.ids import page_of
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.text import KEY, LABEL, cut, one_line
from followthrough.domain.replayed.values import Refusal
from followthrough.engine_errors import Changed
from followthrough.gateway import Gateway
from followthrough.permission import Forbidden
from followthrough.records import NotYet, Records
from followthrough.store.acting import last_entry
from followthrough.web.act_facts import state
from followthrough.web.act_form import EDITS, Offer, command_of, overtaken
from followthrough.web.act_links import HEADERS, MOVED_ON, Closed
from followthrough.web.act_pages import TypedDep, form_page
from followthrough.web.dependencies import ActorDep, GatewayDep, OrganisationDep, Reading
from followthrough.web.keys import update_id
from followthrough.web.known import person_of
from followthrough.web.offers import advice_on, choice_named, choices_of, others_for, why_not
from followthrough.web.reading import read

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


class Asked(NamedTuple):
    """Who wants to choose what, whether or not that is open to them."""

    actor: Actor
    offer: Offer


async def asked_for(
    request: Request,
    choice: str,
    actor: ActorDep,
    gateway: GatewayDep,
    organisation: OrganisationDep,
    reading: Reading,
) -> Asked:
    """Raises Unknown, NobodyYet and HTTPException; what is not for their eyes is not there for tokens either."""
    item_id = request.path_params.get("item_id")
    seen = gateway.items.seen if item_id else gateway.incidents.seen
    record = await seen(item_id or request.path_params["incident_id"], actor)
    person = person_of(request, actor)
    found = choice_named(choice, record)
    if found is None:
        raise HTTPException(404, f"There is no such choice; the page of {record.id} has all of them.")
    others = await read(others_for, reading, found, record, person)
    here = as_of(organisation, datetime.now(UTC).date())
    return Asked(actor, Offer(person, uuid4().hex, record, found, here, others))


class Overtaken(Refusal):
    """Somebody else wrote something else into the same fields; ``now`` is what is there, by name."""

    def __init__(self, offer: Offer, now: Mapping[str, str]) -> None:
        words = {name.removesuffix("_at"): cut(one_line(value), LABEL) for name, value in now.items()}
        there = "; ".join(f"{name}, now “{value}”" if value else f"{name}, now empty" for name, value in words.items())
        super().__init__(
            f"Somebody else has changed meanwhile: {there}. Nothing was overwritten; what you typed is below, to be "
            "sent once more if it should replace that."
        )
        self.offer, self.now = offer, now


AskedDep = Annotated[Asked, Depends(asked_for)]


async def require_offered(asked: Asked, reading: Session) -> None:
    """Raises Closed for what is not theirs, or not possible now."""
    actor, (person, _, record, choice, here, _) = asked
    if choice in await read(choices_of, reading, record, actor, here):
        return
    if sentence := await read(why_not, reading, choice, record, actor, here):
        raise Closed(403, "That is not for you", sentence, record)
    raise Closed(409, MOVED_ON, f"“{choice.label}” is not possible now. {state(record, here, person)}", record)


async def carried_out(asked: Asked, typed: Mapping[str, str], reading: Session, gateway: Gateway) -> Response:
    """To the record's page, which says what changed; once for each form that was shown, and what is in it.

    Raises Refusal, Overtaken, NotCarriedOut and Forbidden, and Closed with 202 while its result is not there.
    """
    offer = asked.offer
    records = gateway.items if isinstance(offer.record, ActionItem) else gateway.incidents
    before, _ = await read(last_entry, reading, offer.record.id, offer.person)
    command = command_of(offer, typed)
    key = update_id(typed.get("nonce", "")[:KEY] or offer.nonce, command)
    try:
        record = await _given(records, asked, command, typed, key)
    except NotYet as accepted:
        raise Closed(202, "That is on its way", str(accepted), offer.record) from None
    _, mine = await read(last_entry, reading, record.id, offer.person)
    said = mine if mine > before else 0
    return RedirectResponse(f"/{page_of(record.id)}?said={said}", 303, HEADERS)


async def _given(
    records: Records[Any, Any], asked: Asked, command: Any, typed: Mapping[str, str], key: str | None, readings: int = 5
) -> ActionItem | Incident:
    """Edits are of what was read. What changed meanwhile is read again, and only the same fields are in the way."""
    actor, offer = asked
    if now := overtaken(offer, typed):
        raise Overtaken(offer, now)
    versions = (offer.record.version,) if isinstance(command, EDITS) else None
    try:
        record: ActionItem | Incident = await records.command(offer.record.id, command, actor, key, versions)
    except Changed:
        if readings == 1:
            raise
    else:
        return record
    again = asked._replace(offer=offer._replace(record=await records.get(offer.record.id)))
    return await _given(records, again, command, typed, key, readings - 1)


@router.get("/items/{item_id}/do/{choice}")
@router.get("/incidents/{incident_id}/do/{choice}")
async def look(request: Request, asked: AskedDep, reading: Reading) -> Response:
    """What it means, and the form to do it, filled as its address says. Raises Closed."""
    record, choice = asked.offer.record, asked.offer.choice
    if choice.own_page:
        return RedirectResponse(f"/{page_of(record.id)}/{choice.name}", 303, HEADERS)
    await require_offered(asked, reading)
    return form_page(request, asked.offer, request.query_params, once=False)


@router.post("/items/{item_id}/do/{choice}")
@router.post("/incidents/{incident_id}/do/{choice}")
async def do(request: Request, asked: AskedDep, typed: TypedDep, reading: Reading, gateway: GatewayDep) -> Response:
    """Unless something would be said better, and they have not heard so yet. Raises Closed."""
    offer = asked.offer
    if "more" in typed:
        return form_page(request, offer, {**typed, "rows": typed["more"]}, once=False)
    try:
        advice = advice_on(command_of(offer, typed), offer)
        if advice and typed.get("advised", "").split() != advice.split():
            return form_page(request, offer, typed, advice=advice, once=False)
        return await carried_out(asked, typed, reading, gateway)
    except Overtaken as other:
        seen = {f"shown-{name}" for name in other.now}
        kept = {name: value for name, value in typed.items() if name not in seen}
        return form_page(request, other.offer, kept, str(other), status=409, once=False)
    except (Refusal, NotCarriedOut, Forbidden) as error:
        status = 403 if isinstance(error, Forbidden) else 409
        return form_page(request, offer, typed, str(error), status=status, once=False)
