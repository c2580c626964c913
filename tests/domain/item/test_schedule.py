"""Plans are stepped through: what has come is taken in, and the plan is made again."""

import contextlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from pydantic import HttpUrl

from followthrough.domain.answered.item.schedule import plan_item, plans_anew
from followthrough.domain.answered.organisation.calendar import working_time
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Away, Organisation
from followthrough.domain.replayed.item.action_item import ActionItem, Kind, Moment, MomentKind, Priority
from followthrough.domain.replayed.item.commands import (
    Accept,
    Decline,
    Extend,
    Finish,
    ItemCommand,
    Reassign,
    Verify,
    Waive,
)
from followthrough.domain.replayed.item.lifecycle import BlockItem, ReopenItem, Unblock
from followthrough.domain.replayed.item.moments import pass_moment
from followthrough.domain.replayed.values import Refusal, Severity
from tests.example import EXAMPLE

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
EVENING = datetime(2026, 3, 16, 16, 1, tzinfo=UTC)
"""17:01 in Madrid."""
EVIDENCE = HttpUrl("https://example.com/changes/1")


def proposed(severity: Severity = Severity.SEV1, priority: Priority = Priority.HIGH, owner: str = "ines") -> ActionItem:
    return ActionItem(
        id="inc.1",
        incident_id="inc",
        title="Alert on declined cards",
        kind=Kind.DETECT,
        priority=priority,
        severity=severity,
        service="checkout",
        team="payments",
        owner=owner,
        proposed_by="tomas",
        proposed_at=MONDAY,
    )


def replan(item: ActionItem, organisation: Organisation, now: datetime) -> Moment | None:
    item.plan = plan_item(item, as_of(organisation, now.date()), now)
    return item.plan.next


def wake(item: ActionItem, organisation: Organisation, now: datetime) -> list[Moment]:
    """Passes what has come at ``now``, and gives it."""
    recorded = len(item.reminders)
    while (moment := replan(item, organisation, now)) and moment.at <= now:
        pass_moment(item, moment, now)
    return item.reminders[recorded:]


def live(
    item: ActionItem,
    organisation: Organisation,
    until: datetime,
    now: datetime = MONDAY,
    late: timedelta = timedelta(0),
) -> list[Moment]:
    """Sleeps from moment to moment, wakes so ``late``, and gives those that came."""
    came = wake(item, organisation, now)
    while (moment := replan(item, organisation, now)) and moment.at <= until:
        now = moment.at + late
        came += wake(item, organisation, now)
    return came


def story(moments: list[Moment]) -> list[tuple[str, str, int, tuple[str, ...]]]:
    return [(f"{moment.at:%m-%d %H:%M}", moment.kind.value, moment.level, moment.to) for moment in moments]


def test_for_an_item_nobody_accepts_an_owner_is_wanted_up_to_the_top_and_on(organisation: Organisation) -> None:
    assert story(live(proposed(), organisation, MONDAY + timedelta(days=25))) == [
        ("03-05 16:00", "remind to accept", 0, ("ines",)),
        ("03-06 16:00", "owner wanted", 1, ("marcos",)),
        ("03-09 16:00", "owner wanted", 2, ("nora", "marcos")),
        ("03-16 16:00", "owner wanted", 3, ("nora", "marcos")),
        ("03-23 16:00", "owner wanted", 4, ("nora", "marcos")),
    ]


def test_an_accepted_item_is_reminded_of_before_and_at_its_deadline_and_then_climbs(organisation: Organisation) -> None:
    item = proposed()
    Accept(by="ines").apply(item, MONDAY)
    assert story(live(item, organisation, MONDAY + timedelta(days=26))) == [
        ("03-09 16:00", "remind before the deadline", 0, ("ines",)),
        ("03-10 08:00", "remind to plan", 0, ("marcos",)),
        ("03-13 16:00", "remind before the deadline", 0, ("ines",)),
        ("03-16 16:00", "remind at the deadline", 0, ("ines",)),
        ("03-17 16:00", "escalate", 1, ("marcos", "ines")),
        ("03-20 16:00", "escalate", 2, ("nora", "ines")),
        ("03-25 16:00", "remind after the deadline", 0, ("ines",)),
        ("03-27 16:00", "escalate", 3, ("nora", "ines")),
    ]


def test_an_extension_begins_reminders_and_escalations_anew(organisation: Organisation) -> None:
    item = proposed()
    Accept(by="ines").apply(item, MONDAY)
    now = MONDAY + timedelta(days=19)
    live(item, organisation, now)
    Extend(by="marcos", until=now + timedelta(days=12), reason="A supplier is late").apply(item, now)
    assert story(live(item, organisation, now + timedelta(days=17), now)) == [
        ("03-26 16:00", "remind before the deadline", 0, ("ines",)),
        ("04-01 15:00", "remind before the deadline", 0, ("ines",)),
        ("04-02 09:00", "remind at the deadline", 0, ("ines",)),
        ("04-06 07:00", "escalate", 1, ("marcos", "ines")),
    ]


def test_a_short_extension_skips_the_reminders_that_would_already_be_past(organisation: Organisation) -> None:
    item = proposed()
    Accept(by="ines").apply(item, MONDAY)
    now = MONDAY + timedelta(days=12)
    live(item, organisation, now)
    Extend(by="ines", until=now + timedelta(days=3), reason="A supplier is late").apply(item, now)
    assert [moment.at.day for moment in live(item, organisation, now + timedelta(days=3), now)] == [16, 17]


def test_a_new_owner_has_as_long_to_accept_as_the_first(organisation: Organisation) -> None:
    item = proposed(Severity.SEV4, Priority.LOW)
    now = MONDAY + timedelta(days=8)
    live(item, organisation, now)
    Reassign(by="marcos", to="sam", reason="Belongs to the platform").apply(item, now)
    assert story(live(item, organisation, now + timedelta(days=7), now)) == [
        ("03-13 21:00", "remind to accept", 0, ("sam",)),
        ("03-16 13:00", "owner wanted", 1, ("marcos",)),
    ]


def test_reassigning_an_overdue_item_does_not_silence_it(organisation: Organisation) -> None:
    item = proposed()
    Accept(by="ines").apply(item, MONDAY)
    now = MONDAY + timedelta(days=16)
    live(item, organisation, now)
    for day in range(12):
        to = "tomas" if day % 2 == 0 else "ines"
        Reassign(by="ines", to=to, reason="Back and forth").apply(item, now)
        live(item, organisation, now + timedelta(days=1), now)
        now += timedelta(days=1)
    assert [moment.level for moment in item.reminders if moment.kind is MomentKind.ESCALATE] == [1, 2, 3]


def test_who_accepts_after_the_deadline_has_a_whole_wait_before_the_next_escalation(organisation: Organisation) -> None:
    item = proposed()
    now = MONDAY + timedelta(days=20)
    live(item, organisation, now)
    Accept(by="ines").apply(item, now)
    assert story(live(item, organisation, now + timedelta(days=2), now)) == [
        ("03-23 09:00", "escalate", 1, ("marcos", "ines")),
    ]


def test_done_work_is_asked_to_be_verified_until_it_is(organisation: Organisation) -> None:
    item = proposed()
    Accept(by="ines").apply(item, MONDAY)
    wake(item, organisation, MONDAY)
    Finish(by="ines", evidence=EVIDENCE).apply(item, MONDAY)
    assert story(live(item, organisation, MONDAY + timedelta(days=8))) == [
        ("03-05 09:00", "remind to verify", 0, ("marcos", "nora")),
        ("03-09 08:00", "remind to verify", 0, ("marcos", "nora")),
    ]
    Verify(by="marcos").apply(item, MONDAY + timedelta(days=9))
    assert plan_item(item, organisation, MONDAY + timedelta(days=9)).next is None


def test_the_teams_lead_stands_in_for_managers_and_for_people_who_left(organisation: Organisation) -> None:
    for owner, kind in (("nora", "escalate"), ("left", "owner wanted")):
        item = proposed(owner=owner)
        Accept(by=owner).apply(item, MONDAY)
        told = next(moment for moment in live(item, organisation, MONDAY + timedelta(days=16)) if moment.level)
        assert (told.kind, told.to[0]) == (kind, "marcos")
        assert item.plan is not None
        assert item.plan.policy.approvers == ("marcos",)


def test_a_worker_that_was_away_makes_up_for_one_moment_at_a_time(organisation: Organisation) -> None:
    item = proposed()
    Accept(by="ines").apply(item, MONDAY)
    late = MONDAY + timedelta(days=60)
    assert story(wake(item, organisation, late)) == [("05-01 09:00", "remind at the deadline", 0, ("ines",))]
    assert story(live(item, organisation, late + timedelta(days=6), late)) == [
        ("05-04 07:00", "escalate", 1, ("marcos", "ines")),
        ("05-07 07:00", "escalate", 2, ("nora", "ines")),
    ]


def test_who_has_to_find_an_owner_after_a_block_hears_in_working_hours(organisation: Organisation) -> None:
    item, people = proposed(), dict(organisation.people)
    away = Away(first_day=MONDAY.date(), last_day=date(2026, 3, 31))
    people["tomas"] = people["tomas"].model_copy(update={"away": (away,)})
    organisation = organisation.model_copy(update={"people": people})
    wake(item, organisation, MONDAY)
    BlockItem(by="marcos", reason="The supplier's part", until=EVENING).apply(item, MONDAY)
    Reassign(by="marcos", to="tomas", reason="He knows it").apply(item, MONDAY)
    told = live(item, organisation, EVENING + timedelta(days=1))
    assert story(told)[-1] == ("03-17 08:00", "owner wanted", 1, ("marcos",))


def test_what_a_worker_missed_is_made_up_for_in_working_hours(organisation: Organisation) -> None:
    overdue, done, unplanned = proposed(), proposed(), proposed(Severity.SEV4)
    for item in (overdue, done, unplanned):
        Accept(by="ines").apply(item, MONDAY)
        wake(item, organisation, MONDAY)
    Finish(by="ines", evidence=EVIDENCE).apply(done, MONDAY)
    live(overdue, organisation, MONDAY + timedelta(days=15))
    late = EVENING + timedelta(days=14)
    told = [live(item, organisation, late + timedelta(days=1), late)[-1] for item in (overdue, done, unplanned)]
    assert story(told) == [
        ("03-31 07:00", "escalate", 1, ("marcos", "ines")),
        ("03-31 07:00", "remind to verify", 0, ("marcos", "nora")),
        ("03-31 07:00", "remind to plan", 0, ("marcos",)),
    ]


def test_a_timer_that_rings_a_little_late_changes_nothing(organisation: Organisation) -> None:
    stories = []
    for late in (timedelta(0), timedelta(seconds=1)):
        item = proposed()
        Accept(by="ines").apply(item, MONDAY)
        stories.append(story(live(item, organisation, MONDAY + timedelta(days=60), late=late)))
    assert stories[0] == stories[1]


OWNERS = ("ines", "tomas", "nora", "sam", "left")
HOURS = st.integers(1, 60 * 24)
ACTIONS = (
    *("wait", "accept", "decline", "reassign", "extend", "block", "unblock"),
    *("finish", "hold", "reject", "waive", "reopen"),
)
PAUSES = (MomentKind.REVIEW_BLOCK, MomentKind.WAIVER_EXPIRES)
"""After their end, what was missed meanwhile is asked at once."""


@st.composite
def organisations(draw: st.DrawFn) -> Organisation:
    """The example, with absences and departures."""
    day, people = MONDAY.date(), dict(EXAMPLE.people)
    for person in ("ines", "tomas", "marcos", "nora", "sam", "grace"):
        starts = draw(st.lists(st.integers(-5, 120), max_size=2))
        away = tuple(
            Away(first_day=day + timedelta(start), last_day=day + timedelta(start + draw(st.integers(0, 30))))
            for start in starts
        )
        leaves = draw(st.none() | st.integers(0, 200)) if person in ("ines", "sam", "marcos") else None
        left = None if leaves is None else day + timedelta(leaves)
        people[person] = people[person].model_copy(update={"away": away, "left": left})
    return EXAMPLE.model_copy(update={"people": people})


def command(name: str, person: str, item: ActionItem, now: datetime) -> ItemCommand | None:
    later = now + timedelta(days=4 * len(person))
    match name:
        case "accept":
            return Accept(by=item.owner)
        case "decline":
            return Decline(by=item.owner, reason="Too much else")
        case "reassign":
            return Reassign(by="marcos", to=person, reason="On leave")
        case "extend":
            return Extend(by="marcos", until=later, reason="A supplier is late")
        case "block":
            on = "inc-0000000002.1" if person in ("ines", "sam") else None
            return BlockItem(by="marcos", reason="The supplier's part", until=later, on=on)
        case "unblock":
            return Unblock(by=item.owner)
        case "finish":
            return Finish(by=item.owner, evidence=EVIDENCE)
        case "hold" | "reject":
            return Verify(by=person, holds=name == "hold")
        case "waive":
            return Waive(by="marcos", reason="The feature is gone", until=later)
        case "reopen":
            return ReopenItem(by=person, reason="It came back")
    return None


@given(
    organisation=organisations(),
    severity=st.sampled_from(Severity),
    priority=st.sampled_from(Priority),
    owner=st.sampled_from(OWNERS),
    steps=st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from(OWNERS), HOURS, st.booleans()), max_size=12),
    rings_late=st.sampled_from([timedelta(0), timedelta(milliseconds=50), timedelta(seconds=30)]),
)
def test_whatever_people_do_a_live_item_always_has_a_next_moment_and_no_level_comes_twice(
    organisation: Organisation,
    severity: Severity,
    priority: Priority,
    owner: str,
    steps: list[tuple[str, str, int, bool]],
    rings_late: timedelta,
) -> None:
    item, now = proposed(severity, priority, owner), MONDAY

    def check(moments: list[Moment]) -> None:
        assert (item.planned.next is None) is item.ended
        for moment in moments:
            assert moment.to, "somebody is told"
            if moment.level and not item.settled:
                about = item.owner_wanted.since if item.owner_wanted else item.planned.due
                before = item.reminders[: item.reminders.index(moment)]
                levels = [told.level for told in before if told.kind is moment.kind and told.at >= about]
                assert moment.level == max(levels, default=0) + 1

    for name, person, hours, away in [*steps, ("wait", "", 200 * 24, False)]:
        until = now + timedelta(hours=hours)
        if away:
            late = wake(item, organisation, until)
            told = Counter(to for came in late if came.kind not in PAUSES for to in came.to)
            assert max(told.values(), default=1) == 1, "nobody gets a burst from a worker that was away"
            check(late)
        while not away and (moment := replan(item, organisation, now)) and moment.at <= until:
            on_the_way = now + (moment.at - now) * 0.7
            here, later = as_of(organisation, now.date()), as_of(organisation, on_the_way.date())
            if here.people.keys() == later.people.keys():
                assert not plans_anew(item, later, on_the_way), "only a change of the file or a departure does that"
            now = moment.at + rings_late
            check(came := wake(item, organisation, now))
            here = as_of(organisation, now.date())
            for to in (moment.to[0] for moment in came if moment.level):
                theirs = (here.team_with(to, otherwise=team) for team in here.teams.values())
                assert any(working_time(now, team) == now for team in theirs)
        now = max(now, until) + timedelta(minutes=1)
        check(wake(item, organisation, now))
        action = command(name, person, item, now)
        if action is not None:
            with contextlib.suppress(Refusal):
                action.apply(item, now)
                item.under_way = None
        check(wake(item, organisation, now))
    times = [moment.at for moment in item.reminders]
    assert times == sorted(times)
    assert len(times) < 300
