from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.weekly import Wanted, WeeklyDigest, readers, weekly_digest, weekly_mails
from followthrough.domain.replayed.item.action_item import (
    ActionItem,
    Block,
    ExtensionWanted,
    ItemStatus,
    Moment,
    MomentKind,
    OwnerWanted,
)
from followthrough.domain.replayed.report.mails import WeeklyMail
from followthrough.mail.render import render_weekly
from tests.notices import EVIDENCE, ORGANISATION, WAIVER
from tests.records import NOW, item

DAY = timedelta(days=1)
ESCALATION = Moment(at=NOW - 3 * DAY, kind=MomentKind.ESCALATE, level=1, to=("carla", "ana"))


def digest(
    items: list[ActionItem], person: str = "carla", answers: Mapping[str, datetime] = MappingProxyType({})
) -> WeeklyDigest:
    mail = WeeklyMail(person=person, week="2026-W10", at=NOW)
    return weekly_digest(mail, items, answers, ORGANISATION)


def test_what_is_private_is_counted_and_not_named() -> None:
    secret: dict[str, Any] = {"title": "Zanzibar", "private": True}
    late = item(2, due_in_days=-3)
    found = digest([item(1, due_in_days=-3, **secret), late, item(3, due_in_days=3, **secret)])
    assert ([one.id for one in found.late], found.coming, found.private) == ([late.id], (), 2)
    mail = render_weekly(found, ORGANISATION, "https://followthrough.example.com")
    assert "Zanzibar" not in found.model_dump_json() + mail.text
    assert "2 private ones" in mail.text
    assert not digest([item(1, due_in_days=-3, **secret)]).empty


def listed(found: WeeklyDigest) -> dict[str, list[str]]:
    lists = {name: getattr(found, name) for name in ("late", "coming", "blocked", "closed")}
    lists["decisions"] = [decision.item for decision in found.decisions]
    return {name: [one.id.partition(".")[2] for one in items] for name, items in lists.items() if items}


def test_what_matters_of_a_week_is_told_and_nothing_else() -> None:
    blocked = Block(reason="the new queue", until=NOW + 40 * DAY, by="ana", at=NOW - 20 * DAY)
    found = digest(
        [
            item(1, due_in_days=-3),
            item(2, due_in_days=6),
            item(3, due_in_days=8),
            item(4, due_in_days=30, block=blocked),
            item(5, due_in_days=30, block=blocked.model_copy(update={"at": NOW - DAY})),
            item(6, status=ItemStatus.CLOSED, ended_at=NOW - 6 * DAY),
            item(7, status=ItemStatus.CLOSED, ended_at=NOW - 8 * DAY),
            item(8, due_in_days=-30, drill=True),
            item(9, due_in_days=30, status=ItemStatus.PROPOSED, proposed_at=NOW - 9 * DAY),
            item(10, due_in_days=-40, severity="SEV1"),
        ]
    )
    assert listed(found) == {"late": ["10", "1"], "coming": ["2"], "blocked": ["4"], "closed": ["6"]}
    assert digest([item(3, due_in_days=8)]).empty
    assert digest([item(1, due_in_days=-3)], person="ben").empty


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"due_in_days": -4, "reminders": [ESCALATION]}, Wanted.ESCALATION),
        ({"owner_wanted": OwnerWanted(because="She is away.", since=NOW)}, Wanted.OWNER),
        ({"extension_wanted": ExtensionWanted(until=NOW, reason="x", by="ana", at=NOW)}, Wanted.EXTENSION),
        ({"status": ItemStatus.DONE, "evidence": [EVIDENCE], "due_in_days": -4}, Wanted.VERIFICATION),
        (
            {"status": ItemStatus.WAIVED, "waiver": WAIVER.model_copy(update={"until": NOW + 6 * DAY})},
            Wanted.WAIVER,
        ),
    ],
)
def test_what_waits_for_a_decision_is_told_first_and_once(changes: dict[str, Any], wanted: Wanted) -> None:
    found = digest([item(1, **changes)])
    assert [decision.wanted for decision in found.decisions] == [wanted]
    assert listed(found) == {"decisions": ["1"]}


def test_no_decision_is_wanted_about_what_is_answered_or_far_away() -> None:
    later = WAIVER.model_copy(update={"until": NOW + 8 * DAY})
    items = [
        item(1, due_in_days=-4, reminders=[ESCALATION]),
        item(2, status=ItemStatus.WAIVED, waiver=later, ended_at=NOW),
        item(3, status=ItemStatus.WAIVED, waiver=WAIVER, ended_at=NOW),
        item(4, due_in_days=30, status=ItemStatus.DONE, evidence=[EVIDENCE.model_copy(update={"by": "carla"})]),
    ]
    assert listed(digest(items, answers={items[0].id: NOW - DAY})) == {"late": ["1"]}


STATES = st.fixed_dictionaries(
    {
        "owner": st.sampled_from(["ana", "ben", "carla", "who-left"]),
        "team": st.sampled_from(["payments", "gone"]),
        "due_in_days": st.integers(-30, -1),
        "reminders": st.sampled_from([[], [ESCALATION]]),
        "owner_wanted": st.sampled_from([None, OwnerWanted(because="x", since=NOW)]),
        "status": st.sampled_from([ItemStatus.PROPOSED, ItemStatus.ACCEPTED]),
    }
)


@given(st.lists(STATES, max_size=8))
def test_each_late_item_is_once_in_the_digest_of_its_owners_managers(states: list[dict[str, Any]]) -> None:
    items = [item(number, **state) for number, state in enumerate(states)]
    for person in ORGANISATION.people:
        found = digest(items, person)
        told = [one.id for one in (*found.late, *(decision.item for decision in found.decisions))]
        assert len(told) == len(set(told))
        owed = {one.id for one in items if person in readers(one, ORGANISATION)}
        escalated = {one.id for one in items if one.reminders and person in ESCALATION.to and person != one.owner}
        assert set(told) == owed | escalated
    assert all(readers(one, ORGANISATION) for one in items)


def test_managers_and_leads_hear_in_their_own_morning_once_a_week(organisation: Organisation) -> None:
    """The first hour of the week is that of UTC+14; a run by hand is about the week that has begun."""
    monday = datetime(2026, 3, 1, 18, tzinfo=UTC)
    mails = weekly_mails(organisation, monday)
    assert {mail.person: mail.at.astimezone(UTC).hour for mail in mails} == {"nora": 7, "marcos": 7, "grace": 13}
    assert {mail.at.astimezone(UTC).date().isoformat() for mail in mails} == {"2026-03-02"}
    assert {mail.week for mail in mails} == {"2026-W10"}
    for later in range(1, 7 * 24, 5):
        assert weekly_mails(organisation, monday - timedelta(hours=8) + timedelta(hours=later)) == mails
