"""What somebody does while an action item is planned comes after that plan, and is not undone by it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event
from uuid import uuid4

import pytest
from pydantic import HttpUrl
from sqlmodel import Session
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateStage

import activities.schedule
from followthrough.domain.answered.item.schedule import plan_item
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.item.action_item import (
    ActionItem,
    ItemPlan,
    ItemStatus,
    Kind,
    MomentKind,
    Priority,
    Waiver,
)
from followthrough.domain.replayed.item.commands import Finish, ItemCommand, Waive
from followthrough.domain.replayed.values import Severity
from followthrough.queues import TASK_QUEUE
from followthrough.store import queries
from followthrough.store.tables import TimelineRow
from tests.waiting import eventually
from tests.workflows.conftest import ItemPart, Play
from workflows.action_item import ActionItemWorkflow
from workflows.messages.item import ItemProgress

OWNER, LONG = "wei", timedelta(days=400)
NOT_SHOWN = {"told", "written", "unwritten", "carried_out"}
"""What nobody reads in SQL but the next run of its workflow."""


def accepted(now: datetime) -> dict[str, object]:
    return {"status": ItemStatus.ACCEPTED, "accepted_at": now - LONG, "working_since": now - LONG}


def in_drill(now: datetime) -> dict[str, object]:
    return {"drill": True, **accepted(now)}


def waived(now: datetime) -> dict[str, object]:
    waiver = Waiver(reason="Not this quarter", by="carla", at=now - LONG, until=now - timedelta(minutes=1))
    return {"status": ItemStatus.WAIVED, "waiver": waiver, "ended_at": now - LONG}


def done(item: ActionItem) -> ItemCommand:
    return Finish(by=item.owner, evidence=HttpUrl("https://git.example.com/1"))


def renewed(item: ActionItem) -> ItemCommand:
    return Waive(
        by=item.planned.policy.approvers[0], reason="Nor the next", until=datetime.now(UTC) + timedelta(days=20)
    )


def about_to(kind: MomentKind, organisation: Organisation, now: datetime, facts: dict[str, object]) -> ActionItem:
    """An action item of which such a moment has come."""
    service = next(name for name, service in organisation.services.items() if OWNER in service.on_call)
    item = ActionItem.model_validate(
        {
            "id": f"inc-{uuid4().hex[:10]}.1",
            "incident_id": "inc-0000000000",
            "title": "Add a test for the refund path",
            "kind": Kind.PREVENT,
            "priority": Priority.LOW,
            "severity": Severity.SEV4,
            "service": service,
            "team": organisation.services[service].team,
            "owner": OWNER,
            "proposed_by": OWNER,
            "proposed_at": now - LONG,
            "version": 1,
            **facts,
        }
    )
    item.plan = plan_item(item, organisation, now)
    assert item.plan.next is not None
    assert (item.plan.next.kind, item.plan.next.at <= now) == (kind, True)
    return item


async def said_and_written(part: ItemPart) -> tuple[ActionItem, ActionItem | None, list[TimelineRow]]:
    state = await part.state()
    with Session(part.play.database) as session:
        return state, queries.action_item(session, state.id), queries.timeline(session, state.id)


@pytest.mark.parametrize(
    ("kind", "facts", "command", "status"),
    [
        (MomentKind.WAIVER_EXPIRES, waived, renewed, ItemStatus.WAIVED),
        (MomentKind.REMIND_AT_DEADLINE, accepted, done, ItemStatus.CLOSED),
        (MomentKind.DRILL_OVER, in_drill, done, ItemStatus.WAIVED),
    ],
)
async def test_a_command_counts_although_a_plan_was_being_made(
    play: Play,
    monkeypatch: pytest.MonkeyPatch,
    kind: MomentKind,
    facts: Callable[[datetime], dict[str, object]],
    command: Callable[[ActionItem], ItemCommand],
    status: ItemStatus,
) -> None:
    now, asked_for, said = datetime.now(UTC), Event(), Event()
    item = about_to(kind, play.organisation, now, facts(now))

    def slow(asked: ActionItem, organisation: Organisation, at: datetime) -> ItemPlan:
        if asked.id == item.id:
            asked_for.set()
            said.wait()
        return plan_item(asked, organisation, at)

    monkeypatch.setattr(activities.schedule, "plan_item", slow)
    handle = await play.client.start_workflow(
        ActionItemWorkflow.run,
        ItemProgress(item=item, announced=item.settled),
        id=item.id,
        task_queue=TASK_QUEUE,
        task_timeout=timedelta(seconds=1),
    )
    try:
        await asyncio.to_thread(asked_for.wait)
        given = await handle.start_update(
            ActionItemWorkflow.execute, command(item), wait_for_stage=WorkflowUpdateStage.ACCEPTED
        )
    finally:
        said.set()
    if status is ItemStatus.WAIVED and kind is MomentKind.DRILL_OVER:
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await given.result()
        assert "is waived" in str(refused.value.cause)
    else:
        await given.result()
    after, written, lines = await eventually(
        lambda: said_and_written(ItemPart(play, handle)),
        lambda found: found[1] and found[0].version == found[1].version,
    )
    assert after.status is status
    assert [moment.kind for moment in after.reminders] == [kind]
    assert written is not None
    assert written.model_dump(exclude=NOT_SHOWN) == after.model_dump(exclude=NOT_SHOWN)
    assert sorted(line.number for line in lines) == list(range(1, after.entries + 1))
    assert {entry.text for entry in (*after.written, *after.unwritten)} <= {line.text for line in lines}
