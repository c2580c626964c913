"""What is drawn in a terminal: lists, in which every id is whole at any width, and times, which say their zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from followthrough.domain.answered.wording import distance, to_the_minute

BETWEEN = 2
"""Blanks between columns."""
NARROWEST = 24
"""For the last column of a list, which wraps; with less, each row is a few lines."""


@dataclass(frozen=True)
class Rows:
    """A list. Where it goes on to a program, each row is a line."""

    columns: Sequence[str]
    cells: Sequence[Sequence[str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """As lines, as a table whose last column wraps, or each row beneath the other."""
        headings = [column.replace("_", " ") for column in self.columns]
        widths = [max(map(cell_len, texts)) for texts in zip(headings, *self.cells, strict=True)]
        before = sum(widths[:-1]) + BETWEEN * len(widths[:-1])
        if not console.is_terminal or before + widths[-1] <= options.max_width:
            yield Text(_line(headings, widths), "bold", no_wrap=True, overflow="ignore")
            for row in self.cells:
                yield Text(_line(row, widths), no_wrap=True, overflow="ignore")
        elif before + NARROWEST <= options.max_width:
            yield self._wrapping(headings)
        else:
            for first, *others in self.cells:
                yield Text(first, "bold", no_wrap=True, overflow="ignore")
                named = [f"{heading} {text}" for heading, text in zip(headings[1:-1], others[:-1], strict=True)]
                yield Padding(Text(" · ".join([*named, *others[-1:]]), overflow="fold"), (0, 0, 0, 2))

    def _wrapping(self, headings: Sequence[str]) -> Table:
        drawn = Table(box=None, header_style="bold", padding=(0, BETWEEN, 0, 0), collapse_padding=True, pad_edge=False)
        for heading in headings[:-1]:
            drawn.add_column(heading, no_wrap=True)
        drawn.add_column(headings[-1], overflow="fold")
        for row in self.cells:
            drawn.add_row(*map(Text, row))
        return drawn


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    padded = (text + " " * (width + BETWEEN - cell_len(text)) for text, width in zip(texts, widths, strict=True))
    return "".join(padded).rstrip()


def table(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> RenderableType:
    """Rows as a list, or a sentence when there are none."""
    if not rows:
        return "Nothing here."
    return Rows(columns, [[readable(value) for value in _marked(row, columns)] for row in rows])


def _marked(row: dict[str, Any], columns: tuple[str, ...]) -> list[Any]:
    """Its values; the title of what belongs to a drill begins with DRILL."""
    mark = "DRILL " if row.get("drill") else ""
    return [f"{mark}{row[column]}" if column == "title" else row[column] for column in columns]


def readable(value: Any) -> str:
    """A value for a list: times to the minute in UTC, which says so, several with commas, nothing as a dash."""
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(map(readable, value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    at = moment(text)
    return " ".join(text.split()) if at is None else to_the_minute(at)


def from_now(time: str) -> str:
    """``2026-03-02 09:15 UTC, in 3 days``."""
    at = moment(time)
    return readable(time) if at is None else f"{to_the_minute(at)}, {distance(at, datetime.now(UTC))}"


def moment(text: str) -> datetime | None:
    """What the API gave as a time; None for anything else."""
    if len(text) < 20 or text[10] != "T":
        return None
    try:
        at = datetime.fromisoformat(text)
        to_the_minute(at)
    except (ValueError, OverflowError):
        return None
    return at
