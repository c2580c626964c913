"""What pages offer is not refused, as far as that can be known before somebody types."""

from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.incident.choices import INCIDENT_CHOICES
from followthrough.domain.answered.item.choices import ITEM_CHOICES
from followthrough.domain.answered.item.schedule import plan_item
from followthrough.domain.answered.offered import offered
from followthrough.domain.replayed.incident.commands import IncidentCommand
from followthrough.domain.replayed.incident.incident import (
    Audience,
    IncidentStatus,
    ItemSummary,
    Repeat,
    Role,
    RoleHolder,
    Subscription,
)
from followthrough.domain.replayed.item.action_item import Block, Evidence, ExtensionWanted, ItemStatus, OwnerWanted
from followthrough.domain.replayed.item.commands import ItemCommand
from followthrough.domain.replayed.postmortem.commands import SubmitPostmortem
from followthrough.domain.replayed.ticket.ticket import Ticket
from followthrough.domain.replayed.values import Refusal
from tests.example import EXAMPLE
from tests.records import NOW, incident, item

PEOPLE = ("tomas", "marcos", "ines", "wei", "nora")
LATER = NOW + timedelta(days=5)
TYPED: dict[str, Any] = {
    "evidence": "https://git.example.com/1",
    "evidence_kind": "change",
    "note": "See there",
    "reason": "It is better so",
    "to": "sam",
    "until": LATER,
    "on": "inc-0000000001.9",
    "into": "inc-0000000001.9",
    "ticket": "PAY-1",
    "estimate": 3,
    "title": "Alert on the age of the queue",
    "description": "See the runbook",
    "kind": "prevent",
    "priority": "low",
    "text": "The vendor answered",
    "parts": [{"title": "One", "owner": "ines"}, {"title": "Two", "owner": "tomas"}],
}
MORE: tuple[dict[str, Any], ...] = (
    {},
    {"block": Block(reason="The new API", until=LATER, by="tomas", at=NOW)},
    {"blocked_at": NOW - timedelta(days=90)},
    {"extension_wanted": ExtensionWanted(until=NOW + timedelta(days=99), reason="Illness", by="tomas", at=NOW)},
    {"extensions": 9},
    {"owner_wanted": OwnerWanted(because="away", since=NOW)},
    {"ticket": Ticket(key="PAY-2", url="https://jira.example.com/PAY-2")},
    {"under_way": "split"},
    {"plan": None},
)


@given(status=st.sampled_from(ItemStatus), more=st.sampled_from(MORE), person=st.sampled_from(PEOPLE))
def test_what_is_offered_is_never_refused(status: ItemStatus, more: dict[str, Any], person: str) -> None:
    shown = Evidence.model_validate({"url": "https://git.example.com/1", "by": "tomas", "at": NOW})
    record = item(status=status, evidence=[shown], owner="tomas", **more)
    record.due = NOW + timedelta(days=1)
    record.plan = record.plan and plan_item(record, EXAMPLE, NOW)
    actor, about = Actor(person=person, door=Door.SESSION), About.of_record(record, EXAMPLE, incident())
    for choice in offered(ITEM_CHOICES, record, actor, about, NOW):
        typed = {name: TYPED[name] for name in choice.asks_for}
        command = choice.command.model_validate({"by": person, **choice.preset, **typed})
        try:
            command.apply(record.model_copy(deep=True), NOW)  # type: ignore[attr-defined]
        except Refusal as refusal:
            pytest.fail(f"{choice.name}: {refusal}")


OF_INCIDENTS: dict[str, Any] = {
    "stage": "identified",
    "audience": "executives",
    "summary": "Moved the traffic",
    "text": "The queue is full",
    "at": None,
    "title": "The queue of refunds is full",
    "owner": "sam",
    "kind": "detect",
    "priority": "high",
    "note": "See the timeline",
    "role": "Resolver",
    "person": "sam",
    "severity": "SEV4",
    "reason": "It is better so",
    "of": "inc-0000000009",
    "into": "inc-0000000009",
    "service": None,
    "for_openness": False,
    "to": "sam",
    "format": "short",
    "declared_at": NOW - timedelta(days=1),
    "mitigated_at": None,
    "resolved_at": None,
}
EARLIER = Repeat(incident_id="inc-0000000009", because="The same title", proposed=True)
MORE_OF_INCIDENTS: tuple[dict[str, Any], ...] = (
    {},
    {"private": True},
    {"drill": True},
    {"postmortem_owner": "tomas"},
    {"roles": [RoleHolder(role=Role.INCIDENT_COMMANDER, person="ines", at=NOW, acknowledged_at=NOW)]},
    {"roles": [RoleHolder(role=Role.INCIDENT_COMMANDER, person="tomas", at=NOW)]},
    {"items": [ItemSummary(id="inc-0000000001.1", title="One", owner="tomas")]},
    {"subscriptions": [Subscription(person="tomas", audience=audience) for audience in Audience]},
    {"unsubscribed": ["tomas", "ines"]},
    {"proposed_repeats": [EARLIER]},
)


@given(status=st.sampled_from(IncidentStatus), more=st.sampled_from(MORE_OF_INCIDENTS), person=st.sampled_from(PEOPLE))
def test_what_is_offered_about_an_incident_is_never_refused(
    status: IncidentStatus, more: dict[str, Any], person: str
) -> None:
    ended = status in (IncidentStatus.CLOSED, IncidentStatus.CANCELLED, IncidentStatus.MERGED)
    into = "inc-0000000009" if status is IncidentStatus.MERGED else None
    record = incident(status=status, ended_at=NOW if ended else None, merged_into=into, **more)
    actor, about = Actor(person=person, door=Door.SESSION), About.of_record(record, EXAMPLE, None)
    for choice in offered(INCIDENT_CHOICES, record, actor, about, NOW):
        typed = {name: OF_INCIDENTS[name] for name in choice.asks_for}
        if choice.name == "unlink-repeat":
            typed["of"] = EARLIER.incident_id
        if choice.name == "kudos":
            typed["to"] = ("sam",)
        command = choice.command.model_validate({"by": person, **choice.preset, **typed})
        try:
            command.apply(record.model_copy(deep=True), NOW)  # type: ignore[attr-defined]
        except Refusal as refusal:
            pytest.fail(f"{choice.name}: {refusal}")


def test_every_command_to_an_incident_but_what_the_editor_of_postmortems_sends_can_be_chosen() -> None:
    commands: set[object] = {*get_args(get_args(IncidentCommand)[0])}
    assert commands - {one.choice.command for one in INCIDENT_CHOICES} == {SubmitPostmortem}
    names = [one.choice.name for one in INCIDENT_CHOICES]
    assert len(set(names)) == len(names)
    assert {*names}.isdisjoint({one.choice.name for one in ITEM_CHOICES})


def test_every_command_to_an_item_can_be_chosen_by_somebody() -> None:
    assert {one.choice.command for one in ITEM_CHOICES} == {*get_args(get_args(ItemCommand)[0])}
    assert len({one.choice.name for one in ITEM_CHOICES}) == len(ITEM_CHOICES)
