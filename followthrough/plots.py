"""Drawings of insights: bars on a pale ground, also at night; as SVG, or to be painted or put into pages."""

from math import ceil
from typing import NamedTuple
from xml.dom.minidom import Element

from reportlab.graphics import renderSVG
from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.legends import Legend
from reportlab.graphics.shapes import Drawing as Canvas
from reportlab.graphics.shapes import Rect, String
from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth

from followthrough.domain.answered.insights.insight import Drawing
from followthrough.letters import BOLD, SANS, register

GROUND, INK, SOFT, LINES = "#f3f5f8", "#1b2430", "#4a5665", "#dde2e8"
COLORS = ("#2563b8", "#b4540a", "#17663a", "#7a2f8f", "#55606f")
"""Of series, in their order; each stands out from the ground, and from its neighbour also in shades of grey."""
LETTERS = "system-ui, sans-serif"
BASE, MARGIN = 34, 16


class Look(NamedTuple):
    """Its size in points, that of its letters, how many names of series are beside each other, and the fonts."""

    width: int
    height: int
    title: int
    label: int
    names: int
    font: str
    bold: str

    @property
    def line(self) -> float:
        """The height of a line of its heading."""
        return self.title * 1.2


PAGE = Look(640, 300, title=15, label=11, names=5, font="Helvetica", bold="Helvetica-Bold")
"""For a browser, which takes letters of its own."""
PRINT = Look(480, 200, title=11, label=8, names=5, font=SANS, bold=BOLD)
MAIL = Look(400, 240, title=14, label=12, names=2, font=SANS, bold=BOLD)
"""For a narrow screen."""


def canvas(drawing: Drawing, look: Look) -> Canvas:
    """With what says that there is nothing to draw, where that is so."""
    register()
    drawn = Canvas(look.width, look.height)
    drawn.add(Rect(0, 0, look.width, look.height, rx=8, ry=8, fillColor=HexColor(GROUND), strokeColor=None))
    for number, line in enumerate(_heading(drawing, look), 1):
        drawn.add(_text(MARGIN, look.height - 11 - number * look.line, line, look.title, INK, look.font))
    if drawing.empty:
        drawn.add(_text(MARGIN, look.height / 2, "Nothing to draw yet.", look.label + 2, SOFT, look.font))
    else:
        drawn.add(_bars(drawing, look))
    if not drawing.empty and len(drawing.series) > 1:
        drawn.add(_legend(drawing, look))
    return drawn


def svg(drawing: Drawing | None) -> str:
    """With its words as description. It has no style of its own, so no page has to allow any."""
    drawing = drawing or Drawing(title="This is a list", unit="and has no drawing", labels=(), series=())
    rendered = renderSVG.SVGCanvas((PAGE.width, PAGE.height))
    renderSVG.draw(canvas(drawing, PAGE), rendered, 0, 0)
    root = rendered.doc.documentElement
    for name, words in (("title", drawing.title), ("desc", drawing.words)):
        root.getElementsByTagName(name)[0].firstChild.data = words
    _without_styles(root)
    return str(root.toxml())


def _bars(drawing: Drawing, look: Look) -> VerticalBarChart:
    chart, rows = VerticalBarChart(), _rows(drawing, look) if len(drawing.series) > 1 else 0
    chart.x, chart.y = 12 + look.label * 3, BASE
    chart.width = look.width - chart.x - MARGIN
    chart.height = _below_heading(drawing, look) - BASE - 12 - rows * (look.label + 7)
    chart.data = [list(series.values) for series in drawing.series]
    chart.groupSpacing, chart.bars.strokeColor = 12, None
    for index in range(len(drawing.series)):
        chart.bars[index].fillColor = HexColor(COLORS[index % len(COLORS)])
    categories, values = chart.categoryAxis, chart.valueAxis
    categories.categoryNames, values.valueMin = _labels(drawing, look, chart.width), 0
    categories.style = "stacked" if drawing.stacked else "parallel"
    categories.visibleTicks = values.visibleTicks = values.visibleAxis = False
    values.visibleGrid, values.gridStrokeColor = True, HexColor(LINES)
    values.labelTextFormat = "%g"
    for axis in (categories, values):
        axis.labels.fontSize, axis.labels.fillColor = look.label, HexColor(SOFT)
        axis.labels.fontName, axis.strokeColor = look.font, HexColor(SOFT)
    if len(drawing.series) == 1:
        chart.barLabelFormat, chart.barLabels.nudge = "%g", look.label * 0.7
        chart.barLabels.fontSize, chart.barLabels.fontName = look.label, look.font
        chart.barLabels.fillColor = HexColor(INK)
    tops = [sum(value or 0 for value in column) for column in zip(*chart.data, strict=True)]
    highest = max(tops if drawing.stacked else (value or 0 for row in chart.data for value in row))
    if highest <= 5:
        values.valueMax, values.valueStep = max(1, ceil(highest)), 1
    return chart


def _legend(drawing: Drawing, look: Look) -> Legend:
    """The names of series, from left to right, in as many rows as they need."""
    legend = Legend()
    legend.x, legend.y, legend.boxAnchor, legend.alignment = MARGIN, _below_heading(drawing, look), "nw", "right"
    legend.columnMaximum = _rows(drawing, look)
    legend.deltax, legend.deltay, legend.dx, legend.dy = 24, look.label + 6, look.label - 2, look.label - 2
    legend.fontName, legend.fontSize, legend.fillColor = look.bold, look.label, HexColor(INK)
    legend.strokeColor, legend.variColumn, legend.autoXPadding = None, True, 16
    legend.colorNamePairs = [
        (HexColor(COLORS[index % len(COLORS)]), series.name) for index, series in enumerate(drawing.series)
    ]
    return legend


def _heading(drawing: Drawing, look: Look) -> list[str]:
    """In two lines where one is too short."""
    whole = f"{drawing.title}, {drawing.unit}"
    fits = stringWidth(whole, look.font, look.title) <= look.width - 2 * MARGIN
    return [whole] if fits else [f"{drawing.title},", drawing.unit]


def _below_heading(drawing: Drawing, look: Look) -> float:
    return look.height - 11 - (len(_heading(drawing, look)) + 0.7) * look.line


def _labels(drawing: Drawing, look: Look, width: float) -> list[str]:
    """Each one there is room for, from the last on."""
    widest = max(stringWidth(label, look.font, look.label) for label in drawing.labels) + 4
    step, last = ceil(widest * len(drawing.labels) / width), len(drawing.labels) - 1
    return [label if (last - index) % step == 0 else "" for index, label in enumerate(drawing.labels)]


def _rows(drawing: Drawing, look: Look) -> int:
    """Of names of series."""
    return ceil(len(drawing.series) / look.names)


def _text(x: float, y: float, text: str, size: int, color: str, font: str) -> String:
    return String(x, y, text, fontSize=size, fillColor=HexColor(color), fontName=font)


def _without_styles(element: Element) -> None:
    """Says in attributes what the library says in styles, which the pages' rules let nobody use."""
    declared = (one.split(":", 1) for one in element.getAttribute("style").split(";") if ":" in one)
    for name, value in declared:
        said = LETTERS if name.strip() == "font-family" else value.strip()
        element.setAttribute(name.strip(), said)
    for gone in ("style", "transform"):
        if element.hasAttribute(gone) and (gone == "style" or not element.getAttribute(gone)):
            element.removeAttribute(gone)
    for child in element.childNodes:
        if isinstance(child, Element):
            _without_styles(child)
