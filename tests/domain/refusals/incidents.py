"""What an incident refuses."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from followthrough.domain.replayed.incident.commands import (
    Acknowledge,
    AddNote,
    AssignRole,
    Cancel,
    ChangeSeverity,
    ProposeItem,
    Resolve,
)
from followthrough.domain.replayed.incident.correction import CorrectTimes
from followthrough.domain.replayed.incident.incident import (
    Audience,
    Incident,
    IncidentStatus,
    Kudos,
    Repeat,
    Role,
    RoleHolder,
    Subscription,
)
from followthrough.domain.replayed.incident.kudos import GiveKudos
from followthrough.domain.replayed.incident.lifecycle import (
    Continued,
    HandOver,
    LinkRepeat,
    Merge,
    Split,
    UnlinkRepeat,
    take_in,
)
from followthrough.domain.replayed.incident.privacy import Admit, ChangePrivacy
from followthrough.domain.replayed.incident.subscriptions import Subscribe, Unsubscribe
from followthrough.domain.replayed.limits import ACTION_ITEMS, ADMITTED, KUDOS, LINKS, MERGED_ALERTS, PARTS
from followthrough.domain.replayed.room import RESERVE, ROOM, require_room
from followthrough.domain.replayed.text import POSTMORTEM
from followthrough.domain.replayed.times import LONG_AGO
from followthrough.domain.replayed.values import ENTRIES_LONG, EntryKind, Record, Severity
from tests.domain.refusals.row import DAY, INCIDENT, OTHER, SECOND, THIRD, TITLE, WHY, Row, summaries
from tests.records import NOW, incident

HAS = f"Incident {INCIDENT}"
ITEM = f"{INCIDENT}.1"
MINUTE = timedelta(minutes=1)


def holder(person: str, role: Role = Role.INCIDENT_COMMANDER, **changes: Any) -> RoleHolder:
    return RoleHolder.model_validate({"role": role, "person": person, "at": NOW, **changes})


def corrected(**times: datetime) -> CorrectTimes:
    return CorrectTimes(by="ana", reason=WHY, **times)


def continue_other(**changes: Any) -> Callable[[Incident], object]:
    return lambda record: take_in(record, Continued.of(incident(2, **changes)), NOW)


def with_room(before: Record, *, queued: int = 0, command: str = "") -> Callable[[Record], object]:
    """Whether it may become the record."""
    return lambda after: require_room(before, after, queued, command)


def of_size(characters: int) -> Incident:
    """Takes about so much room beyond what any incident does."""
    return incident(mitigation="a" * characters, unwritten=[])


def long_timeline(size: int) -> Incident:
    record = incident()
    while record.unwritten_size < size:
        record.note(NOW, EntryKind.NOTE, "a" * 1_000)
    return record


INCIDENTS = [
    Row(
        incident(merged_into=OTHER),
        Resolve(by="ana", summary=WHY),
        f"{HAS} was merged into {OTHER}, which continues; turn to that one.",
        but=incident(),
    ),
    Row(
        incident(merging_into=OTHER),
        Resolve(by="ana", summary=WHY),
        f"{HAS} is being merged into {OTHER}; try again in a moment.",
        but=incident(),
    ),
    Row(
        incident(status=IncidentStatus.RESOLVED),
        Resolve(by="ana", summary=WHY),
        f"{HAS} is resolved; only one that is declared or mitigated can be resolved.",
        but=incident(status=IncidentStatus.MITIGATED),
    ),
    Row(
        incident(items=summaries(ACTION_ITEMS - 1)),
        lambda record: record.item_split(NOW, ITEM, summaries(2, of=ITEM)),
        f"{HAS} has 199 action items and may have 200; make fewer parts of {ITEM}.",
        but=lambda record: record.item_split(NOW, ITEM, [*summaries(1, of=ITEM), *summaries(2)]),
    ),
    Row(
        incident(roles=[holder("ana", acknowledged_at=NOW), holder("ben", Role.COMMS_LEAD)]),
        Acknowledge(by="ana"),
        f"ana holds no role in incident {INCIDENT} that waits to be acknowledged.",
        but=Acknowledge(by="ben"),
    ),
    Row(
        incident(),
        ChangeSeverity(by="ana", severity=Severity.SEV2, reason=WHY),
        f"{HAS} is already SEV2.",
        but=ChangeSeverity(by="ana", severity=Severity.SEV3, reason=WHY),
    ),
    Row(
        incident(),
        AddNote(by="ana", text=WHY, at=NOW + SECOND),
        "2026-03-02 09:00 UTC is yet to come; the timeline has what happened.",
        but=AddNote(by="ana", text=WHY, at=NOW),
    ),
    Row(
        incident(),
        AddNote(by="ana", text=WHY, at=NOW - LONG_AGO - SECOND),
        "2021-02-26 is more than 5 years ago; say in the text when it was.",
        but=AddNote(by="ana", text=WHY, at=NOW - LONG_AGO),
    ),
    Row(
        incident(items=summaries(1)),
        Cancel(by="ana", reason=WHY),
        f"{HAS} has action items; resolve it instead, so that they are followed up.",
        but=incident(),
    ),
    Row(
        incident(items=summaries(ACTION_ITEMS)),
        ProposeItem(by="ana", title=TITLE, owner="ana"),
        f"{HAS} has 200 action items, as many as one can have; split it, and the new one can have more.",
        but=incident(items=summaries(ACTION_ITEMS - 1)),
    ),
    Row(
        incident(roles=[holder("ana", Role.RESOLVER)]),
        AssignRole(by="ben", role=Role.COMMS_LEAD, person="ana"),
        "ana is already Resolver; nobody holds two roles in one incident.",
        but=AssignRole(by="ben", role=Role.COMMS_LEAD, person="ben"),
    ),
    Row(
        incident(roles=[holder("ana")]),
        HandOver(by="ben", person="carla", note=WHY),
        f"ben holds no role in incident {INCIDENT} to hand over.",
        but=HandOver(by="ana", person="carla", note=WHY),
    ),
    Row(
        incident(),
        Merge(by="ana", into=INCIDENT),
        f"{HAS} can't be merged into itself; name the one that continues.",
        but=Merge(by="ana", into=OTHER),
    ),
    Row(
        incident(split_into=[OTHER] * PARTS),
        Split(by="ana", title=TITLE, reason=WHY),
        f"{HAS} was split 20 times already; declare a new one instead.",
        but=incident(split_into=[OTHER] * (PARTS - 1)),
    ),
    Row(
        incident(),
        continue_other(drill=True),
        f"One of {INCIDENT} and {OTHER} is a drill; a drill can't be merged with a real incident.",
        but=incident(drill=True),
    ),
    Row(
        incident(),
        continue_other(private=True),
        f"One of {INCIDENT} and {OTHER} is private; a private incident is merged with one that is, too.",
        but=incident(private=True),
    ),
    Row(
        incident(drill=True),
        ChangePrivacy(by="ana", private=True, reason=WHY),
        f"{HAS} is a drill, which is for everybody to learn from.",
        but=incident(),
    ),
    Row(
        incident(private=True),
        ChangePrivacy(by="ana", private=True, reason=WHY),
        f"{HAS} is private already.",
        but=ChangePrivacy(by="ana", private=False, reason=WHY),
    ),
    Row(
        incident(),
        ChangePrivacy(by="ana", private=False, reason=WHY),
        f"{HAS} is open to everybody already.",
        but=ChangePrivacy(by="ana", private=True, reason=WHY),
    ),
    Row(
        incident(),
        Admit(by="ana", person="ben"),
        f"{HAS} is not private; ben can see it.",
        but=incident(private=True),
    ),
    Row(
        incident(private=True, admitted=["ben"]),
        Admit(by="ana", person="ben"),
        f"ben is on incident {INCIDENT} already.",
        but=Admit(by="ana", person="carla"),
    ),
    Row(
        incident(private=True, admitted=["carla"] * ADMITTED),
        Admit(by="ana", person="ben"),
        f"{HAS} has 100 people admitted already; open it to everybody instead.",
        but=incident(private=True, admitted=["carla"] * (ADMITTED - 1)),
    ),
    Row(
        incident(inherited_keys=[f"key/{number}" for number in range(MERGED_ALERTS)]),
        continue_other(),
        f"{HAS} and {OTHER} are too large to be one: together they may have 50 kinds of alerts and 200 action items; "
        "link them with a note instead.",
        but=incident(inherited_keys=[f"key/{number}" for number in range(MERGED_ALERTS - 1)]),
    ),
    Row(
        incident(items=summaries(ACTION_ITEMS)),
        continue_other(items=summaries(1, of=OTHER)),
        f"{HAS} and {OTHER} are too large to be one: together they may have 50 kinds of alerts and 200 action items; "
        "link them with a note instead.",
        but=incident(items=summaries(ACTION_ITEMS - 1)),
    ),
    Row(
        incident(),
        LinkRepeat(by="ana", of=INCIDENT, reason=WHY),
        f"{HAS} can't repeat itself; name the earlier one.",
        but=LinkRepeat(by="ana", of=OTHER, reason=WHY),
    ),
    Row(
        incident(repeats=[Repeat(incident_id=OTHER, because=WHY)]),
        LinkRepeat(by="ana", of=OTHER, reason=WHY),
        f"{HAS} is linked to {OTHER} already.",
        but=incident(proposed_repeats=[Repeat(incident_id=OTHER, because=WHY)]),
    ),
    Row(
        incident(repeats=[Repeat(incident_id=THIRD, because=WHY)] * LINKS),
        LinkRepeat(by="ana", of=OTHER, reason=WHY),
        f"{HAS} is linked to 50 earlier ones; unlink one that it does not repeat.",
        but=incident(repeats=[Repeat(incident_id=THIRD, because=WHY)] * (LINKS - 1)),
    ),
    Row(
        incident(repeats=[Repeat(incident_id=THIRD, because=WHY)]),
        UnlinkRepeat(by="ana", of=OTHER, reason=WHY),
        f"{HAS} is not linked to {OTHER}.",
        but=incident(proposed_repeats=[Repeat(incident_id=OTHER, because=WHY)]),
    ),
    Row(
        incident(status=IncidentStatus.CLOSED),
        GiveKudos(by="ana", to=("ben",), text="It was quick"),
        f"{HAS} is closed; kudos can be given until an incident is closed.",
        but=incident(status=IncidentStatus.PUBLISHED),
    ),
    Row(
        incident(),
        GiveKudos(by="ana", to=("ben", "ana"), text="It was quick"),
        "Kudos are for others; leave ana out.",
        but=GiveKudos(by="ana", to=("ben", "carla"), text="It was quick"),
    ),
    Row(
        incident(kudos=[Kudos(by="ana", to=("ben",), text="It was quick", at=NOW)] * KUDOS),
        GiveKudos(by="ana", to=("ben",), text="It was quick"),
        f"{HAS} has 100 kudos already; say more of them in a note.",
        but=incident(kudos=[Kudos(by="ana", to=("ben",), text="It was quick", at=NOW)] * (KUDOS - 1)),
    ),
    Row(
        incident(subscriptions=[Subscription(person="ana", audience=Audience.INTERNAL)]),
        Subscribe(by="ana"),
        f"ana already gets the updates to internal of incident {INCIDENT}.",
        but=Subscribe(by="ana", audience=Audience.CUSTOMERS),
    ),
    Row(
        incident(unsubscribed=["ana"]),
        Unsubscribe(by="ana"),
        f"ana gets no updates of incident {INCIDENT} any more.",
        but=Unsubscribe(by="ben"),
    ),
    Row(
        long_timeline(ENTRIES_LONG + 1),
        with_room(incident()),
        f"The timeline of {INCIDENT} is still being written; try again in a moment.",
        but=with_room(long_timeline(ENTRIES_LONG + 1), command="note"),
    ),
    Row(
        of_size(ROOM - POSTMORTEM - 5_000),
        with_room(of_size(0), queued=5_000),
        f"Many mails about {INCIDENT} wait to be sent; try again later, or say it shorter.",
        but=with_room(of_size(0), queued=1_000),
    ),
    Row(
        of_size(ROOM - POSTMORTEM + RESERVE // 2),
        with_room(of_size(0), command="note"),
        f"There is no room for this in {INCIDENT}: say it shorter and link to more, or go on in a new incident; "
        "what ends it is still possible in a few words.",
        but=with_room(of_size(0), command="resolve"),
    ),
    Row(
        incident(drill=True),
        corrected(declared_at=NOW - SECOND),
        f"{HAS} is a drill; its times are what is practised, and stay as they are.",
        but=incident(),
    ),
    Row(
        incident(declared_at=NOW - DAY),
        corrected(mitigated_at=NOW),
        f"{HAS} is not mitigated yet; say so first, and then when it was.",
        but=incident(declared_at=NOW - DAY, mitigated_at=NOW - SECOND),
    ),
    Row(
        incident(declared_at=NOW - DAY),
        corrected(declared_at=NOW - DAY),
        f"{HAS} has these times already; say which one was another.",
        but=corrected(declared_at=NOW - DAY + SECOND),
    ),
    Row(
        incident(declared_at=NOW - DAY, mitigated_at=NOW - DAY, resolved_at=NOW),
        corrected(mitigated_at=NOW - DAY - MINUTE),
        f"{HAS} can't be declared 2026-03-01 09:00, mitigated 2026-03-01 08:59, resolved 2026-03-02 09:00 UTC; "
        "it is declared first, then mitigated, then resolved.",
        but=corrected(mitigated_at=NOW),
    ),
    Row(
        incident(declared_at=NOW - DAY),
        corrected(declared_at=NOW + MINUTE),
        "Declared 2026-03-02 09:01 UTC is yet to come; name a time that has passed.",
        but=corrected(declared_at=NOW),
    ),
    Row(
        incident(),
        corrected(declared_at=NOW - LONG_AGO - MINUTE),
        f"{NOW - LONG_AGO - MINUTE:%Y-%m-%d} is more than 5 years ago; say in a note when it began.",
        but=corrected(declared_at=NOW - LONG_AGO),
    ),
]
