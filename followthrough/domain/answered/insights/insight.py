"""What a measure is told in: a sentence that defines it, one that sums it up, rows, and what is drawn."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple, TypeVar

from followthrough.domain.replayed.values import Message

RowT = TypeVar("RowT")
Cell = str | int | float | None
MOST_ROWS, EVERY_ROW = 200, 2**31
"""Of a list of records; what is beyond is counted. The other is for files."""


class Name(StrEnum):
    """Of a measure, as in its address."""

    ON_TIME = "on-time"
    OPEN_AGES = "open-ages"
    STEPS = "steps"
    RESPONSE = "response"
    POSTMORTEMS = "postmortems"
    ESCALATIONS = "escalations"
    WAIVERS = "waivers"
    REPEATS = "repeats"
    NOT_DONE = "not-done"
    HELD = "held"


TITLES: Mapping[Name, str] = {
    Name.ON_TIME: "Closed on time",
    Name.OPEN_AGES: "Age of what is open",
    Name.STEPS: "Time to accept, plan and close",
    Name.RESPONSE: "Time to acknowledge, mitigate and resolve",
    Name.POSTMORTEMS: "From resolved to published",
    Name.ESCALATIONS: "Escalations and how they ended",
    Name.WAIVERS: "Accepted risk",
    Name.REPEATS: "Repeats before and after follow-ups were closed",
    Name.NOT_DONE: "The price of not doing",
    Name.HELD: "Where a fix held",
}
DEFINITIONS: Mapping[Name, str] = {
    Name.ON_TIME: "Of the action items that were closed in the months, how many were closed by their deadline.",
    Name.OPEN_AGES: "How many days ago the action items that are open now were proposed.",
    Name.STEPS: "For action items: from when one was proposed, or last asked again, until it was accepted; from then "
    "until it first got into a sprint or was ranked on the board; and from when it was proposed, or last asked again, "
    "until it was closed; each in the month in which that ended.",
    Name.RESPONSE: "For incidents, without those cancelled or merged: from when one was declared until somebody first "
    "acknowledged a role (MTTA), it was mitigated (MTTM) and resolved (MTTR), each in the month in which that ended.",
    Name.POSTMORTEMS: "For incidents, without those cancelled or merged: from when one was resolved last until its "
    "postmortem was published, in the month of that.",
    Name.ESCALATIONS: "Action items whose last escalation was in the months, by the highest level that was told, and "
    "what has become of them; an answer is anything that a person did since.",
    Name.WAIVERS: "Action items that are waived now, whenever that was decided: by whom, until when and why.",
    Name.REPEATS: "The months' incidents, without those cancelled or merged, that repeat an earlier one: before, when "
    "a follow-up of it was open or waived; after, when none was and one had been closed; without, when there was none "
    "to close.",
    Name.NOT_DONE: "The months' repeats, without those cancelled or merged, that came while a follow-up of the earlier "
    "incident was overdue and not done, with the minutes until they were resolved (or until now) and how many people "
    "were asked for a role at night.",
    Name.HELD: "Incidents that were repeated until their last follow-up was closed, in these months, and not once "
    "since, cancelled and merged ones left out.",
}


DRAWN = frozenset(Name) - {Name.WAIVERS, Name.HELD}
"""What has a drawing; the others are lists."""


class Kind(StrEnum):
    """What stands in a column."""

    TEXT = "text"
    COUNT = "count"
    PERCENT = "percent"
    MINUTES = "minutes"
    DAY = "day"
    INCIDENT = "incident"
    ITEM = "item"
    PERSON = "person"


_NEVER = datetime.max.replace(tzinfo=UTC)


class Place(NamedTuple):
    """Where a row of a list of records is: lists go by a time, None being the latest, and then by the record's id."""

    at: datetime | None
    id: str

    @property
    def order(self) -> tuple[datetime, str]:
        """Greater for what is later."""
        return self.at or _NEVER, self.id


def part_of(
    rows: Sequence[RowT],
    place: Callable[[RowT], Place],
    at_most: int,
    after: Place | None,
    *,
    latest_first: bool = False,
) -> tuple[list[RowT], int]:
    """Of what is in order at most so many that come after a place, and how many come after these."""
    rest = [*rows]
    if after is not None:
        begin = after.order
        rest = [row for row in rows if (place(row).order < begin if latest_first else place(row).order > begin)]
    return rest[:at_most], len(rest[at_most:])


class Column(Message):
    """``name`` in JSON and CSV, ``label`` for people."""

    name: str
    label: str
    kind: Kind


class Series(Message):
    """One colour of a drawing: a number for each of its labels, None where there is too little to draw."""

    name: str
    values: tuple[float | None, ...]


PERCENT, HOURS = "percent", "hours (median)"
MEASURED = (PERCENT, HOURS)


class Drawing(Message):
    """Bars: ``labels`` are below them, ``unit`` is what they count. Series stand beside or on each other."""

    title: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    stacked: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw yet: of a count zero is nothing, of a share or a time it is an answer."""
        said = [value for one in self.series for value in one.values if value is not None]
        return not said if self.unit in MEASURED else not any(said)

    @property
    def words(self) -> str:
        """What it shows, for who does not see it."""
        told = [
            f"{label} {one.name} {value:g}"
            for index, label in enumerate(self.labels)
            for one in self.series
            if (value := one.values[index]) is not None
        ]
        return f"{self.title}, in {self.unit}: {'; '.join(told) or 'nothing to draw'}."


class Drawn(Message):
    """What a mail has of a measure: a drawing, and the sentence that sums it up."""

    name: Name
    summary: str
    drawing: Drawing


class Insight(Message):
    """A measure. ``private`` are so many that are counted and have no row; ``left_off`` come after these rows.

    ``last`` is where the last row is, where there are further ones.
    """

    name: Name
    title: str
    definition: str
    summary: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    drawing: Drawing | None = None
    private: int = 0
    left_off: int = 0
    last: Place | None = None
