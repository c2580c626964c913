"""What an incident takes in from one that is merged into it, and what of it goes when that is withdrawn."""

from datetime import timedelta
from typing import Any

import pytest

from followthrough.domain.replayed.incident.alert import Heard
from followthrough.domain.replayed.incident.incident import (
    Alert,
    AlertState,
    Audience,
    BeforeMerge,
    IncidentStatus,
    ItemSummary,
    Role,
    RoleHolder,
    SentUpdate,
    Subscription,
    UpdateStage,
)
from followthrough.domain.replayed.incident.lifecycle import Continued, give_back, take_in
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.limits import UNDONE
from followthrough.domain.replayed.values import EntryKind, Severity
from tests.domain.changes import LATER, Change, did
from tests.records import NOW, incident

INCIDENT, OTHER, THIRD = (f"inc-000000000{number}" for number in (1, 2, 3))
STATUS, SEVERITY = EntryKind.STATUS, EntryKind.SEVERITY
OURS, THEIRS = (
    ItemSummary(id=f"{of}.1", title="Alert on queue depth", owner="ana", ended_at=NOW, ended_as=ItemStatus.WAIVED)
    for of in (INCIDENT, OTHER)
)
ANA, BEN, CARLA = (Subscription(person=person, audience=Audience.INTERNAL) for person in ("ana", "ben", "carla"))
EARLY, LATE = Heard(at=NOW), Heard(at=LATER)


def alert(key: str) -> Alert:
    return Alert(dedup_key=key, source="Pager", state=AlertState.FIRING, title="Cards are declined", at=NOW)


SMALL = Continued.of(incident(2, severity=Severity.SEV4))
LARGE = Continued.of(
    incident(
        2,
        severity=Severity.SEV1,
        severity_decided_by="carla",
        inherited_keys=["test/8"],
        firing=["test/2", "both"],
        heard={"test/2": LATE, "both": LATE},
        alert=alert("test/2"),
        items=[THEIRS],
        subscriptions=[ANA, BEN],
        roles=[
            RoleHolder(role=role, person=person, at=NOW)
            for role, person in ((Role.INCIDENT_COMMANDER, "ana"), (Role.RESOLVER, "ben"))
        ],
        updates=[
            SentUpdate(stage=UpdateStage.IDENTIFIED, audience=audience, text="We look", by="ben", at=NOW)
            for audience in (Audience.INTERNAL, Audience.CUSTOMERS)
        ],
    )
)
BEFORE: dict[str, Any] = {
    "inherited_keys": ["test/9"],
    "firing": ["test/1", "both"],
    "heard": {"both": EARLY, "test/1": EARLY},
    "items": [OURS],
    "subscriptions": [CARLA, ANA],
    "took_in": [THIRD],
    "severity_decided_by": "ben",
    "resolution_proposed_at": NOW,
}
OURS_BEFORE, SMALL_BEFORE, THIRDS_BEFORE = (
    BeforeMerge(
        id=record_id,
        severity=Severity.SEV2,
        severity_decided_by=decided_by,
        resolution_proposed_at=proposed_at,
        subscriptions=subscriptions,
    )
    for record_id, decided_by, proposed_at, subscriptions in (
        (OTHER, "ben", NOW, (ANA,)),
        (OTHER, None, None, ()),
        (THIRD, None, None, ()),
    )
)
TOOK_IN: dict[str, Any] = {
    "took_in": [THIRD, OTHER],
    "before_merges": [OURS_BEFORE],
    "inherited_keys": ["test/9", "test/2", "test/8"],
    "firing": ["test/1", "both", "test/2"],
    "heard": {"test/2": LATE, "both": EARLY, "test/1": EARLY},
    "alert": alert("test/2"),
    "items": [OURS, THEIRS],
    "subscriptions": [CARLA, ANA, BEN],
    "resolution_proposed_at": None,
    "severity": Severity.SEV1,
    "severity_decided_by": "carla",
}
GIVEN_BACK: dict[str, Any] = {
    "took_in": [THIRD],
    "before_merges": [],
    "inherited_keys": ["test/9"],
    "firing": ["test/1", "both"],
    "heard": {"both": EARLY, "test/1": EARLY},
    "alert": None,
    "items": [OURS],
    "subscriptions": [CARLA, ANA],
    "resolution_proposed_at": NOW,
    "severity": Severity.SEV2,
    "severity_decided_by": "ben",
}


def goes_on(severity: Severity) -> tuple[EntryKind, str, None]:
    return STATUS, f"Does not continue {OTHER} after all, which waited for an answer; severity {severity}", None


@pytest.mark.parametrize(
    "change",
    [
        Change(
            incident(**BEFORE),
            lambda one: take_in(one, LARGE, LATER),
            TOOK_IN,
            (
                (
                    STATUS,
                    f"Took in {OTHER}, SEV1 Payments fail (declared 2026-03-02 11:00 UTC; Incident Commander: ana; "
                    "Resolver: ben; last update to internal: We look; last update to customers: We look)",
                    None,
                ),
                (SEVERITY, f"SEV2 to SEV1: that of {OTHER}", None),
            ),
        ),
        Change(
            incident(alert=alert("test/1")),
            lambda one: take_in(one, SMALL, LATER),
            {"took_in": [OTHER], "inherited_keys": ["test/2"], "before_merges": [SMALL_BEFORE]},
            ((STATUS, f"Took in {OTHER}, SEV4 Payments fail (declared 2026-03-02 11:00 UTC)", None),),
        ),
        Change(incident(took_in=[OTHER]), lambda one: take_in(one, LARGE, LATER), {}),
        Change(
            incident(**BEFORE | TOOK_IN),
            lambda one: give_back(one, LARGE, LATER),
            GIVEN_BACK,
            (goes_on(Severity.SEV2),),
        ),
        Change(incident(**BEFORE), lambda one: give_back(one, LARGE, LATER), {}),
        Change(
            incident(**BEFORE | TOOK_IN | {"before_merges": []}),
            lambda one: give_back(one, LARGE, LATER),
            {name: GIVEN_BACK[name] for name in ("took_in", "inherited_keys", "firing", "heard", "alert", "items")},
            (goes_on(Severity.SEV1),),
        ),
        Change(
            incident(severity=Severity.SEV3, took_in=[OTHER], inherited_keys=["test/2"], before_merges=[SMALL_BEFORE]),
            lambda one: give_back(one, LARGE, LATER),
            {"took_in": [], "inherited_keys": [], "before_merges": []},
            (goes_on(Severity.SEV3),),
        ),
        Change(
            incident(
                severity=Severity.SEV1,
                took_in=[OTHER, THIRD],
                inherited_keys=["test/2"],
                before_merges=[SMALL_BEFORE, THIRDS_BEFORE],
            ),
            lambda one: give_back(one, LARGE, LATER),
            {"took_in": [THIRD], "inherited_keys": [], "before_merges": [THIRDS_BEFORE]},
            (goes_on(Severity.SEV1),),
        ),
        Change(
            incident(
                status=IncidentStatus.PUBLISHED,
                items=[THEIRS.model_copy(update={"ended_at": None})],
                inherited_keys=["test/2"],
                alert=alert("test/1"),
                resolution_proposed_at=LATER,
                before_merges=[OURS_BEFORE],
            ),
            lambda one: give_back(one, LARGE, LATER),
            {
                "items": [],
                "inherited_keys": [],
                "before_merges": [],
                "status": IncidentStatus.CLOSED,
                "ended_at": LATER,
            },
            (goes_on(Severity.SEV2), (STATUS, "Closed: no action item is open", None)),
        ),
    ],
    ids=[
        "all that it has",
        "next to nothing",
        "a second time",
        "taken back",
        "never taken in",
        "taken back after what was before is forgotten",
        "taken back after the severity was changed",
        "taken back after another was taken in",
        "taken back after everything else is done",
    ],
)
def test_what_comes_of_a_merge(change: Change) -> None:
    assert did(change.record, change.doing) == (change.changed, change.said)


def test_a_worse_severity_counts_as_decided_by_who_declared_it_so_where_nobody_changed_it() -> None:
    record = incident()
    take_in(record, Continued.of(incident(2, severity=Severity.SEV1, declared_by="nora")), LATER)
    assert (record.severity, record.severity_decided_by) == (Severity.SEV1, "nora")


def test_what_the_last_merges_changed_is_known_up_to_a_number() -> None:
    record = incident()
    for number in range(2, UNDONE + 4):
        assert take_in(record, Continued.of(incident(number)), NOW + timedelta(hours=number))
    assert {entry.kind for entry in record.unwritten} == {EntryKind.ALERT, STATUS}, "the severity is the same"
    assert [before.id for before in record.before_merges] == [f"inc-{number:010d}" for number in range(4, UNDONE + 4)]
