"""Incidents and action items as their workflows have them: read, started, and given commands."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import uuid4
from weakref import WeakValueDictionary

from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from followthrough.checks import NotCarriedOut, checked, other_named_in
from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.answered.access.may import allowed
from followthrough.domain.answered.access.privacy import not_here, on, seen_by
from followthrough.domain.answered.access.relations import OF_ITS_INCIDENT, About
from followthrough.domain.answered.access.rights import right_of
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.ids import is_incident, is_item
from followthrough.domain.replayed.incident.commands import IncidentCommand
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.lifecycle import LinkRepeat, Reopen
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.item.commands import ItemCommand
from followthrough.domain.replayed.item.lifecycle import ReopenItem
from followthrough.domain.replayed.proof import Proof, has_changed
from followthrough.domain.replayed.values import Command, PersonId, Refusal
from followthrough.engine_errors import Changed, if_known, refusing
from followthrough.noting import Noting, happened
from followthrough.permission import require
from followthrough.proving import proved_by, proving
from followthrough.revival import go_on
from followthrough.starts import start_record
from followthrough.store import queries
from followthrough.store.privacy import private_among, sees
from workflows.action_item import ActionItemWorkflow
from workflows.incident import IncidentWorkflow
from workflows.messages.incident import IncidentProgress
from workflows.messages.item import ItemProgress

logger = logging.getLogger(__name__)

ANSWER_WITHIN = 10
"""Seconds; pagers give up after a little more."""

AT_ONCE = 8
"""Updates of one workflow; the engine refuses more than 10, and with each that it refuses it drops the others' task."""

RecordT = TypeVar("RecordT", Incident, ActionItem)
CommandT = TypeVar("CommandT", IncidentCommand, ItemCommand)


class Unknown(Exception):
    """There is nothing by this name here; the message is the sentence for the person who asked."""


class NotYet(Exception):
    """A command is accepted and will be carried out, but its result was not there in time."""

    def __init__(self, record_id: str) -> None:
        super().__init__(
            f"The command to {record_id} is accepted, but its result is not there yet; look at {record_id} in a moment."
        )
        self.record_id = record_id


class EndedMeanwhile(NotCarriedOut):
    """A workflow ended with a command in its hands, which may have been carried out."""


class Over(Refusal):
    """Its workflow has ended, so it takes no more commands."""


@dataclass(frozen=True)
class Kind(Generic[RecordT]):
    """What differs between incidents and action items."""

    record: type[RecordT]
    is_id: Callable[[str], bool]
    read: Callable[[Session, str], RecordT | None]
    state: Callable[[Any], RecordT]
    reopened: Callable[[RecordT, Any, str], IncidentProgress | ItemProgress]
    """Where a new run begins: how the last one ended, the command that reopens it, and its key."""


INCIDENTS = Kind(
    record=Incident,
    is_id=is_incident,
    read=queries.incident,
    state=IncidentWorkflow.state,
    reopened=lambda ended, reopen, key: IncidentProgress(incident=ended, reopen=reopen, reopen_id=key),
)
ITEMS = Kind(
    record=ActionItem,
    is_id=is_item,
    read=queries.action_item,
    state=ActionItemWorkflow.state,
    reopened=lambda ended, reopen, key: ItemProgress(item=ended, reopen=reopen, reopen_id=key),
)


def in_time() -> asyncio.Timeout:
    """Raises TimeoutError for an engine that does not answer while somebody waits."""
    return asyncio.timeout(ANSWER_WITHIN)


class Records(Generic[RecordT, CommandT]):
    """All of a kind.

    Raises TimeoutError, RPCError or WorkflowUpdateRPCTimeoutOrCancelledError while the engine does not answer.
    """

    def __init__(
        self,
        kind: Kind[RecordT],
        client: Client,
        organisation: Callable[[], Organisation],
        database: Engine,
        noting: Noting,
    ) -> None:
        self._kind: Kind[RecordT] = kind
        self._client = proving(client)
        self._organisation = organisation
        self._database = database
        self._noting = noting
        self._hands: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def hand_to(self, record_id: str) -> asyncio.Semaphore:
        """Held by each who updates the record's workflow."""
        return self._hands.setdefault(record_id, asyncio.Semaphore(AT_ONCE))

    async def get(self, record_id: str) -> RecordT:
        """From the read model, or from its workflow while that is too young. Raises Unknown."""
        if not self._kind.is_id(record_id):
            raise Unknown(
                f"{record_id} is not an id here; ids look like inc-7f3a9c21d0b84e5fa612, or with .1 behind for an item."
            )
        async with in_time():
            if found := await asyncio.to_thread(self._read, record_id):
                return found
            with if_known():
                return await self._client.get_workflow_handle(record_id).query(self._kind.state)
        raise Unknown(f"There is no {record_id} here.")

    async def seen(self, record_id: str, actor: Actor) -> RecordT:
        """To be shown, after the audit has who sees what is private. Raises Unknown as ``_visible`` does."""
        record = await self._visible(record_id, actor)
        if record.private or await asyncio.to_thread(self._is_of_private, record):
            async with self._noting(happened(actor, Act.PRIVATE_VIEW, "look", datetime.now(UTC), record=record_id)):
                pass
        return record

    async def _visible(self, record_id: str, actor: Actor) -> RecordT:
        """See ``get``. Raises Unknown for what is private and not for these eyes, as for what is not there."""
        eyes = seen_by(actor)
        if eyes is None or not self._kind.is_id(record_id):
            return await self.get(record_id)
        with contextlib.suppress(Unknown):
            record = await self.get(record_id)
            if not await asyncio.to_thread(self._hides, record, eyes):
                return record
        raise Unknown(not_here(record_id))

    async def ended(self, record_id: str) -> RecordT | None:
        """As it ended, when its workflow does not run; from the read model once the engine has forgotten it."""
        handle = self._client.get_workflow_handle(record_id, result_type=self._kind.record)
        try:
            ended: RecordT = await handle.result()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        except WorkflowFailureError:
            logger.warning("The workflow of %s ended badly; what the database has of it counts", record_id)
        else:
            return ended
        return await asyncio.to_thread(self._read, record_id)

    async def command(
        self,
        record_id: str,
        command: CommandT,
        actor: Actor,
        key: str | None = None,
        versions: tuple[int, ...] | None = None,
    ) -> RecordT:
        """The record after the command, which is carried out once for equal ``key``.

        Raises NotYet when it is only accepted, Forbidden, Unknown, Refusal, Changed when the record has none of the
        ``versions``, and NotCarriedOut for what has to be said another way.
        """
        record = await self._visible(record_id, actor)
        if (other := other_named_in(command)) and (isinstance(command, LinkRepeat) or seen_by(actor) is not None):
            await self._visible(other, actor)
        said = happened(actor, Act.COMMAND, command.command, datetime.now(UTC), by=command.by, record=record_id)
        async with self._noting(said):
            return await self._command(record, command, actor, key or uuid4().hex, versions)

    async def _command(
        self, record: RecordT, command: CommandT, actor: Actor, key: str, versions: tuple[int, ...] | None
    ) -> RecordT:
        command = await asyncio.to_thread(checked, command, record, self._organisation())
        proof = await asyncio.to_thread(self._proof, command, record, actor, key)
        proof = proof.model_copy(update={"versions": versions})
        try:
            return await self._execute(record, command, key, proof)
        except Over:
            if not isinstance(command, Reopen | ReopenItem):
                raise
        return await self._reopen(record.id, command, key, proof)

    def _proof(self, command: CommandT, record: RecordT, actor: Actor, key: str) -> Proof:
        """Raises Forbidden."""
        here = as_of(self._organisation(), datetime.now(UTC).date())
        right, incident = right_of(command.command, record.id), None
        if isinstance(record, ActionItem) and not OF_ITS_INCIDENT.isdisjoint(allowed(right, here.policies)):
            with Session(self._database) as session:
                incident = queries.incident(session, record.incident_id)
        about = About.of_record(record, here, incident)
        return require(right, actor, command.by, about, again=key in record.carried_out)

    async def _execute(self, record: RecordT, command: Command, key: str, proof: Proof) -> RecordT:
        """Raises Over for one that has ended and is not to be reopened by its own workflow."""
        update: WorkflowUpdateHandle[int] | None = None
        handle = self._client.get_workflow_handle(record.id)
        try:
            async with in_time():
                with refusing(), proved_by(proof):
                    async with self.hand_to(record.id):
                        update = await handle.start_update(
                            "execute", command, id=key, wait_for_stage=WorkflowUpdateStage.ACCEPTED, result_type=int
                        )
                        version = await update.result()
                after = await asyncio.to_thread(self._read, record.id)
                return after if after and after.version >= version else await handle.query(self._kind.state)
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            if update is None:
                raise
            raise NotYet(record.id) from None
        except WorkflowUpdateFailedError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.type == "AcceptedUpdateCompletedWorkflow":
                raise EndedMeanwhile(
                    f"The workflow of {record.id} ended meanwhile; look whether it was done, or try again."
                ) from error
            raise
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return await self._execute_without_run(record, command, key, proof)

    async def _execute_without_run(self, record: RecordT, command: Command, key: str, proof: Proof) -> RecordT:
        """By the same rules, so that people hear the same; where it ended badly, it goes on."""
        async with in_time():
            ended = await self.ended(record.id) or record
        match ended.carried_out.get(key):
            case str(sentence):
                raise Refusal(sentence)
            case int():
                return ended
        if not proof.meant_for(ended):
            raise Changed(has_changed(record.id))
        if await go_on(self._client, self._database, record.id):
            return await self._execute(record, command, key, proof)
        command.apply(record, datetime.now(UTC))
        raise Over(f"{record.id} is {record.status.value}; it takes no more commands.")

    async def _reopen(self, record_id: str, command: Command, key: str, proof: Proof) -> RecordT:
        """In a new run of its workflow, from how the last one ended."""
        async with in_time():
            ended = await self.ended(record_id)
            if ended is None:
                raise Unknown(f"There is no {record_id} here.")
            command.apply(ended.model_copy(deep=True), datetime.now(UTC))
            progress = self._kind.reopened(ended, command, key).model_copy(update={"proof": proof})
            if not await start_record(self._client, progress, WorkflowIDReusePolicy.ALLOW_DUPLICATE):
                raise Refusal(f"Somebody has just reopened {record_id}.")
            return await self._client.get_workflow_handle(record_id).query(self._kind.state)

    def _hides(self, record: RecordT, eyes: PersonId) -> bool:
        """One that is too young for the database says itself who is on it."""
        if record.private and eyes in on(record):
            return False
        with Session(self._database) as session:
            if sees(session, record.id, eyes):
                return False
            return record.private or self._kind.read(session, record.id) is not None

    def _is_of_private(self, record: RecordT) -> bool:
        """An action item that ended before its incident became private has not heard of it."""
        if not isinstance(record, ActionItem):
            return False
        with Session(self._database) as session:
            return bool(private_among(session, [record.id]))

    def _read(self, record_id: str) -> RecordT | None:
        with Session(self._database) as session:
            return self._kind.read(session, record_id)
