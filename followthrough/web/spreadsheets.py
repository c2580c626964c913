"""Files for spreadsheets, which take what begins like a formula for one."""

import csv
import io
from collections.abc import Iterable

from followthrough.domain.answered.insights.insight import Cell

BEGIN_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 -- also the wide ones


def lines(rows: Iterable[Iterable[Cell]]) -> str:
    """As in RFC 4180; text that a spreadsheet would calculate begins with a quotation mark, as OWASP says."""
    written = io.StringIO()
    csv.writer(written).writerows([_harmless(cell) for cell in row] for row in rows)
    return written.getvalue()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(BEGIN_FORMULAS) else cell
