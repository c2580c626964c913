"""All that can be chosen about an action item on its page, as far as its state says: the most likely comes first.

Whether somebody is offered it depends on the table of rights as well, see ``offered.py``.
"""

from datetime import datetime, timedelta

from followthrough.domain.answered import choices as by_mail
from followthrough.domain.answered.choices import Choice
from followthrough.domain.answered.offered import Possible
from followthrough.domain.replayed.item.action_item import OPEN, WORKED_ON, ActionItem, ItemStatus
from followthrough.domain.replayed.item.editing import AddComment, Edit
from followthrough.domain.replayed.item.lifecycle import BlockItem, MergeItem, SplitItem
from followthrough.domain.replayed.sprint.commands import Estimate
from followthrough.domain.replayed.ticket.commands import Adopt
from followthrough.domain.replayed.ticket.ticket import TicketState
from followthrough.domain.replayed.values import PersonId

BLOCK_ON = Choice("block-on", "It has to wait for another action item", BlockItem)
ESTIMATE = Choice("estimate", "Say how much work it is", Estimate)
SPLIT = Choice("split", "Split it into parts", SplitItem)
MERGE = Choice("merge", "It is the same as another one", MergeItem)
COMMENT = Choice("comment", "Comment on it", AddComment)
EDIT = Choice("edit", "Edit it", Edit)
ADOPT = Choice("adopt", "There is a ticket for it already", Adopt)


def _accept(item: ActionItem, person: PersonId, _now: datetime) -> bool:
    waits = item.status is ItemStatus.PROPOSED or item.owner_wanted is not None
    return _worked_on(item, person, _now) and waits and person == item.owner


def _own(item: ActionItem, person: PersonId, _now: datetime) -> bool:
    return item.status in WORKED_ON and person == item.owner


def _accepted(item: ActionItem, _person: PersonId, _now: datetime) -> bool:
    return item.status is ItemStatus.ACCEPTED


def _worked_on(item: ActionItem, _person: PersonId, _now: datetime) -> bool:
    return item.status in WORKED_ON


def _planned(item: ActionItem, _person: PersonId, _now: datetime) -> bool:
    return item.status in WORKED_ON and item.plan is not None


def _extension_wanted(item: ActionItem, person: PersonId, _now: datetime) -> bool:
    return item.status in WORKED_ON and item.extension_wanted is not None and person in item.approvers


def _extend(item: ActionItem, person: PersonId, now: datetime) -> bool:
    """Once the policy's times are used up, its owner asks an approver by it."""
    if not _planned(item, person, now):
        return False
    return item.extensions < item.planned.policy.max_extensions or person in (item.owner, *item.approvers)


def _block(item: ActionItem, person: PersonId, now: datetime) -> bool:
    if not _planned(item, person, now) or item.block is not None:
        return False
    if item.blocked_at is None or person in item.approvers:
        return True
    return item.blocked_at + timedelta(days=item.planned.policy.max_block_days) > now


def _blocked(item: ActionItem, _person: PersonId, _now: datetime) -> bool:
    return item.status in WORKED_ON and item.block is not None


def _shown_by_others(item: ActionItem, person: PersonId, _now: datetime) -> bool:
    return item.status is ItemStatus.DONE and person not in (item.owner, item.evidence[-1].by)


def _open(item: ActionItem, _person: PersonId, _now: datetime) -> bool:
    return item.status in OPEN


def _goes_on(item: ActionItem, _person: PersonId, _now: datetime) -> bool:
    return not item.ended


def _without_ticket(item: ActionItem, _person: PersonId, _now: datetime) -> bool:
    gone = item.ticket_seen is not None and item.ticket_seen.state is TicketState.GONE
    return not item.settled and (item.ticket is None or gone)


def _to_waive(item: ActionItem, person: PersonId, _now: datetime) -> bool:
    return not item.ended and item.plan is not None and person in item.approvers


def _settled(item: ActionItem, _person: PersonId, _now: datetime) -> bool:
    return item.status in (ItemStatus.CLOSED, ItemStatus.WAIVED)


ITEM_CHOICES: tuple[Possible[ActionItem], ...] = (
    Possible(by_mail.ACCEPT, _accept),
    Possible(by_mail.FINISH, _accepted),
    Possible(by_mail.APPROVE_EXTENSION, _extension_wanted),
    Possible(by_mail.REFUSE_EXTENSION, _extension_wanted),
    Possible(by_mail.HOLDS, _shown_by_others),
    Possible(by_mail.DOES_NOT_HOLD, _shown_by_others),
    Possible(by_mail.UNBLOCK, _blocked),
    Possible(COMMENT, _goes_on),
    Possible(EDIT, _open),
    Possible(by_mail.DECLINE, _own),
    Possible(by_mail.EXTEND, _extend),
    Possible(by_mail.BLOCK, _block),
    Possible(BLOCK_ON, _block),
    Possible(by_mail.REASSIGN, _worked_on),
    Possible(ESTIMATE, _worked_on),
    Possible(SPLIT, _planned),
    Possible(MERGE, _planned),
    Possible(ADOPT, _without_ticket),
    Possible(by_mail.WAIVE, _to_waive),
    Possible(by_mail.REOPEN, _settled),
)
