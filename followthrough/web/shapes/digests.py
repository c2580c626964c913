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
    """Which decision."""
    item: ShownItem
    """What it is about."""
    since: AwareDatetime | None
    """Of an escalation; null of anything else."""
    level: int
    """Of an escalation; 0 of anything else."""


class ShownLeft(Shape):
    """How many more there are in each list than it has lines."""

    decisions: int
    """Further ones that wait for the reader."""
    late: int
    """Further late ones."""
    coming: int
    """Further ones that are due within a week."""
    blocked: int
    """Further ones that wait for too long."""
    closed: int
    """Further ones that were closed in the last week."""


class ShownWeek(Shape):
    """For one reader. No action item is listed twice; the worst severity and the earliest deadline come first."""

    person: PersonId
    """The reader."""
    week: str
    """As `2026-W45`."""
    at: AwareDatetime
    """As of when it is."""
    decisions: list[ShownDecision]
    """The most urgent first."""
    late: list[ShownItem]
    """Whose time has passed."""
    coming: list[ShownItem]
    """Due within a week."""
    blocked: list[ShownItem]
    """For longer than the policy's time."""
    closed: list[ShownItem]
    """In the last week."""
    private: int
    """How many more there would be in these lists that belong to private incidents."""
    left: ShownLeft
    """What is in no list any more, for there are so many."""


class WeeklyPreview(ShownWeek):
    """What a manager's mail would be about now, and how it would say it."""

    subject: str
    """Of the mail."""
    text: str
    """Of the mail, in plain text."""


class ShownItemNumbers(Shape):
    """How many action items came to what."""

    on_time: int
    """Closed in the month."""
    late: int
    """Closed in the month."""
    waived: int
    """Waived in the month."""
    open: int
    """At the end of the month, or now."""
    overdue: int
    """Of those that are open."""


class ShownMonthNumbers(Shape):
    """One point of the trend."""

    month: str
    """As `2026-10`."""
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
    """0 where none is open."""
    counts: list[int]
    """From the youngest to the oldest."""
    oldest: ShownItem | None
    """The oldest that is not private; null where there is none."""


class ShownRepeatLine(Shape):
    """An incident that looks like earlier ones."""

    incident_id: str
    """The later one."""
    title: str
    """Its title."""
    earlier: list[str]
    """Ids of those that it looks like."""
    items: list[str]
    """Of the earlier ones, that were open or waived when it was declared."""


class ShownKudosLine(ShownKudos):
    """Thanks, and the incident they belong to."""

    incident_id: str
    """Where they were given."""
    title: str
    """The incident's."""


class ShownEscalation(Shape):
    """The last one of an action item, which waits for an answer."""

    item: ShownItem
    """What was escalated."""
    moment: ShownReminder
    """When that was, to whom and how high."""


class ShownMore(Shape):
    """How many more there are in each list than it has lines."""

    unanswered: int
    """Escalations that wait for an answer."""
    waived: int
    """Action items that were waived."""
    repeats: int
    """Incidents that look like earlier ones."""
    kudos: int
    """Thanks."""


class ShownMonth(Shape):
    """Nothing of drills is in the numbers; what is private is counted, and in no list."""

    month: str
    """As `2026-10`."""
    incidents: dict[Severity, int]
    """How many were declared, by severity."""
    resolved: int
    """Incidents that were resolved in the month."""
    items: ShownItemNumbers
    """Of the month, and as things are at its end."""
    missed_drills: list[ShownPractice]
    """Teams that did not practise in the quarter."""
    drills: list[ShownDrill]
    """What came of the month's."""
    kudos: list[ShownKudosLine]
    """Thanks that were said in the month."""
    overloads: list[ShownOverload]
    """Who carries more than the policy's share."""
    trend: list[ShownMonthNumbers]
    """Month by month, the last is this one."""
    ages: ShownAges
    """Of what is open."""
    unanswered: list[ShownEscalation]
    """As things are now, whichever month it is."""
    waived: list[ShownItem]
    """Action items that were waived in the month."""
    repeats: list[ShownRepeatLine]
    """The month's incidents that look like earlier ones."""
    unnamed: ShownMore
    """Of private incidents."""
    left: ShownMore
    """Of all others."""


class MonthlyPreview(ShownMonth):
    """What leadership's mail is about, and how it says it."""

    subject: str
    """Of the mail."""
    text: str
    """Of the mail, in plain text."""
