"""What a team is proposed to plan: its open action items by risk, and as many of them as its share takes."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum

from pydantic import AwareDatetime

from followthrough.domain.answered.access.privacy import discreet_item
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus, Priority
from followthrough.domain.replayed.sprint.sprint import SprintPlan
from followthrough.domain.replayed.values import Message, PersonId, Severity

NO_TICKET = "Has no ticket yet"
PRIORITIES = tuple(Priority)
FOR_EVER = datetime.max.replace(tzinfo=UTC)


class Place(StrEnum):
    """Where an action item stands in a planning. The first four are candidates, in this order."""

    MOVED_ON = "planned before and not done"
    OVERDUE = "overdue"
    DUE = "due before the end"
    NEW = "not planned yet"
    BLOCKED = "blocked"
    PLANNED = "already planned"
    DONE = "done and to be verified"
    WAIVER = "waived until soon"


PLACES = tuple(Place)
OWED = (Place.MOVED_ON, Place.OVERDUE, Place.DUE)
CANDIDATES = (*OWED, Place.NEW)


class Line(Message):
    """An action item in a planning; ``why`` says what keeps it from being proposed, or what to know about it."""

    id: str
    title: str
    owner: PersonId
    severity: Severity
    priority: Priority
    due: AwareDatetime | None
    """For a waiver, when it is asked again."""
    estimate: float
    estimated: bool
    repeats: int
    moved_on: int
    ticket: str | None
    place: Place
    proposed: bool = False
    why: str = ""


class Proposal(Message):
    """Every open action item of a team, and waivers that are asked again before the end; without drills.

    ``share`` is what the team gives to action items, in its own unit; None when the team has no capacity to share.
    ``planned`` is the part of it that is already taken.
    """

    lines: tuple[Line, ...]
    share: float | None = None
    planned: float = 0

    @property
    def proposed(self) -> tuple[Line, ...]:
        """In the order in which they are ranked."""
        return tuple(line for line in self.lines if line.proposed)

    @property
    def version(self) -> str:
        """Equal for proposals that would plan the same in the same order."""
        return hashlib.sha256(" ".join(line.id for line in self.proposed).encode()).hexdigest()[:20]

    @property
    def candidates(self) -> tuple[Line, ...]:
        """Those that can be approved."""
        return tuple(line for line in self.lines if line.place in CANDIDATES)

    @property
    def takes(self) -> float:
        """How much work is proposed, without what is planned already."""
        return sum(line.estimate for line in self.proposed)

    @property
    def left(self) -> float | None:
        """Of the share, below zero when it is more than that; None without a share."""
        return None if self.share is None else round(self.share - self.planned - self.takes, 3)

    @property
    def over(self) -> float:
        """How much more it is than the share."""
        return max(-self.left, 0) if self.left is not None else 0

    def not_proposed(self, place: Place) -> tuple[Line, ...]:
        """In the order of risk."""
        return tuple(line for line in self.lines if line.place is place and not line.proposed)


def propose(plan: SprintPlan, items: Iterable[ActionItem], organisation: Organisation) -> Proposal:
    """By risk: what moved on, what is overdue, what is due before the end, then the rest; within each by severity,
    priority, repeats, how often it moved on, and deadline.

    What fits the share is proposed; what is too large for the rest of it is passed over for what is smaller. The
    first item alone may be larger than the whole share. Without a share it is what is owed before the end. A team plans
    what belongs to a private incident, too, without its title.
    """
    sprints = organisation.teams[plan.team].sprints
    estimate = sprints.default_estimate if sprints else 1
    placed = ((discreet_item(item), _place(item, plan)) for item in items if not item.drill)
    lines = sorted((_line(item, place, estimate) for item, place in placed if place is not None), key=_risk)
    share = sprints.capacity * sprints.follow_up_share if sprints and sprints.capacity else None
    planned = sum(line.estimate for line in lines if line.place is Place.PLANNED)
    return Proposal(lines=tuple(_fit(lines, share, planned)), share=share, planned=planned)


def _place(item: ActionItem, plan: SprintPlan) -> Place | None:
    """None for what is settled, but for waivers that are asked again before the end."""
    if item.status is ItemStatus.WAIVED:
        until = item.waiver.until if item.waiver else None
        return Place.WAIVER if until and until < plan.ends_at else None
    if item.settled:
        return None
    if item.status is ItemStatus.DONE:
        return Place.DONE
    if item.block is not None:
        return Place.BLOCKED
    if item.sprint is not None:
        middle = plan.planning_at + (plan.ends_at - plan.planning_at) / 2
        runs_out = item.sprint.end is not None and item.sprint.end < middle
        return Place.MOVED_ON if runs_out else Place.PLANNED
    if item.moved_on:
        return Place.MOVED_ON
    due = item.due_at
    if due is None or due >= plan.ends_at:
        return Place.NEW
    return Place.OVERDUE if due < plan.planning_at else Place.DUE


def _line(item: ActionItem, place: Place, default_estimate: float) -> Line:
    why = ""
    match place:
        case Place.WAIVER if item.waiver:
            why = item.waiver.reason
        case Place.BLOCKED if item.block:
            why = item.block.reason
        case Place.PLANNED if item.sprint:
            why = f"Planned in {item.sprint.name}"
        case Place.MOVED_ON if item.sprint:
            why = f"Planned in {item.sprint.name}, which ends"
        case Place.MOVED_ON:
            why = f"Moved on {item.moved_on} times" if item.moved_on > 1 else "Moved on once"
    return Line(
        id=item.id,
        title=item.title,
        owner=item.owner,
        severity=item.severity,
        priority=item.priority,
        due=item.waiver.until if place is Place.WAIVER and item.waiver else item.due_at,
        estimate=item.estimate or default_estimate,
        estimated=item.estimate is not None,
        repeats=len(item.repeats),
        moved_on=item.moved_on,
        ticket=item.ticket.key if item.ticket else None,
        place=place,
        why=why,
    )


def _risk(line: Line) -> tuple[object, ...]:
    return (
        PLACES.index(line.place),
        line.severity,
        PRIORITIES.index(line.priority),
        -line.repeats,
        -line.moved_on,
        line.due or FOR_EVER,
        line.id,
    )


def _fit(lines: list[Line], share: float | None, planned: float) -> Iterable[Line]:
    """The lines with what is proposed and why not."""
    left = None if share is None else share - planned
    for number, line in enumerate(lines):
        if line.place not in CANDIDATES:
            yield line
            continue
        alone = number == 0 and planned == 0
        if left is None:
            fits, short = line.place in OWED, "Not due before the end"
        else:
            fits = line.estimate <= left or alone
            short = f"Needs {line.estimate:g}, and {max(left, 0):g} of the share is left"
            left -= line.estimate if fits else 0
        why = ("" if line.ticket else NO_TICKET) if fits else short
        yield line.model_copy(update={"proposed": fits, "why": ". ".join(filter(None, (line.why, why)))})
