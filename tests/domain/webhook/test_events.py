from datetime import timedelta
from typing import Any

import pytest

from followthrough.domain.answered.webhook.events import (
    EventType,
    IncidentData,
    ItemData,
    changed,
    of_incident,
    of_item,
)
from tests.records import NOW, incident, item

LATER = NOW + timedelta(days=1)


def an_incident(**changes: Any) -> IncidentData:
    return IncidentData.model_validate(incident(**changes).model_dump(mode="json"))


def an_item(**changes: Any) -> ItemData:
    return ItemData.model_validate(item(**changes).model_dump(mode="json"))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {}, []),
        ({}, {"version": 9}, []),
        ({}, {"title": "Payments are slow"}, ["incident.updated"]),
        ({}, {"severity": "SEV1"}, ["incident.updated"]),
        ({}, {"roles": [{"role": "Resolver", "person": "ines", "at": NOW}]}, ["incident.updated"]),
        ({}, {"status": "mitigated", "mitigated_at": LATER}, ["incident.mitigated"]),
        ({}, {"status": "resolved", "mitigated_at": LATER, "resolved_at": LATER}, ["incident.resolved"]),
        ({"status": "resolved", "resolved_at": LATER}, {"status": "declared"}, ["incident.updated"]),
        (
            {"status": "resolved", "resolved_at": LATER},
            {"status": "postmortem published", "resolved_at": LATER, "published_at": LATER},
            ["postmortem.published"],
        ),
        (
            {"status": "resolved", "resolved_at": LATER},
            {"status": "closed", "resolved_at": LATER, "published_at": LATER, "ended_at": LATER},
            ["postmortem.published", "incident.closed"],
        ),
        ({}, {"status": "cancelled", "ended_at": LATER}, ["incident.closed"]),
        ({"status": "merged"}, {"status": "declared"}, ["incident.updated"]),
    ],
)
def test_what_is_told_of_an_incident(before: dict[str, Any], after: dict[str, Any], told: list[str]) -> None:
    assert list(of_incident(an_incident(**before), an_incident(**after))) == told


def test_a_new_incident_is_declared_and_whatever_came_with_the_first_write() -> None:
    assert of_incident(None, an_incident()) == (EventType.INCIDENT_DECLARED,)
    resolved = an_incident(status="resolved", resolved_at=LATER)
    assert of_incident(None, resolved) == (EventType.INCIDENT_DECLARED, EventType.INCIDENT_RESOLVED)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {}, []),
        ({}, {"owner": "ben"}, ["action_item.changed"]),
        ({}, {"due_in_days": 12}, ["action_item.changed"]),
        ({"status": "proposed"}, {}, ["action_item.accepted"]),
        ({}, {"reminders": [{"at": LATER, "kind": "escalate", "level": 1}]}, ["action_item.late"]),
        ({}, {"status": "done", "done_at": LATER}, ["action_item.done"]),
        ({"status": "done"}, {}, ["action_item.changed"]),
        ({"status": "done"}, {"status": "closed"}, ["action_item.closed"]),
        ({}, {"status": "split"}, ["action_item.closed"]),
        ({}, {"status": "waived"}, ["action_item.waived"]),
        ({"status": "waived"}, {"status": "proposed"}, ["action_item.reopened"]),
        ({"status": "closed"}, {}, ["action_item.reopened"]),
    ],
)
def test_what_is_told_of_an_action_item(before: dict[str, Any], after: dict[str, Any], told: list[str]) -> None:
    assert list(of_item(an_item(**before), an_item(**after))) == told


def test_a_new_action_item_is_proposed() -> None:
    assert of_item(None, an_item(status="proposed")) == (EventType.ITEM_PROPOSED,)
    assert of_item(None, an_item()) == (EventType.ITEM_PROPOSED, EventType.ITEM_ACCEPTED)


def test_what_changed_is_named_but_for_the_version() -> None:
    before, after = an_item(), an_item(owner="ben", due_in_days=12, version=9)
    assert changed(before, after) == ("owner", "due")
    assert changed(None, after) == ()
