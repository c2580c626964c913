"""What can become of an action item besides being done."""

import contextlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import HttpUrl

from followthrough.domain.replayed.item.action_item import ActionItem, EvidenceKind, ItemStatus, Kind, Priority
from followthrough.domain.replayed.item.commands import (
    Accept,
    ApproveExtension,
    Decline,
    Extend,
    Finish,
    ItemCommand,
    Reassign,
    RefuseExtension,
    Verify,
    Waive,
)
from followthrough.domain.replayed.item.lifecycle import (
    BlockItem,
    Duplicate,
    MergeItem,
    Part,
    ReopenItem,
    SplitItem,
    Unblock,
    end_block,
    end_merge,
    end_split,
    give_back,
    hold_up,
    take_in,
)
from followthrough.domain.replayed.values import Refusal, Severity
from tests.records import NOW, item

DAY = timedelta(days=1)
EVIDENCE = HttpUrl("https://example.com/changes/1")
PARTS = (Part(title="Alert on queue depth", owner="ana"), Part(title="Test it", owner="ben", kind=Kind.PROCESS))


def give(command: ItemCommand, to: ActionItem, now: datetime = NOW) -> ActionItem:
    command.apply(to, now)
    return to


def refused(command: ItemCommand, to: ActionItem, now: datetime = NOW) -> str:
    """The sentence; what is refused changes nothing."""
    before = to.model_copy(deep=True)
    with pytest.raises(Refusal) as refusal:
        command.apply(to, now)
    assert to == before
    return str(refusal.value)


def limited(max_waiver_days: int | None = 180, **changes: Any) -> ActionItem:
    limited = item(**changes)
    policy = limited.planned.policy.model_copy(update={"max_waiver_days": max_waiver_days})
    limited.plan = limited.planned.model_copy(update={"policy": policy})
    return limited


def last_line(of: ActionItem) -> str:
    return of.unwritten[-1].text


def test_who_declines_leaves_the_item_to_the_lead_until_somebody_accepts() -> None:
    declined = give(Decline(by="ana", reason="No time this month"), item())
    assert (declined.status, declined.owner) == (ItemStatus.PROPOSED, "ana")
    assert declined.owner_wanted
    assert declined.owner_wanted.because == "ana declined: No time this month"
    again = give(Decline(by="ana", reason="Still none"), declined, NOW + DAY)
    assert again.owner_wanted
    assert again.owner_wanted.since == NOW, "declining again wins no time"
    assert "only its owner can decline" in refused(Decline(by="ben", reason="Not his"), again)
    assert give(Accept(by="ana"), again).owner_wanted is None


def test_more_time_than_the_owner_may_take_waits_for_an_approver_while_the_deadline_runs() -> None:
    waiting, until = item(), NOW + 60 * DAY
    due = waiting.planned.due
    give(Extend(by="ana", until=until, reason="The supplier is late"), waiting)
    assert waiting.extension_wanted
    assert (waiting.due, waiting.planned.due, waiting.extensions) == (None, due, 0)
    assert "ask carla" in refused(Extend(by="ben", until=until, reason="Me too"), waiting)
    assert "ana can't decide" in refused(ApproveExtension(by="ana"), waiting)
    give(ApproveExtension(by="carla"), waiting, NOW + DAY)
    assert (waiting.due, waiting.extensions) == (until, 1)
    assert "Nobody waits" in refused(RefuseExtension(by="carla", reason="Too late"), waiting)


def test_a_refused_extension_is_on_record_and_one_whose_time_has_passed_is_not_approved() -> None:
    waiting = give(Extend(by="ana", until=NOW + 60 * DAY, reason="The supplier is late"), item())
    assert "later than that and than today" in refused(ApproveExtension(by="carla"), waiting, NOW + 61 * DAY)
    give(RefuseExtension(by="carla", reason="It can't wait"), waiting)
    assert (waiting.extension_wanted, waiting.due) == (None, None)
    assert last_line(waiting) == "Not extended to 2026-05-01: It can't wait"


def test_a_waiver_lasts_as_long_as_the_policy_allows_and_is_asked_again() -> None:
    waived = give(Waive(by="carla", reason="The service goes away"), limited())
    assert waived.waiver
    assert (waived.waiver.until, waived.settled, waived.ended) == (NOW + 180 * DAY, True, False)
    give(Waive(by="carla", reason="In autumn", until=NOW + 200 * DAY), waived, NOW + 100 * DAY)
    assert (waived.waiver.until, waived.ended_at) == (NOW + 200 * DAY, NOW), "it was renewed early"
    waived.ask_again(NOW + 200 * DAY, "The waiver has expired: In autumn")
    again = waived.model_dump()
    assert (again["status"], again["waiver"], again["ended_at"]) == (ItemStatus.PROPOSED, None, None)
    assert again["asked_at"] == NOW + 200 * DAY


@pytest.mark.parametrize("days", [0, -1, 181])
def test_a_waiver_that_has_passed_or_is_too_long_is_refused(days: int) -> None:
    command = Waive(by="carla", reason="The service goes away", until=NOW + days * DAY)
    assert "at most 180 days away" in refused(command, limited())


def test_waivers_are_for_good_in_drills_and_where_the_policy_has_no_limit() -> None:
    for waivable in (limited(drill=True), limited(max_waiver_days=None)):
        assert give(Waive(by="carla", reason="The service goes away"), waivable).ended
        assert "is waived" in refused(Waive(by="carla", reason="Again"), waivable)


def test_the_parts_of_an_item_win_no_time_and_have_ids_of_their_own() -> None:
    whole = item(2, extensions=1, repeats=["inc-0000000009"])
    command = SplitItem(by="ana", parts=PARTS)
    give(command, whole)
    assert "is being split" in refused(Decline(by="ana", reason="Meanwhile"), whole)
    first, second = parts = command.parts_of(whole, NOW + DAY)
    end_split(whole, parts, None, NOW + DAY)
    assert [part.id for part in parts] == whole.split_into == ["inc-0000000001.2.1", "inc-0000000001.2.2"]
    assert {(part.due, part.proposed_at, part.extensions) for part in parts} == {(whole.planned.due, NOW, 1)}
    assert (first.kind, second.kind, second.priority) == (whole.kind, Kind.PROCESS, whole.priority)
    assert (first.split_from, first.repeats, first.owner_since) == (whole.id, whole.repeats, NOW + DAY)
    assert (whole.status, whole.ended) == (ItemStatus.SPLIT, True)
    assert whole.outcome == "split into inc-0000000001.2.1, inc-0000000001.2.2"
    assert "is split; only one" in refused(ReopenItem(by="ana", reason="Too many"), whole)


def test_of_two_duplicates_one_goes_on_with_the_earlier_deadline_and_the_higher_priority() -> None:
    goes_on = item(1, due_in_days=20, priority=Priority.LOW, severity=Severity.SEV3)
    duplicate = item(2, due_in_days=5, priority=Priority.MEDIUM, severity=Severity.SEV1, repeats=["inc-0000000009"])
    give(MergeItem(by="ana", into=goes_on.id), duplicate)
    assert "is being merged into" in refused(Accept(by="ana"), duplicate)
    take_in(goes_on, Duplicate.model_validate(duplicate), NOW)
    end_merge(duplicate, goes_on.id, None, NOW)
    assert (goes_on.due, goes_on.priority, goes_on.severity) == (NOW + 5 * DAY, Priority.MEDIUM, Severity.SEV1)
    assert (goes_on.duplicates, goes_on.repeats) == ([duplicate.id], ["inc-0000000009"])
    assert (duplicate.status, duplicate.duplicate_of, duplicate.ended) == (ItemStatus.MERGED, goes_on.id, True)


CHANGING = {"version", "entries", "unwritten"}


def test_a_duplicate_that_is_taken_back_leaves_no_trace_but_on_the_timeline() -> None:
    goes_on = item(1, due_in_days=20, priority=Priority.LOW, severity=Severity.SEV3, repeats=["inc-0000000008"])
    before = goes_on.model_dump(exclude=CHANGING)
    duplicate = Duplicate.model_validate(
        item(2, due_in_days=5, priority=Priority.HIGH, severity=Severity.SEV1, repeats=["inc-0000000009"])
    )
    take_in(goes_on, duplicate, NOW)
    give_back(goes_on, duplicate, NOW)
    assert goes_on.model_dump(exclude=CHANGING) == before
    assert "Does not go on for inc-0000000001.2 after all" in last_line(goes_on)
    entries = goes_on.entries
    give_back(goes_on, duplicate, NOW)
    assert goes_on.entries == entries


def test_what_was_changed_since_a_duplicate_was_taken_in_stays() -> None:
    goes_on, duplicate = item(1, due_in_days=20), Duplicate.model_validate(item(2, due_in_days=5))
    take_in(goes_on, duplicate, NOW)
    goes_on.due = NOW + 7 * DAY
    give_back(goes_on, duplicate, NOW)
    assert (goes_on.due, goes_on.duplicates) == (NOW + 7 * DAY, [])


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (item(2, status=ItemStatus.DONE), "is done; only one"),
        (item(2, drill=True), "belongs to a drill"),
        (give(MergeItem(by="ana", into="inc-0000000001.1"), item(2)), "is being merged into"),
    ],
)
def test_a_merge_that_the_other_can_not_take_leaves_both_as_they_were(other: ActionItem, words: str) -> None:
    duplicate = give(MergeItem(by="ana", into=other.id), item(1))
    with pytest.raises(Refusal, match=words) as refusal:
        take_in(other, Duplicate.model_validate(duplicate), NOW)
    end_merge(duplicate, other.id, str(refusal.value), NOW)
    assert (duplicate.status, duplicate.under_way, duplicate.duplicate_of) == (ItemStatus.ACCEPTED, None, None)
    assert last_line(duplicate).startswith("Not merged into inc-0000000001.2: ")
    assert "into itself" in refused(MergeItem(by="ana", into=duplicate.id), duplicate)


def test_an_item_waits_until_a_date_and_longer_only_when_an_approver_says_so() -> None:
    blocked = give(BlockItem(by="ana", reason="A supplier delivers", until=NOW + 20 * DAY), item())
    assert "is blocked already (A supplier delivers)" in refused(
        BlockItem(by="ana", reason="Again", until=NOW + DAY), blocked
    )
    give(Unblock(by="ana"), blocked, NOW + 10 * DAY)
    longer = BlockItem(by="ana", reason="Once more", until=NOW + 31 * DAY)
    assert "block for more than 30 days" in refused(longer, blocked, NOW + 10 * DAY), "counted from the first block"
    give(longer.model_copy(update={"by": "carla"}), blocked, NOW + 10 * DAY)
    assert "has passed" in refused(BlockItem(by="ana", reason="Late", until=NOW - DAY), item())
    assert "not blocked" in refused(Unblock(by="ana"), item())
    with pytest.raises(ValueError, match="say what it waits for"):
        BlockItem(by="ana", reason="Nothing in particular")


def test_a_block_on_another_item_is_told_to_it_and_a_circle_is_refused() -> None:
    first, second, third = (item(number) for number in (1, 2, 3))
    for waiting, other in ((first, second), (second, third)):
        give(BlockItem(by="ana", reason="It comes first", on=other.id), waiting)
        hold_up(other, (waiting.id,), NOW)
        end_block(waiting, None, NOW)
    assert (second.blocks, third.blocks) == ([first.id], [second.id])
    give(BlockItem(by="ana", reason="In a circle", on=first.id), third)
    assert hold_up(first, (third.id,), NOW) == second.id
    with pytest.raises(Refusal, match="would wait for each other") as circle:
        hold_up(second, (third.id, first.id), NOW)
    end_block(third, str(circle.value), NOW)
    assert (third.block, third.under_way) == (None, None)
    with pytest.raises(Refusal, match="is closed; nothing has to wait"):
        hold_up(item(4, status=ItemStatus.CLOSED), (first.id,), NOW)
    assert hold_up(item(4, status=ItemStatus.CLOSED), (first.id, second.id), NOW) is None


def test_evidence_that_turns_out_wrong_stays_marked_and_the_item_is_asked_again() -> None:
    finish = Finish(by="ana", evidence=EVIDENCE, evidence_kind=EvidenceKind.TEST)
    closed = give(Verify(by="carla"), give(finish, item()))
    assert closed.evidence[0].kind is EvidenceKind.TEST
    give(ReopenItem(by="ben", reason="The test was skipped"), closed, NOW + 30 * DAY)
    assert (closed.status, closed.asked_at, closed.due) == (ItemStatus.PROPOSED, NOW + 30 * DAY, None)
    assert [evidence.refuted for evidence in closed.evidence] == ["The test was skipped"]
    assert last_line(closed) == "Reopened: The test was skipped"
    assert "only one that is closed or waived" in refused(ReopenItem(by="ben", reason="Again"), closed)


PEOPLE = st.sampled_from(["ana", "ben", "carla"])
COMMANDS = st.one_of(
    st.builds(Accept, by=PEOPLE),
    st.builds(Decline, by=PEOPLE, reason=st.just("Why")),
    st.builds(Reassign, by=PEOPLE, to=PEOPLE, reason=st.just("Why")),
    st.builds(Extend, by=PEOPLE, reason=st.just("Why"), until=st.integers(0, 90).map(lambda days: NOW + days * DAY)),
    st.builds(ApproveExtension, by=PEOPLE),
    st.builds(RefuseExtension, by=PEOPLE, reason=st.just("Why")),
    st.builds(Finish, by=PEOPLE, evidence=st.just(EVIDENCE)),
    st.builds(Verify, by=PEOPLE, holds=st.booleans()),
    st.builds(Waive, by=PEOPLE, reason=st.just("Why")),
    st.builds(BlockItem, by=PEOPLE, reason=st.just("Why"), until=st.integers(0, 90).map(lambda days: NOW + days * DAY)),
    st.builds(BlockItem, by=PEOPLE, reason=st.just("Why"), on=st.just("inc-0000000001.2")),
    st.builds(Unblock, by=PEOPLE),
    st.builds(MergeItem, by=PEOPLE, into=st.just("inc-0000000001.2")),
    st.builds(SplitItem, by=PEOPLE, parts=st.just(PARTS)),
    st.builds(ReopenItem, by=PEOPLE, reason=st.just("Why")),
)


@given(
    steps=st.lists(st.tuples(COMMANDS, st.sampled_from([None, "No"]), st.integers(0, 40)), max_size=25),
    max_waiver_days=st.sampled_from([None, 10]),
)
def test_whatever_people_say_an_item_is_settled_or_owned_and_keeps_what_it_knew(
    steps: list[tuple[ItemCommand, str | None, int]], max_waiver_days: int | None
) -> None:
    """The other item agrees or refuses; what the workflows do with its answer is done here."""
    subject, now = limited(max_waiver_days=max_waiver_days), NOW
    for command, answer, days in steps:
        now += days * DAY
        lines, evidence = list(subject.unwritten), [shown.url for shown in subject.evidence]
        with contextlib.suppress(Refusal):
            command.apply(subject, now)
            match command:
                case SplitItem():
                    end_split(subject, command.parts_of(subject, now), None, now)
                case MergeItem(into=into):
                    end_merge(subject, into, answer, now)
                case BlockItem(on=str()):
                    end_block(subject, answer, now)
            assert subject.unwritten != lines, "whatever is done stands on the timeline"
        assert subject.unwritten[: len(lines)] == lines
        assert [shown.url for shown in subject.evidence][: len(evidence)] == evidence
        assert subject.under_way is None
        assert subject.settled == (subject.ended_at is not None)
        assert subject.settled or subject.owner
        assert not subject.settled or (subject.block, subject.extension_wanted, subject.owner_wanted) == (None,) * 3
        assert subject.ended or not subject.settled or (subject.waiver and subject.waiver.until)
