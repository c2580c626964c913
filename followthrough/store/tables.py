"""The read model, and the records of the local ticket tracker and the mail outbox.

Incidents, action items and timelines are projections that activities write from workflow state.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, false
from sqlmodel import Field, Relationship, SQLModel

from followthrough.domain.replayed.names import MailState as MailState
from followthrough.store.facts import BY_PEOPLE, INCIDENT_INDEXES, ITEM_INDEXES, IncidentFacts, ItemFacts
from followthrough.store.times import UTCDateTime as UTCDateTime


class IncidentRow(IncidentFacts, table=True):
    """An incident as its workflow last described it; ``document`` is the ``Incident`` without its postmortem's text."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("ix_incident_by_update", "updated_at", "id"),
        Index("ix_incident_by_declaration", "declared_at", "id"),
        *(Index(f"ix_incident_of_{name}", name, "declared_at", "id") for name in ("status", "service", "team")),
        Index("ix_incident_by_title", "title", "private", "id"),
        Index("ix_incident_by_privacy", "private", "id"),
        *INCIDENT_INDEXES,
    )

    id: str = Field(primary_key=True)
    dedup_key: str = Field(index=True)
    title: str
    service: str
    team: str
    severity: str
    status: str
    drill: bool
    private: bool = Field(False, sa_column_kwargs={"server_default": false()})
    """Seen by those alone whom ``MaySeeRow`` has, and who own one of its action items."""
    declared_at: datetime = Field(sa_type=UTCDateTime)
    resolved_at: datetime | None = Field(None, sa_type=UTCDateTime)
    ended_at: datetime | None = Field(None, sa_type=UTCDateTime)
    updated_at: datetime | None = Field(None, sa_type=UTCDateTime)
    """When it was written here last."""
    version: int
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class MaySeeRow(SQLModel, table=True):
    """A person is on a private incident."""

    __tablename__ = "may_see"

    incident_id: str = Field(primary_key=True)
    person: str = Field(primary_key=True, index=True)


class PostmortemRow(SQLModel, table=True):
    """The text of an incident's postmortem, which its document is too often read to have."""

    __tablename__ = "postmortem"

    incident_id: str = Field(primary_key=True)
    text: str
    at: datetime = Field(sa_type=UTCDateTime)
    """When it was handed in."""


class PostmortemVersionRow(SQLModel, table=True):
    """A text of a postmortem that was handed in, also one that another has replaced; kept here alone."""

    __tablename__ = "postmortem_version"

    incident_id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UTCDateTime, primary_key=True)
    by: str
    text: str


class ActionItemRow(ItemFacts, table=True):
    """An action item as its workflow last described it; ``document`` is the whole ``ActionItem``."""

    __tablename__ = "action_item"
    __table_args__ = (
        Index("ix_action_item_in_incident", "incident_id", "status", "due", "id"),
        Index("ix_action_item_by_due", "status", "due", "id"),
        Index("ix_action_item_by_priority", "status", "priority", "due", "id"),
        Index("ix_action_item_by_severity", "status", "severity", "due", "id"),
        Index("ix_action_item_by_title", "status", "title", "id"),
        Index("ix_action_item_by_owner", "status", "owner", "due", "id"),
        Index("ix_action_item_by_proposed_at", "status", "proposed_at", "id"),
        Index("ix_action_item_of_team", "status", "team", "due", "id"),
        Index("ix_action_item_of_service", "status", "service", "due", "id"),
        Index("ix_action_item_by_update", "updated_at", "id"),
        *ITEM_INDEXES,
        Index("ix_action_item_of_owner", "owner", "incident_id"),
    )
    """In the orders in which ``follow_ups`` lists them, each with what is filtered most; as they were written; sums."""

    id: str = Field(primary_key=True)
    incident_id: str
    title: str
    kind: str
    priority: str
    severity: str
    service: str
    team: str = Field(index=True)
    owner: str
    status: str
    drill: bool
    proposed_at: datetime = Field(sa_type=UTCDateTime)
    due: datetime | None = Field(None, sa_type=UTCDateTime, index=True)
    next_at: datetime | None = Field(None, sa_type=UTCDateTime)
    next_kind: str | None = None
    escalation_level: int
    ticket: str | None = Field(None, index=True)
    ended_at: datetime | None = Field(None, sa_type=UTCDateTime)
    updated_at: datetime | None = Field(None, sa_type=UTCDateTime)
    """When it was written here last."""
    version: int
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class TimelineRow(SQLModel, table=True):
    """A timeline entry of an incident or of one of its action items (``record_id`` says which)."""

    __tablename__ = "timeline"
    __table_args__ = (BY_PEOPLE,)

    record_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    incident_id: str = Field(index=True)
    at: datetime = Field(sa_type=UTCDateTime)
    kind: str
    text: str
    author: str | None = None
    through: str | None = None


class ProjectionRow(SQLModel, table=True):
    """Which run of a workflow wrote an incident or action item last, and where in its history.

    A projection is written before its workflow task counts, so it is checked against the workflow afterwards.
    """

    __tablename__ = "projection"

    record_id: str = Field(primary_key=True)
    run_id: str
    history_length: int
    earlier_runs: str
    """Ids of the runs that wrote it before, the latest first."""
    writes: int
    """How often it was written, so that a check sees that it was written meanwhile."""
    check_at: datetime | None = Field(None, sa_type=UTCDateTime, index=True)
    """When to ask the workflow whether it is so; None once that said it."""


class UnstartedAlertRow(SQLModel, table=True):
    """An alert that started no incident: no route fits it, or its end came before its beginning."""

    __tablename__ = "unstarted_alert"

    dedup_key: str = Field(primary_key=True)
    source: str
    state: str
    title: str
    labels: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    url: str | None = None
    deliveries: int
    first_at: datetime = Field(sa_type=UTCDateTime)
    last_at: datetime = Field(sa_type=UTCDateTime, index=True)
    """When it was delivered last."""
    at: datetime = Field(sa_type=UTCDateTime)
    event: str
    """The latest that happened, and when, as its pager says."""
    set_aside_by: str | None = None
    """Who said that it needs no incident; its further deliveries don't change that."""
    set_aside_because: str | None = None


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


class MailRow(SQLModel, table=True):
    """A mail, whichever transport sends it; ``key`` makes it one mail however often it is asked for."""

    __tablename__ = "mail"
    __table_args__ = (
        Index("ix_mail_by_time", "at", "key"),
        *(Index(f"ix_mail_of_{name}", name, "at", "key") for name in ("kind", "person", "state")),
    )

    key: str = Field(primary_key=True)
    kind: str
    incident_id: str | None = Field(None, index=True)
    """None for a digest."""
    item_id: str | None = Field(None, index=True)
    person: str | None = None
    """None when it is for plain addresses."""
    recipients: list[str] = Field(sa_column=Column(JSON, nullable=False))
    subject: str
    text: str
    html: str
    headers: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime = Field(sa_type=UTCDateTime)
    state: MailState = Field(MailState.QUEUED)
    answer: str | None = None
    """The transport's message id, or why it refused or could not deliver it."""
    sent_in: str | None = Field(default=None, index=True)
    """Key of the daily mail that it became a part of."""
    reference: str | None = Field(default=None, index=True)
    """What SendGrid knows it by: the key names a person, and what it keeps must not."""
    request: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """The activity that could not make it, and what it was asked; None for one that is made."""
    attachments: list["MailAttachmentRow"] = Relationship(sa_relationship_kwargs={"order_by": "MailAttachmentRow.name"})


class MailAttachmentRow(SQLModel, table=True):
    """A file in a mail; one with a ``content_id`` is an image that the HTML shows as ``cid:CONTENT_ID``."""

    __tablename__ = "mail_attachment"

    mail_key: str | None = Field(default=None, primary_key=True, foreign_key="mail.key")
    name: str = Field(primary_key=True)
    media_type: str
    content_id: str | None = None
    content: bytes


class UnsubscribedRow(SQLModel, table=True):
    """A person does not want a kind of digest."""

    __tablename__ = "unsubscribed"

    person: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)


class BouncedAddressRow(SQLModel, table=True):
    """An address that takes no mail, until one is delivered to it after all."""

    __tablename__ = "bounced_address"

    address: str = Field(primary_key=True)
    reason: str
    at: datetime = Field(sa_type=UTCDateTime)


class UsedLinkRow(SQLModel, table=True):
    """A link of a mail that somebody acted by; it acts no second time."""

    __tablename__ = "used_link"

    nonce: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UTCDateTime)


class RevokedCalendarRow(SQLModel, table=True):
    """How many addresses of a person's calendar were given up; only the one after these is good."""

    __tablename__ = "revoked_calendar"

    person: str = Field(primary_key=True)
    addresses: int


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


class VendorPauseRow(SQLModel, table=True):
    """A vendor has asked to be left alone until then, or does not know us since then."""

    __tablename__ = "vendor_pause"

    vendor: str = Field(primary_key=True)
    until: datetime = Field(sa_type=UTCDateTime)
    login_lost_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class EngineRow(SQLModel, table=True):
    """The namespace of the workflows that this database tells of; there is one row at most."""

    __tablename__ = "engine"

    id: int = Field(default=1, primary_key=True)
    namespace: str
    namespace_id: str
    """Of the namespace itself: another engine may have one of the same name."""
    at: datetime = Field(sa_type=UTCDateTime)


class PlansRow(SQLModel, table=True):
    """What the plans of open action items were made of last; there is one row at most."""

    __tablename__ = "plans"

    id: int = Field(default=1, primary_key=True)
    made_of: str
    """The fingerprint of the organisation file and the product's rules."""
    begun_at: datetime = Field(sa_type=UTCDateTime)
    made_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """None until every plan was looked at."""


class TroubleRow(SQLModel, table=True):
    """Something that whoever runs the service has to know; it is gone once that is over."""

    __tablename__ = "trouble"

    key: str = Field(primary_key=True)
    kind: str = Field(index=True)
    sentence: str
    what_to_do: str
    since: datetime = Field(sa_type=UTCDateTime)
    told_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When the administrators were told last."""


class HeartbeatRow(SQLModel, table=True):
    """The one row that is written to see whether the database takes writes."""

    __tablename__ = "heartbeat"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UTCDateTime)


class TeamBeginningRow(SQLModel, table=True):
    """Since when a team has been known; what it had to do before then it did not miss."""

    __tablename__ = "team_beginning"

    team: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UTCDateTime)
