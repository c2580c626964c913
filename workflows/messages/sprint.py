"""What goes into the planning of a sprint and comes out, and what it asks of activities."""

from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime, Field

from followthrough.domain.replayed.ids import planning_id
from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.domain.replayed.sprint.commands import MOST_PLANNED
from followthrough.domain.replayed.sprint.sprint import Sprint, SprintPlan
from followthrough.domain.replayed.text import Key, MachineNote
from followthrough.domain.replayed.values import Message, PersonId, State, TeamId


class PlanSprint(Message):
    """The planning of the sprint that begins on ``first_day``."""

    team: TeamId
    first_day: date


class Approval(Message):
    """What the team takes into the sprint: ids of action items, the first to be ranked first."""

    by: PersonId
    items: tuple[Key, ...] = Field(min_length=1, max_length=MOST_PLANNED)


class PlanningProgress(State):
    """How far a planning is. ``planned`` are ids of action items, ``not_planned`` says why not, by id."""

    plan: SprintPlan | None = None
    sprint: Sprint | None = None
    """The tracker's; None while it has none, and without sprints."""
    approval: Approval | None = None
    planned: tuple[str, ...] = ()
    not_planned: dict[str, MachineNote] = Field(default_factory=dict)


class TeamAt(Message):
    """Asks about a team's next sprints, as of ``at``."""

    team: TeamId
    at: AwareDatetime


class PutInSprint(Message):
    """Rank these action items' tickets first in the sprint, or in the next when it is over, or else on the board."""

    team: TeamId
    sprints: bool
    sprint: Sprint | None
    items: tuple[str, ...]
    at: AwareDatetime


class ItemsPutInSprint(Message):
    """What became of them. ``sprint`` is where they are; None on a board without sprints."""

    sprint: Sprint | None
    planned: tuple[str, ...]
    not_planned: dict[str, MachineNote]


class ItemsInSprint(Message):
    """Asks which of these action items are still planned in the sprint and not done."""

    items: tuple[str, ...]
    sprint: Sprint


class PlanningMailKind(StrEnum):
    """Which mail; the template of the same name renders it."""

    DIGEST = DigestKind.SPRINT.value
    REMINDER = "sprint-reminder"
    TROUBLE = "sprint-trouble"


class PlanningMail(Message):
    """A mail to one person. ``text`` says what the trouble is."""

    kind: PlanningMailKind
    to: PersonId
    plan: SprintPlan
    sprint: Sprint | None
    at: AwareDatetime
    text: str = ""

    @property
    def key(self) -> str:
        """Makes it one mail."""
        return f"{planning_id(self.plan.team, self.plan.first_day)}/{self.kind}/{self.to}"
