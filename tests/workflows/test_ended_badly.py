"""Workflows that somebody terminated by hand, on the real server."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session, select
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import ActivityEnvironment

from activities.read_model import ReadModel
from activities.reconciler import Reconciler
from followthrough import revival
from followthrough.domain.answered.access.actor import AT_THIS_MACHINE
from followthrough.domain.replayed.drill.drill import DrillReport
from followthrough.domain.replayed.ids import drill_id
from followthrough.domain.replayed.incident.alert import Alert, AlertState
from followthrough.domain.replayed.incident.commands import Acknowledge, AddNote, ProposeItem, Resolve
from followthrough.domain.replayed.incident.incident import Incident, IncidentStatus
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.item.commands import Accept, Waive
from followthrough.domain.replayed.item.lifecycle import BlockItem
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.mail.waiting import WaitingMail
from followthrough.domain.replayed.values import Refusal
from followthrough.gateway import Gateway
from followthrough.queues import TASK_QUEUE
from followthrough.revival import OtherEngine, adopt_engine, go_on
from followthrough.store import queries
from followthrough.store.database import migrate, open_database
from followthrough.store.engines import note_engine
from followthrough.store.tables import IncidentRow, TimelineRow
from tests import records
from tests.waiting import eventually
from tests.workflows.conftest import IncidentPart, ItemPart, Play
from workflows.drill import DrillWorkflow
from workflows.inbox import InboxWorkflow
from workflows.incident import IncidentWorkflow
from workflows.messages.drill import DrillRequest
from workflows.messages.incident import IncidentProgress
from workflows.messages.mail import InboxProgress, InInbox


def alert(key: str, state: AlertState = AlertState.FIRING) -> Alert:
    labels = {"service": "checkout", "severity": "page"}
    return Alert(dedup_key=key, source="test", state=state, title="Fails", labels=labels, at=datetime.now(UTC))


def gateway_of(play: Play) -> Gateway:
    return Gateway(play.client, lambda: play.organisation, play.database)


async def reconcile(play: Play) -> int:
    started: int = await ActivityEnvironment().run(Reconciler(play.client, play.database).reconcile)
    return started


def story(play: Play, record_id: str) -> list[str]:
    with Session(play.database) as session:
        return list(session.exec(select(TimelineRow.text).where(TimelineRow.record_id == record_id)))


async def runs(play: Play, record_id: str) -> bool:
    return (await play.client.get_workflow_handle(record_id).describe()).status is WorkflowExecutionStatus.RUNNING


async def test_the_next_alert_goes_on_with_an_incident_that_was_terminated(play: Play) -> None:
    gateway, key = gateway_of(play), f"test/{uuid4()}"
    incident_id = await gateway.alerts.deliver(alert(key))
    assert incident_id is not None
    part = IncidentPart(play, play.client.get_workflow_handle(incident_id, result_type=Incident))
    await part.until(lambda it: it.roles)
    await part.give(Acknowledge(by="ines"))
    await part.handle.terminate("by hand")
    assert await gateway.alerts.deliver(alert(key)) == incident_id
    after = await part.until(lambda it: it.alerts == 2)
    assert after.roles[0].acknowledged_at is not None
    assert "Goes on: its workflow was terminated" in await eventually(
        lambda: story(play, incident_id), lambda it: len(it) == after.entries
    )
    await part.handle.terminate("by hand again")
    assert await gateway.alerts.deliver(alert(key, AlertState.RESOLVED)) == incident_id


async def test_an_incident_that_was_terminated_before_any_worker_saw_it_begins_with_its_alert(play: Play) -> None:
    incident = records.incident(id=f"inc-{uuid4().hex[:10]}", declared_at=datetime.now(UTC), version=0, entries=0)
    handle = await play.client.start_workflow(
        IncidentWorkflow.run,
        IncidentProgress(incident=incident, alert=alert(incident.dedup_key)),
        id=incident.id,
        task_queue="nobody's",
    )
    await handle.terminate("by hand")
    assert await go_on(play.client, play.database, incident.id)
    assert (await IncidentPart(play, handle).until(lambda it: it.roles)).alerts == 1


async def test_what_does_not_replay_goes_on_from_the_database(play: Play) -> None:
    broken = records.incident(id=f"inc-{uuid4().hex[:10]}", declared_at=datetime.now(UTC))
    ReadModel(play.database).project_incident(broken)
    mail = WaitingMail(
        key="m",
        kind=NoticeKind.ITEM_REMINDER,
        subject="",
        incident_id=broken.id,
        at=broken.declared_at,
        item_id=None,
        status="",
        owner=None,
        deadline=None,
    )
    waiting = InInbox(
        mail=mail, due=datetime.now(UTC) + timedelta(days=9), rings_at=datetime.now(UTC) + timedelta(days=9)
    )
    other = await play.client.start_workflow(
        InboxWorkflow.run, InboxProgress(waiting=[waiting]), id=broken.id, task_queue=TASK_QUEUE
    )
    await other.terminate("by hand")
    assert await go_on(play.client, play.database, broken.id)
    part = IncidentPart(play, play.client.get_workflow_handle(broken.id, result_type=Incident))
    after = await part.until(lambda it: it.roles)
    lines = await eventually(lambda: story(play, broken.id), lambda it: len(it) == after.entries)
    assert lines[1].startswith("Goes on from what the database knows: its workflow was terminated")


async def test_commands_to_what_was_terminated_are_carried_out(play: Play) -> None:
    gateway, incident = gateway_of(play), await play.declare()
    proposed = await incident.give(ProposeItem(by="ines", title="Alert on declined cards", owner="lucia"))
    item = incident.item(1)
    await item.until(lambda it: it.plan)
    for handle in (incident.handle, item.handle):
        await handle.terminate("by hand")
    accepted = await gateway.items.command(proposed.items[0].id, Accept(by="lucia"), AT_THIS_MACHINE)
    assert accepted.status is ItemStatus.ACCEPTED
    resolved = await gateway.incidents.command(
        incident.handle.id, Resolve(by="ines", summary="Rolled back"), AT_THIS_MACHINE
    )
    assert resolved.status is IncidentStatus.RESOLVED


async def blocked(play: Play) -> tuple[IncidentPart, ItemPart, ItemPart]:
    """An incident and its action items, the second of which waits for the first."""
    incident = await play.declare()
    for title, owner in (("Alert on declined cards", "lucia"), ("Add a test for refunds", "tomas")):
        await incident.give(ProposeItem(by="ines", title=title, owner=owner))
    first, second = incident.item(1), incident.item(2)
    await first.until(lambda it: it.plan)
    await second.until(lambda it: it.plan)
    await second.give(Accept(by="tomas"))
    await second.give(BlockItem(by="tomas", on=first.handle.id, reason="It needs that first", until=None))
    return incident, first, second


async def test_what_is_open_and_does_not_run_is_found_and_goes_on(play: Play) -> None:
    incident, first, second = await blocked(play)
    ids = [incident.handle.id, first.handle.id, second.handle.id]
    for record_id in ids:
        await play.client.get_workflow_handle(record_id).terminate("by hand")
    assert await reconcile(play) >= len(ids)
    assert [await runs(play, record_id) for record_id in ids] == [True] * 3
    assert await first.until(lambda it: it.blocks == [second.handle.id])
    gateway = gateway_of(play)
    await gateway.incidents.command(incident.handle.id, AddNote(by="ines", text="We go on"), AT_THIS_MACHINE)
    await eventually(lambda: story(play, incident.handle.id), lambda it: "We go on" in it)
    lines = story(play, incident.handle.id)
    assert lines.count("Goes on: its workflow was terminated") == 1
    assert await reconcile(play) == 0


async def test_who_did_not_run_hears_what_others_said_meanwhile(play: Play) -> None:
    incident, first, second = await blocked(play)
    await incident.handle.terminate("by hand")
    await second.handle.terminate("by hand")
    await first.give(Waive(by="marcos", reason="The cards go away"))
    await first.until(lambda it: it.settled)
    assert await go_on(play.client, play.database, incident.handle.id)
    assert await go_on(play.client, play.database, second.handle.id)
    await incident.until(lambda it: it.items[0].waived)
    await second.until(lambda it: it.block is None)


async def test_what_the_engine_has_forgotten_goes_on_from_the_database_with_mails_of_their_own(play: Play) -> None:
    forgotten = records.incident(id=f"inc-{uuid4().hex[:10]}", declared_at=datetime.now(UTC), told=3)
    ReadModel(play.database).project_incident(forgotten)
    assert await reconcile(play) >= 1
    part = IncidentPart(play, play.client.get_workflow_handle(forgotten.id, result_type=Incident))
    after = await part.until(lambda it: it.roles)
    assert after.told > revival.MAILS_APART
    lines = await eventually(lambda: story(play, forgotten.id), lambda it: len(it) == after.entries)
    assert lines[1].startswith("Goes on from what the database knows: its workflow was forgotten by the engine")


async def test_nothing_is_started_on_another_engine_until_somebody_says_so(
    play: Play, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('other')}/followthrough.db")
    migrate(database)
    other = Play(play.client, play.organisation, database)
    forgotten = records.incident(
        id=f"inc-{uuid4().hex[:10]}", dedup_key=f"test/{uuid4()}", declared_at=datetime.now(UTC)
    )
    ReadModel(database).project_incident(forgotten)
    note_engine(database, "default", "another", datetime.now(UTC))
    with pytest.raises(OtherEngine, match="another engine"):
        await reconcile(other)
    with pytest.raises(Refusal, match="another engine"):
        await gateway_of(other).incidents.command(forgotten.id, AddNote(by="ines", text="Hello"), AT_THIS_MACHINE)
    started = await gateway_of(other).alerts.deliver(alert(forgotten.dedup_key))
    assert started not in (None, forgotten.id), "an alert starts anew all the same"
    await adopt_engine(play.client, database)
    assert await reconcile(other) >= 1
    assert await runs(play, forgotten.id)
    database.dispose()


async def begun_drill(play: Play) -> tuple[WorkflowHandle[DrillWorkflow, DrillReport | None], str]:
    """And the key of its incident."""
    request = DrillRequest(team="payments", by_hand=True, key=f"test/{uuid4()}")
    drill = await play.client.start_workflow(
        DrillWorkflow.run, request, id=drill_id(request.team), task_queue=TASK_QUEUE
    )
    return drill, str(request.key)


async def test_a_drill_whose_incident_was_terminated_hears_of_it_from_the_next_run(play: Play) -> None:
    drill, key = await begun_drill(play)

    found = await eventually(lambda: queries.latest_incident(play.database, key))
    assert found is not None
    part = IncidentPart(play, play.client.get_workflow_handle(found[0], result_type=Incident))
    await part.until(lambda it: it.roles)
    await part.handle.terminate("by hand")
    assert await go_on(play.client, play.database, part.handle.id)
    await part.give(Resolve(by=(await part.state()).roles[0].person, summary="Rolled back"))
    report = await drill.result()
    assert report is not None
    assert report.incident_id == part.handle.id


async def test_a_drill_whose_incident_is_gone_ends_without_a_report(play: Play) -> None:
    drill, key = await begun_drill(play)
    found = await eventually(lambda: queries.latest_incident(play.database, key))
    assert found is not None
    part = IncidentPart(play, play.client.get_workflow_handle(found[0], result_type=Incident))
    await part.handle.terminate("by hand")
    await play.pass_time(drill, timedelta(days=4))
    assert await drill.result() is None
    with Session(play.database) as session:
        assert session.get_one(IncidentRow, found[0]).status == "declared"
