"""What planning a sprint reads."""

from collections.abc import Iterable

from sqlmodel import Session, and_, col, or_, select

from followthrough.domain.action_item import ActionItem, ItemStatus
from followthrough.store.tables import ActionItemRow


def items_to_plan(session: Session, team: str) -> list[ActionItem]:
    """A team's open action items, and its waivers that expire."""
    until = col(ActionItemRow.document)["waiver", "until"].as_string()
    expires = and_(col(ActionItemRow.status) == ItemStatus.WAIVED, until.is_not(None))
    query = select(ActionItemRow.document).where(
        ActionItemRow.team == team, or_(col(ActionItemRow.ended_at).is_(None), expires)
    )
    return [ActionItem.model_validate(document) for document in session.exec(query)]


def items_named(session: Session, ids: Iterable[str]) -> dict[str, ActionItem]:
    """By id; without those that are not in the read model."""
    query = select(ActionItemRow.document).where(col(ActionItemRow.id).in_(list(ids)))
    return {item.id: item for item in map(ActionItem.model_validate, session.exec(query))}
