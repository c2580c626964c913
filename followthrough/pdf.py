"""A postmortem as a PDF: Markdown's syntax tree as flowing pages, with fonts that the product brings along."""

from collections.abc import Iterator, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from xml.sax.saxutils import escape, quoteattr

from markdown_it.tree import SyntaxTreeNode
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    HRFlowable,
    Indenter,
    ListFlowable,
    ListItem,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    XPreformatted,
)
from reportlab.platypus.tables import TableStyle

from followthrough.markdown import parser
from followthrough.postmortem_document import Document

FONTS = Path(__file__).parent / "fonts"
SANS, BOLD, OBLIQUE, MONO = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono"
MARGIN = 20 * mm
INDENT = 14
DEEPEST = 8
"""Lists and quotes in each other, after which nothing is moved to the right any more."""
ROOM_BELOW = 25 * mm
"""A heading is with something of what it is of."""
MOST_COLUMNS = 12
"""Of a table; one with more has each row as a line."""
CODE_WIDTH = 84
"""Characters in a line of code."""
LINK, GREY = HexColor("#1a4fa3"), HexColor("#666666")

TEXT = ParagraphStyle("text", fontName=SANS, fontSize=10, leading=14.5, spaceAfter=6, splitLongWords=1)
SMALL = ParagraphStyle("small", TEXT, fontSize=8.5, leading=12, textColor=GREY, spaceAfter=2)
CELL = ParagraphStyle("cell", TEXT, fontSize=8.5, leading=11.5, spaceAfter=0)
SHADE = HexColor("#f3f3f3")
CODE = ParagraphStyle("code", TEXT, fontName=MONO, fontSize=8, leading=11, backColor=SHADE, borderPadding=3)
HEADINGS = {
    f"h{level}": ParagraphStyle(
        f"h{level}",
        TEXT,
        fontName=BOLD,
        fontSize=size,
        leading=size * 1.3,
        spaceBefore=10,
        spaceAfter=5,
    )
    for level, size in enumerate((18, 14, 12, 11, 10, 10), 1)
}
GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.4, GREY),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BACKGROUND", (0, 0), (-1, 0), HexColor("#eeeeee")),
    ]
)

_markdown = parser()
_one_at_a_time = Lock()
"""The library shares what it knows of fonts, and a long text takes a processor for seconds."""


def pdf(found: Document) -> bytes:
    """What the fonts do not have is an empty box."""
    _fonts()
    out = BytesIO()
    pages = BaseDocTemplate(
        out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=f"Postmortem of {found.title}", lang="en", invariant=1,
    )  # fmt: skip
    frame = Frame(MARGIN, MARGIN, A4[0] - 2 * MARGIN, A4[1] - 2 * MARGIN, 0, 0, 0, 0)
    pages.addPageTemplates(PageTemplate("page", frame, onPage=_number))
    with _one_at_a_time:
        pages.build(list(_story(found)))
    return out.getvalue()


@cache
def _fonts() -> None:
    for name in (SANS, BOLD, OBLIQUE, MONO):
        pdfmetrics.registerFont(TTFont(name, FONTS / f"{name}.ttf"))
    pdfmetrics.registerFontFamily(SANS, SANS, BOLD, OBLIQUE, BOLD)
    pdfmetrics.registerFontFamily(MONO, MONO, MONO, MONO, MONO)


def _number(canvas: Canvas, _pages: BaseDocTemplate) -> None:
    canvas.setFont(SANS, 8)
    canvas.setFillColor(GREY)
    canvas.drawRightString(A4[0] - MARGIN, MARGIN / 2, str(canvas.getPageNumber()))


def _story(found: Document) -> Iterator[Flowable]:
    yield from (Paragraph(escape(line), SMALL) for line in found.above)
    yield Spacer(0, 8)
    yield from _blocks(SyntaxTreeNode(_markdown.parse(found.text)), 0)
    if found.items:
        yield Paragraph("Its action items", HEADINGS["h2"])
        yield _bullets([[Paragraph(escape(f"{key}: {said}"), TEXT)] for key, said in found.items], "bullet", 1)


def _blocks(parent: SyntaxTreeNode, depth: int) -> Iterator[Flowable]:
    for node in parent.children:
        match node.type:
            case "heading":
                yield CondPageBreak(ROOM_BELOW)
                yield Paragraph(_inline(node), HEADINGS[node.tag])
            case "paragraph":
                yield Paragraph(_inline(node), TEXT)
            case "bullet_list" | "ordered_list":
                items = [list(_blocks(item, depth + 1)) or [Paragraph("", TEXT)] for item in node.children]
                start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else "bullet"
                yield _bullets(items, start, depth)
            case "blockquote":
                yield Indenter(left=_indent(depth))
                yield from _blocks(node, depth + 1)
                yield Indenter(left=-_indent(depth))
            case "fence" | "code_block":
                yield _code(node.content)
            case "table":
                yield from _table(node, depth)
            case "hr":
                yield HRFlowable("100%", color=GREY, spaceBefore=4, spaceAfter=10)


def _indent(depth: int) -> float:
    return INDENT if depth < DEEPEST else 0


def _bullets(items: list[list[Flowable]], start: str | int, depth: int) -> Flowable:
    numbered = isinstance(start, int)
    return ListFlowable(
        [ListItem(item) for item in items],
        bulletType="1" if numbered else "bullet",
        start=start if numbered else "•",
        bulletFontName=SANS,
        bulletFontSize=10,
        leftIndent=(INDENT + 8 * numbered) if depth < DEEPEST else 0,
        bulletFormat="%s." if numbered else None,
    )


def _code(content: str) -> Flowable:
    """Long lines go on in the next one."""
    lines = (
        line[at : at + CODE_WIDTH] for line in content.expandtabs(4).rstrip("\n").split("\n") for at in _cuts(line)
    )
    return XPreformatted("\n".join(map(escape, lines)), CODE)


def _cuts(line: str) -> range:
    return range(0, max(len(line), 1), CODE_WIDTH)


def _table(node: SyntaxTreeNode, depth: int) -> Iterator[Flowable]:
    rows = [[_inline(cell) for cell in row.children] for part in node.children for row in part.children]
    columns = max(len(row) for row in rows)
    if columns > MOST_COLUMNS or depth >= DEEPEST:
        yield from (Paragraph(" | ".join(row), TEXT) for row in rows)
        return
    cells = [[Paragraph(cell, CELL) for cell in row] for row in rows]
    width = A4[0] - 2 * MARGIN - depth * (INDENT + 8)
    yield Table(cells, [width / columns] * columns, style=GRID, repeatRows=0, splitInRow=1, hAlign="LEFT")
    yield Spacer(0, 8)


def _inline(node: SyntaxTreeNode) -> str:
    """As the little markup that paragraphs take."""
    return "".join(map(_marked, node.children))


_AROUND: Mapping[str, tuple[str, str]] = {
    "strong": ("<b>", "</b>"),
    "em": ("<i>", "</i>"),
    "s": ("<strike>", "</strike>"),
}


def _marked(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text":
            return escape(node.content)
        case "code_inline":
            return f'<font face="{MONO}">{escape(node.content)}</font>'
        case "softbreak":
            return " "
        case "hardbreak":
            return "<br/>"
        case "image":
            return _linked(node.attrs.get("src", ""), escape(node.content), node)
        case "link":
            return _linked(node.attrs.get("href", ""), _inline(node), node)
    before, after = _AROUND.get(node.type, ("", ""))
    return f"{before}{_inline(node)}{after}"


def _linked(to: object, shown: str, node: SyntaxTreeNode) -> str:
    """Nothing is loaded from elsewhere, and what leads into the text itself leads nowhere."""
    within = node.parent is not None and node.parent.type == "link"
    if within or not str(to).startswith(("http://", "https://", "mailto:")):
        return shown
    return f'<a href={quoteattr(str(to))} color="#1a4fa3">{shown or escape(str(to))}</a>'
