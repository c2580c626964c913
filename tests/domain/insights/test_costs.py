"""What it costs not to do what was agreed: worked examples."""

from datetime import timedelta
from typing import Any

import pytest

from followthrough.domain.answered.insights.costs import Came, Held, held, overdue_at, price, repeats
from followthrough.domain.answered.insights.measures import GONE
from followthrough.domain.answered.insights.scope import Scope
from followthrough.domain.answered.insights.told import tell_price, tell_repeats
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import Incident, IncidentStatus, Repeat, Role, RoleHolder
from followthrough.domain.replayed.item.action_item import (
    ActionItem,
    ItemStatus,
    Moment,
    MomentKind,
    Priority,
    RepeatEffect,
    Waiver,
)
from tests.records import NOW, incident, item

DAY = timedelta(days=1)
SCOPE = Scope(now=NOW + 25 * DAY, months=1)
FIRST, SECOND = incident(1), incident(2)
NIGHT = NOW.replace(hour=2)


def repeat(number: int, days: int, earlier: Incident = FIRST, **changes: Any) -> Incident:
    alike = [Repeat(incident_id=earlier.id, because="The same alert")]
    return incident(number, declared_at=NOW + days * DAY, repeats=alike, **changes)


def reminded(days: int, kind: MomentKind = MomentKind.REMIND_AFTER_DEADLINE) -> list[Moment]:
    return [Moment(at=NOW + days * DAY, kind=kind, to=("ana",))]


def closed(days: int, **changes: Any) -> ActionItem:
    return item(9, status=ItemStatus.CLOSED, ended_at=NOW + days * DAY, **changes)


def test_a_repeat_comes_before_its_follow_ups_are_closed_or_after_or_without_any() -> None:
    early, late, alone = repeat(3, 2), repeat(4, 9), repeat(5, 3, SECOND)
    items = [closed(6, repeats=[early.id])]
    counts = repeats([FIRST, SECOND, early, late, alone, repeat(6, 2, drill=True)], items, SCOPE)
    assert counts == {("2026-03", Came.BEFORE): 1, ("2026-03", Came.AFTER): 1, ("2026-03", Came.WITHOUT): 1}
    told = tell_repeats(counts, SCOPE)
    assert told.rows == (("2026-03", 1, 1, 1),)
    assert told.summary.startswith("1 of 3 came before the follow-ups of the earlier incident were closed; too few")


@pytest.mark.parametrize(
    ("changes", "overdue"),
    [
        ({}, False),
        ({"reminders": reminded(3)}, True),
        ({"reminders": reminded(3, MomentKind.ESCALATE)}, True),
        ({"reminders": reminded(3, MomentKind.REMIND_BEFORE_DEADLINE)}, False),
        ({"reminders": reminded(6)}, False),
        ({"reminders": reminded(3), "working_since": NOW + 4 * DAY}, False),
        ({"reminders": reminded(3), "working_since": NOW + 2 * DAY}, True),
        ({"reminders": reminded(3), "working_since": NOW + 6 * DAY}, True),
        ({"reminders": reminded(3), "done_at": NOW + 4 * DAY}, False),
        ({"reminders": reminded(3), "done_at": NOW + 6 * DAY}, True),
    ],
    ids=str,
)
def test_what_was_overdue_then_is_told_by_its_reminders(changes: dict[str, Any], overdue: bool) -> None:
    assert overdue_at(item(1, **changes), repeat(3, 5)) is overdue


def test_an_accepted_risk_that_came_true_was_not_overdue() -> None:
    came = repeat(3, 5)
    waiver = Waiver(reason="Replaced soon", by="carla", at=NOW + 4 * DAY)
    effect = RepeatEffect(incident_id=came.id, priority=Priority.LOW, raised=Priority.HIGH, waiver=waiver)
    assert not overdue_at(item(1, reminders=reminded(3), repeat_effects=[effect]), came)


def test_the_price_is_minutes_and_people_woken_while_a_follow_up_was_overdue(organisation: Organisation) -> None:
    asked = RoleHolder(role=Role.INCIDENT_COMMANDER, person="ines", at=NIGHT + 5 * DAY)
    came = repeat(3, 5, resolved_at=NOW + 5 * DAY + timedelta(minutes=42), roles=[asked])
    secret = repeat(4, 6, private=True, title="Zanzibar")
    going_on = repeat(5, 24)
    in_time = repeat(6, 1)
    names = [one.id for one in (came, secret, going_on, in_time)]
    items = [item(1, reminders=reminded(3), repeats=names)]
    prices = price([FIRST, came, secret, going_on, in_time], items, organisation, SCOPE)
    assert [(one.incident_id, one.minutes, one.woken) for one in prices] == [
        (going_on.id, 24 * 60, 0),
        (secret.id, 19 * 24 * 60, 0),
        (came.id, 42, 1),
    ]
    told = tell_price(prices, SCOPE)
    assert told.summary == "Repeats: 3. They lasted 24 h 42 min, and somebody was woken once."
    assert (len(told.rows), told.private) == (2, 1)
    assert "Zanzibar" not in told.model_dump_json()


def test_a_fix_holds_from_when_the_last_follow_up_closed_until_it_comes_back() -> None:
    came = repeat(3, 2)
    assert held([FIRST, came], [closed(6)], SCOPE) == [
        Held(incident_id=FIRST.id, title=FIRST.title, repeats=1, since=NOW + 6 * DAY, private=False)
    ]
    assert held([FIRST, came, repeat(4, 9)], [closed(6)], SCOPE) == []
    assert held([FIRST, came], [closed(6), item(2)], SCOPE) == []
    assert held([FIRST], [closed(6)], SCOPE) == []


@pytest.mark.parametrize("status", GONE)
def test_a_false_alarm_and_what_was_merged_cost_nothing_and_end_no_credit(
    status: IncidentStatus, organisation: Organisation
) -> None:
    came, gone = repeat(3, 2), repeat(4, 9, status=status)
    follow_up = closed(6, repeats=[came.id, gone.id], reminders=reminded(1))
    assert repeats([FIRST, came, gone], [follow_up], SCOPE) == {("2026-03", Came.BEFORE): 1}
    prices = price([FIRST, came, gone], [follow_up], organisation, SCOPE)
    assert [one.incident_id for one in prices] == [came.id]
    assert [one.repeats for one in held([FIRST, came, gone], [follow_up], SCOPE)] == [1]
    assert held([FIRST.model_copy(update={"status": status}), came], [follow_up], SCOPE) == []


def test_a_price_does_not_name_follow_ups_of_an_incident_that_is_private(organisation: Organisation) -> None:
    came = repeat(3, 5)
    told: dict[str, Any] = {"reminders": reminded(3), "repeats": [came.id]}
    (paid,) = price([came], [item(1, **told), item(2, **told, private=True)], organisation, SCOPE)
    assert paid.items == (item(1).id,)
    (row,) = tell_price([paid], SCOPE).rows
    cut = tell_price([paid] * 3, SCOPE, at_most=2)
    assert (len(cut.rows), cut.left_off) == (2, 1)
    assert row[-2:] == (item(1).id, 1)
