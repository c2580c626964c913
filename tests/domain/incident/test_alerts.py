"""All that a delivery of an alert changes in its incident, and what the timeline says of it."""

from datetime import timedelta
from typing import Any

import pytest

from followthrough.domain.replayed.incident.alert import Heard, MergedInto
from followthrough.domain.replayed.incident.alerts import receive
from followthrough.domain.replayed.incident.incident import (
    Alert,
    AlertState,
    Incident,
    IncidentPlan,
    IncidentStatus,
    Role,
    RoleHolder,
)
from followthrough.domain.replayed.limits import PASSED
from followthrough.domain.replayed.values import EntryKind, Severity
from tests.domain.changes import LATER, Change, did
from tests.records import NOW, incident

KEY, SECOND = "test/1", "test/2"
SAYS, DECIDES = EntryKind.ALERT, EntryKind.SEVERITY
SOON = NOW + timedelta(minutes=5)


def alert(state: AlertState, **changes: Any) -> Alert:
    return Alert.model_validate(
        {"dedup_key": KEY, "source": "Pager", "state": state, "title": "Cards fail", "at": SOON, **changes}
    )


FIRES, OVER, CHANGES = map(alert, (AlertState.FIRING, AlertState.RESOLVED, AlertState.CHANGED))
NOW_SEV1, NOW_SEV3 = (alert(AlertState.CHANGED, severity=severity) for severity in (Severity.SEV1, Severity.SEV3))
FIRST = alert(AlertState.FIRING, at=NOW)
HEARD = {"heard": {KEY: Heard(at=SOON)}}


def fires(**changes: Any) -> Incident:
    """It was told once that it fires."""
    told: dict[str, Any] = {"alerts": 1, "firing": [KEY], "heard": {KEY: Heard(at=NOW)}, "alert": FIRST}
    return incident(**told | changes)


def merged(**into: Any) -> Alert:
    return alert(AlertState.MERGED, into=MergedInto.model_validate({"dedup_key": SECOND, **into}))


@pytest.mark.parametrize(
    ("record", "said", "change", "timeline"),
    [
        (
            incident(),
            FIRES,
            {"alerts": 1, "firing": [KEY], "alert": FIRES, **HEARD},
            [(SAYS, "Pager fires: Cards fail")],
        ),
        (
            incident(),
            CHANGES,
            {"alerts": 1, "firing": [KEY], "alert": CHANGES, **HEARD},
            [(SAYS, "Pager fires: Cards fail")],
        ),
        (fires(), FIRES, {"alerts": 2, **HEARD}, []),
        (
            fires(inherited_keys=[SECOND]),
            alert(AlertState.FIRING, dedup_key=SECOND, event="a", at=NOW),
            {
                "alerts": 2,
                "firing": [KEY, SECOND],
                "heard": {KEY: Heard(at=NOW), SECOND: Heard(at=NOW, event="a")},
            },
            [],
        ),
        (
            fires(firing=[KEY, SECOND], heard={KEY: Heard(at=LATER, event="b")}),
            alert(AlertState.FIRING),
            {"alerts": 2, "firing": [SECOND, KEY], "heard": {KEY: Heard(at=LATER)}},
            [],
        ),
        (
            fires(firing=[], resolution_proposed_at=NOW),
            FIRES,
            {"alerts": 2, "firing": [KEY], "alert": FIRES, "resolution_proposed_at": None, **HEARD},
            [(SAYS, "Pager fires again: Cards fail")],
        ),
        (fires(firing=[], resolution_proposed_at=NOW), CHANGES, {"alerts": 2, **HEARD}, []),
        (
            fires(),
            NOW_SEV1,
            {"alerts": 2, "severity": Severity.SEV1, "alert": NOW_SEV1, **HEARD},
            [(DECIDES, "SEV2 to SEV1: as Pager says now")],
        ),
        (
            fires(),
            NOW_SEV3,
            {"alerts": 2, "severity": Severity.SEV3, "alert": NOW_SEV3, **HEARD},
            [(DECIDES, "SEV2 to SEV3: as Pager says now")],
        ),
        (fires(), alert(AlertState.FIRING, severity=Severity.SEV3), {"alerts": 2, **HEARD}, []),
        (fires(), alert(AlertState.FIRING, severity=Severity.SEV2), {"alerts": 2, **HEARD}, []),
        (fires(took_in=["inc-0000000002"]), NOW_SEV3, {"alerts": 2, **HEARD}, []),
        (
            fires(declared_by="ben", severity_decided_by="ana"),
            NOW_SEV1,
            {"alerts": 2, **HEARD},
            [(DECIDES, "Pager would make it SEV1; it stays SEV2, as ana decided")],
        ),
        (
            fires(declared_by="ben"),
            NOW_SEV3,
            {"alerts": 2, **HEARD},
            [(DECIDES, "Pager would make it SEV3; it stays SEV2, as ben decided")],
        ),
        (fires(declared_by="ben"), alert(AlertState.FIRING, severity=Severity.SEV1), {"alerts": 2, **HEARD}, []),
        (
            fires(firing=[SECOND, KEY]),
            OVER,
            {"alerts": 2, "firing": [SECOND], **HEARD},
            [(SAYS, "Pager says that one of the alerts is over: Cards fail")],
        ),
        (
            fires(plan=IncidentPlan(postmortem_due=None, auto_resolve=False, next=None)),
            OVER,
            {"alerts": 2, "firing": [], "resolution_proposed_at": LATER, **HEARD},
            [(SAYS, "Pager says that the alert is over: Cards fail")],
        ),
        (
            fires(plan=IncidentPlan(postmortem_due=None, auto_resolve=True, next=None)),
            OVER,
            {
                "alerts": 2,
                "firing": [],
                "resolution_proposed_at": LATER,
                "status": IncidentStatus.RESOLVED,
                "mitigated_at": LATER,
                "resolved_at": LATER,
                "resolution": "The alert is over",
                **HEARD,
            },
            [
                (SAYS, "Pager says that the alert is over: Cards fail"),
                (EntryKind.STATUS, "Resolved: The alert is over"),
            ],
        ),
        (
            fires(),
            alert(AlertState.MERGED),
            {"alerts": 2, **HEARD},
            [(SAYS, "Pager merged the alert into another one: Cards fail")],
        ),
        (
            fires(),
            merged(),
            {"alerts": 2, "firing": [SECOND], "inherited_keys": [SECOND], **HEARD},
            [(SAYS, "Pager merged the alert Cards fail into another one: test/2")],
        ),
        (
            fires(inherited_keys=[SECOND], firing=[SECOND, "test/3", KEY]),
            merged(incident_id="inc-0000000001", title="All fails", url="https://pager.example.com/2"),
            {"alerts": 2, "firing": ["test/3", SECOND], **HEARD},
            [
                (
                    SAYS,
                    "Pager merged the alert Cards fail into another one: All fails https://pager.example.com/2 "
                    "inc-0000000001",
                )
            ],
        ),
        (
            fires(),
            merged(incident_id="inc-0000000002"),
            {"alerts": 2, "firing": [], "merging_into": "inc-0000000002", **HEARD},
            [(SAYS, "Pager merged the alert Cards fail into another one: test/2 inc-0000000002")],
        ),
        (
            fires(took_in=["inc-0000000003"]),
            merged(incident_id="inc-0000000002"),
            {"alerts": 2, "firing": [], **HEARD},
            [(SAYS, "Pager merged the alert Cards fail into another one: test/2 inc-0000000002")],
        ),
        (fires(), alert(AlertState.RESOLVED, at=NOW - timedelta(minutes=1)), {"alerts": 2}, []),
        (fires(status=IncidentStatus.RESOLVED), alert(AlertState.RESOLVED, at=NOW - timedelta(minutes=1)), {}, []),
    ],
)
def test_all_that_a_delivery_of_an_alert_changes(
    record: Incident, said: Alert, change: dict[str, Any], timeline: list[tuple[EntryKind, str]]
) -> None:
    taken = Change(record, lambda one: receive(one, said, LATER), change, tuple((*line, None) for line in timeline))
    assert did(taken.record, taken.doing) == (taken.changed, taken.said)
    assert receive(record.model_copy(deep=True), said, LATER), "it is this incident's"


@pytest.mark.parametrize(
    ("record", "said"),
    [(fires(), alert(AlertState.FIRING, dedup_key=SECOND)), (fires(status=IncidentStatus.RESOLVED), FIRES)],
    ids=["another alert", "it fires anew"],
)
def test_an_alert_that_is_not_the_incidents_changes_nothing(record: Incident, said: Alert) -> None:
    before = record.model_copy(deep=True)
    assert not receive(record, said, LATER)
    assert record == before


def test_of_who_had_a_role_the_last_are_kept_each_with_who_had_it_just_before() -> None:
    record = incident()
    for number in range(PASSED + 1):
        before = tuple(f"person {earlier}" for earlier in range(number))
        record.past_role(RoleHolder(role=Role.RESOLVER, person=f"person {number}", at=NOW, before=before))
    assert [holder.person for holder in record.past_roles] == [f"person {number}" for number in range(1, PASSED + 1)]
    assert record.past_roles[-1].before == (f"person {PASSED - 1}",)
