"""How long a pager waits until its alert is accepted, against a raw start of an empty workflow."""

import asyncio
import json
import re
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy

from bench.quiet import quiet
from bench.report import Row, Size, ratio
from bench.stage import TOKEN, Service, service
from bench.steps import BARE_QUEUE
from bench.trivial import EmptyWorkflow
from followthrough.domain.replayed.incident.incident import Alert, AlertState, Incident
from followthrough.domain.replayed.values import Severity
from followthrough.queues import TASK_QUEUE
from workflows.incident import IncidentWorkflow
from workflows.messages.incident import IncidentProgress

ROUNDS = {Size.SMALLEST: (2, 1, 5), Size.QUICK: (20, 3, 50), Size.FULL: (120, 12, 50)}
"""Of one alert, of many at once, and how many that is."""

HEAD = (
    "POST /webhooks/generic HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)
ALERT = {"title": "Card payments fail", "labels": {"service": "checkout", "severity": "page"}}
WHY = (
    "besides the start, the service reads HTTP and JSON, looks in its database for an earlier incident of the same "
    "alert, and sends the alert and four search attributes along; and its worker, in the same process, begins to work "
    "on the incident while the answer is on its way."
)

AnswerT = TypeVar("AnswerT")
Round = Callable[[], Awaitable[list[float]]]


async def acceptance(size: Size) -> list[Row]:
    """Alerts one at a time, then many at once."""
    rounds_of_one, rounds_of_many, many = ROUNDS[size]
    known = str(uuid4())
    async with service() as found:
        await _raw_starts(found, 1)
        await _alerts(found, known)
        single = await interleaved(
            rounds_of_one,
            raw=lambda: _raw_starts(found, 1),
            new=lambda: _alerts(found, str(uuid4())),
            repeated=lambda: _alerts(found, known),
            update_with_start=lambda: _updates_with_start(found.client),
        )
        at_once = await interleaved(
            rounds_of_many,
            raw=lambda: _raw_starts(found, many),
            new=lambda: _alerts(found, *(str(uuid4()) for _ in range(many))),
        )
    return [
        Row(
            "alert accepted",
            f"p{percent}, {name} at once",
            ratio=ratio(rounds["new"], rounds["raw"], percent),
            target=target,
            why=WHY,
        )
        for name, rounds in (("1", single), (str(many), at_once))
        for percent, target in ((50, 1.3), (99, 3.0))
    ] + [
        Row("alert accepted", f"p50, {name}", ratio=ratio(single[key], single["raw"]))
        for name, key in (("delivered again", "repeated"), ("if it were by update-with-start", "update_with_start"))
    ]


async def interleaved(number: int, **kinds: Round) -> dict[str, list[list[float]]]:
    """Seconds of each call in each round; a round begins when all that the one before set going has ended."""
    measured: dict[str, list[list[float]]] = {kind: [] for kind in kinds}
    for _ in range(number):
        for kind, play in kinds.items():
            measured[kind].append(await play())
    return measured


async def _timed(call: Awaitable[AnswerT]) -> tuple[AnswerT, float]:
    started = time.perf_counter()
    answer = await call
    return answer, time.perf_counter() - started


async def _raw_starts(found: Service, number: int) -> list[float]:
    starts = (
        found.client.start_workflow(EmptyWorkflow.run, id=str(uuid4()), task_queue=BARE_QUEUE) for _ in range(number)
    )
    started = await asyncio.gather(*map(_timed, starts))
    await quiet(found.client, *(handle.id for handle, _ in started))
    return [seconds for _, seconds in started]


async def _alerts(found: Service, *dedup_keys: str) -> list[float]:
    accepted = await post_alerts(found, *dedup_keys)
    await quiet(found.client, *(incident for incident, _ in accepted))
    return [seconds for _, seconds in accepted]


async def post_alerts(found: Service, *dedup_keys: str) -> list[tuple[str, float]]:
    """The incident of each, and the seconds until that was answered.

    Each over a connection that is already open, by a client that costs next to nothing.
    """
    connections = [await asyncio.open_connection("127.0.0.1", found.port) for _ in dedup_keys]
    posts = (_post(*connection, key) for connection, key in zip(connections, dedup_keys, strict=True))
    accepted = await asyncio.gather(*map(_timed, posts))
    for _, writer in connections:
        writer.close()
    return accepted


async def _post(reader: StreamReader, writer: StreamWriter, dedup_key: str) -> str:
    """The incident that it belongs to."""
    body = json.dumps({"dedup_key": dedup_key, **ALERT})
    writer.write((HEAD.format(token=TOKEN, length=len(body)) + body).encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
    answer = await reader.readexactly(int(length[1]) if length else 0)
    if not head.startswith("HTTP/1.1 202"):
        raise RuntimeError(f"The service did not accept an alert: {answer.decode()}")
    return str(json.loads(answer)["incident"])


async def _updates_with_start(client: Client) -> list[float]:
    """What the first delivery would cost if it were started by update-with-start, without HTTP."""
    key, now = str(uuid4()), datetime.now(UTC)
    alert = Alert(dedup_key=key, source="The pager", state=AlertState.FIRING, at=now, **ALERT)
    incident = Incident(
        id=f"inc-{key}",
        dedup_key=key,
        title=alert.title,
        service="checkout",
        team="payments",
        severity=Severity.SEV2,
        declared_at=now,
    )
    start = WithStartWorkflowOperation(
        IncidentWorkflow.run,
        IncidentProgress(incident=incident),
        id=incident.id,
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    update = client.execute_update_with_start_workflow(
        IncidentWorkflow.receive_alert, alert, start_workflow_operation=start
    )
    _, seconds = await _timed(update)
    await quiet(client, incident.id)
    return [seconds]
