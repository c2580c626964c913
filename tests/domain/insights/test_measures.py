"""Worked examples of each measure."""

from datetime import UTC, datetime, timedelta
from typing import Any

from followthrough.domain.answered.insights.insight import DEFINITIONS, Insight, Name
from followthrough.domain.answered.insights.measures import (
    Ages,
    Duration,
    Outcome,
    Share,
    Spread,
    accepted_risks,
    ages,
    escalated,
    on_time,
    spreads,
)
from followthrough.domain.answered.insights.scope import By, Scope
from followthrough.domain.answered.insights.told import tell_ages, tell_durations, tell_on_time, tell_waivers
from followthrough.domain.replayed.incident.incident import IncidentStatus, Role, RoleHolder
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus, Moment, MomentKind, Waiver
from followthrough.domain.replayed.values import Severity
from tests.records import NOW, incident, item

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LATER = NOW + 20 * DAY
SCOPE = Scope(now=LATER, months=2)
"""From the first of February 2026 to 22 March."""
ALL = (By.ALL, "all")


def closed(number: int, days: int, *, due: int = 10, **changes: Any) -> ActionItem:
    return item(number, due_in_days=due, status=ItemStatus.CLOSED, ended_at=NOW + days * DAY, **changes)


def cell(told: Insight, of: str, column: str) -> object:
    names = [one.name for one in told.columns]
    return next(row[names.index(column)] for row in told.rows if row[names.index("of")] == of)


def test_closed_by_the_deadline_is_on_time_by_month_severity_and_team() -> None:
    items = [
        closed(1, 9),
        closed(2, 11),
        closed(3, -20, severity=Severity.SEV1, team="platform"),
        closed(4, 9, drill=True),
        closed(5, -60),
        item(6),
    ]
    shares = on_time(items, SCOPE)
    assert shares == {
        ALL: Share(part=2, whole=3),
        (By.MONTH, "2026-02"): Share(part=1, whole=1),
        (By.MONTH, "2026-03"): Share(part=1, whole=2),
        (By.SEVERITY, "SEV1"): Share(part=1, whole=1),
        (By.SEVERITY, "SEV2"): Share(part=1, whole=2),
        (By.TEAM, "payments"): Share(part=1, whole=2),
        (By.TEAM, "platform"): Share(part=1, whole=1),
    }
    told = tell_on_time(shares, SCOPE)
    assert told.summary == "2 of 3; too few to compare."
    assert cell(told, "all", "percent") is None
    assert told.drawing is not None
    assert told.drawing.series[0].values == (None, None)


def test_with_enough_of_them_there_is_a_share() -> None:
    told = tell_on_time(on_time([closed(number, 9 + number // 4) for number in range(8)], SCOPE), SCOPE)
    assert told.summary == "8 of 8 (100 %)."
    told = tell_on_time(on_time([closed(number, 9, due=9 - number // 4) for number in range(8)], SCOPE), SCOPE)
    assert told.summary == "4 of 8 (50 %)."
    assert cell(told, "2026-03", "percent") == 50


def test_filters_leave_out_what_does_not_fit() -> None:
    items = [closed(1, 9), closed(2, 9, severity=Severity.SEV1), closed(3, 9, team="platform", service="network")]
    for scope in ({"severity": Severity.SEV1}, {"team": "platform"}, {"service": "network"}):
        assert on_time(items, SCOPE.model_copy(update=scope))[ALL] == Share(part=1, whole=1)


def test_what_is_open_is_counted_by_its_age_in_whole_days() -> None:
    items = [item(days, proposed_at=LATER - days * DAY) for days in (1, 30, 31, 200)]
    found = ages([*items, closed(9, 1)], SCOPE)
    assert found[ALL] == Ages(counts=(2, 1, 0, 1), median=30)
    assert {by for by, _ in found} == {By.ALL, By.SEVERITY, By.TEAM}
    assert tell_ages(found).summary == "4 open; too few to compare."


def test_an_item_is_measured_from_proposed_to_accepted_to_planned_and_to_closed() -> None:
    record = closed(1, 10, accepted_at=NOW + DAY, planned_at=NOW + 3 * DAY)
    took = {
        what: spreads(what, [record], SCOPE)[ALL].median for what in (Duration.ACCEPT, Duration.PLAN, Duration.CLOSE)
    }
    assert took == {Duration.ACCEPT: 86_400, Duration.PLAN: 2 * 86_400, Duration.CLOSE: 10 * 86_400}
    asked_again = record.model_copy(update={"asked_at": NOW + 9 * DAY, "accepted_at": None})
    assert spreads(Duration.CLOSE, [asked_again], SCOPE)[ALL].median == 86_400
    assert spreads(Duration.ACCEPT, [asked_again], SCOPE) == {}
    said = DEFINITIONS[Name.STEPS]
    assert "from when it was proposed, or last asked again, until it was closed" in said
    assert "got into a sprint or was ranked on the board" in said


def test_an_incident_is_measured_to_its_first_acknowledgement_and_its_ends() -> None:
    late = RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=NOW, acknowledged_at=NOW + 5 * HOUR)
    first = late.model_copy(update={"acknowledged_at": NOW + 2 * HOUR})
    changes = {"mitigated_at": NOW + 3 * HOUR, "resolved_at": NOW + 4 * HOUR, "published_at": NOW + 28 * HOUR}
    records = [
        incident(1, **changes, roles=[late], past_roles=[first]),
        incident(2, **changes, roles=[first], status=IncidentStatus.CANCELLED),
        incident(3, **changes, roles=[first], drill=True),
        incident(4),
        incident(5, resolved_at=NOW + 9 * DAY, published_at=NOW + 6 * HOUR),
    ]
    took = {what: spreads(what, records, SCOPE).get(ALL) for what in Duration}
    hours = {what: spread.median // 3600 for what, spread in took.items() if spread and spread.count == 1}
    assert hours == {Duration.ACKNOWLEDGE: 1, Duration.MITIGATE: 2, Duration.PUBLISH: 24}
    assert took[Duration.RESOLVE] == Spread(count=2, median=3 * 3600, ninetieth=211 * 3600, total=214 * 3600)


def test_half_and_ninety_percent_are_nearest_ranks_and_only_told_of_enough() -> None:
    records = [
        incident(1, id=f"inc-{minutes}", resolved_at=NOW + HOUR + timedelta(minutes=minutes))
        for minutes in range(1, 11)
    ]
    found = {Duration.RESOLVE: spreads(Duration.RESOLVE, records, SCOPE)}
    assert found[Duration.RESOLVE][ALL] == Spread(count=10, median=300, ninetieth=540, total=3300)
    told = tell_durations(Name.RESPONSE, found, SCOPE)
    assert [cell(told, "all", f"{one}_minutes") for one in ("median", "ninetieth", "mean")] == [5, 9, 6]
    for count, numbers in ((9, [5, None, 5]), (4, [None, None, None])):
        found = {Duration.RESOLVE: spreads(Duration.RESOLVE, records[:count], SCOPE)}
        told = tell_durations(Name.RESPONSE, found, SCOPE)
        assert [cell(told, "all", f"{one}_minutes") for one in ("median", "ninetieth", "mean")] == numbers
    assert told.summary == "To resolve (MTTR): 4 measured, too few to compare."


def test_escalations_are_counted_by_the_highest_level_and_what_became_of_it() -> None:
    def to_level(number: int, *levels: int, **changes: Any) -> ActionItem:
        told = [Moment(at=NOW + level * DAY, kind=MomentKind.ESCALATE, level=level, to=("carla",)) for level in levels]
        return item(number, reminders=told, **changes)

    items = [
        to_level(1, 1, 2),
        to_level(2, 1),
        to_level(3, 1, status=ItemStatus.CLOSED, ended_at=NOW + 2 * DAY),
        to_level(4, 1, status=ItemStatus.SPLIT, ended_at=NOW + 2 * DAY),
        to_level(5),
        to_level(6, 1, drill=True),
        to_level(7, -90),
    ]
    assert escalated(items, {items[1].id: NOW + 3 * DAY}, SCOPE) == {
        (2, Outcome.UNANSWERED): 1,
        (1, Outcome.ANSWERED): 1,
        (1, Outcome.CLOSED): 1,
        (1, Outcome.ELSEWHERE): 1,
    }


def test_accepted_risk_is_a_ledger_and_a_private_one_is_only_counted() -> None:
    def waived(number: int, until: datetime | None, **changes: Any) -> ActionItem:
        waiver = Waiver(reason="Replaced in spring", by="carla", at=NOW, until=until)
        return item(number, status=ItemStatus.WAIVED, waiver=waiver, ended_at=NOW, **changes)

    items = [waived(1, None), waived(2, LATER), waived(3, NOW + DAY, private=True, title="Zanzibar"), item(4)]
    risks = accepted_risks(items, SCOPE)
    assert [risk.id[-1] for risk in risks.items] == ["2", "1"]
    told = tell_waivers(risks)
    assert told.summary == "3 in force, 1 of them for good."
    assert told.private == 1
    assert [row[4:] for row in told.rows] == [
        ("carla", "2026-03-02", "2026-03-22", "Replaced in spring"),
        ("carla", "2026-03-02", "for good", "Replaced in spring"),
    ]
    assert "Zanzibar" not in told.model_dump_json()


def test_months_are_those_of_utc() -> None:
    scope = Scope(now=datetime(2026, 3, 1, 0, 30, tzinfo=UTC), months=3)
    assert [str(month) for month in scope.each_month] == ["2026-01", "2026-02", "2026-03"]


def test_where_nothing_was_on_time_that_is_drawn_and_where_nothing_was_closed_there_is_nothing_to_draw() -> None:
    late = tell_on_time(on_time([closed(number, 12) for number in range(1, 9)], SCOPE), SCOPE)
    assert late.summary == "0 of 8 (0 %)."
    assert late.drawing is not None
    assert not late.drawing.empty
    none = tell_on_time({}, SCOPE)
    assert none.drawing is not None
    assert none.drawing.empty


def test_what_took_seconds_is_not_said_to_have_taken_no_hours() -> None:
    quick = Spread(count=8, median=100, ninetieth=110, total=800)
    told = tell_durations(Name.RESPONSE, {Duration.ACKNOWLEDGE: {ALL: quick}}, SCOPE)
    assert "half within 2 min (8 measured)" in told.summary
