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
    """As `2026-Q4`."""
    practice: Practice
    """How far it is with it."""
    planned_at: AwareDatetime
    """This quarter's date, or the next one's for a team that began after it."""


class ShownScore(Shape):
    """What was expected, and how much of it was there."""

    expected: list[str]
    """What should have been there."""
    met: list[str]
    """Of these, what was."""


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
    """When it began."""
    outcome: DrillOutcome
    """How the response ended."""
    acknowledged_after: timedelta | None
    """From its beginning; null where nobody did."""
    resolved_after: timedelta | None
    """From its beginning; null where it was not."""
    roles: ShownScore
    """Which roles had to be taken."""
    updates: ShownScore
    """Who had to be told."""
    improved: list[str]
    """Sentences about what went better than last time."""
    to_practise: list[str]
    """Sentences about what to do better next time."""
    questions: list[str]
    """To discuss."""
