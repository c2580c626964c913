"""An old and a new version of the workers beside each other, on an engine of their own, and back again."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from temporalio.client import Client, WorkflowHandle

from activities import reconciler
from followthrough import revival
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.commands import Acknowledge, Resolve
from followthrough.domain.replayed.incident.incident import Role
from followthrough.engine import RunningEngine, engine
from followthrough.queues import TASK_QUEUE, Queue
from followthrough.rollout import RolloutError, promote, versions
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from tests.end_to_end.processes import FOLLOWTHROUGH
from tests.waiting import eventually
from tests.workflows.conftest import Play
from worker import Workers, build_worker
from workflows.upkeep import ReconcileWorkflow

DEPLOYMENT = "followthrough"


@pytest.fixture
async def own() -> AsyncIterator[RunningEngine]:
    async with engine(Settings(), database=None, ui=False, say=print) as running:
        yield running


@pytest.fixture
def play(own: RunningEngine, organisation: Organisation, tmp_path: Path) -> Any:
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    yield Play(own.client, organisation, database)
    database.dispose()


def workers(play: Play, build_id: str, *queues: Queue) -> Workers:
    settings = Settings(deployment_name=DEPLOYMENT, build_id=build_id)
    return build_worker(play.client, settings, lambda: play.organisation, play.database, queues or tuple(Queue))


async def known(client: Client, build_id: str) -> None:
    async def there() -> bool:
        try:
            return any(version.build_id == build_id for version in await versions(client, DEPLOYMENT))
        except RolloutError:
            return False

    await eventually(there)


async def tasks_of(handle: WorkflowHandle[Any, Any]) -> list[str]:
    """Which version did each workflow task."""
    events = (await handle.fetch_history()).events
    done = [event.workflow_task_completed_event_attributes for event in events if event.event_type == 7]
    return [one.deployment_version.build_id for one in done]


def rollout(address: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"TEMPORAL_ADDRESS": address, "FOLLOWTHROUGH_DEPLOYMENT_NAME": DEPLOYMENT}
    return subprocess.run(
        [*FOLLOWTHROUGH, "rollout", *arguments], capture_output=True, text=True, env={**os.environ, **environment}
    )


async def test_new_ones_go_to_the_current_version_open_ones_go_over_and_upkeep_stays(
    own: RunningEngine, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, may_go_on = play.client, asyncio.Event()
    looked = revival.require_same_engine

    async def held_up(client: Client, database: Engine) -> None:
        await may_go_on.wait()
        await looked(client, database)

    monkeypatch.setattr(reconciler, "require_same_engine", held_up)
    async with workers(play, "old"):
        await known(client, "old")
        await promote(client, DEPLOYMENT, "old")
        first = await play.declare()
        upkeep = await client.start_workflow(ReconcileWorkflow.run, id="upkeep", task_queue=TASK_QUEUE)
        await eventually(lambda: tasks_of(upkeep))
        async with workers(play, "new", Queue.WORKFLOWS):
            await known(client, "new")
            with pytest.raises(RolloutError, match="missing active task queues"):
                await promote(client, DEPLOYMENT, "new")
        async with workers(play, "new"):
            commander = (await first.state()).holder(Role.INCIDENT_COMMANDER)
            assert commander is not None
            await first.give(Acknowledge(by=commander))
            assert set(await tasks_of(first.handle)) == {"old"}
            await eventually(lambda: _promoted(client, "new"))
            second = await play.declare()
            await first.give(Resolve(by=commander, summary="Rolled back"))
            may_go_on.set()
            await upkeep.result()
            assert set(await tasks_of(second.handle)) == {"new"}
            assert (await tasks_of(first.handle))[-1] == "new"
            assert set(await tasks_of(upkeep)) == {"old"}
            await promote(client, DEPLOYMENT, "old", 100)
            commander = (await second.state()).holder(Role.INCIDENT_COMMANDER)
            assert commander is not None
            await second.give(Acknowledge(by=commander))
            assert (await tasks_of(second.handle))[-1] == "old"
            assert set(await tasks_of((await play.declare()).handle)) == {"old"}
        asked = rollout(own.address, "promote", "new", "--share", "30")
        assert asked.returncode == 0, asked.stderr
        found = json.loads(rollout(own.address, "status", "--json").stdout)
        assert {one["build_id"]: (one["state"], one["share"]) for one in found} == {
            "new": ("ramping", 30),
            "old": ("current", 70),
        }
        assert "No worker of newest has ever asked" in " ".join(
            rollout(own.address, "promote", "newest").stderr.split()
        )


async def _promoted(client: Client, build_id: str) -> bool:
    """Once Temporal has heard of the workers of all its queues."""
    try:
        await promote(client, DEPLOYMENT, build_id)
    except RolloutError:
        return False
    return True
