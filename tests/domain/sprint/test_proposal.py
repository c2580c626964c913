from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.answered.organisation.calendar import is_working_day
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.sprint.dates import coming_plans, sprint_plan
from followthrough.domain.answered.sprint.proposal import CANDIDATES, PLACES, Place, Proposal, propose
from followthrough.domain.replayed.item.action_item import ActionItem, Block, ItemStatus, Priority, Waiver
from followthrough.domain.replayed.sprint.commands import Estimate, MovedOn, Planned
from followthrough.domain.replayed.sprint.sprint import Sprint, SprintPlan
from followthrough.domain.replayed.ticket.ticket import Ticket
from followthrough.domain.replayed.values import Refusal, Severity
from tests.records import NOW, item
from tests.tracking import organisation

ZONES = ("Europe/Madrid", "America/New_York", "Pacific/Kiritimati", "Etc/GMT+12", "Australia/Lord_Howe")
TICKET = Ticket(key="PAY-1", url="https://jira.example.com/browse/PAY-1")


def planning_team(**changes: Any) -> Organisation:
    """``payments`` with other sprints or another calendar, ``platform`` without sprints."""
    plain = organisation()
    payments = plain.teams["payments"].model_dump() | {"members": ("ana", "ben")} | changes
    return Organisation.model_validate(
        {**plain.model_dump(), "teams": {**plain.model_dump()["teams"], "payments": payments}}
    )


def with_sprints(**sprints: Any) -> Organisation:
    return planning_team(sprints={"first_day": date(2026, 1, 12), "weeks": 2, **sprints})


def plan_of(first_day: date = date(2026, 3, 9), **sprints: Any) -> SprintPlan:
    plan = sprint_plan("payments", with_sprints(**sprints), first_day)
    assert plan is not None
    return plan


def test_a_fortnights_planning_is_proposed_a_working_day_before_and_ends_with_the_next() -> None:
    plan = plan_of()
    local = [at.astimezone(ZoneInfo("Europe/Madrid")) for at in (plan.digest_at, plan.planning_at, plan.ends_at)]
    assert [f"{at:%a %d %b %H:%M}" for at in local] == ["Fri 06 Mar 10:00", "Mon 09 Mar 10:00", "Mon 23 Mar 10:00"]
    assert plan.people == ("carla", "ana", "ben")


def test_a_holiday_moves_planning_to_the_next_working_day_and_the_proposal_before_it() -> None:
    free = planning_team(
        sprints={"first_day": date(2026, 1, 12), "weeks": 2}, holidays={"days": [date(2026, 3, 9), date(2026, 3, 6)]}
    )
    plan = sprint_plan("payments", free, date(2026, 3, 9))
    assert plan is not None
    assert (plan.digest_at.date(), plan.planning_at.date()) == (date(2026, 3, 5), date(2026, 3, 10))


def test_planning_keeps_its_time_of_day_when_clocks_change() -> None:
    hours = [
        (plan.planning_at.astimezone(ZoneInfo("Europe/Madrid")).hour, plan.planning_at.hour)
        for plan in [plan_of(date(2026, 3, 23)), plan_of(date(2026, 4, 6))]
    ]
    assert hours == [(10, 9), (10, 8)]


@pytest.mark.parametrize(
    ("changes", "team"),
    [
        ({"sprints": {"first_day": date(2026, 1, 12), "planned_by": "acceptance"}}, "payments"),
        ({}, "gone"),
        ({"sprints": {"first_day": date(2026, 1, 13)}}, "payments"),
    ],
)
def test_no_planning_begins_on_a_day_that_is_no_sprints_first(changes: dict[str, Any], team: str) -> None:
    assert sprint_plan(team, planning_team(**changes), date(2026, 3, 9)) is None


def test_a_team_without_sprints_gets_a_list_every_second_monday() -> None:
    first, second = islice(coming_plans("platform", planning_team(), NOW), 2)
    assert not first.sprints
    assert first.digest_at == first.planning_at
    assert (first.first_day.weekday(), second.first_day - first.first_day) == (0, timedelta(weeks=2))


@given(
    now=st.dates(date(2025, 1, 1), date(2030, 1, 1)).map(lambda day: datetime.combine(day, time(9), UTC)),
    weeks=st.integers(1, 8),
    zone=st.sampled_from(ZONES),
    at=st.times().map(lambda at: at.replace(microsecond=0)),
    digest_before=st.integers(0, 5),
)
def test_plannings_follow_each_other_without_a_gap(
    now: datetime, weeks: int, zone: str, at: Any, digest_before: int
) -> None:
    sprints = {"first_day": "2026-01-12", "weeks": weeks, "planning": at, "digest_before": digest_before}
    organisation = planning_team(time_zone=zone, sprints=sprints, holidays={"country": "ES"})
    plans = list(islice(coming_plans("payments", organisation, now), 3))
    team = organisation.teams["payments"]
    for plan, following in pairwise(plans):
        assert plan.ends_at == following.planning_at
        assert following.first_day - plan.first_day == timedelta(weeks=weeks)
    for plan in plans:
        assert now < plan.starts_at
        assert plan.digest_at <= plan.planning_at <= plan.starts_at
        assert is_working_day(plan.planning_at.astimezone(ZoneInfo(zone)).date(), team)
        assert plan.planning_at.astimezone(ZoneInfo(zone)).date() >= plan.first_day


def proposal(items: Iterable[ActionItem], **sprints: Any) -> Proposal:
    return propose(plan_of(), items, with_sprints(**{"capacity": 40, **sprints}))


def places(items: Iterable[ActionItem]) -> list[Place]:
    return [line.place for line in proposal(items).lines]


def sprint(number: int, end: datetime | None) -> Sprint:
    return Sprint(id=number, name=f"Sprint {number}", end=end)


RUNNING, COMING = sprint(1, NOW + timedelta(days=7)), sprint(2, NOW + timedelta(days=21))
BLOCK = Block(reason="The provider ships in May", until=NOW + timedelta(days=60), by="ana", at=NOW)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"due_in_days": 3}, Place.OVERDUE),
        ({"due_in_days": 10}, Place.DUE),
        ({"due_in_days": 40}, Place.NEW),
        ({"due_in_days": 40, "status": ItemStatus.PROPOSED}, Place.NEW),
        ({"due_in_days": 40, "sprint": RUNNING}, Place.MOVED_ON),
        ({"due_in_days": 40, "moved_on": 1}, Place.MOVED_ON),
        ({"due_in_days": 3, "moved_on": 1, "sprint": COMING}, Place.PLANNED),
        ({"due_in_days": 3, "block": BLOCK}, Place.BLOCKED),
        ({"status": ItemStatus.DONE}, Place.DONE),
        (
            {"status": ItemStatus.WAIVED, "waiver": Waiver(reason="x", by="carla", at=NOW, until=NOW + timedelta(9))},
            Place.WAIVER,
        ),
    ],
)
def test_an_item_stands_where_a_person_would_look_for_it(changes: dict[str, Any], place: Place) -> None:
    assert places([item(**changes)]) == [place]


@pytest.mark.parametrize(
    "changes",
    [
        {"drill": True},
        {"status": ItemStatus.CLOSED},
        {"status": ItemStatus.WAIVED, "waiver": Waiver(reason="x", by="carla", at=NOW)},
        {"status": ItemStatus.WAIVED, "waiver": Waiver(reason="x", by="carla", at=NOW, until=NOW + timedelta(90))},
    ],
)
def test_nothing_is_said_of_what_nobody_owes(changes: dict[str, Any]) -> None:
    assert places([item(**changes)]) == []


def test_the_order_is_by_risk() -> None:
    by_risk = [
        item(9, due_in_days=40, severity=Severity.SEV4, moved_on=1),
        item(8, due_in_days=3, severity=Severity.SEV3),
        item(7, due_in_days=10, severity=Severity.SEV1, priority=Priority.LOW),
        item(6, due_in_days=40, severity=Severity.SEV1, priority=Priority.HIGH),
        item(5, due_in_days=40, severity=Severity.SEV2, priority=Priority.HIGH, repeats=["inc-0000000007"]),
        item(4, due_in_days=40, severity=Severity.SEV2, priority=Priority.HIGH),
        item(3, due_in_days=50, severity=Severity.SEV2, priority=Priority.HIGH),
        item(2, due_in_days=40, severity=Severity.SEV2, priority=Priority.MEDIUM),
    ]
    assert [line.id for line in proposal(reversed(by_risk)).lines] == [found.id for found in by_risk]


def test_what_does_not_fit_the_share_is_left_out_with_the_reason_and_what_is_smaller_may_still_fit() -> None:
    sizes = {1: 5, 2: 4, 3: 3, 4: 1}
    made = [item(number, estimate=size, ticket=TICKET) for number, size in sizes.items()]
    found = proposal(made)
    assert (found.share, [line.estimate for line in found.proposed]) == (8, [5, 3])
    assert [line.why for line in found.lines if not line.proposed] == [
        "Needs 4, and 3 of the share is left",
        "Needs 1, and 0 of the share is left",
    ]


def test_what_is_planned_already_takes_its_part_of_the_share() -> None:
    found = proposal([item(1, sprint=COMING, estimate=6), item(2, estimate=3), item(3, estimate=2)])
    assert (found.planned, [line.estimate for line in found.proposed]) == (6, [2])


def test_the_first_item_alone_may_be_larger_than_the_share() -> None:
    found = proposal([item(1, estimate=30), item(2, estimate=1)])
    assert [line.estimate for line in found.proposed] == [30]


def test_without_a_capacity_what_is_owed_before_the_end_is_proposed() -> None:
    found = proposal([item(1, due_in_days=10), item(2, due_in_days=40)], capacity=None)
    assert [line.why for line in found.lines] == ["Has no ticket yet", "Not due before the end"]
    assert [line.proposed for line in found.lines] == [True, False]


items = st.builds(
    lambda number, changes: item(number, **changes),
    st.integers(1, 10_000),
    st.fixed_dictionaries(
        {
            "due_in_days": st.integers(-30, 60),
            "severity": st.sampled_from(Severity),
            "priority": st.sampled_from(Priority),
            "status": st.sampled_from((ItemStatus.PROPOSED, ItemStatus.ACCEPTED, ItemStatus.DONE)),
            "estimate": st.none() | st.floats(0.5, 20),
            "moved_on": st.integers(0, 3),
            "sprint": st.sampled_from((None, RUNNING, COMING)),
            "block": st.sampled_from((None, BLOCK)),
        }
    ),
)


@given(st.lists(items, max_size=40, unique_by=lambda made: made.id), st.floats(1, 100), st.floats(0.05, 1))
def test_a_proposal_never_exceeds_the_share_keeps_the_order_and_has_every_open_item_once(
    made: list[ActionItem], capacity: float, share: float
) -> None:
    found = proposal(made, capacity=capacity, follow_up_share=share)
    assert sorted(line.id for line in found.lines) == sorted(one.id for one in made)
    assert [PLACES.index(line.place) for line in found.lines] == sorted(
        PLACES.index(line.place) for line in found.lines
    )
    assert all(line.place in CANDIDATES for line in found.proposed)
    assert all(line.why for line in found.candidates if not line.proposed)
    takes = sum(line.estimate for line in found.proposed)
    alone = len(found.proposed) == 1 and found.proposed[0] == found.lines[0] and found.planned == 0
    assert alone or not takes or takes + found.planned <= capacity * share * (1 + 1e-9)


def test_what_was_planned_and_not_done_moves_on_and_is_counted_once() -> None:
    left = item()
    Planned(sprint=RUNNING, by="carla").apply(left, NOW)
    MovedOn(sprint=RUNNING).apply(left, NOW)
    assert (left.moved_on, left.sprint) == (1, None)
    Planned(sprint=COMING, by="carla").apply(left, NOW)
    MovedOn(sprint=RUNNING).apply(left, NOW)
    assert (left.moved_on, left.sprint) == (1, COMING)
    Planned(sprint=sprint(3, None), because="Sprint 2 is over", by="carla").apply(left, NOW)
    assert [entry.text for entry in left.unwritten[-4:]] == [
        "Planned in Sprint 1 and not done; it moved on once",
        "Planned in Sprint 2",
        "Planned in Sprint 2 and not done; it moved on 2 times",
        "Planned in Sprint 3, because Sprint 2 is over",
    ]


def test_work_is_estimated_while_there_is_some() -> None:
    estimated = item()
    Estimate(by="ana", estimate=3).apply(estimated, NOW)
    assert estimated.estimate == 3
    with pytest.raises(Refusal, match="can be estimated"):
        Estimate(by="ana", estimate=5).apply(item(status=ItemStatus.DONE), NOW)


def test_a_private_incidents_item_is_planned_without_its_words() -> None:
    waits = Block(reason="Zanzibar is away", until=NOW + timedelta(days=9), by="ana", at=NOW)
    secret: dict[str, Any] = {"title": "Alert on Zanzibar depth", "private": True}
    found = propose(plan_of(), [item(1, **secret), item(2, **secret, block=waits)], with_sprints())
    assert [line.title for line in found.lines] == ["Follow-up of a private incident"] * 2
    assert "Zanzibar" not in found.model_dump_json()
