"""What a record has done beside its main thread begins when there is something to do, and ends with it."""

import re
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from followthrough.domain.replayed.incident.commands import ProposeItem
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.item.commands import Accept, Reassign
from followthrough.domain.replayed.mail import shown
from followthrough.domain.replayed.values import Severity
from tests.waiting import eventually
from tests.workflows.conftest import ItemPart, Play
from workflows.action_item import ActionItemWorkflow
from workflows.messages.item import ItemProgress


async def proposed(play: Play) -> ItemPart:
    incident = await play.declare(severity=Severity.SEV4)
    await incident.give(ProposeItem(by="ines", title="Alert on declined cards", owner="lucia"))
    return incident.item(1)


async def tasks(handle: WorkflowHandle[Any, Any]) -> set[str]:
    """The names of those that a workflow has, without that of the question."""
    stacks = await handle.query("__stack_trace", result_type=str)
    return set(re.findall(r"name='(.+?) \(workflow", stacks)) - {"query: __stack_trace"}


async def progress(item: ItemPart) -> ItemProgress:
    return await item.handle.query(ActionItemWorkflow.progress)


async def test_an_action_item_at_rest_has_no_task_but_its_main_one(play: Play) -> None:
    item = await proposed(play)
    await eventually(lambda: progress(item), lambda known: known.item.told and not known.outgoing)
    assert await eventually(lambda: tasks(item.handle), lambda names: len(names) == 1) == {"run"}
    await item.give(Accept(by="lucia"))
    await item.until(lambda state: state.ticket)
    await item.give(Reassign(by="ines", to="tomas", reason="Knows the cards"))
    await eventually(lambda: progress(item), lambda known: known.ticket_shows and known.ticket_shows.owner == "tomas")
    assert await eventually(lambda: tasks(item.handle), lambda names: len(names) == 1) == {"run"}


async def test_a_mail_that_breaks_its_task_fails_the_workflow_task_and_goes_out_with_the_next_version(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a fault of ours")

    with monkeypatch.context() as patch:
        patch.setattr(shown, "item_as_shown", broken)
        item = await proposed(play)

        async def failed() -> bool:
            history = await item.handle.fetch_history()
            return any(event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED for event in history.events)

        await eventually(failed)
    known = await eventually(lambda: progress(item), lambda known: known.item.told and not known.outgoing)
    assert isinstance(known.item, ActionItem)
