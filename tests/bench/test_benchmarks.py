"""Each benchmark once, at its smallest: what it measures is not looked at, only that it does."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from rich.console import Console
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Worker

from bench.__main__ import BENCHMARKS
from bench.bare import BareWorkflow
from bench.older import Missing, older
from bench.report import Row, Size, count, show
from bench.stage import stage
from bench.steps import BareLife, Step, nothing, steps
from bench.whole_life import whole_life
from worker import WORKFLOW_RUNNER

OLDER = "a720393"

WORK = [Step(what="local activity"), Step(what="activity", event=9), Step(what="join", event=9)]
ANSWERED = [Step(what="update"), *WORK, Step(what="answer")]
INCIDENT_AND_ITEMS = BareLife(
    steps=[
        Step(what="child", event=1),
        Step(what="child", event=2),
        *ANSWERED,
        Step(what="tell", event=3, to=".1"),
        Step(what="join", event=3),
        Step(what="signal"),
        Step(what="join", event=2),
        Step(what="join", event=1),
        Step(what="tell", event=4, to=".2"),  # which has ended
        Step(what="join", event=4),
        Step(what="upsert"),
    ],
    children=[
        [
            Step(what="signal"),
            Step(what="signal"),
            *WORK,
            Step(what="tell", event=5, to=""),
            Step(what="join", event=5),
        ],
        [
            Step(what="timer", event=6, seconds=timedelta(weeks=1).total_seconds()),
            *WORK,
            Step(what="cancel timer", event=6),
            Step(what="tell", event=7, to=".1"),
            Step(what="join", event=7),
        ],
    ],
)
"""An incident that tells an action item, which waits for the other one, too, and tells the incident."""


def text_of(*rows: Row) -> str:
    out = StringIO()
    show(rows, Console(file=out, width=250))
    return out.getvalue()


def counted(taken: Iterable[Step]) -> Counter[str]:
    return Counter(step.what for step in taken)


async def follow(client: Client, life: BareLife) -> list[WorkflowHistory]:
    """The histories of the incident and its action items after the life."""
    workflow_id, queue = str(uuid4()), str(uuid4())
    worker = Worker(
        client, task_queue=queue, workflows=[BareWorkflow], activities=[nothing], workflow_runner=WORKFLOW_RUNNER
    )
    async with worker:
        incident = await client.start_workflow(BareWorkflow.run, life, id=workflow_id, task_queue=queue)
        for step in life.steps:
            if step.what == "update":
                await incident.execute_update(BareWorkflow.execute)
        items = [client.get_workflow_handle(f"{workflow_id}.{number}") for number, _ in enumerate(life.children, 1)]
        for handle in (incident, *items):
            await handle.result()
        return [await handle.fetch_history() for handle in (incident, *items)]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", [name for name in BENCHMARKS if name != "whole-life"])
async def test_a_benchmark_runs_to_its_end_and_shows_its_rows(name: str) -> None:
    rows = await BENCHMARKS[name](Size.SMALLEST)
    assert rows
    assert all(row.measure in text_of(*rows) for row in rows)


@pytest.mark.timeout(900)
async def test_whole_lives_are_lived_by_bare_workflows_and_over_http_by_an_older_version_too() -> None:
    rows = await whole_life(Size.SMALLEST, against=OLDER)
    assert all(row.measure in text_of(*rows) for row in rows)
    if unmeasured := [row.why for row in rows if row.ratio is None]:
        pytest.skip(f"the older version was {unmeasured[0]}")


@pytest.mark.timeout(300)
async def test_bare_workflows_take_the_steps_that_were_recorded_and_hear_each_other_whoever_started_them() -> None:
    async with stage() as found:
        first = await follow(found.client, INCIDENT_AND_ITEMS)
        taken = [[*steps(history)] for history in first]
        again = await follow(found.client, BareLife(steps=taken[0], children=taken[1:]))
    planned = [INCIDENT_AND_ITEMS.steps, *INCIDENT_AND_ITEMS.children]
    assert [counted(steps(history)) for history in first] == [counted(each) for each in planned]
    assert [counted(steps(history)) for history in again] == [counted(each) for each in planned]


async def test_a_commit_that_is_not_there_is_said_in_its_row() -> None:
    with pytest.raises(Missing, match="commit-of-nobody"):
        async with older("commit-of-nobody"):
            pass
    text = text_of(Row("lives", "of an older version", None, 1.6, why="not measured: there is none."))
    assert "not measured: there is none." in text
    assert "missed" not in text


def test_a_missed_target_is_said_with_its_reason() -> None:
    text = text_of(Row("events", "of a life", count(1.2), 1.1, why="One too many."), Row("others", "", count(1), 1.1))
    assert "1.20" in text
    assert text.count("missed") == text.count("met") == 1
    assert "events, of a life: One too many." in text
