"""Drills, as the API shows them."""

from datetime import timedelta

from pydantic import AwareDatetime

from followthrough.domain.answered.drill.scorecard import Practice
from followthrough.domain.replayed.drill.drill import DrillOutcome
from followthrough.domain.replayed.values import ServiceId, Severity, TeamId
from followthrough.web.shapes.shape import Shape


class ShownPractice(Shape):
    """Where a team is in a quarter."""

    team: TeamId
    quarter: str
    practice: Practice
    planned_at: AwareDatetime
    """This quarter's date, or the next one's for a team that began after it."""


class ShownScore(Shape):
    """What was expected, and how much of it was there."""

    expected: list[str]
    met: list[str]


class ShownDrill(Shape):
    """What came of a drill."""

    incident_id: str
    team: TeamId
    service: ServiceId
    scenario: str
    """Name of its file, without the ending."""
    title: str
    severity: Severity
    started_at: AwareDatetime
    outcome: DrillOutcome
    acknowledged_after: timedelta | None
    resolved_after: timedelta | None
    roles: ShownScore
    updates: ShownScore
    improved: list[str]
    """Sentences about what went better than last time."""
    to_practise: list[str]
    questions: list[str]
    """To discuss."""
