"""What is read for a mail beside its record: the story, the load and the repeats of an action item, a text."""

from datetime import datetime

from sqlmodel import Session, case, col, func, select

from followthrough.domain.answered.item.standing import Said, Standing, cost_of_waiting
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import EntryKind, PersonId
from followthrough.store import queries
from followthrough.store.open_items import is_open, late_now
from followthrough.store.privacy import hidden_item, sees
from followthrough.store.tables import ActionItemRow, PostmortemRow, TimelineRow


def standing(session: Session, item: ActionItem, reader: PersonId, now: datetime) -> Standing:
    """Without what is of private incidents that the reader is not on."""
    late = func.coalesce(func.sum(case((late_now(now), 1), else_=0)), 0)
    theirs = col(ActionItemRow.owner) == item.owner, ~col(ActionItemRow.drill), ~hidden_item(reader)
    owns, overdue = session.exec(select(func.count(), late).where(is_open(), *theirs)).one()
    seen = [repeat for repeat in item.repeats if sees(session, repeat, reader)]
    repeats = [found for repeat in seen if (found := queries.incident(session, repeat)) is not None]
    return Standing(
        said=_last_said(session, item.id),
        owns=owns,
        overdue=overdue,
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
