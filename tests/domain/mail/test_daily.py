from datetime import timedelta
from typing import Any

import pytest

from followthrough.domain.answered.mail.above import next_above
from followthrough.domain.answered.mail.daily import most_urgent_first, overtaken
from followthrough.domain.replayed.incident.incident import IncidentStatus
from followthrough.domain.replayed.item.action_item import Block, ItemStatus
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.mail.waiting import WaitingMail
from followthrough.domain.replayed.postmortem.postmortem import Postmortem, Review
from followthrough.domain.replayed.sprint.sprint import Sprint
from tests.notices import ORGANISATION, WAIVER
from tests.records import NOW, incident, item

BLOCK = Block(reason="the new queue", until=NOW + timedelta(days=9), by="ana", at=NOW)
SPRINT = Sprint(id=7, name="PAY 7")
PAYMENTS = ORGANISATION.teams["payments"]


def waiting(kind: NoticeKind = NoticeKind.ITEM_REMINDER, due_in_days: int | None = None, **changes: Any) -> WaitingMail:
    values = {
        "key": f"{kind}/{due_in_days}",
        "kind": kind,
        "subject": "Due soon: Alert on queue depth",
        "incident_id": "inc-0000000001",
        "item_id": "inc-0000000001.1",
        "status": ItemStatus.ACCEPTED,
        "owner": "ana",
        "deadline": None if due_in_days is None else NOW + timedelta(days=due_in_days),
        "at": NOW,
    }
    return WaitingMail.model_validate(values | changes)


def test_what_asks_for_something_comes_first_and_the_earliest_deadline_before_all() -> None:
    late, soon, some_day = waiting(due_in_days=-1), waiting(due_in_days=2), waiting()
    news = waiting(NoticeKind.ITEM_ENDED, due_in_days=-5)
    assert most_urgent_first([news, some_day, soon, late]) == [late, soon, some_day, news]


@pytest.mark.parametrize(
    ("kind", "now", "over"),
    [
        (NoticeKind.ITEM_REMINDER, {}, False),
        (NoticeKind.ITEM_REMINDER, {"status": ItemStatus.DONE}, True),
        (NoticeKind.ITEM_REMINDER, {"owner": "ben"}, True),
        (NoticeKind.ITEM_ENDED, {"status": ItemStatus.CLOSED}, False),
        (NoticeKind.TICKET_REFUSED, {"status": ItemStatus.DONE}, False),
        (NoticeKind.TICKET_REFUSED, {"status": ItemStatus.CLOSED}, True),
        (NoticeKind.ITEM_BLOCKED, {}, True),
        (NoticeKind.ITEM_EXTENSION_WANTED, {}, True),
        (NoticeKind.UNDELIVERED, {"status": ItemStatus.CLOSED}, False),
    ],
)
def test_what_was_done_meanwhile_is_not_asked_for(kind: NoticeKind, now: dict[str, Any], over: bool) -> None:
    assert overtaken(waiting(kind), item(**now)) is over


@pytest.mark.parametrize(
    ("kind", "now", "over"),
    [
        (NoticeKind.ITEM_REMINDER, {"due_in_days": 9}, True),
        (NoticeKind.ITEM_REMINDER, {"block": BLOCK}, True),
        (NoticeKind.ITEM_TO_PLAN, {"sprint": SPRINT}, True),
        (NoticeKind.ITEM_ASKED_AGAIN, {"status": ItemStatus.CLOSED}, True),
        (NoticeKind.ITEM_UNBLOCKED, {"status": ItemStatus.CLOSED}, True),
        (NoticeKind.TICKET_CONFLICT, {"status": ItemStatus.WAIVED}, True),
        (NoticeKind.TICKET_CONFLICT, {}, False),
        (NoticeKind.ITEM_EXTENSION_DECIDED, {"status": ItemStatus.CLOSED}, False),
    ],
)
def test_what_changed_meanwhile_is_not_asked_for(kind: NoticeKind, now: dict[str, Any], over: bool) -> None:
    assert overtaken(waiting(kind, due_in_days=2), item(**{"due_in_days": 2} | now)) is over


def test_a_waiver_that_was_renewed_is_not_asked_about() -> None:
    renewed = item(status=ItemStatus.WAIVED, waiver=WAIVER.model_copy(update={"at": NOW + timedelta(hours=1)}))
    assert overtaken(waiting(NoticeKind.ITEM_WAIVER_ENDS, status=ItemStatus.WAIVED), renewed)
    before = item(status=ItemStatus.WAIVED, waiver=WAIVER.model_copy(update={"at": NOW - timedelta(hours=1)}))
    assert not overtaken(waiting(NoticeKind.ITEM_WAIVER_ENDS, status=ItemStatus.WAIVED), before)


@pytest.mark.parametrize(
    ("kind", "hours", "reviewed", "over"),
    [
        (NoticeKind.POSTMORTEM_ASSIGNED, None, None, False),
        (NoticeKind.POSTMORTEM_REMINDER, 1, None, True),
        (NoticeKind.POSTMORTEM_TO_REVIEW, -1, None, False),
        (NoticeKind.POSTMORTEM_TO_REVIEW, -1, 1, True),
        (NoticeKind.POSTMORTEM_REVIEWED, -2, -1, False),
        (NoticeKind.INCIDENT_REPEATS, 1, 1, False),
    ],
)
def test_a_postmortem_that_went_on_is_not_asked_for(
    kind: NoticeKind, hours: int | None, reviewed: int | None, over: bool
) -> None:
    review = None if reviewed is None else Review(by="ben", at=NOW + timedelta(hours=reviewed), approved=True)
    postmortem = None
    if hours is not None:
        postmortem = Postmortem(text="x", by="ana", at=NOW + timedelta(hours=hours), review=review)
    assert overtaken(waiting(kind, item_id=None), incident(postmortem=postmortem)) is over
    published = incident(postmortem=postmortem, published_at=NOW, status=IncidentStatus.PUBLISHED)
    assert overtaken(waiting(kind, item_id=None), published) is (kind is not NoticeKind.INCIDENT_REPEATS)


def test_a_mail_that_did_not_arrive_goes_up_past_those_whom_no_mail_reaches() -> None:
    assert next_above("ana", PAYMENTS, ORGANISATION) == "carla"
    assert next_above("ana", PAYMENTS, ORGANISATION, {"carla"}) is None
    assert next_above("carla", PAYMENTS, ORGANISATION) is None
    assert next_above(None, PAYMENTS, ORGANISATION) == "carla"
    led_by_ben = PAYMENTS.model_copy(update={"lead": "ben"})
    assert next_above("carla", led_by_ben, ORGANISATION) == "ben"
