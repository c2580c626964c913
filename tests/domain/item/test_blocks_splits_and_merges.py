from datetime import timedelta
from typing import Any

import pytest

from followthrough.domain.replayed.item.action_item import (
    BeforeDuplicate,
    Block,
    ExtensionWanted,
    ItemStatus,
    OwnerWanted,
    Priority,
)
from followthrough.domain.replayed.item.lifecycle import (
    BlockItem,
    Duplicate,
    MergeItem,
    Part,
    SplitItem,
    Unblock,
    end_block,
    end_merge,
    end_split,
    give_back,
    hold_up,
    release,
    take_in,
)
from followthrough.domain.replayed.values import EntryKind, Severity
from tests.domain.changes import LATER, Change, did
from tests.records import NOW, item

DAY = timedelta(days=1)
ITEM, OTHER = "inc-0000000001.1", "inc-0000000001.2"
LINE, TICKET, DECISION = EntryKind.ACTION_ITEM, EntryKind.TICKET, EntryKind.DECISION
WANTED = ExtensionWanted(until=NOW + 60 * DAY, reason="Illness", by="ana", at=NOW)
OWNER = OwnerWanted(because="ana is away", since=NOW)
WAITS = Block(reason="The new API", on=OTHER, until=NOW + 9 * DAY, by="ana", at=NOW)
PARTS = (Part(title="Alert on queue depth", owner="ana"), Part(title="Test it", owner="ben"))

WORKING: dict[str, Any] = {"accepted_at": NOW, "working_since": NOW}
PENDING: dict[str, Any] = {"extension_wanted": WANTED, "owner_wanted": OWNER}
DUPLICATE = Duplicate.model_validate(
    item(2, due_in_days=5, priority=Priority.HIGH, severity=Severity.SEV1, repeats=["inc-0000000009", "inc-0000000008"])
)
LESS: dict[str, Any] = {
    "priority": Priority.LOW,
    "severity": Severity.SEV3,
    "repeats": ["inc-0000000009"],
    "due": NOW + 8 * DAY,
}
BEFORE = BeforeDuplicate(
    id=OTHER,
    due=NOW + 8 * DAY,
    due_since=NOW + 5 * DAY,
    priority=Priority.LOW,
    severity=Severity.SEV3,
    repeats=("inc-0000000009",),
)
DIFFERS = {"id", "title", "owner", "version", "entries", "unwritten"}
TOOK_IN: dict[str, Any] = {
    "duplicates": [OTHER],
    "before_duplicates": [BEFORE],
    "due": NOW + 5 * DAY,
    "priority": Priority.HIGH,
    "severity": Severity.SEV1,
    "repeats": ["inc-0000000009", "inc-0000000008"],
}


@pytest.mark.parametrize(
    "change",
    [
        Change(
            item(),
            BlockItem(by="ana", reason="The new API", on=OTHER),
            {
                "blocked_at": LATER,
                "block": Block(reason="The new API", on=OTHER, until=LATER + 30 * DAY, by="ana", at=LATER),
                "under_way": f"blocked on {OTHER}",
            },
            ((LINE, f"Blocked on {OTHER}, until 2026-04-01 at most: The new API", "ana"),),
        ),
        Change(
            item(blocked_at=NOW - 20 * DAY),
            BlockItem(by="ana", reason="The new API", until=NOW + 9 * DAY),
            {"block": Block(reason="The new API", until=NOW + 9 * DAY, by="ana", at=LATER)},
            ((LINE, "Blocked until 2026-03-11: The new API", "ana"),),
        ),
        Change(
            item(blocked_at=NOW - 20 * DAY),
            BlockItem(by="ana", reason="The new API", on=OTHER),
            {
                "block": Block(reason="The new API", on=OTHER, until=NOW + 10 * DAY, by="ana", at=LATER),
                "under_way": f"blocked on {OTHER}",
            },
            ((LINE, f"Blocked on {OTHER}, until 2026-03-12 at most: The new API", "ana"),),
        ),
        Change(
            item(block=WAITS, **WORKING),
            Unblock(by="ana"),
            {"block": None, "working_since": LATER},
            ((LINE, "Unblocked", "ana"),),
        ),
        Change(
            item(block=WAITS, status=ItemStatus.PROPOSED, working_since=NOW),
            Unblock(by="ana"),
            {"block": None},
            ((LINE, "Unblocked", "ana"),),
        ),
        Change(item(block=WAITS, under_way="blocked"), lambda one: end_block(one, None, LATER), {"under_way": None}),
        Change(
            item(block=WAITS, under_way="blocked"),
            lambda one: end_block(one, "It is closed.", LATER),
            {"under_way": None, "block": None},
            ((LINE, "Not blocked: It is closed.", None),),
        ),
        Change(
            item(),
            lambda one: hold_up(one, (OTHER,), LATER),
            {"blocks": [OTHER]},
            ((LINE, f"{OTHER} waits for this one", None),),
        ),
        Change(item(blocks=[OTHER]), lambda one: hold_up(one, (OTHER,), LATER), {}),
        Change(item(), lambda one: hold_up(one, (OTHER, "inc-0000000001.3"), LATER), {}),
        Change(
            item(blocks=[OTHER]),
            lambda one: release(one, OTHER, LATER),
            {"blocks": []},
            ((LINE, f"{OTHER} does not wait for this one any more", None),),
        ),
        Change(item(blocks=[OTHER]), lambda one: release(one, ITEM, LATER), {}),
        Change(
            item(split_into=[f"{ITEM}.1"]),
            SplitItem(by="ana", parts=PARTS, missing=("a number",), hints=("it has no link",)),
            {"split_into": [f"{ITEM}.1", f"{ITEM}.2", f"{ITEM}.3"], "under_way": "split"},
            (
                (LINE, "A part is taken, although it misses: a number", None),
                (LINE, "About a part: it has no link", None),
                (LINE, "To be split into 2 parts", "ana"),
            ),
        ),
        Change(
            item(under_way="split", **PENDING),
            lambda one: end_split(one, [item(2), item(3, owner="ben")], None, LATER),
            {
                "under_way": None,
                "status": ItemStatus.SPLIT,
                "ended_at": LATER,
                "extension_wanted": None,
                "owner_wanted": None,
            },
            ((LINE, f"Split into {OTHER} for ana, inc-0000000001.3 for ben", None),),
        ),
        Change(
            item(under_way="split", split_into=["a", "b", "c"]),
            lambda one: end_split(one, [item(2), item(3)], "It has no room.", LATER),
            {"under_way": None, "split_into": ["a"]},
            ((LINE, "Not split: It has no room.", None),),
        ),
        Change(
            item(),
            MergeItem(by="ana", into=OTHER),
            {"under_way": f"merged into {OTHER}"},
            ((LINE, f"To be merged into {OTHER}", "ana"),),
        ),
        Change(
            item(under_way="merged"),
            lambda one: end_merge(one, OTHER, None, LATER),
            {"under_way": None, "duplicate_of": OTHER, "status": ItemStatus.MERGED, "ended_at": LATER},
            ((LINE, f"Merged into {OTHER}, which goes on for both", None),),
        ),
        Change(
            item(under_way="merged"),
            lambda one: end_merge(one, OTHER, "It is closed.", LATER),
            {"under_way": None},
            ((LINE, f"Not merged into {OTHER}: It is closed.", None),),
        ),
        Change(
            item(**LESS),
            lambda one: take_in(one, DUPLICATE, LATER),
            TOOK_IN,
            ((LINE, f"Goes on for its duplicate {OTHER}, too: due 2026-03-07, high priority", None),),
        ),
        Change(
            item(**LESS | TOOK_IN),
            lambda one: give_back(one, DUPLICATE, LATER),
            {**LESS, "duplicates": [], "before_duplicates": []},
            ((LINE, f"Does not go on for {OTHER} after all, which waited for an answer", None),),
        ),
        Change(
            item(**TOOK_IN | {"due": NOW + 6 * DAY, "priority": Priority.MEDIUM, "severity": Severity.SEV2}),
            lambda one: give_back(one, DUPLICATE, LATER),
            {"duplicates": [], "before_duplicates": [], "repeats": ["inc-0000000009"]},
            ((LINE, f"Does not go on for {OTHER} after all, which waited for an answer", None),),
        ),
        Change(item(), lambda one: give_back(one, DUPLICATE, LATER), {}),
    ],
)
def test_what_comes_of_blocks_splits_and_merges(change: Change) -> None:
    assert did(change.record, change.doing) == (change.changed, change.said)


def test_a_part_has_what_the_whole_had_but_its_own_title_owner_and_id() -> None:
    whole = item(ticket={"key": "PAY-3", "url": ""}, extensions=1, repeats=[OTHER], proposed_by="carla", estimate=3)
    command = SplitItem(by="ben", parts=(*PARTS[:1], Part(title="Test it", owner="ben", priority=Priority.LOW)))
    command.apply(whole, NOW)
    first, second = command.parts_of(whole, LATER)
    new: dict[str, Any] = {"owner_since": LATER, "due": whole.planned.due, "split_from": ITEM, "proposed_by": "ben"}
    kept: dict[str, Any] = {"repeats": [OTHER], "extensions": 1}
    blank = item(plan=None, status=ItemStatus.PROPOSED, **new, **kept).model_dump(exclude=DIFFERS)
    assert first.model_dump(exclude=DIFFERS) == blank
    assert second.model_dump(exclude=DIFFERS) == {**blank, "priority": Priority.LOW}
    assert (first.id, first.title, first.owner) == (f"{ITEM}.1", "Alert on queue depth", "ana")
    assert (second.id, second.title, second.owner) == (f"{ITEM}.2", "Test it", "ben")
