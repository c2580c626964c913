"""SQL is written before the engine knows; what it then never hears of does not stay there."""

import asyncio
import sys
from pathlib import Path

from pydantic import HttpUrl
from sqlalchemy import Engine
from sqlmodel import Session

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.item.commands import Accept, Finish
from followthrough.engine import engine
from followthrough.queues import TASK_QUEUE
from followthrough.settings import Settings
from followthrough.store import queries
from followthrough.store.database import open_database
from followthrough.store.tables import ActionItemRow
from tests.end_to_end.processes import FOLLOWTHROUGH, process
from tests.faults.items import proposed_to
from tests.waiting import eventually
from workflows.action_item import ActionItemWorkflow
from workflows.messages.item import ItemProgress

DYING_WORKER = (sys.executable, "-m", "tests.faults.dying_worker")
DONE = Finish(by="wei", evidence=HttpUrl("https://git.example.com/1"))


def read(database: Engine, item_id: str) -> tuple[ItemStatus, list[int]]:
    """Its status, and the numbers of its timeline's entries."""
    with Session(database) as session:
        numbers = sorted(line.number for line in queries.timeline(session, item_id))
        return ItemStatus(session.get_one(ActionItemRow, item_id).status), numbers


async def test_what_a_worker_wrote_before_it_died_gives_way_to_what_its_workflow_knows(
    tmp_path: Path, organisation: Organisation
) -> None:
    item = proposed_to("wei", organisation)
    assert organisation.severities[item.severity].verified_by_other
    environment = {
        "FOLLOWTHROUGH_DATA_DIR": str(tmp_path),
        "FOLLOWTHROUGH_ORGANISATION_FILE": "followthrough.example.yaml",
    }
    kept = tmp_path / "engine.db"
    async with engine(Settings(), database=kept, ui=False, say=print) as found:
        environment["TEMPORAL_ADDRESS"] = found.address
        handle = await found.client.start_workflow(
            ActionItemWorkflow.run, ItemProgress(item=item), id=item.id, task_queue=TASK_QUEUE
        )
        async with process(*DYING_WORKER, log=tmp_path / "first.log", **environment) as first:
            await handle.execute_update(ActionItemWorkflow.execute, Accept(by="wei"))
            finishing = asyncio.create_task(handle.execute_update(ActionItemWorkflow.execute, DONE))
            await first.wait()
            finishing.cancel()
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    early = read(database, item.id)
    assert early[0] is ItemStatus.DONE
    async with engine(Settings(), database=kept, ui=False, say=print) as found:
        environment["TEMPORAL_ADDRESS"] = found.address
        handle = found.client.get_workflow_handle_for(ActionItemWorkflow.run, item.id)
        async with process(*FOLLOWTHROUGH, "worker", log=tmp_path / "second.log", **environment):
            status, _ = await eventually(lambda: read(database, item.id), lambda found: found != early)
            assert status is ItemStatus.ACCEPTED
            known = await handle.query(ActionItemWorkflow.state)
            assert known.status is ItemStatus.ACCEPTED
            await handle.execute_update(ActionItemWorkflow.execute, DONE)
            known = await handle.query(ActionItemWorkflow.state)
            assert read(database, item.id) == (ItemStatus.DONE, list(range(1, known.entries + 1)))
    database.dispose()
