"""What drills and digests read."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from followthrough.domain.action_item import ActionItem
from followthrough.domain.digest import Digest, Month, digest
from followthrough.domain.drill import DrillReport
from followthrough.domain.incident import Incident
from followthrough.organisation import Organisation
from followthrough.store.tables import ActionItemRow, DrillReportRow, IncidentRow

QUARTER = timedelta(days=92)


def drill_reports(
    session: Session, *, team: str | None = None, since: datetime | None = None, limit: int | None = None
) -> list[DrillReport]:
    """The latest first."""
    query = select(DrillReportRow.document).order_by(col(DrillReportRow.started_at).desc()).limit(limit)
    if team is not None:
        query = query.where(DrillReportRow.team == team)
    if since is not None:
        query = query.where(DrillReportRow.started_at >= since)
    return [DrillReport.model_validate(document) for document in session.exec(query)]


def read_digest(session: Session, month: Month, organisation: Organisation, now: datetime) -> Digest:
    """Of the month until its end, or until ``now`` when that is earlier."""
    loaded_since = min(now, month.end) - organisation.policies.load.window
    incident_ended, item_ended = col(IncidentRow.ended_at), col(ActionItemRow.ended_at)
    incidents = select(IncidentRow.document).where(
        or_(incident_ended.is_(None), incident_ended >= month.start, col(IncidentRow.declared_at) > loaded_since)
    )
    items = select(ActionItemRow.document).where(or_(item_ended.is_(None), item_ended >= month.start))
    return digest(
        month,
        [Incident.model_validate(document) for document in session.exec(incidents)],
        [ActionItem.model_validate(document) for document in session.exec(items)],
        drill_reports(session, since=month.start - QUARTER),
        organisation,
        now,
    )
