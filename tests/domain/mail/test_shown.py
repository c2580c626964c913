"""A mail that waited shows what it was asked for, and of all else how it is by then."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic_core import to_json

from followthrough.domain.replayed.incident.commands import SendUpdate
from followthrough.domain.replayed.incident.incident import Audience, Role, RoleHolder, SentUpdate, UpdateStage
from followthrough.domain.replayed.item.action_item import Block, ExtensionWanted, ItemStatus, Waiver
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind, ToTell
from followthrough.domain.replayed.mail.shown import (
    TO_HOLDERS,
    Shown,
    as_shown,
    incident_as_shown,
    item_as_shown,
    shown_of,
    shown_of_incident,
    shown_of_item,
)
from followthrough.domain.replayed.postmortem.postmortem import Postmortem, Review, ReviewState
from tests.records import NOW, incident, item


def test_a_role_that_was_passed_on_meanwhile_is_still_the_readers() -> None:
    record = incident(roles=[RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=NOW)])
    shown = shown_of_incident(record, NoticeKind.ROLE_ASSIGNED, ("ana",), None)
    later = RoleHolder(role=Role.INCIDENT_COMMANDER, person="ben", at=NOW + timedelta(hours=1), before=("ana",))
    record.roles = [later, RoleHolder(role=Role.RESOLVER, person="carla", at=NOW)]
    record.title = "Payments fail for all"
    mailed = incident_as_shown(record, shown, None)
    assert mailed.holder(Role.INCIDENT_COMMANDER) == "ana"
    assert [holder.person for holder in mailed.roles] == ["ana", "carla"]
    assert mailed.title == record.title
    assert record.holder(Role.INCIDENT_COMMANDER) == "ben"


def test_an_update_keeps_its_stage_when_another_came() -> None:
    record = incident()
    for stage in (UpdateStage.IDENTIFIED, UpdateStage.RESOLVED):
        SendUpdate(by="ana", stage=stage, audience=Audience.INTERNAL, text=stage.value).apply(record, NOW)
        if stage is UpdateStage.IDENTIFIED:
            shown = shown_of_incident(record, NoticeKind.STAKEHOLDER_UPDATE, (), Audience.INTERNAL)
    (update,) = incident_as_shown(record, shown, Audience.INTERNAL).updates
    assert update.stage is UpdateStage.IDENTIFIED


def test_a_review_is_the_one_that_was_made_also_of_a_text_that_was_replaced() -> None:
    review = Review(by="ben", at=NOW, approved=False, note="Say what the alert showed. " * 100)
    record = incident(postmortem=Postmortem(text="# What broke", by="ana", at=NOW, review=review))
    shown = shown_of_incident(record, NoticeKind.POSTMORTEM_REVIEWED, ("ana",), None)
    assert len(to_json(shown)) < 300, "the note is the mail's text"
    record.postmortem = Postmortem(text="# What broke, and why", by="ana", at=NOW)
    mailed = incident_as_shown(record, shown, None).postmortem
    assert mailed is not None
    assert mailed.state is ReviewState.RETURNED


def test_what_an_item_asked_for_is_shown_although_it_was_decided() -> None:
    wanted = ExtensionWanted(until=NOW + timedelta(days=40), reason="The supplier delivers then", by="ana", at=NOW)
    record = item(extension_wanted=wanted)
    shown = shown_of_item(record, NoticeKind.ITEM_EXTENSION_WANTED)
    record.extension_wanted = None
    assert item_as_shown(record, shown).extension_wanted == wanted


def test_an_end_is_told_as_it_was_when_the_item_is_open_again() -> None:
    waiver = Waiver(reason="The service goes away", by="carla", at=NOW)
    record = item(status=ItemStatus.WAIVED, waiver=waiver)
    shown = shown_of_item(record, NoticeKind.ITEM_ENDED)
    record.ask_again(NOW, "It does not go away")
    mailed = item_as_shown(record, shown)
    assert (mailed.status, mailed.waiver) == (ItemStatus.WAIVED, waiver)
    assert record.status is ItemStatus.PROPOSED


ANA, BEN = (RoleHolder(role=Role.RESOLVER, person=person, at=NOW) for person in ("ana", "ben"))
UPDATES = [
    SentUpdate(stage=UpdateStage.IDENTIFIED, audience=audience, text="We look", by="ana", at=NOW)
    for audience in (Audience.INTERNAL, Audience.CUSTOMERS)
]
REVIEW = Review(by="ben", at=NOW, approved=True, note="Fine")


@pytest.mark.parametrize("kind", NoticeKind)
def test_only_a_mail_about_a_role_has_its_reader_hold_it(kind: NoticeKind) -> None:
    record = incident(roles=[ANA, BEN], updates=UPDATES)
    shown = [
        shown_of(record, ToTell(kind, to, audience=Audience.INTERNAL)).holder
        for to in (("ben",), ("carla", "ben", "ana"), ("carla",))
    ]
    assert shown == ([BEN, BEN, None] if kind in TO_HOLDERS else [None] * 3)


def test_two_resolve_but_one_leads_and_each_is_shown_once() -> None:
    leads = RoleHolder(role=Role.COMMS_LEAD, person="carla", at=NOW)
    record = incident(roles=[leads, ANA, BEN])
    since = BEN.model_copy(update={"at": NOW - timedelta(hours=1)})
    assert incident_as_shown(record, Shown(holder=since), None).roles == [since, leads, ANA]
    led = RoleHolder(role=Role.COMMS_LEAD, person="nora", at=NOW)
    assert incident_as_shown(record, Shown(holder=led), None).roles == [led, ANA, BEN]
    assert incident_as_shown(record, Shown(), None) == record


@pytest.mark.parametrize("audience", [Audience.INTERNAL, Audience.CUSTOMERS])
def test_an_update_shows_the_stage_of_its_audience_alone(audience: Audience) -> None:
    now = [one if one.audience is audience else one.model_copy(update={"stage": "resolved"}) for one in UPDATES]
    record = incident(updates=now)
    shown = shown_of(record, ToTell(NoticeKind.STAKEHOLDER_UPDATE, (), audience=audience))
    assert shown == Shown(stage=UpdateStage.IDENTIFIED)
    mailed = incident_as_shown(record, Shown(stage=UpdateStage.MONITORING), audience)
    stages = [one.stage for one in mailed.updates if one.audience is audience]
    assert (stages, [one for one in mailed.updates if one.audience is not audience]) == (
        [UpdateStage.MONITORING],
        [one for one in now if one.audience is not audience],
    )


@pytest.mark.parametrize(
    ("kind", "review", "shown"),
    [
        (NoticeKind.POSTMORTEM_REVIEWED, REVIEW, REVIEW.model_copy(update={"note": ""})),
        (NoticeKind.POSTMORTEM_REVIEWED, None, None),
        (NoticeKind.POSTMORTEM_PUBLISHED, REVIEW, None),
    ],
)
def test_only_a_mail_of_a_review_keeps_it(kind: NoticeKind, review: Review | None, shown: Review | None) -> None:
    record = incident(postmortem=Postmortem(text="# What broke", by="ana", at=NOW, review=review))
    assert shown_of(record, ToTell(kind, ("ana",))) == Shown(review=shown)
    assert shown_of(incident(), ToTell(kind, ("ana",))) == Shown()
    assert incident_as_shown(incident(), Shown(review=REVIEW), None).postmortem is None


WAITS: dict[str, Any] = {
    "waiver": Waiver(reason="The service goes away", by="carla", at=NOW),
    "extension_wanted": ExtensionWanted(until=NOW + timedelta(days=40), reason="Illness", by="ana", at=NOW),
    "block": Block(reason="The new API", until=NOW + timedelta(days=9), by="ana", at=NOW),
}


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        (NoticeKind.ITEM_ENDED, "waiver"),
        (NoticeKind.ITEM_WAIVER_ENDS, "waiver"),
        (NoticeKind.ITEM_EXTENSION_WANTED, "extension_wanted"),
        (NoticeKind.ITEM_BLOCKED, "block"),
        (NoticeKind.ITEM_REMINDER, ""),
    ],
)
def test_a_mail_of_an_item_keeps_what_it_is_about_with_its_status_and_owner(kind: NoticeKind, kept: str) -> None:
    record = item(**WAITS)
    shown = shown_of(record, ToTell(kind, ("ana",)))
    about = {name: value for name, value in WAITS.items() if name == kept}
    assert shown == Shown(status=ItemStatus.ACCEPTED, owner="ana", **about)
    later = item(owner="ben", status=ItemStatus.PROPOSED)
    assert as_shown(later, shown, None) == later.model_copy(
        update={"status": ItemStatus.ACCEPTED, "owner": "ana", **about}
    )


def test_an_incident_is_shown_with_its_update_as_it_was() -> None:
    record = incident(updates=UPDATES)
    mailed = as_shown(record, Shown(stage=UpdateStage.MONITORING), Audience.CUSTOMERS)
    assert mailed == incident_as_shown(record, Shown(stage=UpdateStage.MONITORING), Audience.CUSTOMERS)
    assert mailed != record
