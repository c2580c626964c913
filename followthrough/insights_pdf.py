"""The insights of a month as pages, to be printed and passed on: each with its definition, drawing and table."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from reportlab.platypus import CondPageBreak, Flowable, Paragraph, Spacer, Table
from reportlab.platypus.tables import TableStyle

from followthrough.domain.answered.insights.cells import in_words
from followthrough.domain.answered.insights.insight import Insight
from followthrough.domain.answered.insights.scope import Scope
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.letters import BOLD, Letters, paragraph, register
from followthrough.pdf import CELL, GREY, HEADINGS, SMALL, TEXT, WIDTH, pages
from followthrough.plots import PRINT, canvas

ROOM = PRINT.height + 110
"""A measure begins where its drawing fits below its definition."""
NARROWEST, WIDEST = 9, 45
"""Letters of a column."""
LINES = TableStyle(
    [
        ("LINEBELOW", (0, 0), (-1, -1), 0.3, GREY),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
)
SAID = "Drills never count. What belongs to private incidents is counted and not named. With fewer than five cases no "
SAID += "share, median or mean is given."


def insights_pdf(insights: Sequence[Insight], scope: Scope, organisation: Organisation) -> bytes:
    """Of the months that end with that of ``scope.now``."""
    register()
    title = f"Insights of {scope.now:%B %Y}"
    return pages(f"{title}, {organisation.name}", _story(title, insights, scope, organisation))


def _story(title: str, insights: Sequence[Insight], scope: Scope, organisation: Organisation) -> Iterator[Flowable]:
    letters = Letters(" ".join(str(cell) for insight in insights for row in insight.rows for cell in row))
    yield Paragraph(title, HEADINGS["h1"])
    yield paragraph(letters.markup(f"{_of(scope, organisation)}."), TEXT)
    first, last = scope.each_month[0], scope.each_month[-1]
    yield Paragraph(f"Months from {first} to {last}, as of {scope.now:%Y-%m-%d %H:%M} UTC. {SAID}", SMALL)
    for insight in insights:
        yield CondPageBreak(ROOM if insight.drawing else ROOM / 3)
        yield Paragraph(escape(insight.title), HEADINGS["h2"])
        yield Paragraph(escape(insight.definition), SMALL)
        yield Paragraph(escape(insight.summary), TEXT)
        if insight.drawing and not insight.drawing.empty:
            yield canvas(insight.drawing, PRINT)
            yield Spacer(0, 8)
        if insight.rows:
            yield _table(insight, organisation, letters)
        yield from (Paragraph(line, SMALL) for line in _not_shown(insight))


def _of(scope: Scope, organisation: Organisation) -> str:
    """Whose they are."""
    team = f"team {organisation.teams[scope.team].name}" if scope.team in organisation.teams else scope.team
    service = f"service {scope.service}" if scope.service else None
    narrowed = [one for one in (team, service, scope.severity) if one]
    return f"{organisation.name}, {', '.join(narrowed) or 'all teams'}"


def _table(insight: Insight, organisation: Organisation, letters: Letters) -> Table:
    heads = [Paragraph(f'<font face="{BOLD}">{escape(column.label)}</font>', CELL) for column in insight.columns]
    texts = [list(in_words(insight.columns, row, organisation)) for row in insight.rows]
    rows = [[paragraph(letters.markup(text or "-"), CELL) for text in row] for row in texts]
    longest = [min(max(NARROWEST, *map(len, column)) + 2, WIDEST) for column in zip(*texts, strict=True)]
    widths = [WIDTH * letters_wide / sum(longest) for letters_wide in longest]
    return Table([heads, *rows], widths, style=LINES, repeatRows=1, splitInRow=1, hAlign="LEFT", spaceAfter=8)


def _not_shown(insight: Insight) -> Iterator[str]:
    if insight.left_off:
        yield f"And {insight.left_off} more."
    if insight.private:
        yield f"And {insight.private} private {'one' if insight.private == 1 else 'ones'}, counted and not named."
