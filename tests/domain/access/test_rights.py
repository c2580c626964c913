"""Who may do what: every right against every relation, from one table."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import HttpUrl

from followthrough.domain.answered.access.actor import AT_THIS_MACHINE, Actor, Door, Scope
from followthrough.domain.answered.access.may import may, proof_of
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import IN_WORDS, ITEMS, TABLE, Right, right_of
from followthrough.domain.answered.choices import choices
from followthrough.domain.answered.item.schedule import plan_item
from followthrough.domain.answered.organisation.organisation import Organisation, Person
from followthrough.domain.replayed.incident.commands import IncidentCommand
from followthrough.domain.replayed.incident.incident import Incident, Role, RoleHolder
from followthrough.domain.replayed.item.action_item import ActionItem, Evidence, ExtensionWanted, ItemStatus
from followthrough.domain.replayed.item.commands import ItemCommand
from followthrough.domain.replayed.postmortem.postmortem import Postmortem
from followthrough.domain.replayed.proof import Relation
from followthrough.rights_page import markdown
from tests.records import NOW, incident, item

WHO = "zoe"
BUT_COMMAND = frozenset(Scope) - {Scope.COMMAND}
ASKED = {"name": "Zoe Ito", "email": "zoe@example.com"}
COMMANDED = RoleHolder(role=Role.INCIDENT_COMMANDER, person="wei", at=NOW, acknowledged_at=NOW)
IS: dict[Relation, set[Relation]] = {
    relation: {relation} for relation in Relation if relation not in (Relation.REVIEWER, Relation.VERIFIER)
}
"""What somebody is who is only that; some are more by being that."""
IS |= {
    Relation.ANYBODY: {Relation.ANYBODY, Relation.REVIEWER},
    Relation.COMMANDER: {Relation.COMMANDER, Relation.ROLE_HOLDER, Relation.VERIFIER},
    Relation.COMMS_LEAD: {Relation.COMMS_LEAD, Relation.ROLE_HOLDER, Relation.VERIFIER},
    **{
        relation: {relation, Relation.VERIFIER}
        for relation in (
            Relation.APPROVER,
            Relation.ROLE_HOLDER,
            Relation.TEAM_MEMBER,
            Relation.LEAD,
            Relation.MANAGER,
        )
    },
}


def changed(organisation: Organisation, relation: Relation) -> Organisation:
    """With Zoe, who is that as far as the organisation file says it, and else an auditor, who is not just anybody."""
    document = organisation.model_dump(mode="json", exclude={"policies", "update_templates"})
    document["people"][WHO] = ASKED
    team, service = document["teams"]["payments"], document["services"]["checkout"]
    document["administrators"] = ["nora"]
    document["auditors"] = [] if relation is Relation.ANYBODY else [WHO]
    match relation:
        case Relation.ADMINISTRATOR:
            document["administrators"] = [WHO]
        case Relation.TEAM_MEMBER:
            team["members"] = [WHO]
        case Relation.LEAD:
            team["lead"] = WHO
        case Relation.MANAGER:
            document["people"]["nora"]["manager"] = WHO
        case Relation.ON_CALL | Relation.TEAM_UNTIL_COMMANDED:
            service["on_call"] = [WHO]
    return Organisation.model_validate({**document, "policies": organisation.policies})


def records(relation: Relation) -> tuple[Incident, ActionItem]:
    """An incident and an action item of it, in which Zoe is that."""
    roles = {
        Relation.COMMANDER: Role.INCIDENT_COMMANDER,
        Relation.COMMS_LEAD: Role.COMMS_LEAD,
        Relation.ROLE_HOLDER: Role.RESOLVER,
    }
    holders = [] if relation in (Relation.COMMANDER, Relation.TEAM_UNTIL_COMMANDED) else [COMMANDED]
    if relation in roles:
        holders.append(RoleHolder(role=roles[relation], person=WHO, at=NOW, acknowledged_at=NOW))
    author = WHO if relation is Relation.AUTHOR else "lucia"
    owner = WHO if relation is Relation.OWNER else "ines"
    changes: dict[str, Any] = {"owner": owner, "team": "payments", "service": "checkout"}
    one = item(**changes, proposed_by=WHO if relation is Relation.PROPOSER else "ines")
    if relation is Relation.APPROVER and one.plan:
        policy = one.plan.policy.model_copy(update={"approvers": (WHO,)})
        one.plan = one.plan.model_copy(update={"policy": policy})
    return (
        incident(
            roles=holders,
            declared_by=WHO if relation is Relation.PROPOSER else "ines",
            postmortem_owner=owner,
            postmortem=Postmortem(text="What happened", by=author, at=NOW),
        ),
        one,
    )


def rows() -> Iterator[tuple[Right, Relation]]:
    """Without what is made of others: a reviewer is anybody else, a verifier somebody near it."""
    for right in Right:
        yield from ((right, relation) for relation in IS if relation is not Relation.REVIEWER)


def expected(right: Right, relation: Relation) -> bool:
    held = IS[relation] - ({Relation.REVIEWER} if right in ITEMS.rights else {Relation.VERIFIER})
    if relation is Relation.APPROVER and right not in ITEMS.rights:
        held = set()
    if relation is Relation.AUTHOR and right in ITEMS.rights:
        held = set()
    if relation is Relation.TEAM_UNTIL_COMMANDED:
        held |= {Relation.ON_CALL}
        held -= {Relation.TEAM_UNTIL_COMMANDED} if right in ITEMS.rights else set()
    if relation is not Relation.ANYBODY:
        held |= {Relation.AUDITOR}
    return not held.isdisjoint(TABLE[right].relations)


@pytest.fixture(scope="module")
def organisations(organisation: Organisation) -> dict[Relation, Organisation]:
    return {relation: changed(organisation, relation) for relation in Relation}


@pytest.mark.parametrize(("right", "relation"), list(rows()), ids=str)
def test_the_table_is_what_counts(
    right: Right, relation: Relation, organisations: dict[Relation, Organisation]
) -> None:
    org = organisations[relation]
    whole, part = records(relation)
    about = About.of_record(part, org, whole) if right in ITEMS.rights else About.of_record(whole, org, None)
    further = [one for one in (Relation.IN_JIRA, Relation.THEMSELVES) if one is relation]
    proof = proof_of(right, AT_THIS_MACHINE, WHO, about, further)
    assert proof.holds_for(about.record) == expected(right, relation)
    if not further:
        assert (may(right, AT_THIS_MACHINE, WHO, about) is None) == expected(right, relation)


@pytest.mark.parametrize(
    ("commands", "record_id"), [(IncidentCommand, incident().id), (ItemCommand, item().id)], ids=["incident", "item"]
)
def test_every_command_has_a_row(commands: Any, record_id: str) -> None:
    names = [command.model_fields["command"].default for command in get_args(get_args(commands)[0])]
    assert {right_of(name, record_id) for name in names} <= set(TABLE)
    assert len({right_of(name, record_id) for name in names}) == len(names)


def test_every_right_and_every_relation_has_its_words() -> None:
    assert set(TABLE) == set(Right)
    assert set(IN_WORDS) == set(Relation)


def test_the_page_for_managers_is_made_from_the_table() -> None:
    assert Path("docs/rights.md").read_text() == markdown(), (
        "run: .venv/bin/python -m followthrough.rights_page > docs/rights.md"
    )


def test_until_somebody_commands_the_team_sets_the_severity(organisation: Organisation) -> None:
    asked = COMMANDED.model_copy(update={"acknowledged_at": None})
    for roles, people in (
        ([asked], ["tomas", "lucia", "marcos", "nora", "wei"]),
        ([COMMANDED], ["marcos", "nora", "wei"]),
    ):
        about = About.of_record(incident(roles=roles), organisation, None)
        able = [one for one in organisation.people if may(Right.CHANGE_SEVERITY, AT_THIS_MACHINE, one, about) is None]
        assert set(able) == {*people, *(["ines"] if roles == [asked] else [])}


def test_a_resolver_tells_no_audience_while_somebody_commands(organisation: Organisation) -> None:
    resolver = RoleHolder(role=Role.RESOLVER, person="tomas", at=NOW, acknowledged_at=NOW)
    about = About.of_record(incident(roles=[COMMANDED, resolver]), organisation, None)
    assert may(Right.SEND_UPDATE, AT_THIS_MACHINE, "tomas", about) == (
        "tomas can't send an update about inc-0000000001: that is for its Comms Lead, its Incident Commander or its "
        "team, until an Incident Commander has acknowledged; ask Wei Zhang."
    )


def test_nobody_verifies_their_own_item_nor_their_own_evidence(organisation: Organisation) -> None:
    shown = Evidence(url=HttpUrl("https://example.com/1"), by="tomas", at=NOW)
    about = About.of_record(item(owner="ines", evidence=[shown]), organisation, incident())
    able = {one for one in organisation.people if may(Right.VERIFY, AT_THIS_MACHINE, one, about) is None}
    assert able == {"lucia", "marcos", "nora"}


def test_the_organisation_file_has_the_last_word(organisation: Organisation) -> None:
    rights = {Right.NOTE: (Relation.LEAD,), Right.RESOLVE: (Relation.ANYBODY,)}
    policies = organisation.policies.model_copy(update={"rights": rights})
    about = About.of_record(incident(), organisation.model_copy(update={"policies": policies}), None)
    assert may(Right.NOTE, AT_THIS_MACHINE, "ines", about) == (
        "ines can't add a note to inc-0000000001: that is for the team's lead; ask Marcos Vidal."
    )
    assert may(Right.RESOLVE, AT_THIS_MACHINE, "sam", about) is None


def test_who_is_not_there_may_nothing(organisation: Organisation) -> None:
    about = About.of_record(incident(), organisation, None)
    assert may(Right.NOTE, AT_THIS_MACHINE, "somebody", about) == (
        "somebody can't add a note to inc-0000000001: that is for anybody in the organisation file."
    )


@pytest.mark.parametrize(
    ("actor", "by", "sentence"),
    [
        (Actor(person="ines", door=Door.SESSION), "ines", None),
        (Actor(person="ines", door=Door.SESSION), None, None),
        (
            Actor(person="ines", door=Door.SESSION),
            "sam",
            "You are ines here and can't act as sam; leave out by whom, or let sam do it.",
        ),
        (Actor(person=None, door=Door.SERVICE_TOKEN, name="pager"), "sam", None),
        (
            Actor(person=None, door=Door.SERVICE_TOKEN, name="pager", scopes=frozenset({Scope.COMMAND})),
            "sam",
            "The token pager can't act as sam; it needs the scope act for others.",
        ),
        (
            Actor(person="ines", door=Door.TOKEN, name="laptop", scopes=frozenset({Scope.READ})),
            "ines",
            "The token laptop may not command; make one with that scope.",
        ),
        (
            Actor(person=None, door=Door.SERVICE_TOKEN, name="desk", scopes=BUT_COMMAND),
            "sam",
            "The token desk may not command; make one with that scope.",
        ),
        (
            Actor(person=None, door=Door.SERVICE_TOKEN, name="desk", scopes=BUT_COMMAND),
            None,
            "The token desk may not command; make one with that scope.",
        ),
        (
            Actor(person=None, door=Door.SERVICE_TOKEN, name="pager", scopes=frozenset({Scope.COMMAND})),
            None,
            "pager can't add a note to inc-0000000001: that is for anybody in the organisation file.",
        ),
    ],
)
def test_only_services_speak_for_others(
    actor: Actor, by: str | None, sentence: str | None, organisation: Organisation
) -> None:
    assert may(Right.NOTE, actor, by, About.of_record(incident(), organisation, None)) == sentence


def test_without_administrators_those_at_the_top_are_and_nobody_of_whom_no_manager_is_known(
    organisation: Organisation,
) -> None:
    contractor = Person(name="Zoe Ito", email="zoe@example.com")
    nobody = organisation.model_copy(update={"administrators": (), "people": {WHO: contractor, **organisation.people}})
    about = About.service_itself(nobody)
    able = [one for one in nobody.people if may(Right.SEND_DIGEST, AT_THIS_MACHINE, one, about) is None]
    assert able == ["nora"]


def test_a_token_that_does_not_administer_has_no_administrators_rights(organisation: Organisation) -> None:
    about = About.service_itself(organisation.model_copy(update={"administrators": ("nora",)}))
    scopes = frozenset({Scope.READ, Scope.COMMAND})
    assert may(Right.SEND_DIGEST, Actor(person="nora", door=Door.TOKEN), None, about) is None
    assert may(Right.SEND_DIGEST, Actor(person="nora", door=Door.TOKEN, scopes=scopes), None, about) is not None


def test_a_token_that_only_administers_reads_the_audit_and_gives_no_commands(organisation: Organisation) -> None:
    about = About.service_itself(organisation.model_copy(update={"administrators": ("nora",)}))
    administers = Actor(person="nora", door=Door.TOKEN, scopes=frozenset({Scope.ADMINISTER}))
    assert may(Right.READ_AUDIT, administers, None, about) is None
    assert may(Right.SEND_DIGEST, administers, None, about) == "The token may not command; make one with that scope."


@pytest.mark.parametrize("status", ItemStatus)
def test_what_a_mail_offers_its_reader_may_do(status: ItemStatus, organisation: Organisation) -> None:
    shown = Evidence(url=HttpUrl("https://example.com/1"), by="ines", at=NOW)
    wanted = ExtensionWanted(until=NOW, reason="The supplier is late", by="ines", at=NOW)
    record = item(owner="ines", status=status, evidence=[shown], extension_wanted=wanted)
    record.plan = plan_item(record, organisation, NOW)
    about = About.of_record(record, organisation, incident())
    for who in organisation.people:
        for choice in choices(record, who):
            command = choice.command.model_fields["command"].default
            assert may(right_of(command, record.id), AT_THIS_MACHINE, who, about) is None
