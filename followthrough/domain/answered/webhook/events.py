"""What happened between two writes of a record, and what receivers are told of it."""

from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from followthrough.domain.replayed.names import IncidentStatus, ItemStatus


class EventType(StrEnum):
    """What a webhook tells of; as the organisation file names it, too."""

    INCIDENT_DECLARED = "incident.declared"
    INCIDENT_UPDATED = "incident.updated"
    INCIDENT_MITIGATED = "incident.mitigated"
    INCIDENT_RESOLVED = "incident.resolved"
    INCIDENT_CLOSED = "incident.closed"
    POSTMORTEM_PUBLISHED = "postmortem.published"
    ITEM_PROPOSED = "action_item.proposed"
    ITEM_ACCEPTED = "action_item.accepted"
    ITEM_CHANGED = "action_item.changed"
    ITEM_LATE = "action_item.late"
    ITEM_DONE = "action_item.done"
    ITEM_CLOSED = "action_item.closed"
    ITEM_WAIVED = "action_item.waived"
    ITEM_REOPENED = "action_item.reopened"
    PLANNING_APPROVED = "planning.approved"
    DRILL_FINISHED = "drill.finished"


ENDS = (IncidentStatus.CLOSED, IncidentStatus.CANCELLED, IncidentStatus.MERGED)
ITEM_ENDS = (ItemStatus.CLOSED, ItemStatus.MERGED, ItemStatus.SPLIT)
WORKED_ON = (ItemStatus.PROPOSED, ItemStatus.ACCEPTED)
TOLD_APART = {"id", "url", "version", "changed"}
"""Of these nobody is told that they changed."""


class HeldRole(BaseModel):
    """Who holds a role, and whether they said so themselves."""

    role: str
    person: str
    acknowledged_at: AwareDatetime | None = None


class UpdateSent(BaseModel):
    """The last update for an audience, without its text."""

    audience: str
    stage: str
    at: AwareDatetime


class IncidentData(BaseModel):
    """What receivers get of an incident, read from its document in the read model."""

    id: str
    url: str = ""
    version: int
    title: str
    severity: str
    status: str
    service: str
    team: str
    drill: bool = False
    declared_at: AwareDatetime
    mitigated_at: AwareDatetime | None = None
    resolved_at: AwareDatetime | None = None
    published_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    roles: tuple[HeldRole, ...] = ()
    updates: tuple[UpdateSent, ...] = ()
    changed: tuple[str, ...] = ()
    """Which of the fields above differ from before."""


class ItemData(BaseModel):
    """What receivers get of an action item, read from its document in the read model."""

    id: str
    url: str = ""
    version: int
    incident_id: str
    title: str
    kind: str
    priority: str
    severity: str
    status: str
    service: str
    team: str
    owner: str
    drill: bool = False
    due: AwareDatetime | None = None
    proposed_at: AwareDatetime
    accepted_at: AwareDatetime | None = None
    done_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    escalation_level: int = 0
    blocked: bool = False
    sprint: str | None = None
    changed: tuple[str, ...] = Field(())
    """Which of the fields above differ from before."""

    @model_validator(mode="before")
    @classmethod
    def _of_document(cls, document: Any) -> Any:
        """A document has the deadline in its plan, and levels in what has passed."""
        if not isinstance(document, dict) or "reminders" not in document:
            return document
        return document | {
            "due": document["plan"]["due"] if document.get("plan") else document.get("due"),
            "escalation_level": max((moment["level"] for moment in document["reminders"]), default=0),
            "blocked": document.get("block") is not None,
            "sprint": document["sprint"]["name"] if document.get("sprint") else None,
        }


def of_incident(before: IncidentData | None, after: IncidentData) -> tuple[EventType, ...]:
    """What has to be told; nothing when nothing that receivers see is different.

    More than one where several changes were written at once.
    """
    new = {"status": IncidentStatus.DECLARED, "resolved_at": None, "published_at": None}
    earlier = before or after.model_copy(update=new)
    happened = {
        EventType.INCIDENT_DECLARED: before is None,
        EventType.INCIDENT_MITIGATED: _became(earlier, after, IncidentStatus.MITIGATED),
        EventType.INCIDENT_RESOLVED: after.resolved_at is not None and earlier.resolved_at is None,
        EventType.POSTMORTEM_PUBLISHED: after.published_at is not None and earlier.published_at is None,
        EventType.INCIDENT_CLOSED: after.status in ENDS and earlier.status not in ENDS,
    }
    return _told(happened) or ((EventType.INCIDENT_UPDATED,) if changed(earlier, after) else ())


def of_item(before: ItemData | None, after: ItemData) -> tuple[EventType, ...]:
    """The same of an action item."""
    earlier = before or after.model_copy(update={"status": ItemStatus.PROPOSED, "escalation_level": 0})
    over = earlier.status in (*ITEM_ENDS, ItemStatus.WAIVED)
    happened = {
        EventType.ITEM_PROPOSED: before is None,
        EventType.ITEM_ACCEPTED: earlier.status == ItemStatus.PROPOSED and after.status == ItemStatus.ACCEPTED,
        EventType.ITEM_LATE: after.status in WORKED_ON and after.escalation_level > earlier.escalation_level,
        EventType.ITEM_DONE: _became(earlier, after, ItemStatus.DONE),
        EventType.ITEM_CLOSED: after.status in ITEM_ENDS and earlier.status not in ITEM_ENDS,
        EventType.ITEM_WAIVED: _became(earlier, after, ItemStatus.WAIVED),
        EventType.ITEM_REOPENED: over and after.status in (*WORKED_ON, ItemStatus.DONE),
    }
    return _told(happened) or ((EventType.ITEM_CHANGED,) if changed(earlier, after) else ())


def changed(before: IncidentData | ItemData | None, after: IncidentData | ItemData) -> tuple[str, ...]:
    """The names of the fields that differ; none of something new."""
    if before is None:
        return ()
    names = [name for name in type(after).model_fields if name not in TOLD_APART]
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def _became(before: IncidentData | ItemData, after: IncidentData | ItemData, status: str) -> bool:
    return after.status == status and before.status != status


def _told(happened: dict[EventType, bool]) -> tuple[EventType, ...]:
    return tuple(kind for kind, yes in happened.items() if yes)
