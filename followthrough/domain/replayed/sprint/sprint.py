"""A sprint of a team, and the moments of its planning."""

from datetime import date

from pydantic import AwareDatetime

from followthrough.domain.replayed.text import MachineLine
from followthrough.domain.replayed.times import MachineTime
from followthrough.domain.replayed.values import Message, PersonId, TeamId


class SprintPlan(Message):
    """The moments of one planning. Without ``sprints`` the team gets a list on ``planning_at`` and no proposal before.

    ``people`` may approve: the lead first, then the members.
    """

    team: TeamId
    first_day: date
    sprints: bool
    people: tuple[PersonId, ...]
    digest_at: AwareDatetime
    planning_at: AwareDatetime
    starts_at: AwareDatetime
    """The end of planning's working day; until then a sprint that the tracker does not have yet is waited for."""
    ends_at: AwareDatetime
    """The next planning."""


class Sprint(Message):
    """A sprint of the team's board."""

    id: int
    name: MachineLine
    end: MachineTime | None = None
