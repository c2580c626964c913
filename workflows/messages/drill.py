"""What goes into a drill and comes out."""

from pydantic import AwareDatetime

from followthrough.domain.replayed.values import Message, TeamId


class DrillRequest(Message):
    """A drill workflow's input. Without a scenario it is the one that the team did not have for the longest time.

    ``by_hand`` starts at once; else it is for working hours, and for teams whose drills are not switched off. ``key``
    makes its incident's id, for a team's drills share the workflow id.
    """

    team: TeamId
    scenario: str | None = None
    by_hand: bool = False
    key: str | None = None


class RunningDrill(Message):
    """A drill that is not over; ``starts_at`` is None until it is known, which takes an instant."""

    incident_id: str
    starts_at: AwareDatetime | None


class PlanDrill(Message):
    """Asks for a drill's date, service and scenario, as of ``at``."""

    request: DrillRequest
    at: AwareDatetime
