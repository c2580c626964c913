"""The read model, and the records of the local ticket tracker and the mail outbox.

Incidents, action items and timelines are projections that activities write from workflow state.
"""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Dialect, UniqueConstraint
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class UTCDateTime(TypeDecorator[datetime]):
    """Aware times in UTC, also on SQLite, which keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Raises ValueError for a naive time."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Gives SQLite's naive times their zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class IncidentRow(SQLModel, table=True):
    """An incident as its workflow last described it; ``document`` is the whole ``Incident``."""

    __tablename__ = "incident"

    id: str = Field(primary_key=True)
    dedup_key: str = Field(index=True)
    title: str
    service: str = Field(index=True)
    team: str = Field(index=True)
    severity: str
    status: str = Field(index=True)
    drill: bool
    declared_at: datetime = Field(sa_type=UTCDateTime)
    resolved_at: datetime | None = Field(None, sa_type=UTCDateTime)
    ended_at: datetime | None = Field(None, sa_type=UTCDateTime)
    version: int
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class ActionItemRow(SQLModel, table=True):
    """An action item as its workflow last described it; ``document`` is the whole ``ActionItem``."""

    __tablename__ = "action_item"

    id: str = Field(primary_key=True)
    incident_id: str = Field(index=True)
    title: str
    kind: str
    priority: str
    severity: str
    service: str
    team: str = Field(index=True)
    owner: str = Field(index=True)
    status: str = Field(index=True)
    drill: bool
    proposed_at: datetime = Field(sa_type=UTCDateTime)
    due: datetime | None = Field(None, sa_type=UTCDateTime, index=True)
    next_at: datetime | None = Field(None, sa_type=UTCDateTime)
    next_kind: str | None = None
    escalation_level: int
    ticket: str | None = Field(None, index=True)
    ended_at: datetime | None = Field(None, sa_type=UTCDateTime)
    version: int
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class TimelineRow(SQLModel, table=True):
    """A timeline entry of an incident or of one of its action items (``record_id`` says which)."""

    __tablename__ = "timeline"

    record_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    incident_id: str = Field(index=True)
    at: datetime = Field(sa_type=UTCDateTime)
    kind: str
    text: str
    author: str | None = None


class DrillReportRow(SQLModel, table=True):
    """What came of a drill; ``document`` is the whole ``DrillReport``."""

    __tablename__ = "drill_report"

    incident_id: str = Field(primary_key=True)
    team: str = Field(index=True)
    started_at: datetime = Field(sa_type=UTCDateTime, index=True)
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class AnonymousNoteRow(SQLModel, table=True):
    """A note by nobody. Its id is random and orders the table, so that nothing tells which note came first."""

    __tablename__ = "anonymous_note"
    __table_args__ = {"sqlite_with_rowid": False}

    id: str = Field(primary_key=True)
    incident_id: str = Field(index=True)
    text: str
    batch: datetime = Field(sa_type=UTCDateTime, index=True)
    """The time when it can be shown at the earliest, the same for all that came since the time before."""


class MailState(StrEnum):
    """QUEUED is written before a mail is handed over, so that a crash in between is seen."""

    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"


class MailRow(SQLModel, table=True):
    """A mail, whichever transport sends it; ``key`` makes it one mail however often it is asked for."""

    __tablename__ = "mail"

    key: str = Field(primary_key=True)
    kind: str = Field(index=True)
    incident_id: str | None = Field(None, index=True)
    """None for a digest."""
    item_id: str | None = Field(None, index=True)
    recipients: list[str] = Field(sa_column=Column(JSON, nullable=False))
    subject: str
    text: str
    html: str
    headers: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime = Field(sa_type=UTCDateTime)
    state: MailState = Field(MailState.QUEUED, index=True)
    answer: str | None = None
    """The transport's message id, or why it refused."""


class LocalSprintRow(SQLModel, table=True):
    """A sprint of the local tracker, made from the team's cadence when it is first needed."""

    __tablename__ = "local_sprint"
    __table_args__ = (UniqueConstraint("team", "first_day"),)

    id: int | None = Field(default=None, primary_key=True)
    team: str = Field(index=True)
    name: str
    first_day: date
    end: datetime = Field(sa_type=UTCDateTime)


class LocalTicketRow(SQLModel, table=True):
    """A ticket of the local tracker; ``item_id`` is unique, so an action item has one at most."""

    __tablename__ = "local_ticket"

    id: int | None = Field(default=None, primary_key=True)
    item_id: str = Field(unique=True)
    team: str
    summary: str
    description: str
    status: str
    assignee: str
    due: date | None = None
    sprint_id: int | None = Field(default=None, foreign_key="local_sprint.id")
