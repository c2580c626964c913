"""Who hears of what people do with an action item. Its owner is ana, and carla may approve."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import HttpUrl

from followthrough.domain.replayed.item import tells as item_tells
from followthrough.domain.replayed.item.action_item import ActionItem, ExtensionWanted, ItemStatus, Waiver
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
from followthrough.domain.replayed.item.lifecycle import BlockItem, ReopenItem, Unblock
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind, ToTell
from followthrough.domain.replayed.sprint.commands import Estimate
from tests.records import NOW, item

SOON, LATER = NOW + timedelta(days=12), NOW + timedelta(days=60)
LINK = HttpUrl("https://git.example.com/change/7")
WANTED = {"extension_wanted": ExtensionWanted(until=LATER, reason="The supplier is late", by="ana", at=NOW)}
DECIDED = ToTell(NoticeKind.ITEM_EXTENSION_DECIDED, ("ana",))


def told(record: ActionItem, *commands: ItemCommand) -> list[ToTell]:
    heard = []
    for command in commands:
        before = record.model_copy()
        command.apply(record, NOW)
        heard += item_tells.of_command(command, before, record)
    return heard


@pytest.mark.parametrize(
    ("command", "of", "hears"),
    [
        (Extend(by="ana", until=SOON, reason="Review"), {}, []),
        (Extend(by="ben", until=SOON, reason="Review"), {}, []),
        (
            Extend(by="ana", until=LATER, reason="The supplier is late"),
            {},
            [ToTell(NoticeKind.ITEM_EXTENSION_WANTED, ("carla",))],
        ),
        (Extend(by="carla", until=SOON, reason="Not longer"), WANTED, [DECIDED]),
        (Extend(by="ana", until=SOON, reason="That is enough"), WANTED, []),
        (ApproveExtension(by="carla"), WANTED, [DECIDED]),
        (ApproveExtension(by="carla"), {**WANTED, "owner": "carla"}, []),
        (
            RefuseExtension(by="carla", reason="It happens again"),
            WANTED,
            [ToTell(NoticeKind.ITEM_EXTENSION_DECIDED, ("ana",), "It happens again")],
        ),
        (Finish(by="ana", evidence=LINK), {}, [ToTell(NoticeKind.ITEM_TO_VERIFY, ("carla",))]),
        (Reassign(by="ben", to="eva", reason="Knows it"), {}, [ToTell(NoticeKind.ITEM_PROPOSED, ("eva",))]),
    ],
)
def test_who_has_to_decide_next_or_waited_for_a_decision_hears_of_a_command(
    command: ItemCommand, of: dict[str, Any], hears: list[ToTell]
) -> None:
    assert told(item(**of), command) == hears


def test_evidence_that_nobody_has_to_verify_is_told_as_the_end_only() -> None:
    record = item()
    policy = record.planned.policy.model_copy(update={"verified_by_other": False})
    record.plan = record.planned.model_copy(update={"policy": policy})
    assert told(record, Finish(by="ana", evidence=LINK)) == []
    assert item_tells.of_outcome(record) == ToTell(NoticeKind.ITEM_ENDED, ("ana",))


def test_nobody_hears_at_once_of_what_moments_and_ends_tell() -> None:
    record = item(status=ItemStatus.PROPOSED)
    block = BlockItem(by="ana", until=SOON, reason="A supplier")
    decline = Decline(by="ana", reason="Another team's")
    assert told(record, Accept(by="ana"), Estimate(by="ana", estimate=3), block, Unblock(by="ana"), decline) == []
    assert told(record, Waive(by="carla", reason="The service goes away")) == []
    assert told(record, ReopenItem(by="ben", reason="It stays")) == []


def test_evidence_that_does_not_hold_is_for_its_owner_to_see_in_the_reminders() -> None:
    assert told(item(), Finish(by="ana", evidence=LINK), Verify(by="carla", holds=False))[1:] == []


def test_approvers_hear_too_when_an_item_is_asked_again() -> None:
    record = item(status=ItemStatus.WAIVED, waiver=Waiver(reason="No time", by="carla", at=NOW))
    assert item_tells.of_outcome(record) == ToTell(NoticeKind.ITEM_ENDED, ("ana",))
    told(record, ReopenItem(by="ben", reason="There is time now"))
    again = ToTell(NoticeKind.ITEM_ASKED_AGAIN, ("ana", "carla"), "Reopened: There is time now")
    assert item_tells.of_outcome(record) == again
    record.owner = "carla"
    assert item_tells.of_outcome(record).to == ("carla",), "once"


@pytest.mark.parametrize(
    ("tell", "kind"),
    [
        (item_tells.of_duplicate, NoticeKind.ITEM_TOOK_IN),
        (item_tells.of_repeat, NoticeKind.ITEM_REPEATED),
        (item_tells.of_repeat_taken_back, NoticeKind.ITEM_REPEAT_TAKEN_BACK),
        (item_tells.of_refused_ticket, NoticeKind.TICKET_REFUSED),
    ],
)
def test_its_owner_hears_of_what_others_do_to_it(tell: Callable[[ActionItem, str], ToTell], kind: NoticeKind) -> None:
    assert tell(item(), "what it is about") == ToTell(kind, ("ana",), "what it is about")
