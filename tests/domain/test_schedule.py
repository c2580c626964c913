"""Plans are stepped through as the workflows do: what has come is recorded, and the plan is made again."""

import contextlib
import timeit
from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from pydantic import HttpUrl

from followthrough.domain.action_item import ActionItem, ItemStatus, Kind, Moment, MomentKind, Priority
from followthrough.domain.item_commands import Accept, Extend, Finish, ItemCommand, Reassign, Verify, Waive
from followthrough.domain.schedule import plan_item
from followthrough.domain.values import Refusal, Severity
from followthrough.organisation import Organisation

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
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
    item.plan = plan_item(item, organisation, now)
    return item.plan.next


def wake(item: ActionItem, organisation: Organisation, now: datetime) -> list[Moment]:
    """Records what has come at ``now``, and gives it."""
    recorded = len(item.reminders)
    while (moment := replan(item, organisation, now)) and moment.at <= now:
        item.reminders.append(moment)
    return item.reminders[recorded:]


def live(item: ActionItem, organisation: Organisation, until: datetime, now: datetime = MONDAY) -> list[Moment]:
    """Sleeps from moment to moment, and gives those that came."""
    came = wake(item, organisation, now)
    while (moment := replan(item, organisation, now)) and moment.at <= until:
        now = moment.at
        came += wake(item, organisation, now)
    return came


def story(moments: list[Moment]) -> list[tuple[str, str, int, tuple[str, ...]]]:
    return [(f"{moment.at:%m-%d %H:%M}", moment.kind.value, moment.level, moment.to) for moment in moments]


def test_an_item_nobody_accepts_climbs_to_the_top_and_stays_there(organisation: Organisation) -> None:
    assert story(live(proposed(), organisation, MONDAY + timedelta(days=25))) == [
        ("03-05 16:00", "remind to accept", 0, ("ines",)),
        ("03-06 16:00", "escalate", 1, ("marcos", "ines")),
        ("03-09 16:00", "escalate", 2, ("nora", "ines")),
        ("03-16 16:00", "escalate", 3, ("nora", "ines")),
        ("03-23 16:00", "escalate", 4, ("nora", "ines")),
    ]


def test_an_accepted_item_is_reminded_of_before_and_at_its_deadline_and_then_climbs(organisation: Organisation) -> None:
    item = proposed()
    Accept(by="ines").apply(item, MONDAY)
    assert story(live(item, organisation, MONDAY + timedelta(days=20))) == [
        ("03-09 16:00", "remind before the deadline", 0, ("ines",)),
        ("03-13 16:00", "remind before the deadline", 0, ("ines",)),
        ("03-16 16:00", "remind at the deadline", 0, ("ines",)),
        ("03-17 16:00", "escalate", 1, ("marcos", "ines")),
        ("03-20 16:00", "escalate", 2, ("nora", "ines")),
    ]


def test_an_extension_begins_reminders_and_escalations_anew(organisation: Organisation) -> None:
    item = proposed()
    Accept(by="ines").apply(item, MONDAY)
    now = MONDAY + timedelta(days=19)
    live(item, organisation, now)
    Extend(by="marcos", until=now + timedelta(days=12), reason="A supplier is late").apply(item, now)
    assert story(live(item, organisation, now + timedelta(days=14), now)) == [
        ("03-26 16:00", "remind before the deadline", 0, ("ines",)),
        ("04-01 15:00", "remind before the deadline", 0, ("ines",)),
        ("04-02 09:00", "remind at the deadline", 0, ("ines",)),
        ("04-03 09:00", "escalate", 1, ("marcos", "ines")),
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
    assert story(live(item, organisation, now + timedelta(days=6), now)) == [
        ("03-13 16:00", "remind to accept", 0, ("sam",)),
        ("03-14 16:00", "escalate", 1, ("grace", "sam")),
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
    assert story(live(item, organisation, now + timedelta(days=8), now)) == [
        ("03-29 09:00", "escalate", 4, ("nora", "ines")),
    ]


def test_done_work_is_asked_to_be_verified_until_it_is(organisation: Organisation) -> None:
    item = proposed()
    Accept(by="ines").apply(item, MONDAY)
    wake(item, organisation, MONDAY)
    Finish(by="ines", evidence=EVIDENCE).apply(item, MONDAY)
    assert story(live(item, organisation, MONDAY + timedelta(days=8))) == [
        ("03-05 09:00", "remind to verify", 0, ("marcos", "nora")),
        ("03-08 09:00", "remind to verify", 0, ("marcos", "nora")),
    ]
    Verify(by="marcos").apply(item, MONDAY + timedelta(days=9))
    assert plan_item(item, organisation, MONDAY + timedelta(days=9)).next is None


def test_the_teams_lead_stands_in_for_managers_and_for_people_who_left(organisation: Organisation) -> None:
    for owner, told in (("nora", ("marcos", "nora")), ("left", ("marcos",))):
        item = proposed(owner=owner)
        moments = live(item, organisation, MONDAY + timedelta(days=5))
        assert moments[1].to == told
        assert item.plan is not None
        assert item.plan.policy.approvers == ("marcos",)


def test_a_worker_that_was_away_makes_up_for_one_moment_at_a_time(organisation: Organisation) -> None:
    item = proposed()
    Accept(by="ines").apply(item, MONDAY)
    late = MONDAY + timedelta(days=60)
    assert story(wake(item, organisation, late)) == [("05-01 09:00", "remind at the deadline", 0, ("ines",))]
    assert story(live(item, organisation, late + timedelta(days=4), late)) == [
        ("05-02 09:00", "escalate", 1, ("marcos", "ines")),
        ("05-05 09:00", "escalate", 2, ("nora", "ines")),
    ]


OWNERS = ("ines", "tomas", "nora", "sam", "left")
DAY_IN_HOURS = st.integers(1, 60 * 24)


@st.composite
def commands(draw: st.DrawFn) -> tuple[str, str]:
    return draw(st.sampled_from(["wait", "accept", "reassign", "extend", "finish", "hold", "reject", "waive"])), draw(
        st.sampled_from(OWNERS)
    )


def command(name: str, person: str, item: ActionItem, now: datetime) -> ItemCommand | None:
    match name:
        case "accept":
            return Accept(by=item.owner)
        case "reassign":
            return Reassign(by="marcos", to=person, reason="On leave")
        case "extend":
            return Extend(by="marcos", until=now + timedelta(days=len(person)), reason="A supplier is late")
        case "finish":
            return Finish(by=item.owner, evidence=EVIDENCE)
        case "hold" | "reject":
            return Verify(by=person, holds=name == "hold")
        case "waive":
            return Waive(by=person, reason="The feature is gone")
    return None


@given(
    severity=st.sampled_from(Severity),
    priority=st.sampled_from(Priority),
    owner=st.sampled_from(OWNERS),
    steps=st.lists(st.tuples(commands(), DAY_IN_HOURS, st.booleans()), max_size=12),
)
def test_whatever_people_do_a_live_item_always_has_a_next_moment_and_none_comes_twice(
    organisation: Organisation,
    severity: Severity,
    priority: Priority,
    owner: str,
    steps: list[tuple[tuple[str, str], int, bool]],
) -> None:
    item, now = proposed(severity, priority, owner), MONDAY
    told: Counter[tuple[MomentKind, int, datetime]] = Counter()

    def check(moments: list[Moment]) -> None:
        plan = item.plan
        assert plan is not None
        assert (plan.next is None) is item.ended
        deadline = min(plan.accept_by, plan.due) if item.status is ItemStatus.PROPOSED else plan.due
        told.update((moment.kind, moment.level, deadline) for moment in moments if moment.level)
        assert all(moment.to for moment in moments)

    for (name, person), hours, away in [*steps, (("wait", ""), 365 * 24, False)]:
        until = now + timedelta(hours=hours)
        if away:
            late = wake(item, organisation, until)
            assert len(late) <= 1
            check(late)
        else:
            check(live(item, organisation, until, now))
        now = until
        action = command(name, person, item, now)
        if action is not None:
            with contextlib.suppress(Refusal):
                action.apply(item, now)
        check(wake(item, organisation, now))
    assert max(told.values(), default=1) == 1
    times = [moment.at for moment in item.reminders]
    assert times == sorted(set(times))
    assert len(times) < 300


def test_a_plan_takes_well_under_a_millisecond(organisation: Organisation) -> None:
    item = proposed()
    Accept(by="ines").apply(item, MONDAY)
    wake(item, organisation, MONDAY)
    seconds = min(timeit.repeat(lambda: plan_item(item, organisation, MONDAY), number=100, repeat=5)) / 100
    assert seconds < 0.001
