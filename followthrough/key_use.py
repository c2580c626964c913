"""Which keys Temporal's histories and schedules need, so that it is known when an old one may be taken away."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from followthrough.encryption import encrypted_with, is_encrypted
from followthrough.engine_errors import if_known
from followthrough.queues import OURS, RUNNING
from followthrough.upgrade_check import SAY_EVERY

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor

CLOSED = f"{OURS} AND ExecutionStatus != 'Running'"


@dataclass
class KeyUse:
    """How many runs of workflows, and schedules, have something that only this key decrypts."""

    key: str
    open: int = 0
    closed: int = 0
    schedules: int = 0

    @property
    def used(self) -> bool:
        """Whether anything needs it."""
        return bool(self.open or self.closed or self.schedules)


async def key_use(client: Client, here: tuple[str, ...], say: Callable[[str], None]) -> list[KeyUse]:
    """Of the keys that are here, the first one first, and then of those that are missing; reads, and changes nothing.

    What begins meanwhile is encrypted with the first key. One history at a time is in memory. Raises RPCError.
    """
    uses = {key: KeyUse(key) for key in here}

    def of(key: str) -> KeyUse:
        return uses.setdefault(key, KeyUse(key))

    read = 0
    for query, is_open in ((RUNNING, True), (CLOSED, False)):
        async for keys in _of_runs(client, query):
            for key in keys:
                of(key).open += is_open
                of(key).closed += not is_open
            read += 1
            if read % SAY_EVERY == 0:
                say(f"{read} read")
    async for schedule in await client.list_schedules():
        with if_known():
            described = await client.get_schedule_handle(schedule.id).describe()
            for key in keys_in(described.raw_description):
                of(key).schedules += 1
    return list(uses.values())


async def _of_runs(client: Client, query: str) -> AsyncIterator[set[str]]:
    async for execution in client.list_workflows(query):
        with if_known():
            keys = set[str]()
            async for event in client.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history_events():
                keys |= keys_in(event)
            yield keys


def keys_in(message: Message) -> set[str]:
    """Ids of the keys that encrypted the payloads in it, at any depth."""
    if isinstance(message, Payload):
        return {encrypted_with(message)} if is_encrypted(message) else set()
    parts: list[Message] = []
    for field, value in message.ListFields():
        parts += _messages(field, value)
    return {key for part in parts for key in keys_in(part)}


def _messages(field: "FieldDescriptor", value: Any) -> list[Message]:
    """Of a field: none of a plain one, also one of a map's values."""
    if isinstance(value, Message):
        return [value]
    if field.message_type is None:
        return []
    values = value.values() if field.message_type.GetOptions().map_entry else value
    return [part for part in values if isinstance(part, Message)]
