"""What planning sprints tells an action item, and what people tell it for that."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from followthrough.domain.replayed.item.action_item import WORKED_ON, ActionItem
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.text import MachineNote, NoteIfAny
from followthrough.domain.replayed.values import EntryKind, Message, PersonId, Request

MOST_PLANNED = 500
"""Action items that a team takes into one sprint."""


class Estimate(Request):
    """How much work it is, in the unit in which its team counts the capacity of a sprint."""

    command: Literal["estimate"] = "estimate"
    by: PersonId
    estimate: float = Field(gt=0, le=10_000)

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal when there is nothing left to do."""
        item.require(*WORKED_ON, to="estimated")
        item.estimate = self.estimate
        item.note(now, EntryKind.ACTION_ITEM, f"Estimated at {self.estimate:g}", self.by)


class Planned(Message):
    """Its ticket is in a sprint now; without sprints it is ranked first on the team's board."""

    news: Literal["planned"] = "planned"
    sprint: Sprint | None
    because: NoteIfAny = ""
    by: PersonId

    def apply(self, item: ActionItem, now: datetime) -> None:
        """A sprint that it was planned in before is one more in which it was not done."""
        if item.sprint is not None and (self.sprint is None or item.sprint.id != self.sprint.id):
            _move_on(item, item.sprint, now)
        item.sprint = self.sprint
        item.planned_at = item.planned_at or now
        where = f"Planned in {self.sprint.name}" if self.sprint else "Ranked first on the team's board"
        item.note(now, EntryKind.TICKET, f"{where}{self.because and f', because {self.because}'}", self.by)


class NotPlanned(Message):
    """It was approved for a sprint and could not be put into it."""

    news: Literal["not planned"] = "not planned"
    why: MachineNote
    by: PersonId

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Only says so."""
        item.note(now, EntryKind.TICKET, f"Not planned: {self.why}", self.by)


class MovedOn(Message):
    """The sprint that it was planned in is over."""

    news: Literal["moved on"] = "moved on"
    sprint: Sprint

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Nothing when it is planned elsewhere by now."""
        if item.sprint is not None and item.sprint.id == self.sprint.id:
            _move_on(item, item.sprint, now)
            item.sprint = None


SprintNews = Annotated[Planned | NotPlanned | MovedOn, Field(discriminator="news")]


def _move_on(item: ActionItem, sprint: Sprint, now: datetime) -> None:
    item.moved_on += 1
    times = "once" if item.moved_on == 1 else f"{item.moved_on} times"
    item.note(now, EntryKind.TICKET, f"Planned in {sprint.name} and not done; it moved on {times}")
