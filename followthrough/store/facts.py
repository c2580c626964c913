"""What sums, digests and insights read of incidents and action items, apart from their documents.

Documents are wide: what is counted stands in columns, in indexes that answer a sum alone, and in narrow tables.
"""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Index, false, text
from sqlmodel import Field, SQLModel

from followthrough.domain.answered.insights.costs import PAST_DEADLINE
from followthrough.domain.answered.report.escalations import last_told
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.store.times import UTCDateTime


class IncidentFacts(SQLModel):
    """Columns of an incident."""

    acknowledged_at: datetime | None = Field(None, sa_type=UTCDateTime)
    mitigated_at: datetime | None = Field(None, sa_type=UTCDateTime)
    published_at: datetime | None = Field(None, sa_type=UTCDateTime)


class ItemFacts(SQLModel):
    """Columns of an action item."""

    asked_at: datetime | None = Field(None, sa_type=UTCDateTime)
    accepted_at: datetime | None = Field(None, sa_type=UTCDateTime)
    planned_at: datetime | None = Field(None, sa_type=UTCDateTime)
    done_at: datetime | None = Field(None, sa_type=UTCDateTime)
    told_at: datetime | None = Field(None, sa_type=UTCDateTime)
    """When it was escalated last; the two below are to which level, and the people as a JSON list."""
    told_level: int | None = None
    told_to: str | None = None
    late_since: datetime | None = Field(None, sa_type=UTCDateTime)
    """When its deadline was first said to be over."""
    wants_owner: bool = Field(False, sa_column_kwargs={"server_default": false()})
    wants_time: bool = Field(False, sa_column_kwargs={"server_default": false()})
    shown_by: str | None = None
    """Who showed the last evidence."""
    blocked_since: datetime | None = Field(None, sa_type=UTCDateTime)
    waived_until: datetime | None = Field(None, sa_type=UTCDateTime)
    private: bool = Field(False, sa_column_kwargs={"server_default": false()})
    """As it has heard; its incident may be since."""
    estimate: float | None = None
    moved_on: int = Field(0, sa_column_kwargs={"server_default": "0"})
    in_sprint: bool = Field(False, sa_column_kwargs={"server_default": false()})
    sprint_end: datetime | None = Field(None, sa_type=UTCDateTime)


def of_incident(incident: Incident) -> dict[str, Any]:
    """Those that its document does not have by the same names."""
    return {"acknowledged_at": incident.acknowledged_at}


def of_item(item: ActionItem) -> dict[str, Any]:
    """See ``of_incident``."""
    told = last_told(item)
    past_deadline = (moment.at for moment in item.reminders if moment.kind in PAST_DEADLINE)
    return {
        "told_at": told and told.at,
        "told_level": told and told.level,
        "told_to": told and json.dumps(told.to),
        "late_since": min(past_deadline, default=None),
        "wants_owner": item.owner_wanted is not None,
        "wants_time": item.extension_wanted is not None,
        "shown_by": item.evidence[-1].by if item.evidence else None,
        "blocked_since": item.block and item.block.at,
        "waived_until": item.waiver and item.waiver.until,
        "in_sprint": item.sprint is not None,
        "sprint_end": item.sprint and item.sprint.end,
    }


_ABOUT = ("drill", "severity", "team", "service")
_IS_OPEN, _IS_OVER = text("ended_at IS NULL"), text("ended_at IS NOT NULL")
INCIDENT_INDEXES = (
    Index(
        "ix_incident_summed",
        *("declared_at", "status", *_ABOUT),
        *("acknowledged_at", "mitigated_at", "resolved_at", "published_at", "id"),
    ),
    Index("ix_incident_resolved", "resolved_at"),
    Index("ix_incident_open", "ended_at", "drill", "status", "severity"),
)
ITEM_INDEXES = (
    Index(
        "ix_action_item_open",
        *("team", "status", "due", *_ABOUT[:2], "service", "owner", "next_kind", "escalation_level", "proposed_at"),
        *("done_at", "told_at", "told_level", "told_to", "wants_owner", "wants_time", "shown_by", "blocked_since"),
        *("private", "incident_id", "id", "ended_at"),
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    ),
    Index(
        "ix_action_item_ended",
        *("status", "ended_at", *_ABOUT, "due", "asked_at", "proposed_at", "done_at", "private", "incident_id", "id"),
        sqlite_where=_IS_OVER,
        postgresql_where=_IS_OVER,
    ),
    Index("ix_action_item_accepted", "accepted_at", *_ABOUT, "asked_at", "proposed_at"),
    Index("ix_action_item_planned", "planned_at", *_ABOUT, "accepted_at"),
    Index("ix_action_item_told", "told_at", *_ABOUT, "ended_at", "status", "escalation_level", "id"),
    Index("ix_action_item_waived", "status", "waived_until", "id", *_ABOUT, "private", "incident_id"),
)
"""Each has all that a sum needs, those of what is open no more than that."""
BY_PEOPLE = Index(
    "ix_timeline_by_people",
    "record_id",
    "at",
    sqlite_where=text("author IS NOT NULL"),
    postgresql_where=text("author IS NOT NULL"),
)
"""Of timelines: when somebody last did something."""


class PartRow(SQLModel, table=True):
    """Somebody's part in an incident, see ``domain/answered/report/parts.py``."""

    __tablename__ = "incident_part"
    __table_args__ = (Index("ix_incident_part_at", "what", "at", "incident_id", "number"),)

    incident_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    what: str
    person: str
    at: datetime = Field(sa_type=UTCDateTime)


class RepeatRow(SQLModel, table=True):
    """An incident repeats ``incident_id``, or an action item counts that as a repeat of its own incident."""

    __tablename__ = "repeat_link"

    record_id: str = Field(primary_key=True)
    incident_id: str = Field(primary_key=True, index=True)
