from datetime import timedelta
from typing import Any

import pytest

from followthrough.domain.replayed.ids import incident_id
from followthrough.domain.replayed.incident.commands import (
    Acknowledge,
    AddNote,
    AssignRole,
    Cancel,
    ChangeSeverity,
    Mitigate,
    ProposeItem,
    Resolve,
    SendUpdate,
)
from followthrough.domain.replayed.incident.incident import (
    Audience,
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    IncidentPlan,
    IncidentStatus,
    ItemSummary,
    Kudos,
    Repeat,
    Role,
    RoleHolder,
    SentUpdate,
    Subscription,
    UpdateStage,
)
from followthrough.domain.replayed.incident.kudos import GiveKudos
from followthrough.domain.replayed.incident.lifecycle import (
    HandOver,
    LinkRepeat,
    Merge,
    Reopen,
    Split,
    UnlinkRepeat,
    end_merge,
)
from followthrough.domain.replayed.incident.subscriptions import Subscribe, Unsubscribe
from followthrough.domain.replayed.postmortem.commands import (
    AssignPostmortem,
    ChooseFormat,
    Publish,
    ReviewPostmortem,
    SubmitPostmortem,
)
from followthrough.domain.replayed.postmortem.postmortem import FormatName, Postmortem, Review
from followthrough.domain.replayed.values import EntryKind, Severity
from tests.domain.changes import LATER, Change, did
from tests.records import NOW, incident

DAY = timedelta(days=1)
INCIDENT, OTHER, THIRD = (f"inc-000000000{number}" for number in (1, 2, 3))
WHY = "A bad deployment"
COMMANDS = RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=NOW, before=("carla",))
FIXES = RoleHolder(role=Role.RESOLVER, person="ben", at=NOW, acknowledged_at=NOW)
ITEM = ItemSummary(id=f"{INCIDENT}.1", title="Alert on queue depth", owner="ana")
TEXT = Postmortem(text="What happened", by="ben", at=NOW)
STATUS, ROLE, POSTMORTEM, DECISION = EntryKind.STATUS, EntryKind.ROLE, EntryKind.POSTMORTEM, EntryKind.DECISION
SPLIT_ID = incident_id(f"split/{INCIDENT}/1")


def resolved(**changes: Any) -> Incident:
    return incident(status=IncidentStatus.RESOLVED, **changes)


def link(of: str) -> Repeat:
    return Repeat(incident_id=of, because=WHY)


def owed(**changes: Any) -> IncidentPlan:
    return IncidentPlan(postmortem_due=None, auto_resolve=False, next=None, **changes)


NO_POSTMORTEM = IncidentMoment(at=NOW, kind=IncidentMomentKind.NO_POSTMORTEM_OWED)
MISSED = IncidentMoment(at=NOW, kind=IncidentMomentKind.UPDATE_MISSED)

RESPONSE = [
    Change(
        incident(roles=[FIXES]),
        AssignRole(by="ben", role=Role.INCIDENT_COMMANDER, person="ana"),
        {"roles": [FIXES, RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=LATER)]},
        ((ROLE, "Incident Commander: ana", "ben"),),
    ),
    Change(
        incident(roles=[COMMANDS, FIXES]),
        AssignRole(by="carla", role=Role.INCIDENT_COMMANDER, person="carla", note="She was there"),
        {
            "roles": [
                FIXES,
                RoleHolder(
                    role=Role.INCIDENT_COMMANDER, person="carla", at=LATER, acknowledged_at=LATER, before=("ana",)
                ),
            ],
            "past_roles": [COMMANDS],
        },
        ((ROLE, "Incident Commander: carla, taking over from ana: She was there", "carla"),),
    ),
    Change(
        incident(roles=[FIXES]),
        AssignRole(by="ana", role=Role.RESOLVER, person="carla"),
        {"roles": [FIXES, RoleHolder(role=Role.RESOLVER, person="carla", at=LATER)]},
        ((ROLE, "Resolver: carla", "ana"),),
    ),
    Change(
        incident(roles=[FIXES, COMMANDS]),
        Acknowledge(by="ana"),
        {"roles": [FIXES, COMMANDS.model_copy(update={"acknowledged_at": LATER})]},
        ((ROLE, "Incident Commander acknowledged", "ana"),),
    ),
    Change(
        incident(roles=[COMMANDS, FIXES]),
        HandOver(by="ana", person="carla", note="The queue is long"),
        {
            "roles": [FIXES, RoleHolder(role=Role.INCIDENT_COMMANDER, person="carla", at=LATER, before=("ana",))],
            "past_roles": [COMMANDS],
        },
        ((ROLE, "Incident Commander handed over from ana to carla: The queue is long", "ana"),),
    ),
    Change(
        incident(),
        ChangeSeverity(by="ana", severity=Severity.SEV1, reason="All shops"),
        {"severity": Severity.SEV1, "severity_decided_by": "ana"},
        ((EntryKind.SEVERITY, "SEV2 to SEV1: All shops", "ana"),),
    ),
    Change(
        incident(
            updates=[
                SentUpdate(stage=UpdateStage.IDENTIFIED, audience=audience, text="Old", by="ben", at=NOW)
                for audience in (Audience.CUSTOMERS, Audience.INTERNAL)
            ]
        ),
        SendUpdate(by="ana", stage=UpdateStage.MONITORING, audience=Audience.CUSTOMERS, text="It works"),
        {
            "updates": [
                SentUpdate(stage=UpdateStage.IDENTIFIED, audience=Audience.INTERNAL, text="Old", by="ben", at=NOW),
                SentUpdate(
                    stage=UpdateStage.MONITORING, audience=Audience.CUSTOMERS, text="It works", by="ana", at=LATER
                ),
            ]
        },
        ((EntryKind.UPDATE, "Monitoring, to customers: It works", "ana"),),
    ),
    Change(
        incident(unsubscribed=["ben", "ana"]),
        Subscribe(by="ana", audience=Audience.CUSTOMERS),
        {"subscriptions": [Subscription(person="ana", audience=Audience.CUSTOMERS)], "unsubscribed": ["ben"]},
        ((EntryKind.SUBSCRIPTION, "Gets the updates to customers", "ana"),),
    ),
    Change(
        incident(subscriptions=[Subscription(person=one, audience=Audience.INTERNAL) for one in ("ana", "ben")]),
        Unsubscribe(by="ana"),
        {"subscriptions": [Subscription(person="ben", audience=Audience.INTERNAL)], "unsubscribed": ["ana"]},
        ((EntryKind.SUBSCRIPTION, "Gets no more updates", "ana"),),
    ),
    Change(incident(), AddNote(by="ana", text=WHY), {}, ((EntryKind.NOTE, WHY, "ana"),)),
    Change(incident(), AddNote(by="ana", text=WHY, decision=True), {}, ((DECISION, WHY, "ana"),)),
    Change(
        incident(),
        Mitigate(by="ana", summary="Rolled back"),
        {"status": IncidentStatus.MITIGATED, "mitigated_at": LATER, "mitigation": "Rolled back"},
        ((STATUS, "Mitigated: Rolled back", "ana"),),
    ),
    Change(
        incident(),
        Resolve(by="ana", summary="Rolled back"),
        {
            "status": IncidentStatus.RESOLVED,
            "mitigated_at": LATER,
            "resolved_at": LATER,
            "resolution": "Rolled back",
        },
        ((STATUS, "Resolved: Rolled back", "ana"),),
    ),
    Change(
        incident(status=IncidentStatus.MITIGATED, mitigated_at=NOW),
        Resolve(by="ana", summary="Repaired"),
        {"status": IncidentStatus.RESOLVED, "resolved_at": LATER, "resolution": "Repaired"},
        ((STATUS, "Resolved: Repaired", "ana"),),
    ),
    Change(
        incident(),
        Cancel(by="ana", reason="A test"),
        {"status": IncidentStatus.CANCELLED, "ended_at": LATER},
        ((STATUS, "Cancelled, a false alarm: A test", "ana"),),
    ),
    Change(
        incident(items=[ITEM]),
        ProposeItem(by="ben", title="Test it", owner="carla", missing=("a number",), hints=("it has no link",)),
        {"items": [ITEM, ItemSummary(id=f"{INCIDENT}.2", title="Test it", owner="carla")]},
        (
            (EntryKind.ACTION_ITEM, f"{INCIDENT}.2 for carla: Test it", "ben"),
            (EntryKind.ACTION_ITEM, f"{INCIDENT}.2 is taken, although it misses: a number", None),
            (EntryKind.ACTION_ITEM, f"{INCIDENT}.2: it has no link", None),
        ),
    ),
    Change(
        incident(kudos=[]),
        GiveKudos(by="ana", to=("ben", "carla", "ben"), text="It was quick", for_openness=True),
        {"kudos": [Kudos(by="ana", to=("ben", "carla"), text="It was quick", for_openness=True, at=LATER)]},
        ((EntryKind.KUDOS, "Kudos to ben, carla for openness: It was quick", "ana"),),
    ),
    Change(
        incident(),
        GiveKudos(by="ana", to=("ben",), text="It was quick"),
        {"kudos": [Kudos(by="ana", to=("ben",), text="It was quick", at=LATER)]},
        ((EntryKind.KUDOS, "Kudos to ben: It was quick", "ana"),),
    ),
]

ENDS_AND_LINKS = [
    Change(
        incident(),
        Merge(by="ana", into=OTHER),
        {"merging_into": OTHER},
        ((STATUS, f"To be merged into {OTHER}", "ana"),),
    ),
    Change(
        incident(merging_into=OTHER),
        lambda one: end_merge(one, None, LATER),
        {"merging_into": None, "merged_into": OTHER, "status": IncidentStatus.MERGED, "ended_at": LATER},
        ((STATUS, f"Merged into {OTHER}, which continues", None),),
    ),
    Change(
        incident(merging_into=OTHER),
        lambda one: end_merge(one, "It is closed.", LATER),
        {"merging_into": None},
        ((STATUS, f"Not merged into {OTHER}: It is closed.", None),),
    ),
    Change(
        incident(),
        Split(by="ana", title="Refunds fail", reason="Another cause"),
        {"split_into": [SPLIT_ID]},
        ((STATUS, f"Split off {SPLIT_ID}, Refunds fail: Another cause", "ana"),),
    ),
    Change(
        resolved(
            roles=[COMMANDS, FIXES],
            moments=[NO_POSTMORTEM, MISSED],
            postmortem=TEXT.model_copy(update={"review": Review(by="ana", at=NOW, approved=True)}),
            **dict.fromkeys(("mitigated_at", "resolved_at", "resolution_proposed_at", "published_at", "ended_at"), NOW),
        ),
        Reopen(by="ben", reason="It fails again"),
        {
            "status": IncidentStatus.DECLARED,
            "reopened_at": LATER,
            "acknowledged_before": NOW,
            "postmortem": TEXT,
            "roles": [
                RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=LATER),
                RoleHolder(role=Role.RESOLVER, person="ben", at=LATER, acknowledged_at=LATER),
            ],
            "moments": [MISSED],
            **dict.fromkeys(("mitigated_at", "resolved_at", "resolution_proposed_at", "published_at", "ended_at")),
        },
        ((STATUS, "Reopened: It fails again", "ben"),),
    ),
    Change(
        incident(repeats=[link(THIRD)], proposed_repeats=[link(OTHER), link(THIRD)]),
        LinkRepeat(by="ana", of=OTHER, reason=WHY),
        {"repeats": [link(THIRD), link(OTHER)], "proposed_repeats": [link(THIRD)]},
        ((EntryKind.NOTE, f"Repeats {OTHER}: {WHY}", "ana"),),
    ),
    Change(
        incident(repeats=[link(OTHER), link(THIRD)], proposed_repeats=[link(OTHER), link(THIRD)]),
        UnlinkRepeat(by="ana", of=OTHER, reason="Another cause"),
        {"repeats": [link(THIRD)], "proposed_repeats": [link(THIRD)]},
        ((EntryKind.NOTE, f"Does not repeat {OTHER}: Another cause", "ana"),),
    ),
]

POSTMORTEMS = [
    Change(
        incident(),
        ChooseFormat(by="ana", format=FormatName.SHORT),
        {"postmortem_format": FormatName.SHORT},
        ((POSTMORTEM, "Postmortem format: short", "ana"),),
    ),
    Change(
        resolved(postmortem_owner="ana"),
        AssignPostmortem(by="carla", to="ben", reason="He was there"),
        {"postmortem_owner": "ben"},
        ((POSTMORTEM, "Postmortem from ana to ben: He was there", "carla"),),
    ),
    Change(
        resolved(),
        SubmitPostmortem(by="ana", text="What happened", override="It is a quote", blaming=2),
        {"postmortem": Postmortem(text="What happened", by="ana", at=LATER)},
        (
            (POSTMORTEM, "Postmortem submitted for review", "ana"),
            (DECISION, "Blameless wording overridden for 2 sentences: It is a quote", "ana"),
        ),
    ),
    Change(
        resolved(),
        SubmitPostmortem(by="ana", text="What happened", override="It is a quote"),
        {"postmortem": Postmortem(text="What happened", by="ana", at=LATER)},
        ((POSTMORTEM, "Postmortem submitted for review", "ana"),),
    ),
    Change(
        resolved(postmortem=TEXT),
        ReviewPostmortem(by="ana"),
        {"postmortem": TEXT.model_copy(update={"review": Review(by="ana", at=LATER, approved=True)})},
        ((POSTMORTEM, "Postmortem approved.", "ana"),),
    ),
    Change(
        resolved(postmortem=TEXT),
        ReviewPostmortem(by="ana", approved=False, note="Say when"),
        {"postmortem": TEXT.model_copy(update={"review": Review(by="ana", at=LATER, approved=False, note="Say when")})},
        ((POSTMORTEM, "Postmortem returned for changes. Say when", "ana"),),
    ),
    Change(
        resolved(items=[ITEM], plan=owed(items_required=True)),
        Publish(by="ana", text="What happened", override="It is a quote", blaming=1),
        {
            "postmortem": Postmortem(text="What happened", by="ana", at=LATER),
            "published_at": LATER,
            "status": IncidentStatus.PUBLISHED,
        },
        (
            (POSTMORTEM, "Postmortem published with 1 action item", "ana"),
            (DECISION, "Blameless wording overridden for 1 sentence: It is a quote", "ana"),
        ),
    ),
    Change(
        resolved(items=[ITEM, ITEM], postmortem=TEXT),
        Publish(by="ana"),
        {"published_at": LATER, "status": IncidentStatus.PUBLISHED},
        ((POSTMORTEM, "Postmortem published with 2 action items", "ana"),),
    ),
    Change(
        resolved(postmortem=TEXT),
        Publish(by="ana", no_items_because="It goes away"),
        {"published_at": LATER, "status": IncidentStatus.CLOSED, "ended_at": LATER},
        (
            (POSTMORTEM, "Postmortem published without action items: It goes away", "ana"),
            (STATUS, "Closed: no action item is open", None),
        ),
    ),
    Change(
        resolved(postmortem=TEXT),
        Publish(by="ana"),
        {"published_at": LATER, "status": IncidentStatus.CLOSED, "ended_at": LATER},
        (
            (POSTMORTEM, "Postmortem published without action items: none were required", "ana"),
            (STATUS, "Closed: no action item is open", None),
        ),
    ),
]


@pytest.mark.parametrize("change", [*RESPONSE, *ENDS_AND_LINKS, *POSTMORTEMS])
def test_what_people_say_changes_this_and_nothing_else(change: Change) -> None:
    assert did(change.record, change.doing) == (change.changed, change.said)


def test_what_happened_earlier_is_on_the_timeline_when_it_was() -> None:
    record = incident()
    AddNote(by="ana", text=WHY, at=NOW - DAY).apply(record, LATER)
    assert (record.unwritten[-1].at, record.unwritten[-1].text) == (NOW - DAY, WHY)
