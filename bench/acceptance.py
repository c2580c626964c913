"""How long a pager waits until its alert is accepted, against a raw start of an empty workflow."""

import asyncio
import json
import re
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy

from bench.report import Row, Size, ratio
from bench.stage import TOKEN, Service, at_rest, service
from bench.steps import BARE_QUEUE
from bench.trivial import EmptyWorkflow
from followthrough.domain.incident import Alert, AlertState, Incident
from followthrough.domain.values import Severity
from workflows.incident import IncidentWorkflow
from workflows.messages import TASK_QUEUE, IncidentProgress

ROUNDS = {Size.SMALLEST: (2, 1), Size.QUICK: (20, 3), Size.FULL: (120, 12)}
"""Of one alert, and of fifty."""
PAUSE = 0.2
"""Seconds after a single call, in which what it set going comes to its end."""

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

Round = Callable[[], Awaitable[list[float]]]


async def acceptance(size: Size) -> list[Row]:
    """Alerts one at a time, then fifty at once."""
    rounds_of_one, rounds_of_fifty = ROUNDS[size]
    known = str(uuid4())
    async with service() as found:
        await _alerts(found, known)
        single = await _interleaved(
            rounds_of_one,
            lambda: asyncio.sleep(PAUSE),
            raw=lambda: _raw_starts(found, 1),
            new=lambda: _alerts(found, str(uuid4())),
            repeated=lambda: _alerts(found, known),
            update_with_start=lambda: _updates_with_start(found.client),
        )
        at_once = await _interleaved(
            rounds_of_fifty,
            lambda: at_rest(found.process, found.bare),
            raw=lambda: _raw_starts(found, 50),
            new=lambda: _alerts(found, *(str(uuid4()) for _ in range(50))),
        )
    return [
        Row(
            "alert accepted",
            f"p{percent}, {name} at once",
            ratio=ratio(rounds["new"], rounds["raw"], percent),
            target=target,
            why=WHY,
        )
        for name, rounds in (("1", single), ("50", at_once))
        for percent, target in ((50, 1.5), (99, 3.0))
    ] + [
        Row("alert accepted", f"p50, {name}", ratio=ratio(single[key], single["raw"]))
        for name, key in (("delivered again", "repeated"), ("if it were by update-with-start", "update_with_start"))
    ]


async def _interleaved(
    number: int, pause: Callable[[], Awaitable[None]], **kinds: Round
) -> dict[str, list[list[float]]]:
    """Milliseconds of each call in each round."""
    measured: dict[str, list[list[float]]] = {kind: [] for kind in kinds}
    for _ in range(number):
        for kind, play in kinds.items():
            measured[kind].append(await play())
            await pause()
    return measured


async def _timed(call: Awaitable[object]) -> float:
    started = time.perf_counter()
    await call
    return time.perf_counter() - started


async def _raw_starts(found: Service, number: int) -> list[float]:
    starts = (
        found.client.start_workflow(EmptyWorkflow.run, id=str(uuid4()), task_queue=BARE_QUEUE) for _ in range(number)
    )
    return await asyncio.gather(*map(_timed, starts))


async def _alerts(found: Service, *dedup_keys: str) -> list[float]:
    """Each over a connection that is already open, by a client that costs next to nothing."""
    connections = [await asyncio.open_connection("127.0.0.1", found.port) for _ in dedup_keys]
    posts = (_post(*connection, key) for connection, key in zip(connections, dedup_keys, strict=True))
    measured = await asyncio.gather(*map(_timed, posts))
    for _, writer in connections:
        writer.close()
    return measured


async def _post(reader: StreamReader, writer: StreamWriter, dedup_key: str) -> None:
    body = json.dumps({"dedup_key": dedup_key, **ALERT})
    writer.write((HEAD.format(token=TOKEN, length=len(body)) + body).encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
    answer = await reader.readexactly(int(length[1]) if length else 0)
    if not head.startswith("HTTP/1.1 202"):
        raise RuntimeError(f"The service did not accept an alert: {answer.decode()}")


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
    return [await _timed(update)]
