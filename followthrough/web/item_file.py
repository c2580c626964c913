"""Action items as rows of a spreadsheet."""

from collections.abc import Callable
from datetime import datetime

from followthrough.store.follow_ups import FileRow

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


def row(one: FileRow, name: Callable[[str], str], *, private: bool) -> list[str]:
    """In the order of ``COLUMNS``, with times in UTC."""
    return [
        one.id,
        one.title,
        one.status,
        _yes_or_no(one.late),
        one.owner,
        name(one.owner),
        one.team,
        one.service,
        one.severity,
        one.priority,
        one.kind,
        one.incident_id,
        _time(one.proposed_at),
        _time(one.due),
        _time(one.ended_at),
        one.ticket or "",
        one.ticket_url or "",
        _yes_or_no(one.drill),
        _yes_or_no(private),
    ]


def _yes_or_no(fact: bool) -> str:
    return "yes" if fact else "no"


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
