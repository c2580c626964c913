"""The embedded engine's database is backed up and compacted, and what is open in it moves to another Temporal."""

import json
import os
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from followthrough import moving
from followthrough.engine import EngineError, engine
from followthrough.engine_file import back_up, compact
from followthrough.queues import RUNNING, TASK_QUEUE
from followthrough.settings import Settings
from tests.end_to_end.installation import command, open_incident, serving
from tests.end_to_end.processes import FOLLOWTHROUGH, until
from tests.waiting import eventually
from tests.web.conftest import new_namespace


async def mails(api: httpx.AsyncClient) -> Counter[str]:
    found = (await api.get("/mails", params={"limit": 500})).raise_for_status().json()
    return Counter(f"{mail['person']}: {mail['kind']} of {mail['item_id'] or mail['incident_id']}" for mail in found)


def moved(settings: Settings, address: str) -> subprocess.CompletedProcess[str]:
    environment = {"FOLLOWTHROUGH_DATA_DIR": str(settings.data_dir), "TEMPORAL_ADDRESS": address}
    return subprocess.run(
        [*FOLLOWTHROUGH, "engine", "move", "--json"], capture_output=True, text=True, env={**os.environ, **environment}
    )


@pytest.mark.parametrize(("kind", "left"), [("WebhooksWorkflow", []), ("DigestWorkflow", ["running"])])
async def test_what_waits_for_receivers_of_webhooks_holds_up_no_move(address: str, kind: str, left: list[str]) -> None:
    source = await new_namespace(address)
    await source.start_workflow(kind, id="running", task_queue=TASK_QUEUE)
    await eventually(lambda: source.count_workflows(RUNNING), lambda found: found.count == 1)
    assert await moving._left_behind(source) == left


@pytest.mark.timeout(900)
async def test_what_is_open_goes_on_at_another_temporal_and_nothing_happens_twice(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", port=0)
    copy = tmp_path / "copy.db"
    async with serving(settings) as (_, api):
        incident = await open_incident(api)
        item = f"{incident}.1"
        await command(api, f"/items/{item}", command="accept", by="ines")
        before = (await api.get(f"/items/{item}")).json()
        told = await mails(api)
        assert back_up(settings.engine_file, copy) > 0
        with pytest.raises(EngineError, match="Another Followthrough uses"):
            await compact(settings.engine_file)
    async with engine(Settings(), database=None, ui=False, need_time_skipping=True, say=print) as real:
        done = moved(settings, real.address)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["records"] == 2
        there = Settings(data_dir=settings.data_dir, port=0, TEMPORAL_ADDRESS=real.address)
        async with serving(there) as (_, api):
            items = f"{api.base_url}items/{item}"
            await until(items, lambda found: found["version"] > before["version"])
            now = (await api.get(f"/items/{item}")).json()
            assert {key: now[key] for key in ("owner", "due", "status")} == {
                key: before[key] for key in ("owner", "due", "status")
            }
            await command(api, f"/incidents/{incident}", command="mitigate", by="tomas", summary="Rolled back")
            now_told = await mails(api)
            assert {mail: now_told[mail] for mail in told} == told
            handle = real.client.get_workflow_handle(item)
            skipper = TimeSkipper(real.client, config=TimeSkippingConfig(enabled=False))
            await skipper.fast_forward(handle, timedelta(days=40))
            reminded = await until(items, lambda found: found["reminders"])
            assert len(reminded["reminders"]) == len({one["kind"] for one in reminded["reminders"]})
            await command(api, f"/items/{item}", command="done", by="ines", evidence="https://git.example.com/1")
            assert f"ines: item-proposed of {item}" not in await mails(api) - told
    async with engine(settings, database=settings.engine_file, ui=False, say=print) as old:
        for record in (incident, item):
            ended = await old.client.get_workflow_handle(record).describe()
            assert ended.status is WorkflowExecutionStatus.TERMINATED
        assert [one async for one in await old.client.list_schedules()] == []
    sizes = await compact(settings.engine_file)
    assert 0 < sizes.after <= sizes.before
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT count(*) FROM executions").fetchone()[0] >= 2
    with pytest.raises(EngineError, match="name a file that is not there yet"):
        back_up(settings.engine_file, copy)
    assert oct(copy.stat().st_mode)[-3:] == "600"
