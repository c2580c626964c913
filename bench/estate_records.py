"""Two years of incidents and action items, drawn from a seed: the same ones for the same seed, sizes and time."""

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bench.estate_organisation import Team
from followthrough.domain.replayed.incident.incident import Incident, IncidentStatus, Role
from followthrough.domain.replayed.item.action_item import (
    OPEN,
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

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
PERIOD = 730 * DAY
RARE, COMMON, DESCRIBED = "zeppelin", "queue", "lighthouse"
"""Words: in one title of thousands, in every other one, and in descriptions alone."""
VERBS = ("Alert on", "Document", "Test", "Shorten", "Replace", "Measure", "Limit", "Practise", "Automate", "Retire")
THINGS = (
    *("certificate", "retry", "failover", "backup", "cache", "timeout", "deploy", "index", "quota", "runbook"),
    *("dashboard", "replica", "webhook", "export", "import", "login", "invoice", "refund", "session", "report"),
)
ITEMS_OF = (0, 2, 5, 8, 10, 12, 15, 18, 20, 10)
"""Of ten incidents, each its number of action items."""
DUE_AFTER = {Severity.SEV1: 10, Severity.SEV2: 21, Severity.SEV3: 45, Severity.SEV4: 90}
REPEATED_AFTER = 300
"""Incidents, so that some follow-ups of the earlier one are open still."""
WEIGHTS = (1, 4, 5, 3)
"""Of the severities."""


class Told(NamedTuple):
    """A record, and the entries of its timeline, as their rows have them."""

    record: Any
    entries: list[dict[str, Any]]


class Chapter(NamedTuple):
    """An incident and its action items."""

    incident: Told
    items: list[Told]


def chapters(known: list[Team], incidents: int, now: datetime, seed: int) -> Iterator[Chapter]:
    """The oldest first, ten action items for each incident."""
    draw = random.Random(seed)
    for number in range(incidents):
        at = now - PERIOD + (PERIOD - HOUR) * ((number + draw.random()) / incidents)
        yield _chapter(draw, draw.choice(known), number, incidents, at, now)


def _chapter(draw: random.Random, team: Team, number: int, incidents: int, at: datetime, now: datetime) -> Chapter:
    incident = _incident(draw, team, number, at, now)
    items = []
    if incident["status"] not in (IncidentStatus.CANCELLED, IncidentStatus.MERGED):
        proposed = min(at + draw.uniform(0.2, 3) * DAY, now)
        items = [
            _item(draw, team, incident, each, proposed, now) for each in range(1, ITEMS_OF[number % len(ITEMS_OF)] + 1)
        ]
        again = at + PERIOD * (REPEATED_AFTER / incidents)
        for told in items if _repeats(number + REPEATED_AFTER) and again < now - DAY else []:
            if told.record.ended_at is None or told.record.ended_at > again:
                told.record.repeats = [incident_id(number + REPEATED_AFTER)]
    if incident["status"] is IncidentStatus.PUBLISHED and all(told.record.ended for told in items):
        over = max([incident["published_at"], *(told.record.ended_at for told in items)])
        incident |= {"status": IncidentStatus.CLOSED, "ended_at": over}
    incident["items"] = [
        {
            **{name: getattr(told.record, name) for name in ("id", "title", "owner", "ended_at")},
            "ended_as": told.record.status if told.record.ended_at else None,
        }
        for told in items
    ]
    return Chapter(_told_of_incident(draw, incident), items)


def incident_id(number: int) -> str:
    """Random, and known before it is told of."""
    return f"inc-{random.Random(number).getrandbits(40):010x}"


def _repeats(number: int) -> bool:
    return number % 10 == 3 and number >= REPEATED_AFTER


def _title(draw: random.Random) -> str:
    words = [draw.choice(VERBS), draw.choice(THINGS)]
    if draw.random() < 0.5:
        words.append(COMMON)
    if draw.random() < 0.0002:
        words.append(RARE)
    return " ".join([*words, "of", draw.choice(THINGS), str(draw.randrange(1000))])


def _description(draw: random.Random) -> str:
    if draw.random() < 0.4:
        return ""
    words = draw.choices(THINGS, k=draw.randrange(10, 60))
    return " ".join([*words, DESCRIBED] if draw.random() < 0.0005 else words)


def _status_of_incident(draw: random.Random, age: timedelta) -> IncidentStatus:
    chance = draw.random()
    if chance < 0.04 and age > DAY:
        return IncidentStatus.CANCELLED if chance < 0.025 else IncidentStatus.MERGED
    if age < 6 * HOUR:
        return IncidentStatus.DECLARED if chance < 0.6 else IncidentStatus.MITIGATED
    return IncidentStatus.RESOLVED if age < draw.uniform(5, 12) * DAY else IncidentStatus.PUBLISHED


def _incident(draw: random.Random, team: Team, number: int, at: datetime, now: datetime) -> dict[str, Any]:
    status = _status_of_incident(draw, now - at)
    mitigated = min(at + draw.expovariate(1 / 60) * MINUTE, now - MINUTE)
    resolved = min(mitigated + draw.expovariate(1 / 120) * MINUTE, now - MINUTE)
    commander, comms = draw.sample(team.members, 2)
    service = draw.choice(team.services)
    started = status is not IncidentStatus.DECLARED
    over = status not in (IncidentStatus.DECLARED, IncidentStatus.MITIGATED)
    published = min(resolved + draw.uniform(1, 12) * DAY, now - MINUTE)
    gone = status in (IncidentStatus.CANCELLED, IncidentStatus.MERGED)
    heard = min(at + draw.expovariate(1 / 6) * MINUTE, now)
    roles = zip((Role.INCIDENT_COMMANDER, Role.COMMS_LEAD), (commander, comms), strict=True)
    return {
        "id": incident_id(number),
        "dedup_key": f"alert/{service}/{draw.randrange(10)}",
        "title": f"{draw.choice(THINGS).title()} fails in {service}" + (f" with its {COMMON}" if number % 2 else ""),
        "service": service,
        "team": team.id,
        "severity": draw.choices([*Severity], WEIGHTS)[0],
        "declared_at": at,
        "declared_by": commander if number % 7 == 0 else None,
        "drill": number % 50 == 49,
        "private": number % 100 == 17,
        "status": status,
        "mitigated_at": mitigated if started else None,
        "mitigation": "Restarted it" if started else "",
        "resolved_at": resolved if over else None,
        "resolution": "Rolled back to the version before" if over else "",
        "published_at": published if status is IncidentStatus.PUBLISHED else None,
        "ended_at": resolved if gone else None,
        "postmortem_owner": commander if over else None,
        "postmortem_format": "five-whys" if over else None,
        "roles": [{"role": role, "person": one, "at": at, "acknowledged_at": heard} for role, one in roles],
        "postmortem": (
            {"text": f"# What happened\n\n{_description(draw)}\n" * 20, "by": commander, "at": published}
            if status is IncidentStatus.PUBLISHED
            else None
        ),
        "repeats": [{"incident_id": incident_id(number - REPEATED_AFTER), "because": "alike"}]
        if _repeats(number)
        else [],
        "kudos": [{"by": comms, "to": (commander,), "text": "Calm all along", "at": resolved}] if over else [],
    }


def _status_of_item(draw: random.Random, age: timedelta) -> ItemStatus:
    if draw.random() < math.exp(-age / (40 * DAY)) + 0.01:
        early = 0.5 if age < 10 * DAY else 0.02
        return draw.choices([*OPEN], [early, 1, 0.15])[0]
    ended = [ItemStatus.CLOSED, ItemStatus.WAIVED, ItemStatus.MERGED, ItemStatus.SPLIT]
    return draw.choices(ended, [80, 12, 5, 3])[0]


def _item(draw: random.Random, team: Team, incident: dict[str, Any], number: int, at: datetime, now: datetime) -> Told:
    status = _status_of_item(draw, now - at)
    due = at + DUE_AFTER[incident["severity"]] * DAY * draw.uniform(0.5, 1.5)
    owner = draw.choices(team.members, (8, 6, 5, 4, 3, 2, 1, 1)[: len(team.members)])[0]
    worked = min(at + draw.expovariate(1 / 20) * DAY, now - MINUTE)
    done = status in (ItemStatus.DONE, ItemStatus.CLOSED)
    ended = worked if status not in OPEN else None
    waived = status is ItemStatus.WAIVED
    until = now + 90 * DAY if draw.random() < 0.2 else None
    ticket = f"{team.id.upper()}-{incident['id'][4:9]}{number}"
    item_id = f"{incident['id']}.{number}"
    record = ActionItem(
        id=item_id,
        entries=4,
        version=4,
        incident_id=incident["id"],
        title=_title(draw),
        description=_description(draw),
        kind=draw.choice([*Kind]),
        priority=draw.choices([*Priority], (2, 5, 3))[0],
        severity=incident["severity"],
        service=incident["service"],
        team=team.id,
        owner=owner,
        proposed_by=incident["postmortem_owner"] or team.lead,
        proposed_at=at,
        drill=incident["drill"],
        private=incident["private"],
        status=status,
        accepted_at=None if status is ItemStatus.PROPOSED else min(at + DAY, worked),
        done_at=worked if done else None,
        ended_at=ended,
        plan=_plan(team, owner, incident, at, due, now),
        ticket={"key": ticket, "url": f"https://tracker.example.com/browse/{ticket}"},
        evidence=[{"url": f"https://git.example.com/{item_id}", "by": owner, "at": worked}] if done else [],
        comments=[{"by": team.lead, "at": at, "text": "How far is it?"}] if draw.random() < 0.3 else [],
        waiver={"reason": "The service is retired soon", "by": team.lead, "at": worked, "until": until}
        if waived
        else None,
        extensions=draw.choice((0, 0, 0, 1, 2)),
        declared_at=incident["declared_at"],
        reminders=(
            [Moment(at=due + DAY, kind=MomentKind.ESCALATE, level=1, to=(team.lead,))] if due < now - DAY else []
        ),
    )
    return _told_of_item(record, at, worked)


def _plan(team: Team, owner: str, incident: dict[str, Any], at: datetime, due: datetime, now: datetime) -> ItemPlan:
    """What comes next counts while it is open alone."""
    return ItemPlan(
        policy=ItemPolicy(
            approvers=(team.lead,),
            verified_by_other=incident["severity"] in (Severity.SEV1, Severity.SEV2),
            max_extensions=2,
            max_extension_days=14,
        ),
        accept_by=at + 3 * DAY,
        due=due,
        next=Moment(at=now + DAY, kind=MomentKind.ESCALATE, level=2, to=("nora",))
        if due < now
        else Moment(at=max(due - 2 * DAY, now + HOUR), kind=MomentKind.REMIND_BEFORE_DEADLINE, to=(owner,)),
    )


def _told_of_item(record: ActionItem, at: datetime, worked: datetime) -> Told:
    said = [
        (at, EntryKind.ACTION_ITEM, f"Proposed for {record.owner}: {record.title}", record.proposed_by),
        (at + MINUTE, EntryKind.TICKET, f"Ticket {record.ticket and record.ticket.key} was opened", None),
        (at + HOUR, EntryKind.ACTION_ITEM, "Accepted", record.owner),
        (worked, EntryKind.ACTION_ITEM, record.status.value.capitalize(), record.owner),
    ]
    return Told(record, _entries(record.id, record.incident_id, said))


def _told_of_incident(draw: random.Random, known: dict[str, Any]) -> Told:
    record = Incident.model_validate({**known, "entries": 8, "version": 8, "unheard": []})
    at, by = record.declared_at, record.roles[0].person
    said = [
        (at, EntryKind.ALERT, f"Alertmanager fires: {record.title}", None),
        (at + MINUTE, EntryKind.ROLE, "Incident Commander acknowledged", by),
        (at + 9 * MINUTE, EntryKind.UPDATE, f"Identified, to internal: {_description(draw)}", by),
        (at + 12 * MINUTE, EntryKind.NOTE, "Only some of it fails", by),
        (at + 15 * MINUTE, EntryKind.DECISION, "We roll back", by),
        (record.mitigated_at or at, EntryKind.STATUS, "Mitigated", by),
        (record.resolved_at or at, EntryKind.STATUS, "Resolved", by),
        (record.ended_at or at, EntryKind.STATUS, record.status.value.capitalize(), None),
    ]
    return Told(record, _entries(record.id, record.id, said))


def _entries(record_id: str, incident_id: str, said: list[tuple[datetime, EntryKind, str, str | None]]) -> Any:
    return [
        {
            "record_id": record_id,
            "number": number,
            "incident_id": incident_id,
            "at": at,
            "kind": kind.value,
            "text": text,
            "author": author,
            "through": None,
        }
        for number, (at, kind, text, author) in enumerate(said, 1)
    ]
