"""What workflows say to each other: it is read by other versions, and a question that nobody answers ends."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from pydantic import HttpUrl
from sqlmodel import select
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import RawValue
from temporalio.service import RPCError
from temporalio.workflow import _Definition

from followthrough.domain.answered.access.actor import AT_THIS_MACHINE
from followthrough.domain.replayed.incident.commands import AssignRole, ProposeItem, Resolve
from followthrough.domain.replayed.incident.incident import Incident, IncidentStatus, Role
from followthrough.domain.replayed.incident.lifecycle import Merge, Reopen
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus, Priority
from followthrough.domain.replayed.item.commands import Accept, Finish, ItemCommand, Verify
from followthrough.domain.replayed.item.lifecycle import BlockItem, MergeItem, Part, ReopenItem, SplitItem
from followthrough.domain.replayed.postmortem.commands import Publish
from followthrough.domain.replayed.values import Record, Severity
from followthrough.gateway import Gateway
from followthrough.store.tables import MailRow
from tests.stuck import stuck
from tests.waiting import eventually, found_rows
from tests.workflows.conftest import IncidentPart, ItemPart, Play
from tests.workflows.test_whole_life import refusal
from worker import WORKFLOWS
from workflows import signals
from workflows.parts.question import ANSWER_WITHIN

RecordT = TypeVar("RecordT", bound=Record)
EVIDENCE = HttpUrl("https://example.com/changes/1")
PATIENT = 120
"""Seconds: the engine tries a workflow task that failed again after a while."""


async def mended(state: Callable[[], Awaitable[RecordT]], holds: Callable[[RecordT], object]) -> RecordT:
    """A workflow whose task has failed is not asked before the engine has tried again."""

    async def read() -> RecordT | None:
        with contextlib.suppress(RPCError):
            return await state()
        return None

    found = await eventually(read, lambda found: found is not None and holds(found), within=PATIENT)
    assert found is not None
    return found


async def failed_tasks(handle: WorkflowHandle[Any, Any]) -> int:
    history = await handle.fetch_history()
    return sum(event.HasField("workflow_task_failed_event_attributes") for event in history.events)


async def items_of(play: Play, number: int, severity: Severity = Severity.SEV2) -> tuple[IncidentPart, list[ItemPart]]:
    """Of one incident, accepted by their owner."""
    incident = await play.declare(severity=severity)
    for title in ("Alert on declined cards", "Add a test for refunds", "Drop the old provider")[:number]:
        await incident.give(ProposeItem(by="ines", title=title, owner="lucia", priority=Priority.LOW))
    parts = [incident.item(one + 1) for one in range(number)]
    for part in parts:
        await part.until(lambda item: item.plan)
        await part.give(Accept(by="lucia"))
    return incident, parts


@pytest.mark.parametrize("definition", WORKFLOWS)
def test_no_signal_can_be_dropped_because_it_is_not_read(definition: type) -> None:
    heard = _Definition.must_from_class(definition).signals.values()
    assert [signal.name for signal in heard if signal.arg_types not in ([], [RawValue])] == []


@pytest.mark.parametrize("definition", WORKFLOWS)
def test_every_signal_is_declared_where_others_look_for_it(definition: type) -> None:
    declared = {name for base in definition.__mro__ if base.__module__ == signals.__name__ for name in vars(base)}
    assert set(_Definition.must_from_class(definition).signals) <= declared


async def test_a_signal_with_a_field_that_only_a_newer_worker_knows_is_heard(play: Play) -> None:
    incident, (item,) = await items_of(play, 1)
    newer = {"item_id": item.handle.id, "at": "2026-01-01T00:00:00Z", "status": "closed", "newer": {"deep": [1]}}
    await incident.handle.signal("item_ended", newer)
    await incident.until(lambda it: it.items[0].ended_as is ItemStatus.CLOSED)


async def test_a_signal_that_cannot_be_read_fails_the_workflow_task_and_is_not_dropped(play: Play) -> None:
    incident = await play.declare()
    await incident.handle.signal("item_ended", {"item_id": "inc-1.1", "when": "a newer worker says it another way"})
    await eventually(lambda: failed_tasks(incident.handle), within=PATIENT)
    assert (await incident.handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await incident.handle.terminate()


async def test_mails_that_cannot_be_made_fail_the_workflow_task_and_are_sent_when_that_is_mended(play: Play) -> None:
    incident = await play.declare()
    copy = Incident.model_copy

    def broken(self: Incident, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Incident:
        if self.id == incident.handle.id and "updates" in (update or {}):
            raise ValueError("One value that does not validate")
        return copy(self, update=update, deep=deep)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Incident, "model_copy", broken)
        given = asyncio.create_task(incident.give(AssignRole(by="ines", role=Role.RESOLVER, person="wei")))
        await eventually(lambda: failed_tasks(incident.handle), within=PATIENT)
    await given
    query = select(MailRow).where(MailRow.incident_id == incident.handle.id, MailRow.person == "wei")
    assert [mail.kind for mail in await found_rows(play.database, query, within=PATIENT)] == ["role-assigned"]


async def test_an_incident_that_does_not_answer_is_not_merged_into_and_takes_its_late_yes_back(play: Play) -> None:
    first, second = await play.declare(severity=Severity.SEV2), await play.declare(severity=Severity.SEV3)
    await first.give(ProposeItem(by="ines", title="Alert on declined cards", owner="lucia"))
    before = await second.state()
    with stuck(second.handle.id):
        asked = asyncio.create_task(refusal(first.give(Merge(by="ines", into=second.handle.id))))
        await first.until(lambda it: it.merging_into)
        await eventually(lambda: failed_tasks(second.handle), within=PATIENT)
        assert "is being merged into" in await refusal(first.give(Resolve(by="ines", summary="Rolled back")))
        await play.pass_time(first.handle, ANSWER_WITHIN + timedelta(seconds=1))
        assert "did not answer in 30 seconds" in await asked
        assert (await first.state()).status is IncidentStatus.DECLARED
    after = await mended(second.state, lambda it: it.entries > before.entries + 1)
    assert (after.took_in, after.inherited_keys, after.items) == ([], [], [])
    assert (after.severity, after.before_merges) == (Severity.SEV3, [])
    merged = await first.give(Merge(by="ines", into=second.handle.id))
    assert merged.merged_into == second.handle.id
    assert [item.id for item in (await second.state()).items] == [f"{first.handle.id}.1"]


async def test_an_incident_that_is_terminated_while_it_is_asked_is_not_merged_into(play: Play) -> None:
    first, second = await play.declare(), await play.declare()
    with stuck(second.handle.id):
        asked = asyncio.create_task(refusal(first.give(Merge(by="ines", into=second.handle.id))))
        await eventually(lambda: failed_tasks(second.handle), within=PATIENT)
        await second.handle.terminate()
        await play.pass_time(first.handle, ANSWER_WITHIN + timedelta(seconds=1))
        assert "did not answer" in await asked
    assert "There is no ongoing incident" in await refusal(first.give(Merge(by="ines", into=second.handle.id)))


@pytest.mark.parametrize("what", ["merge", "block", "split"])
async def test_an_action_item_that_is_not_answered_goes_on_and_a_late_yes_is_undone(play: Play, what: str) -> None:
    incident, (item, other) = await items_of(play, 2)
    parts = tuple(Part(title=f"Alert on declined {name}", owner="lucia") for name in ("Visa", "Amex"))
    commands: dict[str, ItemCommand] = {
        "merge": MergeItem(by="lucia", into=other.handle.id),
        "block": BlockItem(by="lucia", on=other.handle.id, reason="Needs its metric"),
        "split": SplitItem(by="lucia", parts=parts),
    }
    asked_of: WorkflowHandle[Any, Any] = incident.handle if what == "split" else other.handle
    before = await other.state()
    with stuck(asked_of.id):
        asked = asyncio.create_task(refusal(item.give(commands[what])))
        await item.until(lambda it: it.under_way)
        assert "try again in a moment" in await refusal(item.give(Finish(by="lucia", evidence=EVIDENCE)))
        await play.pass_time(item.handle, ANSWER_WITHIN + timedelta(seconds=1))
        assert "did not answer in 30 seconds" in await asked
    state = await item.state()
    assert (state.under_way, state.status, state.block, state.split_into) == (None, ItemStatus.ACCEPTED, None, [])
    if what == "split":
        entries = (await mended(incident.state, lambda it: it.version)).entries
        await incident.until(lambda it: len(it.items) == 2 and it.entries >= entries)
    else:
        after = await mended(other.state, lambda it: it.entries > before.entries + 1)
        known = ("duplicates", "blocks", "due", "priority", "severity", "repeats", "before_duplicates")
        assert after.model_dump(include=set(known)) == before.model_dump(include=set(known))
    await item.give(commands[what])


async def test_an_incident_that_is_reopened_does_not_close_over_an_item_that_is_open_again(play: Play) -> None:
    gateway = Gateway(play.client, lambda: play.organisation, play.database)
    incident, (item, other) = await items_of(play, 2, Severity.SEV3)
    for part in (item, other):
        if (await part.give(Finish(by="lucia", evidence=EVIDENCE))).status is ItemStatus.DONE:
            await part.give(Verify(by="marcos"))
    await incident.give(Resolve(by="ines", summary="Rolled back"))
    published = Publish(by="ines", text="# What broke")
    await incident.until(lambda it: all(one.ended_at for one in it.items))
    await incident.give(published)
    closed: Incident = await incident.handle.result()
    assert closed.status is IncidentStatus.CLOSED
    await item.handle.result()

    reopened: ActionItem = await gateway.items.command(
        item.handle.id, ReopenItem(by="marcos", reason="It was wrong"), AT_THIS_MACHINE
    )
    assert not reopened.settled
    again = IncidentPart(play, play.client.get_workflow_handle(incident.handle.id, result_type=Incident))
    await gateway.incidents.command(incident.handle.id, Reopen(by="ines", reason="It fails again"), AT_THIS_MACHINE)
    await again.give(Resolve(by="ines", summary="Rolled back again"))
    after = await again.give(published)
    assert after.status is IncidentStatus.PUBLISHED
    waiting = await again.until(lambda it: not it.unheard)
    assert [one.ended_at is None for one in waiting.items] == [True, False]
    await item.give(Accept(by="lucia"))
    if (await item.give(Finish(by="lucia", evidence=EVIDENCE))).status is ItemStatus.DONE:
        await item.give(Verify(by="marcos"))
    assert (await again.until(lambda it: it.ended)).status is IncidentStatus.CLOSED
