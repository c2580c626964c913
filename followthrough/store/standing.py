"""What is read for a mail beside its record: the story, the load and the repeats of an action item, a text."""

from datetime import datetime

from sqlmodel import Session, case, col, func, select

from followthrough.domain.answered.item.standing import Said, Standing, cost_of_waiting
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import EntryKind, PersonId
from followthrough.store import queries
from followthrough.store.privacy import sees
from followthrough.store.tables import PostmortemRow, TimelineRow

MOST_LISTED = 1_000
"""Open action items of one person; nobody has more."""


def standing(session: Session, item: ActionItem, reader: PersonId, now: datetime) -> Standing:
    """Without what is of private incidents that the reader is not on."""
    owned = queries.action_items(session, now, owner=item.owner, seen_by=reader, limit=MOST_LISTED)
    open_ones = [one for one in owned if not one.item.settled and not one.item.drill]
    seen = [repeat for repeat in item.repeats if sees(session, repeat, reader)]
    repeats = [found for repeat in seen if (found := queries.incident(session, repeat)) is not None]
    return Standing(
        said=_last_said(session, item.id),
        owns=len(open_ones),
        overdue=sum(one.late for one in open_ones),
        cost=cost_of_waiting(item, repeats, now),
    )


def postmortem_text(session: Session, incident_id: str) -> str:
    """The one that was handed in last; empty when there is none."""
    row = session.get(PostmortemRow, incident_id)
    return row.text if row else ""


def _last_said(session: Session, item_id: str) -> Said | None:
    """The last note, or else what somebody did and wrote last."""
    is_note = col(TimelineRow.kind).in_((EntryKind.NOTE, EntryKind.DECISION))
    query = (
        select(TimelineRow)
        .where(
            TimelineRow.record_id == item_id, col(TimelineRow.author).is_not(None), func.length(TimelineRow.text) > 0
        )
        .order_by(case((is_note, 0), else_=1), col(TimelineRow.at).desc(), col(TimelineRow.number).desc())
        .limit(1)
    )
    row = session.exec(query).first()
    return Said(row.text, row.author, row.at) if row and row.author else None
