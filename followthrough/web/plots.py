"""Drawings of insights as SVG: bars on a pale ground, also at night."""

from xml.dom.minidom import Element

from reportlab.graphics import renderSVG
from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.legends import Legend
from reportlab.graphics.shapes import Drawing as Canvas
from reportlab.graphics.shapes import Rect, String
from reportlab.lib.colors import HexColor

from followthrough.domain.answered.insights.insight import Drawing
from followthrough.mail.charts import BAR, GROUND, INK, SOFT

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BASE = 52, 16, 76, 34
COLORS = (BAR, "#b4540a", "#17663a", "#7a2f8f", "#55606f")
"""Of series, in their order; each stands out from the ground, and from its neighbour also in shades of grey."""
LETTERS = "system-ui, sans-serif"
SVG_HEADERS = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'; sandbox"}


def svg(drawing: Drawing | None) -> str:
    """With its words as description. It has no style of its own, so no page has to allow any."""
    drawing = drawing or Drawing(title="This is a list", unit="and has no drawing", labels=(), series=())
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.add(Rect(0, 0, WIDTH, HEIGHT, rx=8, ry=8, fillColor=HexColor(GROUND), strokeColor=None))
    canvas.add(_text(16, HEIGHT - 26, f"{drawing.title}, {drawing.unit}", 15, INK))
    if any(value for series in drawing.series for value in series.values):
        canvas.add(_bars(drawing))
        canvas.add(_legend(drawing))
    else:
        canvas.add(_text(16, HEIGHT / 2, "Nothing to draw yet.", 13, SOFT))
    rendered = renderSVG.SVGCanvas((WIDTH, HEIGHT))
    renderSVG.draw(canvas, rendered, 0, 0)
    root = rendered.doc.documentElement
    for name, words in (("title", drawing.title), ("desc", drawing.words)):
        root.getElementsByTagName(name)[0].firstChild.data = words
    _without_styles(root)
    return str(root.toxml())


def _bars(drawing: Drawing) -> VerticalBarChart:
    chart = VerticalBarChart()
    chart.x, chart.y, chart.width, chart.height = LEFT, BASE, WIDTH - LEFT - RIGHT, HEIGHT - BASE - TOP
    chart.data = [list(series.values) for series in drawing.series]
    chart.groupSpacing, chart.bars.strokeColor = 12, None
    for index in range(len(drawing.series)):
        chart.bars[index].fillColor = HexColor(COLORS[index % len(COLORS)])
    categories, values = chart.categoryAxis, chart.valueAxis
    categories.categoryNames, values.valueMin = list(drawing.labels), 0
    categories.style = "stacked" if drawing.stacked else "parallel"
    categories.visibleTicks = values.visibleTicks = values.visibleAxis = False
    values.visibleGrid, values.gridStrokeColor = True, HexColor("#dde2e8")
    values.labelTextFormat = "%g"
    for axis in (categories, values):
        axis.labels.fontSize, axis.labels.fillColor = 11, HexColor(SOFT)
        axis.strokeColor = HexColor(SOFT)
    tops = [sum(value or 0 for value in column) for column in zip(*chart.data, strict=True)]
    highest = max(tops if drawing.stacked else (value or 0 for row in chart.data for value in row))
    if highest <= 5:
        values.valueMax, values.valueStep = max(1, -(-highest // 1)), 1
    return chart


def _legend(drawing: Drawing) -> Legend:
    legend = Legend()
    legend.x, legend.y, legend.boxAnchor, legend.alignment = 16, HEIGHT - 40, "nw", "right"
    legend.columnMaximum, legend.deltax, legend.dx, legend.dy = 1, 24, 9, 9
    legend.fontName, legend.fontSize, legend.fillColor, legend.strokeWidth = "Helvetica-Bold", 11, HexColor(INK), 0
    legend.variColumn, legend.autoXPadding = True, 16
    legend.colorNamePairs = [
        (HexColor(COLORS[index % len(COLORS)]), series.name) for index, series in enumerate(drawing.series)
    ]
    return legend


def _text(x: float, y: float, text: str, size: int, color: str) -> String:
    return String(x, y, text, fontSize=size, fillColor=HexColor(color))


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
