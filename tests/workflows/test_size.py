"""Nothing that anybody sends, in any number, is too much for one message, on the real server."""

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.converter import PayloadCodec
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from followthrough import engine as engines
from followthrough.converter import data_converter
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.commands import ProposeItem, Resolve
from followthrough.domain.replayed.values import Severity
from followthrough.engine import engine
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from tests.full import incident_command, item_command
from tests.workflows.conftest import Play
from worker import build_worker

MEGABYTE = "x" * 1_000_000
UNTIL = "2100-01-01T00:00:00Z"


async def refusal(handle: WorkflowHandle[Any, Any], command: Any) -> str | None:
    """The sentence; None when the command was carried out, or has to be sent again."""
    try:
        await handle.execute_update("execute", command, result_type=int)
    except WorkflowUpdateFailedError as error:
        if isinstance(error.cause, ApplicationError) and error.cause.type == "Refusal":
            return error.cause.message
        raise
    except RPCError:  # more at once than the server takes
        return None
    return None


@pytest.mark.parametrize(
    "commands",
    [
        [{"command": "mitigate", "summary": MEGABYTE}, {"command": "resolve", "summary": MEGABYTE}],
        [{"command": "note", "text": MEGABYTE[:900_000]}] * 8,
        [{"command": "change severity", "severity": "SEV1", "reason": MEGABYTE}],
        [{"command": "submit postmortem", "text": MEGABYTE}, {"command": "publish postmortem", "text": MEGABYTE}],
        [{"command": "mitigate", "summary": ""}, {"command": "no such command"}],
    ],
    ids=["mitigate and resolve", "notes at once", "a reason", "a postmortem", "what is no command"],
)
async def test_an_incident_refuses_what_an_old_client_sends_and_goes_on(
    play: Play, commands: Sequence[dict[str, Any]]
) -> None:
    incident = await play.declare()
    by = (await incident.state()).roles[0].person
    said = await asyncio.gather(*(refusal(incident.handle, command | {"by": by}) for command in commands))
    assert all(said), said
    assert (await incident.give(Resolve(by=by, summary="Rolled back"))).resolution == "Rolled back"


async def test_an_action_item_refuses_choices_without_end_and_goes_on(play: Play) -> None:
    incident = await play.declare()
    owner = (await incident.state()).roles[0].person
    await incident.give(ProposeItem(by=owner, title="Alert on queue depth over 5,000", owner=owner))
    item = incident.item(1)
    await item.until(lambda state: state.plan)
    choices: list[dict[str, Any]] = [
        {"command": "decline"},
        {"command": "reassign", "to": "wei"},
        {"command": "extend", "until": UNTIL},
        {"command": "waive"},
        {"command": "block", "until": UNTIL},
        {"command": "reopen"},
    ]
    said = await asyncio.gather(
        *(refusal(item.handle, choice | {"by": owner, "reason": MEGABYTE}) for choice in choices)
    )
    assert all(said), said
    assert await refusal(item.handle, {"command": "accept", "by": owner}) is None


class Measuring(PayloadCodec):
    """Knows the largest message that went through."""

    def __init__(self) -> None:
        self.largest = 0

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        self.largest = max(self.largest, sum(payload.ByteSize() for payload in payloads))
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)


async def test_commands_at_their_limits_at_once_keep_every_message_small_and_the_workflows_alive(
    organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = int(datetime.now(UTC).timestamp())
    print(f"seed {seed}")
    random, people = Random(seed), ["ines", "sam", "wei"]
    small = "limit.historyCount.suggestContinueAsNew=200"
    monkeypatch.setattr(engines, "DYNAMIC_CONFIG", (*engines.DYNAMIC_CONFIG, small))
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    measuring = Measuring()
    converter = dataclasses.replace(data_converter, payload_codec=measuring)
    async with engine(Settings(), database=None, ui=False, say=print) as found:
        client = await Client.connect(found.address, namespace=found.client.namespace, data_converter=converter)
        async with build_worker(client, Settings(), lambda: organisation, database):
            play = Play(client, organisation, database)
            incident = await play.declare(severity=Severity.SEV1)
            await incident.give(ProposeItem(by="ines", title="Alert on queue depth over 5,000", owner="ines"))
            item = incident.item(1)
            for _ in range(12):
                now = datetime.now(UTC) + timedelta(minutes=1)
                await asyncio.gather(
                    *(refusal(incident.handle, incident_command(random, people)) for _ in range(10)),
                    *(refusal(item.handle, item_command(random, people, now)) for _ in range(5)),
                )
            for handle in (incident.handle, item.handle):
                status = (await handle.describe()).status
                assert status in (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED)
            assert (await incident.state()).entries > 10
    database.dispose()
    assert 30_000 < measuring.largest < 512 * 1024
