"""Commands, each of which is carried out once."""

from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Any, Generic, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.room import require_room
from followthrough.domain.replayed.text import REASON, cut
from followthrough.domain.replayed.values import Command, Refusal
from followthrough.refusals import refused
from workflows.entity import Entity

RecordT = TypeVar("RecordT", bound=Incident | ActionItem)


class Commands(Generic[RecordT]):
    """What people, and other workflows, have a record do."""

    def __init__(self, entity: Entity[RecordT]) -> None:
        self._entity = entity
        self._record = entity.record

    def check(self, command: Command) -> None:
        """Raises what the caller of an update sees when the rules do not allow a command."""
        if _update_id() in self._record.carried_out:
            return
        try:
            self._try(lambda after: command.apply(after, workflow.now()), command.command)
        except Refusal as refusal:
            raise refused(str(refusal)) from refusal

    async def once(self, work: Callable[[], Awaitable[int]]) -> int:
        """Carries an update out, or gives the answer again that it had in this run or an earlier one.

        It may have waited since it was checked, and be refused only now.
        """
        match self._record.carried_out.get(_update_id()):
            case str(sentence):
                raise refused(sentence)
            case int(version):
                await self._entity.written(version)
                return version
        self._record.remember(_update_id(), self._record.version + 1)
        try:
            version = await work()
        except Refusal as refusal:
            self._record.remember(_update_id(), cut(str(refusal), REASON))
            raise refused(str(refusal)) from refusal
        except ApplicationError as error:
            self._record.remember(_update_id(), cut(error.message, REASON))
            raise
        self._record.remember(_update_id(), version)
        return version

    def fit(self, change: Callable[[RecordT], Any]) -> Any:
        """Makes a change that another workflow asks for. Raises Refusal, and then nothing has changed."""
        self._try(change)
        return change(self._record)

    def _try(self, change: Callable[[RecordT], Any], command: str = "") -> None:
        after = deepcopy(self._record)
        change(after)
        require_room(self._record, after, self._entity.mails.size, command)


def _update_id() -> str:
    """That of the update which is being handled."""
    update = workflow.current_update_info()
    return update.id if update else ""
