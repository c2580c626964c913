"""What somebody who is asked to decide about a late action item has to know beside it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import PersonId


class Said(NamedTuple):
    """What somebody said about it last."""

    text: str
    by: PersonId
    at: datetime


class Cost(NamedTuple):
    """Incidents that happened again while it was overdue, and how long they lasted together."""

    incidents: tuple[str, ...]
    lasted: timedelta


class Standing(NamedTuple):
    """As far as its reader may see it. ``owns`` are the owner's open action items, ``overdue`` those of them."""

    said: Said | None = None
    owns: int = 0
    overdue: int = 0
    cost: Cost | None = None


NOTHING_KNOWN = Standing()
"""Of a mail that does not say it."""


def cost_of_waiting(item: ActionItem, repeats: Iterable[Incident], now: datetime) -> Cost | None:
    """None where none of its ``repeats`` came after its deadline; one that is not over lasts until now."""
    due = item.due_at
    late = [one for one in repeats if due is not None and due < one.declared_at and one.id in item.repeats]
    if not late:
        return None
    lasted = sum(((one.resolved_at or now) - one.declared_at for one in late), timedelta())
    return Cost(tuple(one.id for one in late), max(lasted, timedelta()))
