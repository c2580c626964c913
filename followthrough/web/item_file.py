"""Action items as a file for spreadsheets, which take what begins like a formula for one."""

import csv
import io
from collections.abc import Callable, Iterable
from datetime import datetime

from followthrough.store.queries import ListedItem

BEGIN_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 -- also the wide ones
COLUMNS = (
    "id",
    "title",
    "status",
    "late",
    "owner",
    "owner's name",
    "team",
    "service",
    "severity",
    "priority",
    "kind",
    "incident",
    "proposed",
    "deadline",
    "ended",
    "ticket",
    "ticket's page",
    "drill",
    "private",
)


def lines(rows: Iterable[Iterable[str]]) -> str:
    """As in RFC 4180; what a spreadsheet would calculate begins with a quotation mark, as OWASP says."""
    written = io.StringIO()
    csv.writer(written).writerows([_harmless(cell) for cell in row] for row in rows)
    return written.getvalue()


def row(listed: ListedItem, name: Callable[[str], str]) -> list[str]:
    """In the order of ``COLUMNS``, with times in UTC."""
    item, late = listed
    return [
        item.id,
        item.title,
        item.status,
        "yes" if late else "no",
        item.owner,
        name(item.owner),
        item.team,
        item.service,
        item.severity,
        item.priority,
        item.kind,
        item.incident_id,
        _time(item.proposed_at),
        _time(item.due_at),
        _time(item.ended_at),
        item.ticket.key if item.ticket else "",
        str(item.ticket.url) if item.ticket else "",
        "yes" if item.drill else "no",
        "yes" if item.private else "no",
    ]


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(BEGIN_FORMULAS) else cell


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
