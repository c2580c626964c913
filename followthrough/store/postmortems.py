"""What was handed in as an incident's postmortem, one text after the other."""

from sqlmodel import Session, col, select

from followthrough.store.tables import PostmortemVersionRow

MOST_SHOWN = 20


def versions(session: Session, incident_id: str) -> list[PostmortemVersionRow]:
    """The newest of them, the newest first."""
    wanted = select(PostmortemVersionRow).where(col(PostmortemVersionRow.incident_id) == incident_id)
    newest = wanted.order_by(col(PostmortemVersionRow.at).desc()).limit(MOST_SHOWN)
    return list(session.exec(newest))
