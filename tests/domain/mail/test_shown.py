"""A mail that waited shows what it was asked for, and of all else how it is by then."""

from datetime import timedelta

from pydantic_core import to_json

from followthrough.domain.replayed.incident.commands import SendUpdate
from followthrough.domain.replayed.incident.incident import Audience, Role, RoleHolder, UpdateStage
from followthrough.domain.replayed.item.action_item import ExtensionWanted, ItemStatus, Waiver
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.mail.shown import incident_as_shown, item_as_shown, shown_of_incident, shown_of_item
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
