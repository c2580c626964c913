"""Planning on a page: a proposal to move action items in and out of, to estimate and to approve."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Annotated, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from followthrough.checks import NotCarriedOut
from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.access.may import may
from followthrough.domain.answered.access.privacy import on, seen_by
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.answered.sprint.choosing import chosen, meanwhile
from followthrough.domain.answered.sprint.dates import coming_plans
from followthrough.domain.answered.sprint.proposal import Line, Place, Proposal
from followthrough.domain.answered.wording import listed, what_is_wrong
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.sprint.commands import MOST_PLANNED, Estimate
from followthrough.domain.replayed.text import KEY
from followthrough.domain.replayed.values import PersonId, Refusal
from followthrough.gateway import Gateway
from followthrough.permission import Forbidden
from followthrough.records import NotYet, Unknown
from followthrough.web.act_form import SEVERAL
from followthrough.web.act_links import HEADERS
from followthrough.web.act_pages import TypedDep
from followthrough.web.dependencies import ActorDep, GatewayDep, OrganisationDep
from followthrough.web.keys import update_id
from followthrough.web.known import person_of
from followthrough.web.planning import Found, FoundDep
from followthrough.web.rendering import page
from workflows.messages.sprint import Approval

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

NOTHING = "Nothing was approved."
NO_NEW_ESTIMATE = "No estimate is another than before, so nothing was changed; an empty field leaves one as it is."
MOST_SAID = 50
"""Estimates that are said to be kept, so that the address is not too long."""


class Typed(NamedTuple):
    """What the form was filled with, and what it was made from."""

    taken: frozenset[str]
    estimates: Mapping[str, str]
    """By id, as it was written; without fields that were left empty."""
    shown: Mapping[str, float | None]
    """The candidates that the form showed, with their estimates."""
    nonce: str
    said_over: str
    """More than the share by this much: they have been told, and send it again."""


class Shown(NamedTuple):
    """What the page has beside the planning."""

    proposal: Proposal
    written: Mapping[str, str]
    """Estimates as they were typed, by id."""
    refused: str = ""
    notes: tuple[str, ...] = ()
    typed: Typed | None = None
    said: str = ""


@router.get("/planning")
def show_first(organisation: OrganisationDep, actor: ActorDep) -> Response:
    """That of a team of whoever asks, or else of the first that plans."""
    now, teams = datetime.now(UTC), organisation.teams
    theirs = [key for key, team in teams.items() if actor.person in (team.lead, *team.members)]
    planning = (key for key in (*theirs, *teams) if next(coming_plans(key, organisation, now), None))
    return RedirectResponse(f"/planning/{next(planning, next(iter(teams)))}")


@router.get("/planning/{team}")
async def show_planning(
    request: Request,
    found: FoundDep,
    actor: ActorDep,
    said: str = "",
    kept: Annotated[tuple[str, ...], Query(max_length=MOST_SAID)] = (),
) -> Response:
    """What a team is proposed, in the order of risk; a form for those who may approve."""
    approval = found.planning.approval
    approved = said == "approved" and approval is not None and approval.by == actor.person
    where = "go into the sprint" if found.planning.plan.sprints else "are ranked first"
    proposal, done = found.planning.proposal, f"Approved. The tickets {where} as soon as the tracker takes them."
    return _show(request, found, actor, Shown(proposal, {}, said=done if approved else _estimated(proposal, kept)))


@router.post("/planning/{team}")
async def plan(request: Request, found: FoundDep, actor: ActorDep, typed: TypedDep, gateway: GatewayDep) -> Response:
    """Counts again, keeps the estimates or approves, as its button says; once for each form that was shown."""
    person = person_of(request, actor)
    given, proposal = _read(typed), found.planning.proposal
    try:
        estimates = _estimates(given, proposal, person)
    except Refusal as refusal:
        shown = Shown(chosen(proposal, given.taken, {}), given.estimates, str(refusal), typed=given)
        return _show(request, found, actor, shown, 409)
    values = {item: estimate.estimate for item, estimate in estimates.items()}
    would = Shown(chosen(proposal, given.taken, values), given.estimates, typed=given)
    wanted = typed.get("do")
    if wanted not in ("approve", "keep"):
        return _show(request, found, actor, would)
    stop = _stop(found, given, values, would, wanted)
    if stop is not None:
        return _show(request, found, actor, stop, 409 if stop.refused else 200)
    try:
        if found.planning.approval is None:
            await _keep(gateway, actor, found, estimates, given)
        if wanted == "approve":
            await _approve(gateway, actor, found, person, given, would.proposal)
    except (Refusal, NotCarriedOut, Forbidden, Unknown) as error:
        status = 403 if isinstance(error, Forbidden) else 409
        return _show(request, found, actor, would._replace(refused=str(error)), status)
    where = f"/planning/{found.planning.plan.team}?first_day={found.planning.plan.first_day}"
    came_of_it = {"said": "approved"} if wanted == "approve" else {"kept": [*estimates][:MOST_SAID]}
    return RedirectResponse(f"{where}&{urlencode(came_of_it, doseq=True)}", 303, HEADERS)


def _estimated(proposal: Proposal, kept: Collection[str]) -> str:
    """How much work these are by now, whatever an address says of what was done."""
    lines = [line for line in proposal.lines if line.id in kept]
    known = listed([f"“{line.title}” at {line.estimate:g}" for line in lines if line.estimated], "and")
    late = listed([f"“{line.title}”" for line in lines if not line.estimated], "and")
    said = (known and f"Estimated now: {known}.", late and f"Not estimated yet, look again in a moment: {late}.")
    return " ".join(filter(None, said))


def _read(typed: Mapping[str, str]) -> Typed:
    shown: dict[str, float | None] = {}
    for line in filter(None, typed.get("shown", "").split(SEVERAL)):
        item, _, estimate = line.partition(" ")
        shown[item] = _number(estimate)
    return Typed(
        taken=frozenset(filter(None, typed.get("take", "").split(SEVERAL))),
        estimates={
            name.removeprefix("estimate-"): value.strip()
            for name, value in typed.items()
            if name.startswith("estimate-") and value.strip()
        },
        shown=shown,
        nonce=typed.get("nonce", "")[:KEY],
        said_over=typed.get("said_over", ""),
    )


def _number(written: str) -> float | None:
    try:
        return float(written.replace(",", "."))
    except ValueError:
        return None


def _estimates(given: Typed, proposal: Proposal, person: PersonId) -> dict[str, Estimate]:
    """Those that say something new, by id. Raises Refusal for what is no estimate."""
    lines = {line.id: line for line in proposal.candidates}
    found: dict[str, Estimate] = {}
    for item, written in given.estimates.items():
        line, number = lines.get(item), _number(written)
        if line is None or (line.estimated and number == line.estimate):
            continue
        try:
            found[item] = Estimate(by=person, estimate=written if number is None else number)
        except ValidationError as error:
            wrong = what_is_wrong(error.errors()[0])
            raise Refusal(f"The estimate of “{line.title}”: {wrong}. {NOTHING}") from None
    return found


def _stop(found: Found, given: Typed, values: Mapping[str, float], would: Shown, wanted: str) -> Shown | None:
    """What they have to be told before anything is done; None when there is nothing."""
    if found.planning.approval is not None:
        sentence = "This planning is approved by now, and no estimate was kept; each action item takes one on its page."
        return would._replace(refused=sentence) if wanted == "keep" else None
    changed = tuple(meanwhile(given.shown, found.planning.proposal, values))
    if changed:
        done = NOTHING if wanted == "approve" else "No estimate was kept."
        sentence = f"The proposal is not as it was when this form was made. {done} Look at it, and send it once more."
        return would._replace(refused=sentence, notes=changed)
    if wanted == "keep":
        return None if values else would._replace(said=NO_NEW_ESTIMATE)
    takes, over = len(would.proposal.proposed), would.proposal.over
    if not takes:
        return would._replace(refused=f"Choose at least one action item. {NOTHING}")
    if takes > MOST_PLANNED:
        return would._replace(refused=f"A sprint takes {MOST_PLANNED} action items at most. {NOTHING}")
    if over and given.said_over != f"{over:g}":
        sentence = f"This is {over:g} more than the agreed share. Take something out, or approve it even so."
        return would._replace(notes=(sentence, "Nothing is approved yet."))
    return None


async def _keep(gateway: Gateway, actor: Actor, found: Found, estimates: Mapping[str, Estimate], given: Typed) -> None:
    """Raises Refusal and its like for the first that can't be; what was kept before it stays."""
    titles = {line.id: line.title for line in found.planning.proposal.lines}
    for number, (item, estimate) in enumerate(estimates.items()):
        try:
            await gateway.items.command(item, estimate, actor, update_id(given.nonce or None, estimate))
        except NotYet:
            continue
        except Refusal as refusal:
            before = f" Estimates that are kept: {number}." if number else ""
            raise Refusal(f"The estimate of “{titles[item]}” was not taken: {refusal}{before} {NOTHING}") from refusal


async def _approve(
    gateway: Gateway, actor: Actor, found: Found, person: PersonId, given: Typed, would: Proposal
) -> None:
    """What they did already is done. Raises Refusal and Forbidden."""
    earlier = found.planning.approval
    if earlier and earlier.by == person and {*earlier.items} == given.taken:
        return
    items = tuple(line.id for line in would.lines if line.id in given.taken)[:MOST_PLANNED]
    if not items:
        raise Refusal(f"Choose at least one action item. {NOTHING}")
    approval = Approval(by=person, items=items)
    await gateway.approve_planning(found.planning.plan, approval, actor, update_id(given.nonce or None, approval))


def _show(request: Request, found: Found, actor: Actor, shown: Shown, status: int = 200) -> Response:
    plan, here = found.planning.plan, found.here
    about = About.of_team(plan.team, here)
    can = actor.person is not None and may(Right.APPROVE_PLANNING, actor, actor.person, about) is None
    return page(
        request,
        "planning.html",
        status=status,
        headers=HEADERS,
        plan=plan,
        progress=found.planning.progress,
        shown=shown,
        proposal=shown.proposal,
        missed=_missed(found, shown) if shown.refused else [],
        can=can and found.planning.approval is None,
        nobody_yet=actor.person is None and actor.door is Door.THIS_MACHINE,
        estimable=_estimable(found, actor) if can else frozenset(),
        places=list(Place),
        organisation=here,
        made_from=found.planning.proposal.candidates,
        made_at=datetime.now(UTC),
    )


def _missed(found: Found, shown: Shown) -> list[Line]:
    """What they had chosen and somebody else has not approved."""
    approval = found.planning.approval
    if approval is None or shown.typed is None:
        return []
    missed = shown.typed.taken - {*approval.items}
    return [line for line in shown.proposal.lines if line.id in missed]


def _estimable(found: Found, actor: Actor) -> frozenset[str]:
    """What they may estimate here; a role in an incident, where that is enough, is known on the item's own page."""
    eyes, candidates = seen_by(actor), {line.id for line in found.planning.proposal.candidates}

    def theirs(item: ActionItem) -> bool:
        if item.private and eyes is not None and eyes not in on(item):
            return False
        return may(Right.ESTIMATE, actor, actor.person, About.of_record(item, found.here, None)) is None

    return frozenset(item.id for item in found.items if item.id in candidates and theirs(item))
