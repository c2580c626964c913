"""Action items as rows of a spreadsheet."""

from collections.abc import Callable
from datetime import datetime

from followthrough.store.queries import ListedItem

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


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
