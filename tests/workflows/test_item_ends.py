"""An incident hears once that an action item has ended, whichever of its runs there is by then."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from pydantic import HttpUrl
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from followthrough.domain.answered.access.actor import AT_THIS_MACHINE
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.commands import AddNote, ProposeItem
from followthrough.domain.replayed.incident.incident import Alert, AlertState, Incident
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.item.commands import Accept, Finish, Verify
from followthrough.domain.replayed.values import Severity
from followthrough.gateway import Gateway
from tests.workflows.conftest import IncidentPart, ItemPart, Play, in_short_runs
from workflows.incident import IncidentWorkflow

SIGNALED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED


async def proposed(incident: IncidentPart) -> ItemPart:
    after = await incident.give(ProposeItem(by="ines", title="Alert on declined cards", owner="lucia"))
    return incident.item(len(after.items))


async def end(item: ItemPart) -> None:
    await item.until(lambda it: it.plan)
    await item.give(Accept(by="lucia"))
    done = await item.give(Finish(by="lucia", evidence=HttpUrl("https://example.com/changes/1")))
    if done.status is ItemStatus.DONE:
        await item.give(Verify(by="marcos"))


def part(play: Play, incident: IncidentPart) -> IncidentPart:
    """In whichever run it is now."""
    return IncidentPart(play, play.client.get_workflow_handle(incident.handle.id, result_type=Incident))


async def signals(incident: IncidentPart) -> list[str]:
    return [
        event.workflow_execution_signaled_event_attributes.signal_name
        async for event in incident.handle.fetch_history_events()
        if event.event_type == SIGNALED
    ]


async def test_the_run_that_started_an_item_hears_of_its_end_from_the_engine_alone(play: Play) -> None:
    incident = await play.declare(severity=Severity.SEV4)
    item = await proposed(incident)
    await end(item)
    after = await incident.until(lambda it: it.items[0].ended_at)
    assert (after.items[0].ended_as, after.items[0].ended_at) == (ItemStatus.CLOSED, (await item.state()).ended_at)
    assert await signals(incident) == []


async def test_a_run_that_goes_on_after_one_ended_badly_hears_what_ended_before_and_after(play: Play) -> None:
    incident = await play.declare(severity=Severity.SEV4)
    before, after = await proposed(incident), await proposed(incident)
    await incident.handle.terminate("by hand")
    await end(before)
    await before.handle.result()
    gateway = Gateway(play.client, lambda: play.organisation, play.database)
    await gateway.incidents.command(incident.handle.id, AddNote(by="ines", text="It goes on"), AT_THIS_MACHINE)
    await part(play, incident).until(lambda it: it.items[0].ended_at and not it.unheard)
    await end(after)
    await part(play, incident).until(lambda it: it.items[1].ended_at)


async def test_a_run_that_was_reset_by_hand_hears_of_ends(play: Play) -> None:
    incident = await play.declare(severity=Severity.SEV4)
    item = await proposed(incident)
    await incident.give(AddNote(by="ines", text="A mistake"))
    completed = [
        event.event_id
        async for event in incident.handle.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    ]
    described = await incident.handle.describe()
    await play.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=play.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=incident.handle.id, run_id=described.run_id),
            reason="a test",
            workflow_task_finish_event_id=completed[-1],
            request_id=str(uuid4()),
        )
    )
    await end(item)
    await part(play, incident).until(lambda it: it.items[0].ended_at)


async def test_a_run_that_continues_as_new_hears_of_ends(organisation: Organisation, tmp_path: Path) -> None:
    async with in_short_runs(organisation, tmp_path, Severity.SEV4, events=60) as declared:
        handle = declared.handle
        first, second = await proposed(declared), await proposed(declared)
        await end(first)
        await first.handle.result()
        for number in range(12):
            state = AlertState.FIRING if number % 2 == 0 else AlertState.RESOLVED
            alert = Alert(dedup_key="test/flapping", source="test", state=state, title="Flapping", at=datetime.now(UTC))
            await handle.execute_update(IncidentWorkflow.receive_alert, alert)
        assert (await handle.describe()).run_id != handle.first_execution_run_id, "it continued as new"
        await declared.until(lambda it: it.items[0].ended_at and not it.unheard)
        await end(second)
        await declared.until(lambda it: it.items[1].ended_at)
