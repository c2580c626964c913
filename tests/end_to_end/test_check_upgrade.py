"""An operator's own workflows are replayed with the version that is to come."""

import json
import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

from followthrough.engine import engine
from followthrough.queues import TASK_QUEUE
from followthrough.settings import Settings
from followthrough.upgrade_check import check_upgrade
from tests.end_to_end.installation import open_incident, serving
from tests.end_to_end.processes import FOLLOWTHROUGH
from tests.waiting import eventually
from worker import WORKFLOW_RUNNER


@workflow.defn(name="ActionItemWorkflow")
class OfAnotherProduct:
    """Its history is not what this version would have written."""

    @workflow.run
    async def run(self, _: Any) -> None:
        await workflow.sleep(timedelta(days=1))


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """Of an installation whose engine has an open incident with an action item, and rests."""
    settings = Settings(data_dir=tmp_path / "data", port=0)
    async with serving(settings) as (_, api):
        await open_incident(api)
    return settings


def checked(settings: Settings, *options: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, what was found by kind, and what was said, by the command."""
    ended = subprocess.run(
        [*FOLLOWTHROUGH, "check-upgrade", "--json", *options],
        capture_output=True,
        text=True,
        env={**os.environ, "FOLLOWTHROUGH_DATA_DIR": str(settings.data_dir)},
    )
    return ended.returncode, {kind["kind"]: kind for kind in json.loads(ended.stdout)}, ended.stderr


async def begun(client: Client, workflow_id: str) -> None:
    handle = client.get_workflow_handle(workflow_id)

    async def sleeps() -> bool:
        events = (await handle.fetch_history()).events
        return any(event.HasField("timer_started_event_attributes") for event in events)

    await eventually(sleeps)


@pytest.mark.parametrize("command", ["check-upgrade", "encryption"])
def test_where_there_is_no_engine_nothing_is_called_good(tmp_path: Path, command: str) -> None:
    environment = {**os.environ, "FOLLOWTHROUGH_DATA_DIR": str(tmp_path)}
    ended = subprocess.run([*FOLLOWTHROUGH, command], capture_output=True, text=True, env=environment)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"There is no engine at {tmp_path}/temporal.db; set FOLLOWTHROUGH_DATA_DIR" in ended.stderr.replace(
        "\n", " "
    )
    assert not (tmp_path / "temporal.db").exists()


@pytest.mark.timeout(900)
async def test_what_this_version_wrote_is_green_and_what_it_can_not_replay_red(settings: Settings) -> None:
    code, kinds, _ = checked(settings)
    assert code == 0
    for kind in ("IncidentWorkflow", "ActionItemWorkflow"):
        assert kinds[kind] == {"kind": kind, "found": 1, "replayed": 1, "failed": 0, "failures": []}
    async with engine(settings, database=settings.engine_file, ui=False, say=print) as now:
        await now.client.start_workflow("ActionItemWorkflow", id="nobody-began-it", task_queue=TASK_QUEUE)
        async with Worker(
            now.client, task_queue=TASK_QUEUE, workflows=[OfAnotherProduct], workflow_runner=WORKFLOW_RUNNER
        ):
            for number in range(4):
                await now.client.start_workflow("ActionItemWorkflow", {}, id=f"other-{number}", task_queue=TASK_QUEUE)
                await begun(now.client, f"other-{number}")
        await eventually(lambda: now.client.count_workflows("WorkflowId = 'other-3'"), lambda found: found.count)
        [sampled] = [one for one in await check_upgrade(now.client, print, sample=2) if one.kind.startswith("Action")]
        assert (sampled.found, sampled.replayed + sampled.failed) == (6, 2)
    code, kinds, said = checked(settings, "--closed-days", "1")
    assert (code, "can't go on with 4 of them" in said) == (1, True)
    items = kinds["ActionItemWorkflow"]
    assert (items["found"], items["replayed"], items["failed"]) == (6, 1, 4)
    assert {failure["workflow_id"] for failure in items["failures"]} == {f"other-{number}" for number in range(4)}
    assert all(failure["why"] for failure in items["failures"])
    assert kinds["IncidentWorkflow"]["failed"] == 0
