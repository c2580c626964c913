"""What one person may decide about an action item or an incident: what their mail offers, and what its page asks."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from followthrough.domain.replayed.incident.commands import Acknowledge
from followthrough.domain.replayed.incident.incident import ONGOING, Incident, IncidentStatus
from followthrough.domain.replayed.item.action_item import WORKED_ON, ActionItem, ItemStatus
from followthrough.domain.replayed.item.commands import (
    Accept,
    ApproveExtension,
    Decline,
    Extend,
    Finish,
    Reassign,
    RefuseExtension,
    Verify,
    Waive,
)
from followthrough.domain.replayed.item.lifecycle import BlockItem, ReopenItem, Unblock
from followthrough.domain.replayed.postmortem.commands import ReviewPostmortem
from followthrough.domain.replayed.postmortem.postmortem import ReviewState
from followthrough.domain.replayed.times import FAR_AWAY, LONGEST_WAIVER
from followthrough.domain.replayed.values import Message, PersonId

FILLED_IN = ("missing", "hints", "blaming")
"""Fields that the service fills in with what it found."""


class Choice(NamedTuple):
    """One command, as a person is asked for it; ``name`` is the purpose of its link."""

    name: str
    label: str
    command: type[Message]
    preset: Mapping[str, Any] = MappingProxyType({})
    own_page: bool = False
    """It has one under the record's, instead of the form that the others share."""

    @property
    def asks_for(self) -> tuple[str, ...]:
        """Fields of the command that the person fills in."""
        given = ("command", "by", *FILLED_IN, *self.preset)
        return tuple(name for name in self.command.model_fields if name not in given)


ACCEPT = Choice("accept", "Accept it", Accept)
DECLINE = Choice("decline", "Decline it", Decline)
FINISH = Choice("done", "It is done, and this shows it", Finish)
APPROVE_EXTENSION = Choice("approve-extension", "Give the time that was asked for", ApproveExtension)
REFUSE_EXTENSION = Choice("refuse-extension", "Leave the deadline where it is", RefuseExtension)
EXTEND = Choice("extend", "Give it more time", Extend)
BLOCK = Choice("block", "It has to wait until a date", BlockItem, {"on": None})
UNBLOCK = Choice("unblock", "It does not have to wait any more", Unblock)
REASSIGN = Choice("reassign", "Pass it on to somebody else", Reassign)
HOLDS = Choice("holds", "The evidence holds", Verify, {"holds": True})
DOES_NOT_HOLD = Choice("does-not-hold", "The evidence does not hold", Verify, {"holds": False})
WAIVE = Choice("waive", "Decide that it will not be done", Waive)
REOPEN = Choice("reopen", "Ask for it again", ReopenItem)
ACKNOWLEDGE = Choice("acknowledge", "I have this role", Acknowledge)
APPROVE_POSTMORTEM = Choice("approve-postmortem", "Approve the postmortem", ReviewPostmortem, {"approved": True})
RETURN_POSTMORTEM = Choice("return-postmortem", "Ask for changes to it", ReviewPostmortem, {"approved": False})

DECIDE = "decide"
"""Purpose of a link to all that its person may decide about one thing."""

CHOICES = (
    ACCEPT,
    DECLINE,
    FINISH,
    APPROVE_EXTENSION,
    REFUSE_EXTENSION,
    EXTEND,
    BLOCK,
    UNBLOCK,
    REASSIGN,
    HOLDS,
    DOES_NOT_HOLD,
    WAIVE,
    REOPEN,
    ACKNOWLEDGE,
    APPROVE_POSTMORTEM,
    RETURN_POSTMORTEM,
)
NAMES = frozenset(choice.name for choice in CHOICES)
"""Purposes of links to one choice."""


def choices(record: ActionItem | Incident, person: PersonId) -> list[Choice]:
    """In the order in which they are offered; none for somebody who has no part in it."""
    return list(_of_item(record, person) if isinstance(record, ActionItem) else _of_incident(record, person))


def next_steps(record: ActionItem | Incident, person: PersonId) -> list[Choice]:
    """Those that are waited for; the others may be chosen as well."""
    aside = (EXTEND, BLOCK, REASSIGN, WAIVE)
    return [choice for choice in choices(record, person) if choice not in aside]


def days(choice: Choice, item: ActionItem, person: PersonId, now: datetime) -> tuple[datetime, datetime]:
    """The moments between which the date that a choice asks for has to be."""
    policy = item.planned.policy
    if choice.command is Extend:
        return max(item.planned.due, now), now + FAR_AWAY
    if choice.command is Waive:
        days = policy.max_waiver_days
        return now, now + (LONGEST_WAIVER if days is None else timedelta(days=days))
    return now, now + (FAR_AWAY if person in policy.approvers else timedelta(days=policy.max_block_days))


def _of_item(item: ActionItem, person: PersonId) -> Iterator[Choice]:
    owner, approver, worked_on = person == item.owner, person in item.approvers, item.status in WORKED_ON
    if item.under_way is not None:
        return
    if item.status is ItemStatus.PROPOSED and owner:
        yield from (ACCEPT, DECLINE)
    if item.status is ItemStatus.ACCEPTED and owner:
        yield FINISH
    if worked_on and item.extension_wanted and approver:
        yield from (APPROVE_EXTENSION, REFUSE_EXTENSION)
    if worked_on and (approver or (owner and item.status is ItemStatus.ACCEPTED)):
        yield EXTEND
    if item.status is ItemStatus.ACCEPTED and (owner or approver):
        yield UNBLOCK if item.block else BLOCK
    if worked_on and (owner or approver):
        yield REASSIGN
    if item.status is ItemStatus.DONE and approver and person not in (item.owner, item.evidence[-1].by):
        yield from (HOLDS, DOES_NOT_HOLD)
    if item.status is ItemStatus.WAIVED and not item.ended and approver:
        yield REOPEN
    if not item.ended and approver:
        yield WAIVE


def _of_incident(incident: Incident, person: PersonId) -> Iterator[Choice]:
    asked = [holder.person for holder in incident.roles if holder.acknowledged_at is None]
    if incident.status in ONGOING and person in asked:
        yield ACKNOWLEDGE
    postmortem = incident.postmortem if incident.status is IncidentStatus.RESOLVED else None
    if postmortem and postmortem.state is ReviewState.WAITING and person != postmortem.by:
        yield from (APPROVE_POSTMORTEM, RETURN_POSTMORTEM)
