"""Random incidents and action items, to hold what SQL says against definitions."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Engine, delete
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.answered.insights.scope import Scope
from followthrough.domain.replayed.incident.incident import (
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    IncidentStatus,
    Kudos,
    Repeat,
    Role,
    RoleHolder,
)
from followthrough.domain.replayed.item.action_item import (
    ActionItem,
    Block,
    Evidence,
    ExtensionWanted,
    ItemStatus,
    Moment,
    MomentKind,
    OwnerWanted,
    RepeatEffect,
    Waiver,
)
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.values import EntryKind, Severity
from followthrough.store.facts import PartRow, RepeatRow
from followthrough.store.tables import ActionItemRow, IncidentRow, ProjectionRow, TimelineRow
from tests.records import incident, item

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLACES = st.sampled_from([("payments", "checkout"), ("payments", "ledger"), ("platform", "network")])
PEOPLE = st.sampled_from(["ana", "ben", "carla", "who-left"])
ROLES = st.sampled_from(list(Role))
SEVERITIES = st.sampled_from(list(Severity))
INCIDENTS = [f"inc-{number:010d}" for number in range(5)]
SCOPES = st.builds(
    Scope,
    now=st.just(NOW),
    months=st.integers(1, 8),
    team=st.sampled_from([None, "payments"]),
    service=st.sampled_from([None, None, "checkout"]),
    severity=st.sampled_from([None, None, Severity.SEV2]),
)


def times(draw: st.DrawFn, count: int) -> list[datetime]:
    """In their order, over three quarters of a year; often the same day."""
    hours = draw(st.lists(st.integers(0, 6_500), min_size=count, max_size=count))
    return [NOW - timedelta(hours=hour) for hour in sorted(hours, reverse=True)]


def perhaps(draw: st.DrawFn, value: Any) -> Any:
    return value if draw(st.booleans()) else None


@st.composite
def some_incident(draw: st.DrawFn, name: str) -> Incident:
    declared, acknowledged, mitigated, resolved, published, ended = times(draw, 6)
    team, service = draw(PLACES)
    held = [
        RoleHolder(role=draw(ROLES), person=person, at=declared, acknowledged_at=perhaps(draw, acknowledged))
        for person in draw(st.lists(PEOPLE, max_size=3))
    ]
    missed = IncidentMoment(
        at=acknowledged, kind=IncidentMomentKind.ROLE_NOT_ACKNOWLEDGED, to=tuple(draw(st.lists(PEOPLE, max_size=2)))
    )
    changes: dict[str, Any] = {
        "id": name,
        "team": team,
        "service": service,
        "severity": draw(SEVERITIES),
        "drill": draw(st.integers(0, 5)) == 0,
        "status": draw(st.sampled_from(list(IncidentStatus))),
        "declared_at": declared,
        "mitigated_at": perhaps(draw, mitigated),
        "resolved_at": perhaps(draw, resolved),
        "published_at": perhaps(draw, published),
        "ended_at": perhaps(draw, ended),
        "private": draw(st.integers(0, 4)) == 0,
        "acknowledged_before": perhaps(draw, acknowledged),
        "roles": held[:1],
        "past_roles": held[1:],
        "moments": [missed] if draw(st.booleans()) else [],
        "kudos": [
            Kudos(by=draw(PEOPLE), to=("ana",), text=f"You were calm at {at:%H:%M}", at=at)
            for at in draw(st.lists(st.sampled_from([resolved, ended]), max_size=2))
        ],
        "repeats": [
            Repeat(incident_id=earlier, because="alike")
            for earlier in draw(st.lists(st.sampled_from(INCIDENTS), max_size=2, unique=True))
        ],
    }
    return incident(1, **changes)


def _waiting(draw: st.DrawFn, asked: dict[str, Any], until: datetime) -> dict[str, Any]:
    return {
        "block": perhaps(draw, Block(reason="It waits", until=until, **asked)),
        "extension_wanted": perhaps(draw, ExtensionWanted(reason="More time", until=until, **asked)),
        "owner_wanted": perhaps(draw, OwnerWanted(because="She is away", since=asked["at"])),
    }


@st.composite
def some_item(draw: st.DrawFn, number: int) -> ActionItem:
    proposed, first, accepted, planned, second, done, ended, until = times(draw, 8)
    team, service = draw(PLACES)
    status = draw(st.sampled_from(list(ItemStatus)))
    settled = status not in (ItemStatus.PROPOSED, ItemStatus.ACCEPTED, ItemStatus.DONE)
    of = draw(st.sampled_from(INCIDENTS))
    kinds = st.sampled_from([MomentKind.ESCALATE, MomentKind.REMIND_AT_DEADLINE, MomentKind.REMIND_TO_PLAN])
    waiver = Waiver(reason="Replaced soon", by="carla", at=ended, until=perhaps(draw, until))
    repeated = draw(st.lists(st.sampled_from(INCIDENTS), max_size=2, unique=True))
    evidence = Evidence(url="https://example.com/1", by=draw(PEOPLE), at=second)
    asked = {"by": "ana", "at": second}
    changes: dict[str, Any] = {
        "id": f"{of}.{number}",
        "owner": draw(PEOPLE),
        "estimate": perhaps(draw, draw(st.integers(1, 8))),
        "moved_on": draw(st.integers(0, 2)),
        "evidence": [evidence] if status is ItemStatus.DONE or draw(st.booleans()) else [],
        "sprint": perhaps(draw, Sprint(id=1, name="Sprint 1", end=perhaps(draw, until))),
        **({} if settled else _waiting(draw, asked, until)),
        "incident_id": of,
        "team": team,
        "service": service,
        "severity": draw(SEVERITIES),
        "drill": draw(st.integers(0, 5)) == 0,
        "status": status,
        "proposed_at": proposed,
        "accepted_at": perhaps(draw, accepted),
        "working_since": perhaps(draw, accepted),
        "asked_at": perhaps(draw, first),
        "planned_at": perhaps(draw, planned),
        "done_at": perhaps(draw, done),
        "ended_at": ended if settled else None,
        "waiver": waiver if status is ItemStatus.WAIVED else None,
        "repeats": repeated,
        "repeat_effects": [
            RepeatEffect(incident_id=one, priority="high", raised="high", waiver=perhaps(draw, waiver))
            for one in repeated
        ],
        "reminders": [
            Moment(at=at, kind=draw(kinds), level=draw(st.integers(0, 2)), to=tuple(draw(st.lists(PEOPLE, max_size=2))))
            for at in draw(st.lists(st.sampled_from([first, second, done]), max_size=2))
        ],
        "unwritten": [],
    }
    made = item(number, due_in_days=draw(st.integers(-20, 280)), **changes)
    made.unwritten = []
    for at in draw(st.lists(st.sampled_from([first, second, done]), max_size=2)):
        made.note(at, EntryKind.NOTE, "We talk about it", perhaps(draw, "carla"))
    return made


@st.composite
def some_records(draw: st.DrawFn) -> tuple[list[Incident], list[ActionItem]]:
    incidents = [draw(some_incident(name)) for name in INCIDENTS]
    return incidents, [draw(some_item(number)) for number in range(draw(st.integers(0, 7)))]


TABLES = (IncidentRow, ActionItemRow, TimelineRow, ProjectionRow, PartRow, RepeatRow)


def written(session: Session, database: Engine, incidents: list[Incident], items: list[ActionItem]) -> None:
    """Instead of what was there."""
    for table in TABLES:
        session.execute(delete(table))
    session.commit()
    model = ReadModel(database)
    for incident_ in incidents:
        model.project_incident(incident_)
    for item_ in items:
        model.project_item(item_)


def answers(items: list[ActionItem]) -> dict[str, datetime]:
    spoken = {item.id: [entry.at for entry in item.unwritten if entry.author] for item in items}
    return {item_id: max(spoken) for item_id, spoken in spoken.items() if spoken}
