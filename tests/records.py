"""Incidents and action items as workflows would hand them to the read model, and mails as they stand in the outbox."""

from datetime import UTC, datetime, timedelta
from typing import Any

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import (
    ActionItem,
    ItemPlan,
    ItemPolicy,
    ItemStatus,
    Kind,
    Moment,
    MomentKind,
    Priority,
)
from followthrough.domain.replayed.values import EntryKind, Severity
from followthrough.store.tables import MailRow, MailState

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def incident(number: int = 1, **changes: Any) -> Incident:
    """Each declared an hour after the one before."""
    record = Incident.model_validate(
        {
            "id": f"inc-{number:010d}",
            "dedup_key": f"test/{number}",
            "title": "Payments fail",
            "service": "checkout",
            "team": "payments",
            "severity": Severity.SEV2,
            "declared_at": NOW + timedelta(hours=number),
            **changes,
        }
    )
    record.note(record.declared_at, EntryKind.ALERT, "Alertmanager fires: Payments fail")
    return record


def item(number: int = 1, *, due_in_days: int = 10, **changes: Any) -> ActionItem:
    """Belongs to the first incident and is due some days after ``NOW``."""
    due = NOW + timedelta(days=due_in_days)
    record = ActionItem.model_validate(
        {
            "id": f"{incident().id}.{number}",
            "incident_id": incident().id,
            "title": "Alert on queue depth",
            "kind": Kind.DETECT,
            "priority": Priority.HIGH,
            "severity": Severity.SEV2,
            "service": "checkout",
            "team": "payments",
            "owner": "ana",
            "proposed_by": "ben",
            "proposed_at": NOW,
            "status": ItemStatus.ACCEPTED,
            "plan": ItemPlan(
                policy=ItemPolicy(
                    approvers=("carla",), verified_by_other=True, max_extensions=2, max_extension_days=14
                ),
                accept_by=NOW + timedelta(days=3),
                due=due,
                next=Moment(at=due - timedelta(days=1), kind=MomentKind.REMIND_BEFORE_DEADLINE, to=("ana",)),
            ),
            **changes,
        }
    )
    record.note(NOW, EntryKind.ACTION_ITEM, "Accepted", record.owner)
    return record


def mail(key: str, **changes: Any) -> MailRow:
    """One that was sent to Lucía."""
    values: dict[str, Any] = {
        "kind": "item-reminder",
        "recipients": ["lucia@example.com"],
        "subject": "Due soon",
        "text": "",
        "html": "",
        "headers": {},
        "at": NOW,
        "state": MailState.SENT,
    }
    return MailRow(key=key, **(values | changes))
