"""Several action items of their list planned at once: by the approval of a sprint of each team, as on its planning."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from followthrough.domain.answered.access.may import may
from followthrough.domain.answered.access.privacy import not_here
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.sprint.choosing import chosen
from followthrough.domain.answered.sprint.dates import coming_plans
from followthrough.domain.answered.sprint.proposal import Line, Proposal
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.sprint.commands import MOST_PLANNED
from followthrough.domain.replayed.sprint.sprint import SprintPlan
from followthrough.domain.replayed.text import KEY
from followthrough.domain.replayed.values import Refusal, TeamId
from followthrough.gateway import Gateway
from followthrough.permission import Forbidden
from followthrough.store.queries import items_to_plan
from followthrough.web.act_form import SEVERAL
from followthrough.web.act_links import HEADERS
from followthrough.web.act_pages import TypedDep
from followthrough.web.dependencies import GatewayDep
from followthrough.web.keys import update_id
from followthrough.web.planning import Found, as_it_is
from followthrough.web.reading import read
from followthrough.web.rendering import page
from followthrough.web.together import NO_ANSWER, NONE_CHOSEN, SILENT, Chooser, ChooserDep, Outcome
from workflows.messages.sprint import Approval, PlanningProgress

logger = logging.getLogger(__name__)

SPRINTS = 3
"""Of a team, to choose from: the one in planning and those after it."""
LOOK_AGAIN = (
    "What else is proposed for it is not as you saw it; nothing was approved. Look at it, and send it once more."
)
SAY_WHICH = "Say whether what else is proposed for it goes in as well; nothing was approved."


class Part(NamedTuple):
    """What was chosen of one team, with the sprints that it can go into, by first day."""

    team: TeamId
    items: Sequence[ActionItem]
    sprints: Mapping[str, Found]
    day: str
    """Of the sprint that is chosen; empty for a team that plans none."""
    refused: str
    """Why none of it can be planned by them."""

    @property
    def found(self) -> Found:
        """The planning of the sprint that is chosen."""
        return self.sprints[self.day]

    @property
    def others(self) -> list[Line]:
        """What is proposed for it besides."""
        mine = {item.id for item in self.items}
        return [line for line in self.found.planning.proposal.proposed if line.id not in mine]

    @property
    def seen(self) -> str:
        """Equal while the same is proposed for the same sprint besides: what one unticks is, from then on."""
        return " ".join((self.day, *(line.id for line in self.others)))

    def approved(self, progress: PlanningProgress) -> "Part":
        """With what has just been approved."""
        found = self.found._replace(planning=self.found.planning.model_copy(update={"progress": progress}))
        return self._replace(sprints={**self.sprints, self.day: found})

    def still_open(self) -> "Part":
        """With the first sprint that nobody has approved, where somebody has approved the one that is chosen."""
        if not self.day or self.found.planning.approval is None:
            return self
        unapproved = (day for day, found in self.sprints.items() if found.planning.approval is None)
        return self._replace(day=next(unapproved, self.day))


class Asked(NamedTuple):
    """Who wants to plan what, by team."""

    by: Chooser
    ids: Sequence[str]
    items: Mapping[str, ActionItem]
    parts: Sequence[Part]


class NotApproved(Exception):
    """They have to be told first, and send it again; ``over`` is by how much it is too much."""

    def __init__(self, sentence: str, over: float = 0) -> None:
        super().__init__(sentence)
        self.over = over


router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/items/together/plan")
async def look(request: Request, chooser: ChooserDep, gateway: GatewayDep, back: str = "") -> Response:
    """What was chosen, by team, and into which sprint it can go; nothing has happened yet."""
    asked = await _asked(chooser, request.query_params.getlist("item"), {}, gateway)
    return _form(request, asked, {"back": back}, refused="" if asked.ids else NONE_CHOSEN)


@router.post("/items/together/plan")
async def plan_together(request: Request, typed: TypedDep, chooser: ChooserDep, gateway: GatewayDep) -> Response:
    """What became of each; what was not planned is left chosen, with what was typed."""
    asked = await _asked(chooser, typed.get("item", "").split(SEVERAL), typed, gateway)
    if not asked.ids:
        return _form(request, asked, typed, refused=NONE_CHOSEN, status=409)
    outcomes = [Outcome(one, "", not_here(one), done=False) for one in asked.ids if one not in asked.items]
    told, after = dict(typed), list[Part]()
    for part in asked.parts:
        try:
            came_of_it, part_after = await _plan(asked, part, typed, gateway)
        except NotApproved as stop:
            came_of_it, part_after = list(_each(part.items, str(stop))), part
            told[f"over-{part.team}"] = f"{stop.over:g}"
        outcomes += came_of_it
        after.append(part_after)
    if not any(outcome.open for outcome in outcomes):
        told["nonce"] = ""
    status = 200 if any(outcome.done for outcome in outcomes) else 409
    return _form(request, asked._replace(parts=after), told, outcomes, status=status)


async def _asked(chooser: Chooser, chosen_ids: Iterable[str], typed: Mapping[str, str], gateway: Gateway) -> Asked:
    """The parts are in the order of the first that was chosen of each team."""
    ids, items = await chooser.those(chosen_ids)
    parts, here, now = [], chooser.here, datetime.now(UTC)
    for team in dict.fromkeys(item.team for item in items.values()):
        to_plan = await read(items_to_plan, chooser.reading, team)
        plans = islice(coming_plans(team, here, now), SPRINTS)
        sprints = {str(plan.first_day): await as_it_is(plan, to_plan, here, gateway) for plan in plans}
        wanted = typed.get(f"sprint-{team}", "")
        day = wanted if wanted in sprints else next(iter(sprints), "")
        refused = may(Right.APPROVE_PLANNING, chooser.actor, chooser.person, About.of_team(team, here)) or ""
        mine = [item for item in items.values() if item.team == team]
        parts.append(Part(team, mine, sprints, day, refused if sprints else f"Team {team} plans no sprints."))
    return Asked(chooser, ids, items, parts)


async def _plan(asked: Asked, part: Part, typed: Mapping[str, str], gateway: Gateway) -> tuple[list[Outcome], Part]:
    """One approval for all that can be planned. Raises NotApproved."""
    if not part.day:
        return list(_each(part.items, part.refused)), part
    if (earlier := part.found.planning.approval) is not None:
        return list(_approved_before(part, earlier, asked.by.here)), part
    plan, proposal = part.found.planning.plan, part.found.planning.proposal
    candidates = {line.id for line in proposal.candidates}
    fit = [item for item in part.items if item.id in candidates]
    not_now = [one for one in part.items if one.id not in candidates]
    outcomes = [Outcome(one.id, one.title, _obstacle(one, proposal), done=False) for one in not_now]
    if not fit:
        return outcomes, part
    lines = _taken(part, fit, typed)
    approval = Approval(by=asked.by.person, items=tuple(line.id for line in lines))
    nonce = typed.get("nonce", "")[:KEY] or uuid4().hex
    try:
        progress = await gateway.approve_planning(plan, approval, asked.by.actor, update_id(nonce, approval))
    except (Refusal, Forbidden) as refused:
        return [*outcomes, *_each(fit, str(refused))], part
    except SILENT as error:
        logger.warning("The engine did not answer an approval of team %s: %r", part.team, error)
        return [*outcomes, *_each(fit, NO_ANSWER, unsure=True)], part
    return [*outcomes, *_planned(fit, plan, {line.id for line in lines if line.ticket})], part.approved(progress)


def _planned(items: Iterable[ActionItem], plan: SprintPlan, with_ticket: AbstractSet[str]) -> Iterator[Outcome]:
    where = f"Approved for the sprint of {plan.first_day}" if plan.sprints else "Approved, to be ranked first"
    for item in items:
        then = "its ticket follows as soon as the tracker takes it"
        if item.id not in with_ticket:
            then = "but it has no ticket yet: its owner has to accept it first"
        yield Outcome(item.id, item.title, f"{where}; {then}.", done=True)


def _taken(part: Part, fit: Sequence[ActionItem], typed: Mapping[str, str]) -> list[Line]:
    """What goes in, in the order of the proposal. Raises NotApproved."""
    proposal, others = part.found.planning.proposal, {line.id for line in part.others}
    answer = typed.get(f"others-{part.team}")
    if others and answer not in ("with", "without"):
        raise NotApproved(SAY_WHICH)
    if answer == "with" and typed.get(f"seen-{part.team}") != part.seen:
        raise NotApproved(LOOK_AGAIN)
    taken = {item.id for item in fit} | (others if answer == "with" else set())
    would = chosen(proposal, taken, {})
    if len(would.proposed) > MOST_PLANNED:
        raise NotApproved(f"A sprint takes {MOST_PLANNED} action items at most; nothing was approved.")
    if would.over and typed.get(f"over-{part.team}") != f"{would.over:g}":
        over = f"That is {would.over:g} more than the team's agreed share; nothing was approved."
        raise NotApproved(f"{over} Choose less, or send it once more to approve it even so.", would.over)
    return list(would.proposed)


def _obstacle(item: ActionItem, proposal: Proposal) -> str:
    """What keeps it from being planned now."""
    if item.drill:
        return "What a drill left is not planned."
    line = next((line for line in proposal.lines if line.id == item.id), None)
    if line is None:
        return f"It is {item.status}, so there is nothing left to plan."
    return f"It can't be planned now: it is {line.place}{line.why and f' ({line.why})'}."


def _approved_before(part: Part, earlier: Approval, here: Organisation) -> Iterator[Outcome]:
    who, day = here.name_of(earlier.by), part.day
    for item in part.items:
        there = item.id in earlier.items
        sentence = (
            f"{who} has approved it for {day}."
            if there
            else f"{who} has approved the planning of {day}, without it; choose a later one."
        )
        yield Outcome(item.id, item.title, sentence, done=there)


def _each(items: Iterable[ActionItem], sentence: str, *, unsure: bool = False) -> Iterator[Outcome]:
    return (Outcome(item.id, item.title, sentence, done=False, open=unsure) for item in items)


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
    left = (part._replace(items=[one for one in part.items if one.id not in done]) for part in asked.parts)
    return page(
        request,
        "plan-together.html",
        status=status,
        headers=HEADERS,
        parts=[part.still_open() for part in left if part.items],
        strange=[one for one in asked.ids if one not in asked.items] if not outcomes else [],
        outcomes=outcomes,
        refused=refused,
        typed=typed,
        nonce=typed.get("nonce") or uuid4().hex,
        organisation=asked.by.here,
        person=asked.by.person,
        name=asked.by.here.name_of,
    )
