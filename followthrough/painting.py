"""Drawings as PNG: what the plotting library arranged, painted by Pillow, so that nothing has to be compiled."""

from collections.abc import Sequence
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont
from reportlab.graphics.renderbase import Renderer, getStateDelta
from reportlab.graphics.shapes import Line, PolyLine, Rect, Shape, String
from reportlab.lib.colors import Color

from followthrough.domain.answered.insights.insight import Drawing
from followthrough.letters import FONTS
from followthrough.plots import MAIL, Look, canvas

SCALE = 2
"""Pixels for a point, so that it is sharp."""
ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def png(drawing: Drawing, look: Look = MAIL) -> bytes:
    """Twice as many pixels as the look has points."""
    painted = _Paper(look.width, look.height)
    _Painter().draw(canvas(drawing, look), painted)
    file = BytesIO()
    painted.image.quantize(64).save(file, "PNG", optimize=True)
    return file.getvalue()


class _Paper:
    """What is painted on, white behind round corners."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), "white")
        self.draw = ImageDraw.Draw(self.image)

    def saveState(self) -> None:  # noqa: N802
        """The library has the state."""

    restoreState = saveState  # noqa: N815


class _Painter(Renderer):  # type: ignore[misc]
    """The shapes that charts of bars and their legends consist of; the library raises ValueError for any other."""

    def drawNode(self, node: Shape) -> None:  # noqa: N802
        self._tracker.push(getStateDelta(node))
        self.drawNodeDispatcher(node)
        self._tracker.pop()

    def applyStateChanges(self, delta: object, new_state: object) -> None:  # noqa: N802
        """It is asked for with each shape."""

    def drawRect(self, rect: Rect) -> None:  # noqa: N802
        (left, bottom), (right, top) = self._at(rect.x, rect.y), self._at(rect.x + rect.width, rect.y + rect.height)
        within = (min(left, right), min(top, bottom), max(left, right), max(top, bottom))
        self._canvas.draw.rounded_rectangle(within, (rect.rx or 0) * SCALE, self._color("fillColor"))

    def drawLine(self, line: Line) -> None:  # noqa: N802
        self._strokes((line.x1, line.y1, line.x2, line.y2))

    def drawPolyLine(self, line: PolyLine) -> None:  # noqa: N802
        self._strokes(line.points)

    def drawString(self, string: String) -> None:  # noqa: N802
        font = _font(self.getStateValue("fontName"), round(self.getStateValue("fontSize") * SCALE))
        at, anchor = self._at(string.x, string.y), ANCHORS[self.getStateValue("textAnchor")]
        self._canvas.draw.text(at, string.text, self._color("fillColor"), font, anchor)

    def _strokes(self, points: Sequence[float]) -> None:
        color, width = self._color("strokeColor"), self.getStateValue("strokeWidth")
        if color and width:
            ends = [self._at(x, y) for x, y in zip(points[::2], points[1::2], strict=True)]
            self._canvas.draw.line(ends, color, max(1, round(width * SCALE)))

    def _at(self, x: float, y: float) -> tuple[float, float]:
        """From the library's points, which count from below, to pixels."""
        a, b, c, d, e, f = self._tracker.getCTM()
        return (a * x + c * y + e) * SCALE, self._canvas.image.height - (b * x + d * y + f) * SCALE

    def _color(self, name: str) -> str | None:
        color: Color | None = self.getStateValue(name)
        return None if color is None else f"#{color.hexval()[2:]}"


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / f"{name}.ttf", size)
