"""A measure, as the API shows it."""

from followthrough.domain.answered.insights.insight import Cell, Kind, Name
from followthrough.web.shapes.shape import Shape


class ShownColumn(Shape):
    """``name`` is for programs, ``label`` for people."""

    name: str
    """The same each time."""
    label: str
    """It may change its words."""
    kind: Kind
    """What stands in it."""


class ShownSeries(Shape):
    """One colour of a drawing."""

    name: str
    """What the colour stands for."""
    values: list[float | None]
    """For each of its labels; null where there is too little to draw."""


class ShownDrawing(Shape):
    """Bars."""

    title: str
    """Above it."""
    unit: str
    """What they count."""
    labels: list[str]
    """Below them."""
    series: list[ShownSeries]
    """Each has as many values as there are labels."""
    stacked: bool
    """On each other; else beside each other."""


class ShownInsight(Shape):
    """A measure over months."""

    name: Name
    """As in its address."""
    title: str
    """As its page has it."""
    definition: str
    """What exactly it measures, in a sentence."""
    summary: str
    """What came of it, in a sentence."""
    columns: list[ShownColumn]
    """What stands in a row, from left to right."""
    rows: list[list[Cell]]
    """A cell for each column; null where there is nothing to say."""
    drawing: ShownDrawing | None
    """Null for what is a list alone."""
    private: int
    """So many are counted and have no row."""
    left_off: int
    """So many come after these rows: `Link` has the next page, and the CSV all of them."""
