"""Whether this version can go on with the workflows that an earlier one began, found out before a worker has it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecution, WorkflowHistory
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig

from followthrough.engine_errors import if_known
from followthrough.queues import OURS, RUNNING
from followthrough.replaying import replayer

SAY_EVERY = 100
"""Workflows."""
FAILURES_KEPT = 20
"""Of each kind. One mistake fails a thousand workflows alike."""
LONGEST_REASON = 500
"""Characters."""


@dataclass(frozen=True)
class Failure:
    """A workflow that this version can't go on with."""

    workflow_id: str
    run_id: str
    why: str


@dataclass
class KindChecked:
    """What became of the workflows of one kind; ``failures`` has the first of those that ``failed``.

    Fewer than were ``found`` are either where a sample was asked for, or no worker has begun them.
    """

    kind: str
    found: int = 0
    replayed: int = 0
    failed: int = 0
    failures: list[Failure] = field(default_factory=list)


async def check_upgrade(
    client: Client,
    say: Callable[[str], None],
    *,
    sample: int | None = None,
    closed_within: timedelta | None = None,
) -> list[KindChecked]:
    """Replays the histories of what is open, and of what closed lately; reads, and changes nothing.

    Of more than ``sample`` of a kind, about so many are replayed, spread evenly over all. One history at a time is in
    memory. Raises RPCError.
    """
    checked = dict[str, KindChecked]()
    async with AsyncExitStack() as stack:
        histories = _histories(client, checked, _which(closed_within), sample)
        replays = replayer(runtime=_quiet(), converter=client.data_converter)
        results = await stack.enter_async_context(replays.workflow_replay_iterator(histories))
        done = 0
        async for result in results:
            _take(checked[_kind(result.history)], result.history, result.replay_failure)
            done += 1
            if done % SAY_EVERY == 0:
                say(f"{done} replayed")
    return sorted(checked.values(), key=lambda kind: kind.kind)


@cache
def _quiet() -> Runtime:
    """What fails is reported once, and not on stdout as well, where the SDK writes its log."""
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter="off")))


def _which(closed_within: timedelta | None) -> list[str]:
    """Queries."""
    if closed_within is None:
        return [RUNNING]
    since = datetime.now(UTC) - closed_within
    return [RUNNING, f"{OURS} AND CloseTime > '{since:%Y-%m-%dT%H:%M:%SZ}'"]


async def _histories(
    client: Client, checked: dict[str, KindChecked], queries: list[str], sample: int | None
) -> AsyncIterator[WorkflowHistory]:
    for query in queries:
        steps, passed = dict[str, int](), dict[str, int]()
        async for execution in client.list_workflows(query):
            kind = execution.workflow_type
            if kind not in steps:
                steps[kind] = await _step(client, query, kind, sample)
            checked.setdefault(kind, KindChecked(kind)).found += 1
            passed[kind] = passed.get(kind, -1) + 1
            if passed[kind] % steps[kind] == 0 and (history := await _history(client, execution)) is not None:
                yield history


async def _step(client: Client, query: str, kind: str, sample: int | None) -> int:
    """Every how manieth of a kind is replayed."""
    if sample is None:
        return 1
    there = (await client.count_workflows(f"{query} AND WorkflowType = '{kind}'")).count
    return max(1, -(-there // sample))


async def _history(client: Client, execution: WorkflowExecution) -> WorkflowHistory | None:
    """As far as a worker has done its part; None when none has begun to, or the engine has just forgotten it."""
    with if_known():
        handle = client.get_workflow_handle(execution.id, run_id=execution.run_id)
        return done_part(await handle.fetch_history())
    return None


def done_part(history: WorkflowHistory) -> WorkflowHistory | None:
    """Up to the last workflow task that was completed, and what this led to; None without one.

    What came since is not done yet, so there is nothing that it has to be done like.
    """
    events = history.events
    tasks = [number for number, event in enumerate(events) if _kind_of(event) == "workflow_task_completed"]
    if not tasks:
        return None
    end = tasks[-1] + 1
    while end < len(events) and _is_of_a_task(events[end]):
        end += 1
    return WorkflowHistory(history.workflow_id, events[:end])


def _kind_of(event: HistoryEvent) -> str:
    return str(event.WhichOneof("attributes")).removesuffix("_event_attributes")


def _is_of_a_task(event: HistoryEvent) -> bool:
    kind = _kind_of(event)
    if kind in ("workflow_execution_update_accepted", "workflow_execution_update_completed"):
        return True
    fields = getattr(event, f"{kind}_event_attributes").DESCRIPTOR.fields_by_name
    return "workflow_task_completed_event_id" in fields


def _kind(history: WorkflowHistory) -> str:
    return history.events[0].workflow_execution_started_event_attributes.workflow_type.name


def _take(kind: KindChecked, history: WorkflowHistory, failure: Exception | None) -> None:
    if failure is None:
        kind.replayed += 1
        return
    kind.failed += 1
    if len(kind.failures) < FAILURES_KEPT:
        why = " ".join(str(failure).split())[:LONGEST_REASON]
        kind.failures.append(Failure(history.workflow_id, history.run_id, why))
