"""What drills and digests read."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from followthrough.domain.replayed.drill.drill import DrillReport
from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.domain.replayed.values import TeamId
from followthrough.store.tables import (
    DrillReportRow,
    IncidentRow,
    MailRow,
    TeamBeginningRow,
)

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


def note_teams(database: Engine, teams: Iterable[TeamId], now: datetime) -> None:
    """Teams that are new begin now, or with their first incident when that was earlier."""
    with Session(database) as session, session.begin():
        for team in teams:
            if session.get(TeamBeginningRow, team) is None:
                first = session.exec(select(func.min(IncidentRow.declared_at)).where(IncidentRow.team == team)).one()
                session.add(TeamBeginningRow(team=team, at=min(first or now, now)))


def team_beginnings(session: Session) -> dict[TeamId, datetime]:
    """Of every team that was ever known."""
    return {row.team: row.at for row in session.exec(select(TeamBeginningRow))}


def digest_mails(session: Session, limit: int) -> list[MailRow]:
    """The digests that were sent, the newest first."""
    query = select(MailRow).where(col(MailRow.kind).in_(list(DigestKind)))
    return list(session.exec(query.order_by(col(MailRow.at).desc(), col(MailRow.key)).limit(limit)))
