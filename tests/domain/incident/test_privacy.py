"""Who is on a private incident, and what everybody else hears of it."""

from typing import Any

import pytest

from followthrough.domain.answered.access.actor import AT_THIS_MACHINE, Actor, Door
from followthrough.domain.answered.access.privacy import (
    NOBODY,
    PRIVATE_INCIDENT,
    PRIVATE_ITEM,
    discreet,
    discreet_item,
    on,
    seen_by,
    title_for_all,
)
from followthrough.domain.replayed.incident.alert import Alert, AlertState
from followthrough.domain.replayed.incident.commands import ProposeItem
from followthrough.domain.replayed.incident.incident import (
    Audience,
    Incident,
    ItemSummary,
    Kudos,
    Repeat,
    Role,
    RoleHolder,
    SentUpdate,
    UpdateStage,
)
from followthrough.domain.replayed.incident.lifecycle import Continued, Split, give_back, take_in
from followthrough.domain.replayed.incident.privacy import Admit, ChangePrivacy, people_on
from followthrough.domain.replayed.item.action_item import Block, Evidence, ExtensionWanted, OwnerWanted, Waiver
from followthrough.domain.replayed.item.lifecycle import Part, SplitItem
from followthrough.domain.replayed.postmortem.postmortem import Postmortem
from followthrough.domain.replayed.values import EntryKind
from tests.domain.changes import LATER, Change, did
from tests.records import NOW, incident, item

SECRET = "A payroll export was sold"
WHY = "It is about one of us"


def held(person: str, *before: str) -> RoleHolder:
    return RoleHolder(role=Role.INCIDENT_COMMANDER, person=person, at=NOW, before=before)


def secret(number: int = 1, **changes: Any) -> Incident:
    """All that it says is the secret."""
    said: dict[str, Any] = {
        "title": SECRET,
        "private": True,
        "declared_by": "dora",
        "mitigation": SECRET,
        "resolution": SECRET,
        "alert": Alert(dedup_key="a/1", source="pager", state=AlertState.FIRING, title=SECRET, at=NOW),
        "roles": [held("ana", "ben")],
        "past_roles": [held("carla", "emil")],
        "updates": [
            SentUpdate(stage=UpdateStage.IDENTIFIED, audience=Audience.INTERNAL, text=SECRET, by="ana", at=NOW)
        ],
        "postmortem_owner": "femi",
        "postmortem": Postmortem(text=SECRET, by="femi", at=NOW),
        "items": [ItemSummary(id="inc-0000000001.1", title=SECRET, owner="gita")],
        "kudos": [Kudos(by="ana", to=("ben",), text=SECRET, at=NOW)],
        "repeats": [Repeat(incident_id="inc-0000000009", because=SECRET)],
        "admitted": ["hugo"],
    }
    return incident(number, **said | changes)


def test_on_it_is_who_has_or_had_a_part_in_it_and_who_was_admitted() -> None:
    assert people_on(secret()) == ["dora", "ana", "ben", "carla", "emil", "femi", "gita", "hugo"]
    assert people_on(incident()) == []
    assert on(item(proposed_by="ben")) == {"ana", "ben", "carla"}, "its owner, proposer and approvers"


@pytest.mark.parametrize(
    "change",
    [
        Change(
            incident(roles=[held("ana")]),
            ChangePrivacy(by="ana", private=True, reason=WHY),
            {"private": True, "was_private": True},
            ((EntryKind.DECISION, f"Private from now on: {WHY}", "ana"),),
        ),
        Change(
            incident(),
            ChangePrivacy(by="ben", private=True, reason=WHY),
            {"private": True, "was_private": True, "admitted": ["ben"]},
            ((EntryKind.DECISION, f"Private from now on: {WHY}", "ben"),),
        ),
        Change(
            incident(private=True),
            ChangePrivacy(by="ben", private=False, reason=WHY),
            {"private": False, "was_private": True},
            ((EntryKind.DECISION, f"Open to everybody from now on: {WHY}", "ben"),),
        ),
        Change(
            incident(private=True, admitted=["ana"]),
            Admit(by="ana", person="ben"),
            {"admitted": ["ana", "ben"]},
            ((EntryKind.DECISION, "ben may see it", "ana"),),
        ),
    ],
)
def test_what_the_commands_change(change: Change) -> None:
    assert did(change.record, change.doing) == (change.changed, change.said)


def test_what_comes_of_a_private_incident_is_private() -> None:
    whole = secret()
    propose = ProposeItem(by="ana", title="Rotate the keys", owner="ana")
    propose.apply(whole, LATER)
    assert propose.proposed(whole, LATER).private
    split = Split(by="ana", title="The other half", reason=WHY)
    split.apply(whole, LATER)
    half = split.split_off(whole, LATER)
    assert (half.private, half.admitted) == (True, people_on(whole))
    parts = SplitItem(by="ana", parts=(Part(title="Rotate one", owner="ana"), Part(title="Rotate two", owner="ana")))
    kept = item(private=True)
    parts.apply(kept, LATER)
    assert all(part.private for part in parts.parts_of(kept, LATER))


def test_who_is_on_a_private_incident_is_on_the_one_that_continues_it_and_not_on_one_that_does_not_after_all() -> None:
    one, other = secret(1, admitted=["gita"]), Continued.of(secret(2))
    take_in(one, other, NOW)
    assert {*other.admitted} <= {*one.admitted}
    give_back(one, other, NOW)
    assert one.admitted == ["gita"]


def test_what_everybody_hears_has_nothing_that_was_said() -> None:
    for said in (discreet(secret()), discreet(secret(roles=[]))):
        assert SECRET not in said.model_copy(update={"unwritten": []}).model_dump_json()
        assert (said.title, said.roles, said.admitted) == (PRIVATE_INCIDENT, [], [])
    about = item(
        title=SECRET,
        private=True,
        waiver=Waiver(reason=SECRET, by="carla", at=NOW),
        block=Block(reason=SECRET, until=LATER, by="ana", at=NOW),
        extension_wanted=ExtensionWanted(until=LATER, reason=SECRET, by="ana", at=NOW),
        owner_wanted=OwnerWanted(because=SECRET, since=NOW),
        evidence=[Evidence.model_validate({"url": "https://example.com/1", "note": SECRET, "by": "ana", "at": NOW})],
        asked_because=SECRET,
    )
    assert SECRET not in discreet_item(about).model_dump_json()
    assert title_for_all(about) == discreet_item(about).title == PRIVATE_ITEM


def test_what_is_not_private_is_as_it_is() -> None:
    assert discreet(incident()) == incident()
    assert discreet_item(item()) == item()
    assert title_for_all(incident()) == "Payments fail"


@pytest.mark.parametrize(
    ("actor", "eyes"),
    [
        (AT_THIS_MACHINE, None),
        (Actor(person="ana", door=Door.SESSION), "ana"),
        (Actor(person=None, door=Door.SERVICE_TOKEN), NOBODY),
    ],
)
def test_a_services_token_is_on_nothing(actor: Actor, eyes: str | None) -> None:
    assert seen_by(actor) == eyes
