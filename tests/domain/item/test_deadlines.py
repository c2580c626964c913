"""Which deadlines an action item has, and who is asked when its owner can't keep them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from followthrough.domain.answered.item.schedule import plan_item, plans_anew
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Away, Organisation
from followthrough.domain.answered.organisation.policies import CountedFrom, ItemRule
from followthrough.domain.replayed.item.action_item import ActionItem, Block, MomentKind, Waiver
from followthrough.domain.replayed.item.commands import Accept, Decline, Extend, Reassign
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.values import Severity
from tests.domain.item.test_schedule import MONDAY, live, proposed, story, wake

DAY = timedelta(days=1)
EVENING = datetime(2026, 3, 2, 16, tzinfo=UTC)
"""17:00 in Madrid on the day of the proposal."""


def with_rules(organisation: Organisation, *rules: dict[str, Any]) -> Organisation:
    given = tuple(ItemRule.model_validate(rule) for rule in rules)
    items = organisation.policies.items.model_copy(update={"rules": given})
    return organisation.model_copy(update={"policies": organisation.policies.model_copy(update={"items": items})})


def with_person(organisation: Organisation, person: str, **changes: Any) -> Organisation:
    changed = organisation.people[person].model_copy(update=changes)
    return organisation.model_copy(update={"people": {**organisation.people, person: changed}})


def away(organisation: Organisation, person: str, first: date, last: date) -> Organisation:
    return with_person(organisation, person, away=(Away(first_day=first, last_day=last),))


def accepted(owner: str = "ines", **changes: Any) -> ActionItem:
    item = proposed(owner=owner)
    Accept(by=owner).apply(item, MONDAY)
    return item.model_copy(update={"sprint": Sprint(id=1, name="Sprint 1"), **changes})


def deadlines(item: ActionItem, organisation: Organisation) -> tuple[datetime, datetime]:
    plan = plan_item(item, organisation, MONDAY)
    return plan.accept_by, plan.due


def test_the_first_rule_that_fits_decides_and_the_tables_fill_it_in(organisation: Organisation) -> None:
    rules = with_rules(
        organisation,
        {"match": {"severity": ["SEV1"], "kind": ["prevent"]}, "due_within": 1},
        {"match": {"severity": ["SEV1", "SEV2"], "priority": ["high"]}, "due_within": 5},
        {"accept_within": 1},
    )
    assert deadlines(proposed(), rules) == (EVENING + 3 * DAY, EVENING + 7 * DAY)
    assert deadlines(proposed(Severity.SEV3), rules) == (
        EVENING + DAY,
        deadlines(proposed(Severity.SEV3), organisation)[1],
    )


def test_a_rule_may_have_a_ladder_of_its_own(organisation: Organisation) -> None:
    hasty = with_rules(organisation, {"ladder": {"waits": ["20h", "4h"]}, "due_within": 3})
    assert [told for told in story(live(accepted(), hasty, MONDAY + 5 * DAY)) if told[2]] == [
        ("03-06 12:00", "escalate", 1, ("marcos", "ines")),
        ("03-06 16:00", "escalate", 2, ("nora", "ines")),
    ]


@pytest.mark.parametrize(
    ("counted_from", "moments", "days"),
    [
        (CountedFrom.PROPOSED, {"declared_at": MONDAY - 3 * DAY}, 14),
        (CountedFrom.DECLARED, {"declared_at": MONDAY - 3 * DAY}, 11),
        (CountedFrom.RESOLVED, {}, 14),
        (CountedFrom.RESOLVED, {"resolved_at": MONDAY + 2 * DAY}, 16),
        (CountedFrom.PUBLISHED, {"resolved_at": MONDAY, "published_at": MONDAY + 7 * DAY}, 21),
    ],
)
def test_deadlines_count_from_the_named_moment_and_until_it_comes_from_the_proposal(
    organisation: Organisation, counted_from: CountedFrom, moments: dict[str, datetime], days: int
) -> None:
    rules = with_rules(organisation, {"counted_from": counted_from})
    assert deadlines(proposed().model_copy(update=moments), rules)[1] == EVENING + days * DAY


def test_however_long_ago_its_incident_was_an_owner_has_the_time_to_accept_it(organisation: Organisation) -> None:
    rules = with_rules(organisation, {"counted_from": CountedFrom.DECLARED})
    late = proposed().model_copy(update={"declared_at": MONDAY - 90 * DAY})
    assert deadlines(late, rules) == (EVENING + 3 * DAY, EVENING + 3 * DAY)


def test_working_days_are_those_of_the_owners_team(organisation: Organisation) -> None:
    """Good Friday is none in Madrid; New York works on, five or six hours later."""
    thursday = datetime(2026, 3, 31, 9, tzinfo=UTC)
    ends = {
        owner: plan_item(proposed(owner=owner).model_copy(update={"proposed_at": thursday}), organisation, thursday)
        for owner in ("ines", "sam")
    }
    assert ends["ines"].accept_by == datetime(2026, 4, 7, 15, tzinfo=UTC)
    assert ends["sam"].accept_by == datetime(2026, 4, 3, 21, tzinfo=UTC)


def test_a_lead_hears_once_of_an_accepted_item_that_planning_left_out(organisation: Organisation) -> None:
    item = accepted(sprint=None)
    plan = plan_item(item, organisation, MONDAY)
    assert plan.next is not None
    assert not plan.unplanned
    came = live(item, organisation, MONDAY + 20 * DAY)
    assert [told for told in story(came) if told[1] == "remind to plan"] == [
        ("03-10 08:00", "remind to plan", 0, ("marcos",))
    ]
    assert plan_item(item, organisation, MONDAY + 20 * DAY).unplanned
    item.sprint = Sprint(id=1, name="Sprint 1")
    assert not plan_item(item, organisation, MONDAY + 20 * DAY).unplanned


def test_before_an_owner_is_away_at_the_deadline_the_lead_is_asked_for_another(organisation: Organisation) -> None:
    gone = away(organisation, "ines", date(2026, 3, 12), date(2026, 3, 20))
    item = accepted()
    came = live(item, gone, MONDAY + 13 * DAY)
    assert story(came) == [
        ("03-09 16:00", "remind before the deadline", 0, ("ines",)),
        ("03-10 16:00", "owner wanted", 1, ("marcos",)),
        ("03-13 16:00", "owner wanted", 2, ("nora", "marcos")),
    ]
    assert item.owner_wanted is not None
    assert item.owner_wanted.because == "its owner is away until 2026-03-20"


def test_who_accepts_or_extends_knowing_of_the_absence_is_not_asked_again(organisation: Organisation) -> None:
    gone = away(organisation, "ines", date(2026, 3, 12), date(2026, 3, 20))
    for answer in (Accept(by="ines"), Extend(by="marcos", until=MONDAY + 17 * DAY, reason="After that")):
        item, now = accepted(), MONDAY + 9 * DAY
        live(item, gone, now)
        assert item.owner_wanted is not None
        answer.apply(item, now)
        assert item.owner_wanted is None
        assert not [came for came in live(item, gone, now + 4 * DAY, now) if came.kind is MomentKind.OWNER_WANTED]


def test_an_absence_that_is_over_by_the_deadline_changes_nothing(organisation: Organisation) -> None:
    gone = away(organisation, "ines", date(2026, 3, 9), date(2026, 3, 15))
    assert live(accepted(), gone, MONDAY + 20 * DAY) == live(accepted(), organisation, MONDAY + 20 * DAY)


def test_an_item_given_to_somebody_who_is_away_comes_back_to_the_lead_at_once(organisation: Organisation) -> None:
    gone = away(organisation, "tomas", date(2026, 3, 1), date(2026, 3, 31))
    item, now = proposed(), MONDAY + DAY
    Reassign(by="marcos", to="tomas", reason="Knows the service").apply(item, now)
    assert story(wake(item, gone, now)) == [("03-03 09:00", "owner wanted", 1, ("marcos",))]


def test_when_an_owner_leaves_the_lead_is_asked_before(organisation: Organisation) -> None:
    leaving = with_person(organisation, "ines", left=date(2026, 3, 13))
    item = accepted()
    assert story(live(item, leaving, MONDAY + 10 * DAY))[-1] == ("03-11 16:00", "owner wanted", 1, ("marcos",))
    Reassign(by="marcos", to="tomas", reason="Ines leaves").apply(item, MONDAY + 10 * DAY)
    assert item.owner_wanted is None


def test_who_declines_hears_nothing_more_and_the_lead_is_asked(organisation: Organisation) -> None:
    item, now = accepted(), datetime(2026, 3, 6, 20, tzinfo=UTC)
    Decline(by="ines", reason="I leave the team").apply(item, now)
    assert story(live(item, organisation, now + 6 * DAY, now)) == [
        ("03-09 08:00", "owner wanted", 1, ("marcos",)),
        ("03-12 08:00", "owner wanted", 2, ("nora", "marcos")),
    ]


def test_an_away_manager_is_skipped_for_the_next_above_and_nobody_is_when_all_are_away(
    organisation: Organisation,
) -> None:
    gone = away(organisation, "marcos", date(2026, 3, 17), date(2026, 3, 17))
    levels = [told for told in story(live(accepted(), gone, MONDAY + 19 * DAY)) if told[2]]
    assert levels == [
        ("03-17 16:00", "escalate", 1, ("nora", "ines")),
        ("03-20 16:00", "escalate", 2, ("nora", "ines")),
    ]
    deserted = away(gone, "nora", date(2026, 3, 17), date(2026, 3, 17))
    assert [told[3] for told in story(live(accepted(), deserted, MONDAY + 16 * DAY)) if told[2]] == [("marcos", "ines")]


def test_an_escalation_waits_for_the_working_hours_of_who_hears_it(organisation: Organisation) -> None:
    """17:00 in Madrid on the day before Maundy Thursday, Good Friday and a weekend."""
    item = accepted(due=datetime(2026, 4, 1, 15, tzinfo=UTC))
    assert [told[0] for told in story(live(item, organisation, MONDAY + 36 * DAY)) if told[2]] == ["04-06 07:00"]
    abroad = accepted(owner="sam", due=datetime(2026, 4, 1, 21, tzinfo=UTC))
    assert [told[0] for told in story(live(abroad, organisation, MONDAY + 32 * DAY)) if told[2]] == ["04-02 21:00"]


def test_a_blocked_item_is_reviewed_and_not_chased(organisation: Organisation) -> None:
    block = Block(reason="Needs the new queue", on="inc-0000000002.1", until=MONDAY + 18 * DAY, by="ines", at=MONDAY)
    item = accepted(block=block)
    assert story(live(item, organisation, MONDAY + 18 * DAY)) == [
        ("03-09 16:00", "review the block", 0, ("ines",)),
        ("03-16 16:00", "review the block", 0, ("ines", "marcos")),
        ("03-20 09:00", "review the block", 0, ("ines", "marcos")),
    ]
    until_a_date = accepted(block=block.model_copy(update={"on": None}))
    assert [came.at for came in live(until_a_date, organisation, MONDAY + 18 * DAY)] == [MONDAY + 18 * DAY]


def test_a_waiver_is_asked_about_before_it_expires(organisation: Organisation) -> None:
    waived = accepted()
    waived.waive(MONDAY, "Until the migration", "marcos", until=MONDAY + 30 * DAY)
    assert waived.waiver == Waiver(reason="Until the migration", by="marcos", at=MONDAY, until=MONDAY + 30 * DAY)
    assert story(live(waived, organisation, MONDAY + 30 * DAY))[:2] == [
        ("03-25 16:00", "waiver expires soon", 0, ("marcos", "nora", "ines")),
        ("04-01 09:00", "waiver expires", 0, ("marcos", "nora", "ines")),
    ]


def test_a_plan_that_a_changed_file_or_a_departure_makes_another_is_seen(organisation: Organisation) -> None:
    item = accepted(due=MONDAY + 300 * DAY)
    item.plan = plan_item(item, organisation, MONDAY)
    later = MONDAY + 100 * DAY
    assert not plans_anew(item, organisation, later)
    renamed = with_person(organisation, "ines", email="ines.new@example.com", phone="112")
    assert not plans_anew(item, renamed, later)
    reminds = organisation.policies.items.model_copy(update={"remind_before": (60,)})
    policies = organisation.policies.model_copy(update={"items": reminds})
    leaves = with_person(organisation, "ines", left=(later + DAY).date())
    for changed in (
        organisation.model_copy(update={"policies": policies}),
        away(organisation, "ines", (MONDAY + 290 * DAY).date(), (MONDAY + 310 * DAY).date()),
        leaves,
        as_of(with_person(organisation, "marcos", left=later.date()), later.date()),
    ):
        assert plans_anew(item, changed, later)
    assert not plans_anew(item, leaves, item.plan.next.at if item.plan.next else later), "it plans by itself then"


@pytest.mark.parametrize("blocked", [True, False])
def test_an_owner_who_leaves_long_before_the_deadline_is_replaced_on_that_day(
    organisation: Organisation, blocked: bool
) -> None:
    block = Block(reason="Needs the new queue", on=None, until=MONDAY + 200 * DAY, by="ines", at=MONDAY)
    item = accepted(due=MONDAY + 300 * DAY, block=block if blocked else None)
    knows = with_person(organisation, "ines", left=date(2026, 5, 4))
    item.working_since = datetime(2026, 5, 1, 9, tzinfo=UTC)
    assert story(live(item, knows, MONDAY + 64 * DAY, item.working_since)) == [
        ("05-04 07:00", "owner wanted", 1, ("marcos",))
    ]
