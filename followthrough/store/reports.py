"""What drills and digests read."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, func, or_, select

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.digest import Digest, Month, digest
from followthrough.domain.answered.report.weekly import WEEK, WeeklyDigest, weekly_digest
from followthrough.domain.replayed.drill.drill import DrillReport
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.domain.replayed.report.mails import WeeklyMail
from followthrough.domain.replayed.values import TeamId
from followthrough.store.privacy import marked
from followthrough.store.tables import (
    ActionItemRow,
    DrillReportRow,
    IncidentRow,
    MailRow,
    TeamBeginningRow,
    TimelineRow,
)
from followthrough.store.telling import drawn_for_mail

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


def read_digest(session: Session, month: Month, organisation: Organisation, now: datetime) -> Digest:
    """Of the month until its end, or until ``now`` when that is earlier."""
    since = month.trend()[0].start
    loaded_since = min(now, month.end) - organisation.policies.load.window
    incident_ended = col(IncidentRow.ended_at)
    incidents = select(IncidentRow.document).where(
        or_(
            incident_ended.is_(None),
            incident_ended >= month.start,
            col(IncidentRow.declared_at) >= min(since, loaded_since),
        )
    )
    found = digest(
        month,
        [Incident.model_validate(document) for document in session.exec(incidents)],
        _items(session, since),
        drill_reports(session, since=month.start - QUARTER),
        team_beginnings(session),
        answers(session),
        organisation,
        now,
    )
    return found.model_copy(update={"drawn": drawn_for_mail(session, organisation, month, now)})


def read_weekly_digest(session: Session, mail: WeeklyMail, organisation: Organisation) -> WeeklyDigest:
    """As the mail says; ``organisation`` is that of its day."""
    return weekly_digest(mail, _items(session, mail.at - WEEK), answers(session), organisation)


def _items(session: Session, ended_since: datetime) -> list[ActionItem]:
    """Those that are open, that may be asked again, or that ended since then."""
    ended_at, waived = col(ActionItemRow.ended_at), col(ActionItemRow.status) == ItemStatus.WAIVED
    query = select(ActionItemRow.document).where(or_(ended_at.is_(None), ended_at >= ended_since, waived))
    return marked(session, map(ActionItem.model_validate, session.exec(query)))


def answers(session: Session) -> dict[str, datetime]:
    """When a person last did something about each open action item that was escalated."""
    query = (
        select(TimelineRow.record_id, func.max(TimelineRow.at))
        .join(ActionItemRow, col(ActionItemRow.id) == col(TimelineRow.record_id))
        .where(
            col(TimelineRow.author).is_not(None),
            col(ActionItemRow.ended_at).is_(None),
            ActionItemRow.escalation_level > 0,
        )
        .group_by(col(TimelineRow.record_id))
    )
    return dict(session.exec(query).all())


def digest_mails(session: Session, limit: int) -> list[MailRow]:
    """The digests that were sent, the newest first."""
    query = select(MailRow).where(col(MailRow.kind).in_(list(DigestKind)))
    return list(session.exec(query.order_by(col(MailRow.at).desc(), col(MailRow.key)).limit(limit)))
