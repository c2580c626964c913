"""What people, and other workflows, have a record do; what people say is carried out once."""

from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.proof import Proof, has_changed
from followthrough.domain.replayed.room import require_room
from followthrough.domain.replayed.text import REASON, cut
from followthrough.domain.replayed.values import Command, Refusal
from followthrough.refusals import changed, forbidden, refused
from workflows.entity import Entity
from workflows.proven import proof

RecordT = TypeVar("RecordT", bound=Incident | ActionItem)


def check(entity: Entity[Any], command: Command) -> None:
    """Raises what the caller of an update sees when who gives a command may not, or the rules do not allow it."""
    if _update_id() in entity.record.carried_out:
        return
    given = proof()
    if given is not None and not given.holds_for(entity.record):
        sentence = f"Who may {command.command} in {entity.record.id} has just changed; look at it and try again."
        raise forbidden(sentence)
    if given is not None and not given.meant_for(entity.record):
        raise changed(has_changed(entity.record.id))
    try:
        _try(entity, lambda after: command.apply(after, workflow.now()), command.command)
    except Refusal as refusal:
        raise refused(str(refusal)) from refusal


async def once(entity: Entity[Any], work: Callable[[], Awaitable[int]]) -> int:
    """Carries an update out, or gives the answer again that it had in this run or an earlier one.

    It may have waited since it was checked, and be refused only now.
    """
    record = entity.record
    match record.carried_out.get(_update_id()):
        case str(sentence):
            raise refused(sentence)
        case int(version):
            await entity.written(version)
            return version
    record.remember(_update_id(), record.version + 1)
    try:
        version = await work()
    except Refusal as refusal:
        record.remember(_update_id(), cut(str(refusal), REASON))
        raise refused(str(refusal)) from refusal
    except ApplicationError as error:
        record.remember(_update_id(), cut(error.message, REASON))
        raise
    record.remember(_update_id(), version)
    return version


def note_through(record: Incident | ActionItem, since: int, given: Proof | None) -> None:
    """What the command's person has said on the timeline after its entry ``since`` was said through a token."""
    if given is not None and given.through:
        record.unwritten = [
            entry.model_copy(update={"through": given.through})
            if entry.number > since and entry.author == given.person
            else entry
            for entry in record.unwritten
        ]


def fit(entity: Entity[RecordT], change: Callable[[RecordT], Any]) -> Any:
    """Makes a change that another workflow asks for. Raises Refusal, and then nothing has changed."""
    _try(entity, change)
    return change(entity.record)


def _try(entity: Entity[RecordT], change: Callable[[RecordT], Any], command: str = "") -> None:
    after = deepcopy(entity.record)
    change(after)
    require_room(entity.record, after, entity.mails.size, command)


def _update_id() -> str:
    """That of the update which is being handled."""
    update = workflow.current_update_info()
    return update.id if update else ""
