"""Moves what is open from the embedded engine to another Temporal, where it goes on.

Each workflow is ended here, and a new run begins there with what the last one knew, as after one that ended badly (see
``revival.py``). It may break off anywhere: done again, it goes on with what is not there yet.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from followthrough.domain.replayed.ids import is_item
from followthrough.engine_errors import if_known
from followthrough.queues import RUNNING, TASK_QUEUE
from followthrough.revival import adopt_engine, known_progress, require_same_engine, status_of
from followthrough.starts import start_record
from followthrough.store import queries
from workflows.messages.mail import InboxProgress
from workflows.messages.sprint import PlanningProgress

HOW = "was moved to another engine"
SETTLES_WITHIN, LOOK_EVERY = 60, 0.5
"""Seconds."""
ENDED = "ExecutionStatus = 'Terminated'"
RECORDS = ("IncidentWorkflow", "ActionItemWorkflow")
INBOX = "InboxWorkflow"
PLANNING = "SprintPlanningWorkflow"
"""One that nobody has approved begins there by its schedule, and its mails are sent once."""
BY_THEMSELVES = (
    "DrillScheduleWorkflow",
    "SprintScheduleWorkflow",
    "JiraSweepWorkflow",
    "ReconcileWorkflow",
    "ReplanWorkflow",
    "TroublesWorkflow",
    "WebhooksWorkflow",
)
"""They begin there as the schedules say, which the service makes when it starts, or because the database has work."""

Worker = Callable[[], AbstractAsyncContextManager[object]]


@dataclass
class Moved:
    """How many incidents and action items, and people's inboxes; ids of what can't be moved."""

    records: int = 0
    inboxes: int = 0
    left: list[str] = field(default_factory=list)


class NotMovable(Exception):
    """Something is under way that can't be moved; nothing was."""


async def _left_behind(source: Client) -> list[str]:
    """Ids of what runs and can't be moved: drills, approved plannings, digests and mails that are under way."""
    left, moved = list[str](), (*RECORDS, INBOX, *BY_THEMSELVES)
    async for one in source.list_workflows(RUNNING):
        if one.workflow_type == PLANNING:
            handle = source.get_workflow_handle(one.id)
            approved = (await handle.query("progress", result_type=PlanningProgress)).approval is not None
        else:
            approved = False
        if approved or one.workflow_type not in (*moved, PLANNING):
            left.append(one.id)
    return sorted(left)


async def move(
    source: Client, target: Client, database: Engine, worker: Worker, say: Callable[[str], None], *, leave: bool
) -> Moved:
    """Nobody else may use the source; ``worker`` is one of it, for workflows alone. No worker may have the target yet.

    Action items begin before incidents, which ask theirs how they are. Unless it may ``leave`` it, NotMovable
    says what would be lost. Raises OtherEngine, RPCError.
    """
    await require_same_engine(source, database)
    say("Waiting until workflows have done what they were about to do")
    async with worker():
        await _settled(source)
        moved = Moved(left=await _left_behind(source))
    if moved.left and not leave:
        raise NotMovable(
            f"These can't be moved: {', '.join(moved.left)}. Let them come to their end with the service as it was, or "
            "say --leave to go without them. Nothing was moved."
        )
    await _without_schedules(source)
    records = await _open(source, database)
    inboxes = [one.id async for one in source.list_workflows(f"WorkflowType = '{INBOX}' AND {ENDED}")]
    running = [one async for one in source.list_workflows(RUNNING)]
    inboxes += [one.id for one in running if one.workflow_type == INBOX]
    for execution in running:
        await _end(source, execution)
    async with worker():
        for record_id in sorted(records, key=lambda one: (not is_item(one), one)):
            moved.records += await _move_record(source, target, database, record_id)
        for inbox in sorted(set(inboxes)):
            moved.inboxes += await _move_inbox(source, target, inbox)
    await adopt_engine(target, database)
    return moved


async def _settled(source: Client) -> None:
    """No workflow has a task any more; what waits long for others is left to wait."""

    async def idle() -> bool:
        running = [one.id async for one in source.list_workflows(RUNNING)]
        described = await asyncio.gather(*(source.get_workflow_handle(one).describe() for one in running))
        return not any(one.raw_description.HasField("pending_workflow_task") for one in described)

    await _until(idle)


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    try:
        async with asyncio.timeout(SETTLES_WITHIN):
            while not await holds():  # noqa: ASYNC110 - the engine does not say when
                await asyncio.sleep(LOOK_EVERY)
    except TimeoutError:
        return


async def _without_schedules(source: Client) -> None:
    """Nothing begins there any more."""
    async for schedule in await source.list_schedules():
        with if_known():
            await source.get_schedule_handle(schedule.id).delete()


async def _open(source: Client, database: Engine) -> set[str]:
    def known() -> set[str]:
        with Session(database) as session:
            return queries.open_records(session)

    kinds = " OR ".join(f"WorkflowType = '{kind}'" for kind in RECORDS)
    running = {one.id async for one in source.list_workflows(f"({kinds}) AND ExecutionStatus = 'Running'")}
    return running | await asyncio.to_thread(known)


async def _end(source: Client, execution: WorkflowExecution) -> None:
    """Unless it has just ended."""
    with if_known():
        await source.get_workflow_handle(execution.id, run_id=execution.run_id).terminate(f"It {HOW}")


async def _move_record(source: Client, target: Client, database: Engine, record_id: str) -> bool:
    """Whether it had to be: what ended as it should stays ended, and what is there already goes on."""
    status = await status_of(source, record_id)
    if status is WorkflowExecutionStatus.COMPLETED or await status_of(target, record_id) is not None:
        return False
    progress = await known_progress(source, database, record_id, HOW, has_run=status is not None)
    return progress is not None and await start_record(
        target, progress, WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
    )


async def _move_inbox(source: Client, target: Client, inbox: str) -> bool:
    progress = await source.get_workflow_handle(inbox).query("progress", result_type=InboxProgress)
    if not progress.waiting:
        return False
    try:
        await target.start_workflow(
            INBOX,
            progress,
            id=inbox,
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True
