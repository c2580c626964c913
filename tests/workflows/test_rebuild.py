from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import Session, select
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, ResetReapplyExcludeType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from activities.read_model import ReadModel
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.commands import AddNote, ProposeItem
from followthrough.domain.replayed.values import Fence
from followthrough.engine import engine
from followthrough.queues import TASK_QUEUE
from followthrough.rebuild import rebuild
from followthrough.settings import Settings
from followthrough.store import queries
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import ActionItemRow, IncidentRow
from followthrough.upkeep import check_runs, check_writes
from tests.records import incident
from tests.waiting import eventually
from tests.workflows.conftest import IncidentPart, Play
from worker import build_worker

pytestmark = pytest.mark.today


@pytest.fixture
async def alone(organisation: Organisation, tmp_path: Path) -> AsyncIterator[Play]:
    """On an engine of its own."""
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    async with (
        engine(Settings(), database=None, ui=False, say=print) as found,
        build_worker(found.client, Settings(), lambda: organisation, database),
    ):
        yield Play(found.client, organisation, database)
    database.dispose()


def lines(play: Play, incident: IncidentPart) -> list[tuple[int, str]]:
    with Session(play.database) as session:
        return sorted((line.number, line.text) for line in queries.timeline(session, incident.handle.id))


async def reset_before_last_command(play: Play, incident: IncidentPart) -> None:
    """By hand, and without what people did since."""
    task = finished = 0
    async for event in incident.handle.fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
            task = finished
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            finished = event.event_id
    await play.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=play.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=incident.handle.id),
            reason="by hand",
            workflow_task_finish_event_id=task,
            request_id=str(uuid4()),
            reset_reapply_exclude_types=[
                ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL,
                ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE,
            ],
        )
    )


async def test_a_lost_database_is_written_anew_from_all_workflows_but_those_that_do_not_answer(
    alone: Play, tmp_path: Path
) -> None:
    ongoing, terminated = await alone.declare(), await alone.declare(title="Searches fail")
    owner = alone.organisation.services["checkout"].on_call[1]
    title = "Add a test for the refund path to the checkout suite"
    proposed = await ongoing.give(ProposeItem(by=owner, title=title, owner=owner))
    await terminated.handle.terminate("by hand")
    await alone.client.start_workflow("IncidentWorkflow", {"incident": 1}, id="inc-stuck", task_queue=TASK_QUEUE)
    empty = open_database(f"sqlite:///{tmp_path}/new.db")
    migrate(empty)
    assert await rebuild(alone.client, ReadModel(empty)) == (3, ["inc-stuck"])
    with Session(empty) as session:
        assert set(session.exec(select(IncidentRow.id))) == {ongoing.handle.id, terminated.handle.id}
        assert session.get_one(IncidentRow, proposed.id).version >= proposed.version
        assert session.get_one(ActionItemRow, proposed.items[0].id).owner == owner
    empty.dispose()


async def test_a_rebuild_replaces_what_did_not_happen(alone: Play) -> None:
    incident = await alone.declare()
    known = await incident.give(AddNote(by="ana", text="What happened"))
    before, model = lines(alone, incident), ReadModel(alone.database)
    early = known.model_copy(deep=True)
    AddNote(by="ana", text="What did not").apply(early, early.declared_at)
    described = await incident.handle.describe()
    model.project_incident(early, Fence(run_id=described.run_id, history_length=described.history_length + 2))
    assert lines(alone, incident) != before
    assert await rebuild(alone.client, model) == (1, [])
    assert lines(alone, incident) == before


async def test_a_run_that_was_reset_by_hand_is_found_and_what_it_does_is_written(alone: Play) -> None:
    incident, model = await alone.declare(), ReadModel(alone.database)
    await incident.give(AddNote(by="ana", text="Kept"))
    before = lines(alone, incident)
    await incident.give(AddNote(by="ana", text="Undone"))
    await check_writes(alone.client, model)
    await reset_before_last_command(alone, incident)

    async def after_a_look() -> list[tuple[int, str]]:
        await check_runs(alone.client, model)
        return lines(alone, incident)

    await eventually(after_a_look, lambda found: found == before)
    after = await incident.give(AddNote(by="ana", text="Done after that"))
    assert lines(alone, incident) == [*before, (after.entries, "Done after that")]


async def test_what_the_engine_has_forgotten_stays_as_it_is_and_is_not_asked_for_again(alone: Play) -> None:
    model, forgotten = ReadModel(alone.database), incident()
    model.project_incident(forgotten)
    await check_writes(alone.client, model)
    assert model.to_check(datetime.now(UTC) + timedelta(days=1)) == []
    with Session(alone.database) as session:
        assert queries.incident(session, forgotten.id) == forgotten.lean()
