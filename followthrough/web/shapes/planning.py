"""The planning of a sprint, as the API shows it."""

from datetime import date

from pydantic import AwareDatetime

from followthrough.domain.answered.sprint.proposal import Place
from followthrough.domain.replayed.item.action_item import Priority
from followthrough.domain.replayed.values import PersonId, Severity, TeamId
from followthrough.web.shapes.items import ShownSprint
from followthrough.web.shapes.shape import Shape


class ShownSprintPlan(Shape):
    """The moments of a planning."""

    team: TeamId
    first_day: date
    """Of what is planned for."""
    sprints: bool
    """Without, the team gets a list when it plans, and no proposal before."""
    people: list[PersonId]
    """Who may approve: the lead first, then the members."""
    digest_at: AwareDatetime
    """When the proposal is sent."""
    planning_at: AwareDatetime
    """When the team plans."""
    starts_at: AwareDatetime
    """Until then a sprint that the tracker does not have yet is waited for."""
    ends_at: AwareDatetime
    """The next planning."""


class ShownPlanningLine(Shape):
    """An action item in a planning."""

    id: str
    title: str
    owner: PersonId
    severity: Severity
    priority: Priority
    due: AwareDatetime | None
    """For a waiver, when it is asked again; null before it is planned."""
    estimate: float
    """In the unit of its team's sprint capacity."""
    estimated: bool
    """Somebody said so; else it is the usual one."""
    repeats: int
    """How many later incidents repeated its own while it was open or waived."""
    moved_on: int
    """How many sprints it was planned in that ended without it being done."""
    ticket: str | None
    """Its key; null while it has none."""
    place: Place
    """Why it stands where it does."""
    proposed: bool
    """Whether it is proposed to be taken in."""
    why: str
    """What keeps it from being proposed, or what to know about it."""


class ShownProposal(Shape):
    """Every open action item of a team, and waivers that are asked again before the end; without drills."""

    lines: list[ShownPlanningLine]
    """The first to be taken in first."""
    share: float | None
    """What the team gives to action items, in its own unit; null when it has no capacity to share."""
    planned: float
    """The part of it that is already taken."""


class ShownApproval(Shape):
    """What the team takes into the sprint."""

    by: PersonId
    """Who approved it."""
    items: list[str]
    """The first to be ranked first."""


class ShownProgress(Shape):
    """How far a planning is."""

    plan: ShownSprintPlan | None
    """Null before the first planning."""
    sprint: ShownSprint | None
    """The tracker's; null while it has none, and without sprints."""
    approval: ShownApproval | None
    """Null until somebody approves."""
    planned: list[str]
    """Action items that are in the sprint, or ranked on the board, by now."""
    not_planned: dict[str, str]
    """Why not, by the action item's id."""


class ShownPlanning(Shape):
    """A planning: what is proposed at this moment, and how far it is."""

    plan: ShownSprintPlan
    """Its moments."""
    proposal: ShownProposal
    """What is proposed now."""
    progress: ShownProgress | None
    """Null before it has begun."""
