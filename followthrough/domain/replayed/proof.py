"""What somebody is to an incident or an action item, and what comes along with a command to prove it.

Only the validator of an update compares, which does not replay: a right that changes breaks nothing that runs.
"""

from collections.abc import Collection
from enum import StrEnum

from followthrough.domain.replayed.incident.incident import Incident, Role
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import Message, PersonId


class Relation(StrEnum):
    """What a person is to what a command is about; as the organisation file names it."""

    ANYBODY = "anybody"
    OWNER = "owner"
    """Of an action item, or of a postmortem."""
    APPROVER = "approver"
    PROPOSER = "proposer"
    """Who proposed the action item, or declared the incident."""
    COMMANDER = "Incident Commander"
    COMMS_LEAD = "Comms Lead"
    ROLE_HOLDER = "role holder"
    ON_CALL = "on call"
    TEAM_MEMBER = "team member"
    LEAD = "lead"
    MANAGER = "manager"
    TEAM_UNTIL_COMMANDED = "team until commanded"
    AUTHOR = "author"
    REVIEWER = "reviewer"
    VERIFIER = "verifier"
    IN_JIRA = "in Jira"
    THEMSELVES = "themselves"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


TEAM = frozenset({Relation.TEAM_MEMBER, Relation.LEAD, Relation.ON_CALL})
LOOKS_AT_EVIDENCE = frozenset(
    {Relation.APPROVER, Relation.TEAM_MEMBER, Relation.LEAD, Relation.MANAGER, Relation.ROLE_HOLDER}
)
"""Who verifies, when it is neither their item nor their evidence."""


class Proof(Message):
    """Who gives a command, as it was found before the command was sent to the workflow.

    Relations are words, for an older worker may not know all of them. Histories keep it, so it names nobody else.
    """

    person: PersonId | None
    """None for a machine, and for whoever sits at this one without saying who they are."""
    anybody: bool = False
    """Nobody has to be known."""
    relations: tuple[str, ...] = ()
    """What the organisation makes of them; what the record makes of them is found in the workflow."""
    allowed: tuple[str, ...] = ()
    """Who may give this command."""
    through: str = ""
    """What the timeline says beside the person."""
    versions: tuple[int, ...] | None = None
    """Those of the record that the command was meant for; None for any."""

    def meant_for(self, record: Incident | ActionItem) -> bool:
        """Whether the record is still as whoever gave the command had read it, if they said so."""
        return self.versions is None or record.version in self.versions

    def holds_for(self, record: Incident | ActionItem | None) -> bool:
        """Whether they may, to the record as it is now; without one, what the organisation makes of them counts."""
        if self.anybody:
            return True
        found = frozenset(self.relations)
        if record is not None and self.person is not None:
            found = relations(record, self.person, self.relations)
        return not found.isdisjoint(self.allowed)


def has_changed(record_id: str) -> str:
    """To who had read it as it is no more."""
    return f"{record_id} has changed since it was read; read it again, and decide then."


def people_of(record: Incident | ActionItem) -> dict[Relation, tuple[PersonId, ...]]:
    """Whom the record itself names, by what they are to it."""
    if isinstance(record, ActionItem):
        return {
            Relation.OWNER: (record.owner,),
            Relation.APPROVER: record.approvers,
            Relation.PROPOSER: (record.proposed_by,),
        }
    return {
        **holders(record),
        Relation.OWNER: (record.postmortem_owner,) if record.postmortem_owner else (),
        Relation.PROPOSER: (record.declared_by,) if record.declared_by else (),
        Relation.AUTHOR: (record.postmortem.by,) if record.postmortem else (),
    }


def holders(incident: Incident) -> dict[Relation, tuple[PersonId, ...]]:
    """Who has its roles, also those who have yet to acknowledge."""

    def of(*roles: Role) -> tuple[PersonId, ...]:
        return tuple(holder.person for holder in incident.roles if holder.role in roles)

    return {
        Relation.COMMANDER: of(Role.INCIDENT_COMMANDER),
        Relation.COMMS_LEAD: of(Role.COMMS_LEAD),
        Relation.ROLE_HOLDER: of(*Role),
    }


def relations(record: Incident | ActionItem, person: PersonId, given: Collection[str]) -> frozenset[str]:
    """All that a person is to the record, of whom the organisation says what is ``given``."""
    found = {*given, *(relation for relation, people in people_of(record).items() if person in people)}
    if isinstance(record, ActionItem):
        shown = record.evidence[-1].by if record.evidence else None
        if person not in (record.owner, shown) and not found.isdisjoint(LOOKS_AT_EVIDENCE):
            found.add(Relation.VERIFIER)
        return frozenset(found)
    if Relation.ANYBODY in found and Relation.AUTHOR not in found:
        found.add(Relation.REVIEWER)
    if not commanded(record) and not found.isdisjoint(TEAM):
        found.add(Relation.TEAM_UNTIL_COMMANDED)
    return frozenset(found)


def commanded(incident: Incident) -> bool:
    """Whether somebody has acknowledged to be its Incident Commander."""
    return any(holder.role is Role.INCIDENT_COMMANDER and holder.acknowledged_at for holder in incident.roles)
