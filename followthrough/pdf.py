"""A postmortem as a PDF: Markdown's syntax tree as flowing pages, with fonts that the product brings along."""

from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from threading import Lock
from xml.sax.saxutils import escape, quoteattr

from markdown_it.tree import SyntaxTreeNode
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
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

from followthrough.letters import BOLD, MONO, SANS, Letters, asian, paragraph, register
from followthrough.markdown import parser
from followthrough.postmortem_document import Document

MARGIN = 20 * mm
WIDTH = A4[0] - 2 * MARGIN
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
    """What no font has is an empty box."""
    register()
    return pages(f"Postmortem of {found.title}", _story(found))


def pages(title: str, story: Iterable[Flowable]) -> bytes:
    """What flows over as many as it needs, each with its number."""
    out = BytesIO()
    made = BaseDocTemplate(
        out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=title, lang="en", invariant=1,
    )  # fmt: skip
    frame = Frame(MARGIN, MARGIN, WIDTH, A4[1] - 2 * MARGIN, 0, 0, 0, 0)
    made.addPageTemplates(PageTemplate("page", frame, onPage=_number))
    with _one_at_a_time:
        made.build(list(story))
    return out.getvalue()


def _number(canvas: Canvas, _pages: BaseDocTemplate) -> None:
    canvas.setFont(SANS, 8)
    canvas.setFillColor(GREY)
    canvas.drawRightString(A4[0] - MARGIN, MARGIN / 2, str(canvas.getPageNumber()))


def _story(found: Document) -> Iterator[Flowable]:
    letters = Letters(f"{found.title} {found.text}")
    yield from (paragraph(letters.markup(line), SMALL) for line in found.above)
    yield Spacer(0, 8)
    yield from _blocks(SyntaxTreeNode(_markdown.parse(found.text)), 0, letters)
    if found.items:
        yield Paragraph("Its action items", HEADINGS["h2"])
        lines = (letters.markup(f"{key}: {said}") for key, said in found.items)
        yield _bullets([[paragraph(line, TEXT)] for line in lines], "bullet", 1)


def _blocks(parent: SyntaxTreeNode, depth: int, letters: Letters) -> Iterator[Flowable]:
    for node in parent.children:
        match node.type:
            case "heading":
                yield CondPageBreak(ROOM_BELOW)
                yield paragraph(_inline(node, letters), HEADINGS[node.tag])
            case "paragraph":
                yield paragraph(_inline(node, letters), TEXT)
            case "bullet_list" | "ordered_list":
                items = [list(_blocks(item, depth + 1, letters)) or [Paragraph("", TEXT)] for item in node.children]
                start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else "bullet"
                yield _bullets(items, start, depth)
            case "blockquote":
                yield Indenter(left=_indent(depth))
                yield from _blocks(node, depth + 1, letters)
                yield Indenter(left=-_indent(depth))
            case "fence" | "code_block":
                yield _code(node.content, letters)
            case "table":
                yield from _table(node, depth, letters)
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


def _code(content: str, letters: Letters) -> Flowable:
    """Long lines go on in the next one."""
    lines = (piece for line in content.expandtabs(4).rstrip("\n").split("\n") for piece in _pieces(line))
    return XPreformatted("\n".join(map(letters.markup, lines)), CODE)


def _pieces(line: str) -> Iterator[str]:
    """Letters of Asia are wider than those of code."""
    width = CODE_WIDTH // 2 if asian(line) else CODE_WIDTH
    return (line[at : at + width] for at in range(0, max(len(line), 1), width))


def _table(node: SyntaxTreeNode, depth: int, letters: Letters) -> Iterator[Flowable]:
    rows = [[_inline(cell, letters) for cell in row.children] for part in node.children for row in part.children]
    columns = max(len(row) for row in rows)
    if columns > MOST_COLUMNS or depth >= DEEPEST:
        yield from (paragraph(" | ".join(row), TEXT) for row in rows)
        return
    cells = [[paragraph(cell, CELL) for cell in row] for row in rows]
    width = WIDTH - depth * (INDENT + 8)
    yield Table(cells, [width / columns] * columns, style=GRID, repeatRows=0, splitInRow=1, hAlign="LEFT")
    yield Spacer(0, 8)


def _inline(node: SyntaxTreeNode, letters: Letters) -> str:
    """As the little markup that paragraphs take."""
    return "".join(_marked(child, letters) for child in node.children)


_AROUND: Mapping[str, tuple[str, str]] = {
    "strong": ("<b>", "</b>"),
    "em": ("<i>", "</i>"),
    "s": ("<strike>", "</strike>"),
}


def _marked(node: SyntaxTreeNode, letters: Letters) -> str:
    match node.type:
        case "text":
            return letters.markup(node.content)
        case "code_inline":
            return f'<font face="{MONO}">{letters.markup(node.content)}</font>'
        case "softbreak":
            return " "
        case "hardbreak":
            return "<br/>"
        case "image":
            return _linked(node.attrs.get("src", ""), letters.markup(node.content), node)
        case "link":
            return _linked(node.attrs.get("href", ""), _inline(node, letters), node)
    before, after = _AROUND.get(node.type, ("", ""))
    return f"{before}{_inline(node, letters)}{after}"


def _linked(to: object, shown: str, node: SyntaxTreeNode) -> str:
    """Nothing is loaded from elsewhere, and what leads into the text itself leads nowhere."""
    within = node.parent is not None and node.parent.type == "link"
    if within or not str(to).startswith(("http://", "https://", "mailto:")):
        return shown
    return f'<a href={quoteattr(str(to))} color="#1a4fa3">{shown or escape(str(to))}</a>'
