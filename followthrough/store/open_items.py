"""Conditions on action items' rows that several sums have."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, not_, or_
from sqlmodel import col, select

from followthrough.domain.replayed.item.action_item import OPEN, WORKED_ON, ItemStatus, MomentKind
from followthrough.store.tables import ActionItemRow, IncidentRow, TimelineRow


def is_open() -> ColumnElement[bool]:
    """Said twice: the first is what the index of what is open goes by."""
    return and_(col(ActionItemRow.ended_at).is_(None), col(ActionItemRow.status).in_(OPEN))


def ended_after(at: datetime) -> ColumnElement[bool]:
    """By statuses, for the index of what has ended begins with them."""
    settled = [status for status in ItemStatus if status not in OPEN]
    return and_(col(ActionItemRow.status).in_(settled), col(ActionItemRow.ended_at) > at)


def late_now(now: datetime) -> ColumnElement[bool]:
    """See ``ActionItem.late``."""
    owed = col(ActionItemRow.status).in_(WORKED_ON)
    next_kind, asked = col(ActionItemRow.next_kind), col(ActionItemRow.escalation_level) > 0
    wanted = and_(next_kind == MomentKind.OWNER_WANTED, asked)
    return and_(owed, or_(col(ActionItemRow.due) < now, next_kind == MomentKind.ESCALATE, wanted))


def late_at(at: datetime) -> ColumnElement[bool]:
    """See ``ActionItem.late``, also of what was finished since."""
    finished = func.coalesce(col(ActionItemRow.done_at), col(ActionItemRow.ended_at))
    was_owed = and_(col(ActionItemRow.status).not_in(WORKED_ON), finished > at, col(ActionItemRow.due) < at)
    return or_(late_now(at), was_owed)


def has_no_answer() -> ColumnElement[bool]:
    """It was escalated, and no person did anything since; see ``escalations.unanswered`` of what is open."""
    told_at = col(ActionItemRow.told_at)
    said = select(TimelineRow.number).where(
        TimelineRow.record_id == ActionItemRow.id, col(TimelineRow.author).is_not(None), col(TimelineRow.at) > told_at
    )
    return and_(told_at.is_not(None), not_(said.correlate(ActionItemRow).exists()))


def is_private() -> ColumnElement[bool]:
    """See ``privacy.marked``."""
    private = select(IncidentRow.id).where(col(IncidentRow.private))
    return or_(col(ActionItemRow.private), col(ActionItemRow.incident_id).in_(private))
