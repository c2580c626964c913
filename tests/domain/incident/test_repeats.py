"""Which incidents count as repeats, and what that does to follow-ups."""

from datetime import timedelta
from typing import Any

import pytest

from followthrough.domain.answered.incident.repeat_search import Earlier, find_repeats
from followthrough.domain.answered.organisation.policies import RepeatPolicies
from followthrough.domain.replayed.incident.found_repeats import take_found
from followthrough.domain.replayed.incident.incident import Repeat
from followthrough.domain.replayed.incident.lifecycle import LinkRepeat, UnlinkRepeat
from followthrough.domain.replayed.incident.repeats import FollowUp, RepeatSeen, RepeatsFound, repeated, taken_back
from followthrough.domain.replayed.item.action_item import (
    Block,
    ExtensionWanted,
    ItemStatus,
    Priority,
    RepeatEffect,
    Waiver,
)
from followthrough.domain.replayed.item.commands import Accept, Reassign
from followthrough.domain.replayed.limits import LINKS
from followthrough.domain.replayed.values import EntryKind, Refusal
from tests.domain.changes import LATER, Change, did
from tests.records import NOW, incident, item

POLICIES = RepeatPolicies()
WEEK = timedelta(weeks=1)


def earlier(title: str = "Payments fail", service: str = "checkout", number: int = 7, key: str = "test/7") -> Earlier:
    return Earlier(f"inc-{number:010d}", key, title, service, NOW)


def test_the_same_alert_on_the_same_service_repeats_whatever_its_title() -> None:
    (repeat,) = find_repeats(incident(dedup_key="a"), [earlier("Renamed rule", key="a")], POLICIES)
    assert repeat.because == "the same alert on the same service"
    assert not repeat.proposed
    assert find_repeats(incident(dedup_key="a"), [earlier("Renamed rule", "search", key="a")], POLICIES) == ()


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("Card payments fail at the provider", "Card payments are failing at the provider"),
        ("HighErrorRate checkout 5xx above 5%", "HighErrorRate checkout 5xx above 12%"),
        ("Checkout latency above 2 s", "Checkout latency p99 above 3 s"),
        ("Order database replica lag above 30 s", "Replica lag on order database"),
    ],
)
def test_the_same_trouble_in_other_words_repeats_with_the_reason(before: str, now: str) -> None:
    (repeat,) = find_repeats(incident(title=now), [earlier(before)], POLICIES)
    assert "alike, on the same service" in repeat.because
    assert repeat.proposed


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("Storefront returns 502", "Checkout returns 500 after deploy"),
        ("Checkout latency above 2 s", "Checkout returns 500 after deploy"),
        ("Card payments fail at the provider", "Payments double charged"),
    ],
)
def test_other_trouble_of_the_same_service_does_not(before: str, now: str) -> None:
    assert find_repeats(incident(title=now), [earlier(before)], POLICIES) == ()


def test_another_service_needs_a_title_that_is_nearly_the_same() -> None:
    now = incident(title="TLS certificate expired")
    (repeat,) = find_repeats(now, [earlier("Expired TLS certificate", "search")], POLICIES)
    assert repeat.because.endswith("service search")
    assert find_repeats(now, [earlier("TLS certificate is refused", "search")], POLICIES) == ()


def test_the_most_alike_come_first_and_only_so_many() -> None:
    others = [
        earlier("Payments fail for some", number=2),
        earlier("Other rule", number=3, key="test/1"),
        *(earlier("Payments fail", number=number) for number in (4, 5, 6)),
    ]
    found = find_repeats(incident(dedup_key="test/1"), others, POLICIES)
    assert found[0].because == "the same alert on the same service"
    assert len(found) == POLICIES.at_most


def test_a_repeat_counts_once_and_raises_the_priority_up_to_high() -> None:
    record = item(priority=Priority.LOW)
    for number, priority in ((1, Priority.MEDIUM), (1, Priority.MEDIUM), (2, Priority.HIGH), (3, Priority.HIGH)):
        repeated(record, RepeatSeen(incident_id=f"inc-{number}", at=NOW), NOW + timedelta(days=1))
        assert record.priority is priority
    assert record.repeats == ["inc-1", "inc-2", "inc-3"]
    assert "priority raised from low to medium" in record.unwritten[1].text


def test_a_waiver_does_not_outlast_a_repeat_and_what_is_closed_stays_closed() -> None:
    waived = item(status=ItemStatus.WAIVED, waiver=Waiver(reason="Rare", by="ben", at=NOW, until=NOW + WEEK))
    assert repeated(waived, RepeatSeen(incident_id="inc-1", at=NOW), NOW)
    assert (waived.status, waived.waiver) == (ItemStatus.PROPOSED, None)
    assert not repeated(item(status=ItemStatus.CLOSED), RepeatSeen(incident_id="inc-1", at=NOW), NOW)


def seen(number: int) -> RepeatSeen:
    return RepeatSeen(incident_id=f"inc-{number}", at=NOW)


@pytest.mark.parametrize("counted", [1, 2, 3])
@pytest.mark.parametrize("priority", Priority)
def test_a_repeat_that_is_taken_back_leaves_what_the_others_did(priority: Priority, counted: int) -> None:
    for gone in range(1, counted + 1):
        record, without = item(priority=priority), item(priority=priority)
        for number in range(1, counted + 1):
            repeated(record, seen(number), NOW)
            if number != gone:
                repeated(without, seen(number), NOW)
        assert taken_back(record, seen(gone), NOW)
        assert not taken_back(record, seen(gone), NOW)
        assert (record.priority, record.repeats) == (without.priority, without.repeats)
        assert record.repeat_effects == without.repeat_effects


def test_a_priority_that_something_else_changed_since_stays() -> None:
    record = item(priority=Priority.LOW)
    repeated(record, seen(1), NOW)
    record.priority = Priority.HIGH
    assert taken_back(record, seen(1), NOW)
    assert (record.priority, record.repeats) == (Priority.HIGH, [])


WAIVED: dict[str, Any] = {
    "status": ItemStatus.WAIVED,
    "waiver": Waiver(reason="Rare", by="ben", at=NOW, until=NOW + WEEK),
}


def test_a_waiver_that_a_repeat_undid_holds_again_once_no_repeat_is_left() -> None:
    record = item(**WAIVED)
    for number in (1, 2):
        repeated(record, seen(number), NOW + timedelta(hours=number))
    assert taken_back(record, seen(1), NOW + timedelta(days=1))
    assert record.status is ItemStatus.PROPOSED
    assert taken_back(record, seen(2), NOW + timedelta(days=1))
    assert (record.status, record.waiver) == (ItemStatus.WAIVED, WAIVED["waiver"])
    assert "waived as before" in record.unwritten[-1].text


@pytest.mark.parametrize("changed", ["accepted", "reassigned", "asked again", "expired"])
def test_a_waiver_stays_undone_where_somebody_took_the_item_up(changed: str) -> None:
    record, now = item(**WAIVED), NOW + timedelta(days=1)
    repeated(record, seen(1), now)
    match changed:
        case "accepted":
            Accept(by="ana").apply(record, now)
        case "reassigned":
            Reassign(by="carla", to="ben", reason="She is away").apply(record, now)
        case "asked again":
            record.ask_again(now + timedelta(hours=1), "Evidence was wrong")
        case "expired":
            now += WEEK
    assert taken_back(record, seen(1), now)
    assert record.status is (ItemStatus.ACCEPTED if changed == "accepted" else ItemStatus.PROPOSED)
    assert record.repeats == []


UNTIL = NOW + WEEK
HELD = Waiver(reason="Rare", by="ben", at=NOW, until=UNTIL)


def effect(number: int, priority: Priority, raised: Priority, **changes: Any) -> RepeatEffect:
    return RepeatEffect(incident_id=f"inc-{number}", priority=priority, raised=raised, **changes)


FIRST, SECOND = (effect(1, Priority.LOW, Priority.MEDIUM), effect(2, Priority.MEDIUM, Priority.HIGH))
ASKED = effect(1, Priority.HIGH, Priority.HIGH, waiver=HELD, asked_at=NOW)
AGAIN: dict[str, Any] = {"status": ItemStatus.PROPOSED, "asked_at": NOW, "asked_because": "It happened again"}
LINE = EntryKind.ACTION_ITEM
NOT_AGAIN = "It did not happen again: inc-1 is another incident"


@pytest.mark.parametrize(
    "change",
    [
        Change(
            item(priority=Priority.LOW),
            lambda one: repeated(one, seen(1), LATER),
            {"repeats": ["inc-1"], "repeat_effects": [FIRST], "priority": Priority.MEDIUM},
            ((LINE, "It happened again: inc-1; priority raised from low to medium", None),),
        ),
        Change(
            item(priority=Priority.HIGH, status=ItemStatus.DONE),
            lambda one: repeated(one, seen(1), LATER),
            {"repeats": ["inc-1"], "repeat_effects": [effect(1, Priority.HIGH, Priority.HIGH)]},
            ((LINE, "It happened again: inc-1", None),),
        ),
        Change(
            item(status=ItemStatus.WAIVED, waiver=HELD),
            lambda one: repeated(one, seen(1), LATER),
            {
                "repeats": ["inc-1"],
                "repeat_effects": [ASKED.model_copy(update={"asked_at": LATER})],
                "status": ItemStatus.PROPOSED,
                "asked_at": LATER,
                "asked_because": "It was waived, and it happened again: inc-1",
                "waiver": None,
            },
            (
                (LINE, "It happened again: inc-1", None),
                (LINE, "It was waived, and it happened again: inc-1", None),
            ),
        ),
        Change(item(repeats=["inc-1"]), lambda one: repeated(one, seen(1), LATER), {}),
        Change(item(status=ItemStatus.MERGED), lambda one: repeated(one, seen(1), LATER), {}),
        Change(
            item(priority=Priority.HIGH, repeats=["inc-1", "inc-2"], repeat_effects=[FIRST, SECOND]),
            lambda one: taken_back(one, seen(1), LATER),
            {
                "repeats": ["inc-2"],
                "repeat_effects": [effect(2, Priority.LOW, Priority.MEDIUM)],
                "priority": Priority.MEDIUM,
            },
            ((LINE, f"{NOT_AGAIN}; priority back from high to medium", None),),
        ),
        Change(
            item(priority=Priority.LOW, repeats=["inc-1", "inc-2"], repeat_effects=[FIRST, SECOND]),
            lambda one: taken_back(one, seen(1), LATER),
            {"repeats": ["inc-2"], "repeat_effects": [SECOND]},
            ((LINE, NOT_AGAIN, None),),
        ),
        Change(
            item(
                priority=Priority.HIGH,
                repeats=["inc-1", "inc-2"],
                repeat_effects=[FIRST, effect(2, Priority.LOW, Priority.HIGH)],
            ),
            lambda one: taken_back(one, seen(1), LATER),
            {"repeats": ["inc-2"], "repeat_effects": [effect(2, Priority.LOW, Priority.HIGH)]},
            ((LINE, NOT_AGAIN, None),),
        ),
        Change(
            item(repeats=["inc-1", "inc-2"], repeat_effects=[ASKED, effect(2, Priority.HIGH, Priority.HIGH)], **AGAIN),
            lambda one: taken_back(one, seen(1), LATER),
            {
                "repeats": ["inc-2"],
                "repeat_effects": [effect(2, Priority.HIGH, Priority.HIGH, waiver=HELD, asked_at=NOW)],
            },
            ((LINE, NOT_AGAIN, None),),
        ),
        Change(
            item(repeats=["inc-1"], repeat_effects=[ASKED], **AGAIN),
            lambda one: taken_back(one, seen(1), LATER),
            {
                "repeats": [],
                "repeat_effects": [],
                "status": ItemStatus.WAIVED,
                "waiver": HELD,
                "ended_at": LATER,
            },
            ((LINE, f"{NOT_AGAIN}; waived as before", None),),
        ),
        Change(
            item(
                repeats=["inc-1"],
                repeat_effects=[ASKED.model_copy(update={"waiver": HELD.model_copy(update={"until": None})})],
                **AGAIN,
            ),
            lambda one: taken_back(one, seen(1), LATER),
            {
                "repeats": [],
                "repeat_effects": [],
                "status": ItemStatus.WAIVED,
                "waiver": HELD.model_copy(update={"until": None}),
                "ended_at": LATER,
            },
            ((LINE, f"{NOT_AGAIN}; waived as before", None),),
        ),
        Change(
            item(repeats=["inc-1"], repeat_effects=[ASKED.model_copy(update={"waiver": None})], **AGAIN),
            lambda one: taken_back(one, seen(1), LATER),
            {"repeats": [], "repeat_effects": []},
            ((LINE, NOT_AGAIN, None),),
        ),
        Change(
            item(
                repeats=["inc-1"],
                repeat_effects=[ASKED.model_copy(update={"waiver": HELD.model_copy(update={"until": LATER})})],
                **AGAIN,
            ),
            lambda one: taken_back(one, seen(1), LATER),
            {"repeats": [], "repeat_effects": []},
            ((LINE, NOT_AGAIN, None),),
        ),
        *(
            Change(
                item(repeats=["inc-1"], repeat_effects=[ASKED], **AGAIN | taken_up),
                lambda one: taken_back(one, seen(1), LATER),
                {"repeats": [], "repeat_effects": []},
                ((LINE, NOT_AGAIN, None),),
            )
            for taken_up in (
                {"status": ItemStatus.ACCEPTED},
                {"asked_at": NOW + timedelta(minutes=1)},
                {"owner_since": NOW},
                {"due": NOW + WEEK},
                {"extension_wanted": ExtensionWanted(until=UNTIL, reason="Illness", by="ana", at=NOW)},
                {"block": Block(reason="The new API", until=UNTIL, by="ana", at=NOW)},
            )
        ),
        Change(item(repeats=["inc-2"]), lambda one: taken_back(one, seen(1), LATER), {}),
    ],
)
def test_what_a_repeat_changes_and_what_taking_it_back_does(change: Change) -> None:
    assert did(change.record, change.doing) == (change.changed, change.said)


def test_an_item_knows_its_last_repeats() -> None:
    record = item()
    for number in range(LINKS + 1):
        assert repeated(record, seen(number), NOW)
    assert record.repeats == [f"inc-{number}" for number in range(1, LINKS + 1)]


def test_what_was_found_is_told_in_a_line_each() -> None:
    found = RepeatsFound(
        repeats=(
            Repeat(incident_id="inc-1", because="the same alert"),
            Repeat(incident_id="inc-2", because="a title", proposed=True),
        ),
        follow_ups=(FollowUp(id="inc-1.1", title="Alert on it", owner="ana", status=ItemStatus.ACCEPTED),),
    )
    assert found.in_words().splitlines() == [
        "inc-1, linked: the same alert",
        "inc-2, only proposed: a title",
        "inc-1.1, accepted, ana: Alert on it",
    ]


@pytest.mark.parametrize(
    "change",
    [
        Change(
            incident(repeats=[Repeat(incident_id="inc-2", because="b")]),
            lambda one: take_found(
                one,
                RepeatsFound(
                    repeats=tuple(
                        Repeat(incident_id=f"inc-{number}", because="b", proposed=number > 3) for number in (2, 3, 4)
                    )
                ),
                LATER,
            ),
            {
                "compared": True,
                "repeats": [Repeat(incident_id=f"inc-{number}", because="b") for number in (2, 3)],
                "proposed_repeats": [Repeat(incident_id="inc-4", because="b", proposed=True)],
            },
            ((EntryKind.NOTE, "Repeats inc-3: b", None), (EntryKind.NOTE, "Looks like inc-4: b", None)),
        ),
        Change(
            incident(proposed_repeats=[Repeat(incident_id="inc-2", because="b", proposed=True)]),
            lambda one: take_found(one, RepeatsFound(repeats=(Repeat(incident_id="inc-2", because="b"),)), LATER),
            {"compared": True},
        ),
        Change(incident(), lambda one: take_found(one, RepeatsFound(), LATER), {"compared": True}),
    ],
)
def test_what_is_found_is_linked_or_proposed_once(change: Change) -> None:
    assert did(change.record, change.doing) == (change.changed, change.said)


def test_people_link_and_unlink() -> None:
    record, other = incident(), incident(2).id
    link = LinkRepeat(by="ana", of=other, reason="The same queue")
    link.apply(record, NOW)
    with pytest.raises(Refusal, match="already"):
        link.apply(record, NOW)
    UnlinkRepeat(by="ana", of=other, reason="Another queue").apply(record, NOW)
    assert record.repeats == []
    record.proposed_repeats = [Repeat(incident_id=other, because="a title", proposed=True)]
    UnlinkRepeat(by="ana", of=other, reason="Another queue").apply(record, NOW)
    assert record.proposed_repeats == []
    record.proposed_repeats = [Repeat(incident_id=other, because="a title", proposed=True)]
    link.apply(record, NOW)
    assert record.proposed_repeats == []
    UnlinkRepeat(by="ana", of=other, reason="Another queue").apply(record, NOW)
    with pytest.raises(Refusal, match="not linked"):
        UnlinkRepeat(by="ana", of=other, reason="Another queue").apply(record, NOW)
    with pytest.raises(Refusal, match="itself"):
        LinkRepeat(by="ana", of=record.id, reason="Me").apply(record, NOW)
