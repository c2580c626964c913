"""One choice about several action items: a command for each, as if it had been given on the item's own page.

Planning several is in ``planning_together.py``, for a team approves its sprint as a whole.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, NamedTuple
from uuid import uuid4

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

from followthrough.checks import NotCarriedOut
from followthrough.domain.answered import choices
from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.privacy import not_here
from followthrough.domain.answered.choices import Choice
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.text import KEY
from followthrough.domain.replayed.values import PersonId, Refusal
from followthrough.engine_errors import NotHeard
from followthrough.gateway import Gateway
from followthrough.permission import Forbidden
from followthrough.records import NotYet, Unknown
from followthrough.store.follow_ups import named
from followthrough.web.act_facts import state
from followthrough.web.act_form import LABELS, SEVERAL, Offer, command_of
from followthrough.web.act_links import HEADERS
from followthrough.web.act_pages import TypedDep
from followthrough.web.dependencies import ActorDep, GatewayDep, OrganisationDep, Reading, SeenByDep
from followthrough.web.keys import update_id
from followthrough.web.known import person_of
from followthrough.web.private_views import Views, ViewsDep
from followthrough.web.reading import read
from followthrough.web.rendering import page

logger = logging.getLogger(__name__)

MOST = 50
"""Action items, as many as the list has on a page."""
AT_ONCE = 4
NO_ANSWER = "The workflow engine does not answer; try again in a moment."
NONE_CHOSEN = "Choose at least one action item."
SILENT = (RPCError, TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError, NotHeard)
"""What is raised while the engine does not answer."""


class Together(NamedTuple):
    """A choice as it is made about several, none of whose fields can be left out."""

    choice: Choice
    label: str
    asks_for: tuple[str, ...]


TOGETHER: Mapping[str, Together] = MappingProxyType(
    {
        one.choice.name: one
        for one in (
            Together(choices.ACCEPT, "Accept", ()),
            Together(choices.REASSIGN, "Pass on to somebody else", ("to", "reason")),
            Together(choices.EXTEND, "Give more time", ("until", "reason")),
            Together(choices.WAIVE, "Decide that they will not be done", ("reason", "until")),
        )
    }
)


class Outcome(NamedTuple):
    """What became of one: a sentence, and whether it was done; an ``open`` one may have been."""

    item_id: str
    title: str
    sentence: str
    done: bool
    open: bool = False


class Chooser(NamedTuple):
    """Who chooses among action items; ``here`` is without those who left by now."""

    actor: Actor
    person: PersonId
    here: Organisation
    reading: Session
    seen_by: PersonId | None
    views: Views

    async def those(self, ids: Iterable[str]) -> tuple[list[str], dict[str, ActionItem]]:
        """Those ids, each once, and which of them are there for these eyes."""
        chosen = [one for one in dict.fromkeys(map(str.strip, ids)) if one][:MOST]
        items = await read(named, self.reading, chosen, self.seen_by)
        await run_in_threadpool(self.views.note, items)
        return chosen, items


async def _chooser(
    request: Request,
    actor: ActorDep,
    organisation: OrganisationDep,
    reading: Reading,
    seen_by: SeenByDep,
    views: ViewsDep,
) -> Chooser:
    """Raises NobodyYet."""
    here = as_of(organisation, datetime.now(UTC).date())
    return Chooser(actor, person_of(request, actor), here, reading, seen_by, views)


ChooserDep = Annotated[Chooser, Depends(_chooser)]


class Asked(NamedTuple):
    """Who wants what, about which of those that they see."""

    by: Chooser
    together: Together
    ids: Sequence[str]
    items: Mapping[str, ActionItem]


router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/items/together")
async def look(request: Request, chooser: ChooserDep, do: str = "", back: str = "") -> Response:
    """What was chosen, and the form to do it; nothing has happened yet."""
    asked = await _asked(chooser, request.query_params.getlist("item"), do)
    return _form(request, asked, {"back": back}, refused="" if asked.ids else NONE_CHOSEN)


@router.post("/items/together")
async def do_together(request: Request, typed: TypedDep, chooser: ChooserDep, gateway: GatewayDep) -> Response:
    """What became of each; what was refused is left chosen, with all that was typed."""
    asked = await _asked(chooser, typed.get("item", "").split(SEVERAL), typed.get("do", ""))
    left_out = [LABELS[name] for name in asked.together.asks_for if not typed.get(name, "").strip()]
    if left_out or not asked.ids:
        refused = f"{left_out[0]}: this can't be left out." if left_out else NONE_CHOSEN
        return _form(request, asked, typed, refused=refused, status=409)
    nonce, hands = typed.get("nonce", "")[:KEY] or uuid4().hex, asyncio.Semaphore(AT_ONCE)

    async def one(item_id: str) -> Outcome:
        async with hands:
            return await _carry_out(asked, item_id, typed, nonce, gateway)

    outcomes = await asyncio.gather(*map(one, asked.ids))
    status = 200 if any(outcome.done for outcome in outcomes) else 409
    kept = nonce if any(outcome.open for outcome in outcomes) else ""
    return _form(request, asked, {**typed, "nonce": kept}, outcomes, status=status)


async def _asked(chooser: Chooser, ids: Iterable[str], do: str) -> Asked:
    """Raises HTTPException."""
    if do not in TOGETHER:
        raise HTTPException(404, "There is no such choice about several action items; their list has all of them.")
    chosen, items = await chooser.those(ids)
    return Asked(chooser, TOGETHER[do], chosen, items)


async def _carry_out(asked: Asked, item_id: str, typed: Mapping[str, str], nonce: str, gateway: Gateway) -> Outcome:
    """By the same way as on its page: its rights, its rules, its audit."""
    item = asked.items.get(item_id)
    if item is None:
        return Outcome(item_id, "", not_here(item_id), done=False)
    try:
        command = command_of(Offer(asked.by.person, nonce, item, asked.together.choice, asked.by.here), typed)
        after = await gateway.items.command(item_id, command, asked.by.actor, update_id(nonce, command))
    except NotYet as accepted:
        return Outcome(item_id, item.title, str(accepted), done=True)
    except (Refusal, NotCarriedOut, Forbidden, Unknown) as refused:
        return Outcome(item_id, item.title, str(refused), done=False)
    except SILENT as error:
        logger.warning("The engine did not answer a command to %s: %r", item_id, error)
        return Outcome(item_id, item.title, NO_ANSWER, done=False, open=True)
    return Outcome(item_id, item.title, state(after, asked.by.here, asked.by.person), done=True)


def _form(
    request: Request,
    asked: Asked,
    typed: Mapping[str, str],
    outcomes: Sequence[Outcome] = (),
    *,
    refused: str = "",
    status: int = 200,
) -> Response:
    done = {outcome.item_id for outcome in outcomes if outcome.done}
    return page(
        request,
        "together.html",
        status=status,
        headers=HEADERS,
        together=asked.together,
        labels=LABELS,
        left=[(one, asked.items.get(one)) for one in asked.ids if one not in done],
        outcomes=outcomes,
        refused=refused,
        typed=typed,
        nonce=typed.get("nonce") or uuid4().hex,
        people={key: person.name for key, person in asked.by.here.people.items()},
        today=datetime.now(UTC).date(),
        person=asked.by.person,
        name=asked.by.here.name_of,
    )
