"""When something happened to an incident is corrected: what that changes, and what it leaves as it was."""

import doctest
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from followthrough.domain.answered.incident import durations
from followthrough.domain.answered.incident.schedule import plan_incident
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.commands import Acknowledge, ProposeItem
from followthrough.domain.replayed.incident.correction import CorrectTimes
from followthrough.domain.replayed.incident.incident import Incident, IncidentStatus, Role, RoleHolder
from followthrough.domain.replayed.incident.lifecycle import Reopen
from followthrough.domain.replayed.values import EntryKind, Severity
from tests.domain.changes import LATER, Change, did
from tests.records import NOW, incident

WHY = "The graph shows it"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def resolved(**changes: Any) -> Incident:
    times = {"declared_at": NOW - 3 * HOUR, "mitigated_at": NOW - 2 * HOUR, "resolved_at": NOW - HOUR}
    return incident(**times | {"status": IncidentStatus.RESOLVED, "severity": Severity.SEV1} | changes)


def test_the_worked_examples_of_durations_hold() -> None:
    tried = doctest.testmod(durations)
    assert (tried.failed, tried.attempted > 5) == (0, True)


@pytest.mark.parametrize(
    "change",
    [
        Change(
            incident(declared_at=NOW),
            CorrectTimes(by="ana", declared_at=NOW - HOUR, reason=WHY),
            {"declared_at": NOW - HOUR, "declared_said_at": NOW},
            (
                (
                    EntryKind.STATUS,
                    f"Times corrected: declared from 2026-03-02 09:00 to 2026-03-02 08:00 UTC: {WHY}",
                    "ana",
                ),
            ),
        ),
        Change(
            resolved(declared_said_at=NOW - 2 * HOUR),
            CorrectTimes(by="ana", mitigated_at=NOW - 90 * MINUTE, resolved_at=LATER, reason=WHY),
            {"mitigated_at": NOW - 90 * MINUTE, "resolved_at": LATER, "resolved_said_at": NOW - HOUR},
            (
                (
                    EntryKind.STATUS,
                    "Times corrected: mitigated from 2026-03-02 07:00 to 2026-03-02 07:30, "
                    f"resolved from 2026-03-02 08:00 to 2026-03-02 10:00 UTC: {WHY}",
                    "ana",
                ),
            ),
        ),
    ],
)
def test_the_timeline_says_before_and_after(change: Change) -> None:
    assert did(change.record, change.doing) == (change.changed, change.said)


def test_it_has_to_say_which_time() -> None:
    with pytest.raises(ValidationError, match="say which time was another"):
        CorrectTimes(by="ana", reason=WHY)


def test_times_of_the_same_minute_are_in_order() -> None:
    record = resolved(mitigated_at=NOW - HOUR + timedelta(seconds=31), resolved_at=NOW)
    CorrectTimes(by="ana", resolved_at=NOW - HOUR, reason=WHY).apply(record, NOW)
    assert record.resolved_at == NOW - HOUR


def test_deadlines_and_reminders_count_from_when_it_was_said(organisation: Organisation) -> None:
    """So that whoever is honest about what happened is not late by that, nor has more time."""
    for record in (incident(declared_at=NOW, severity=Severity.SEV1), resolved(postmortem_owner="ines")):
        now = max(record.declared_at, record.resolved_at or record.declared_at) + MINUTE
        before = plan_incident(record, organisation, now)
        times = {"declared_at": NOW - DAY} | (
            {} if record.resolved_at is None else {"mitigated_at": NOW - DAY, "resolved_at": NOW - DAY}
        )
        CorrectTimes(by="ines", reason=WHY, **times).apply(record, now)
        assert record.declared_at == NOW - DAY
        assert plan_incident(record, organisation, now) == before


def test_an_item_counts_from_when_it_was_said() -> None:
    record = resolved()
    times = {"declared_at": NOW - DAY, "resolved_at": NOW}
    CorrectTimes(by="ana", reason=WHY, **times).apply(record, NOW)
    propose = ProposeItem(by="ana", title="Alert on it", owner="ana")
    propose.apply(record, NOW)
    proposed = propose.proposed(record, NOW)
    assert (proposed.declared_at, proposed.resolved_at) == (NOW - 3 * HOUR, NOW - HOUR)


def test_that_somebody_had_acknowledged_counts_after_it_was_reopened_too() -> None:
    asked = RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=NOW - 3 * HOUR)
    record = resolved(status=IncidentStatus.DECLARED, mitigated_at=None, resolved_at=None, roles=[asked])
    Acknowledge(by="ana").apply(record, NOW - 2 * HOUR)
    record.resolve(NOW - HOUR, "Rolled back", "ana")
    CorrectTimes(by="ana", resolved_at=NOW - 90 * MINUTE, reason=WHY).apply(record, NOW)
    Reopen(by="ben", reason="It is back").apply(record, NOW)
    assert (record.acknowledged_at, record.resolved_since) == (NOW - 2 * HOUR, None)
    record.resolve(NOW, "Rolled back again", "ana")
    took = durations.durations(record)
    assert (took.acknowledged_after, took.resolved_after) == (HOUR, 3 * HOUR)
