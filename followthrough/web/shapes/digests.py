"""The weekly and the monthly digest, as the API shows them."""

from pydantic import AwareDatetime

from followthrough.domain.answered.report.weekly import Wanted
from followthrough.domain.replayed.values import PersonId, Severity
from followthrough.web.shapes.drills import ShownDrill, ShownPractice
from followthrough.web.shapes.incidents import ShownKudos
from followthrough.web.shapes.items import ShownItem, ShownReminder
from followthrough.web.shapes.load import ShownOverload
from followthrough.web.shapes.shape import Shape


class ShownDecision(Shape):
    """One that waits for the reader."""

    wanted: Wanted
    item: ShownItem
    since: AwareDatetime | None
    """Of an escalation."""
    level: int
    """Of an escalation; 0 of anything else."""


class ShownLeft(Shape):
    """How many more there are in each list than it has lines."""

    decisions: int
    late: int
    coming: int
    blocked: int
    closed: int


class ShownWeek(Shape):
    """For one reader. No action item is listed twice; the worst severity and the earliest deadline come first."""

    person: PersonId
    week: str
    at: AwareDatetime
    decisions: list[ShownDecision]
    late: list[ShownItem]
    coming: list[ShownItem]
    """Due within a week."""
    blocked: list[ShownItem]
    """For longer than the policy's time."""
    closed: list[ShownItem]
    """In the last week."""
    private: int
    """How many more there would be in these lists that belong to private incidents."""
    left: ShownLeft


class WeeklyPreview(ShownWeek):
    """What a manager's mail would be about now, and how it would say it."""

    subject: str
    text: str


class ShownItemNumbers(Shape):
    """How many action items came to what."""

    on_time: int
    """Closed in the month."""
    late: int
    """Closed in the month."""
    waived: int
    open: int
    overdue: int
    """Of those that are open."""


class ShownMonthNumbers(Shape):
    """One point of the trend."""

    month: str
    on_time: int
    """Of the closed ones."""
    closed: int
    """Action items."""
    declared: int
    """Incidents."""
    repeats: int
    """Incidents that repeated others."""


class ShownAges(Shape):
    """How long open action items have been open, in days."""

    median: int
    counts: list[int]
    """From the youngest to the oldest."""
    oldest: ShownItem | None


class ShownRepeatLine(Shape):
    """An incident that looks like earlier ones."""

    incident_id: str
    title: str
    earlier: list[str]
    items: list[str]
    """Of the earlier ones, that were open or waived when it was declared."""


class ShownKudosLine(ShownKudos):
    """Thanks, and the incident they belong to."""

    incident_id: str
    title: str


class ShownEscalation(Shape):
    """The last one of an action item, which waits for an answer."""

    item: ShownItem
    moment: ShownReminder


class ShownMore(Shape):
    """How many more there are in each list than it has lines."""

    unanswered: int
    waived: int
    repeats: int
    kudos: int


class ShownMonth(Shape):
    """Nothing of drills is in the numbers; what is private is counted, and in no list."""

    month: str
    incidents: dict[Severity, int]
    resolved: int
    items: ShownItemNumbers
    missed_drills: list[ShownPractice]
    """Teams that did not practise in the quarter."""
    drills: list[ShownDrill]
    kudos: list[ShownKudosLine]
    overloads: list[ShownOverload]
    trend: list[ShownMonthNumbers]
    ages: ShownAges
    unanswered: list[ShownEscalation]
    """As things are now, whichever month it is."""
    waived: list[ShownItem]
    repeats: list[ShownRepeatLine]
    unnamed: ShownMore
    """Of private incidents."""
    left: ShownMore
    """Of all others."""


class MonthlyPreview(ShownMonth):
    """What leadership's mail is about, and how it says it."""

    subject: str
    text: str
