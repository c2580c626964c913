"""A measure, as the API shows it."""

from followthrough.domain.answered.insights.insight import Cell, Kind, Name
from followthrough.web.shapes.shape import Shape


class ShownColumn(Shape):
    """``name`` is for programs, ``label`` for people."""

    name: str
    label: str
    kind: Kind


class ShownSeries(Shape):
    """One colour of a drawing."""

    name: str
    values: list[float | None]
    """For each of its labels; None where there is too little to draw."""


class ShownDrawing(Shape):
    """Bars."""

    title: str
    unit: str
    """What they count."""
    labels: list[str]
    """Below them."""
    series: list[ShownSeries]
    stacked: bool
    """On each other; else beside each other."""


class ShownInsight(Shape):
    """A measure over months."""

    name: Name
    title: str
    definition: str
    summary: str
    columns: list[ShownColumn]
    rows: list[list[Cell]]
    drawing: ShownDrawing | None
    private: int
    """So many are counted and have no row."""
    left_off: int
    """So many fitted no more: of a list of records there are 200 rows at most. The CSV has all."""
