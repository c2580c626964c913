"""What SQL says is what happened, whatever was tried and did not count."""

import asyncio
from collections import Counter
from contextlib import suppress

from sqlmodel import Session
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

from activities.read_model import ReadModel
from followthrough.domain.answered.access.actor import AT_THIS_MACHINE
from followthrough.domain.replayed.incident.commands import AddNote
from followthrough.domain.replayed.values import Fence
from followthrough.gateway import Gateway
from followthrough.store import queries
from followthrough.store.tables import TimelineRow
from tests.waiting import eventually
from tests.workflows.conftest import IncidentPart, Play
from workflows.incident import IncidentWorkflow


def notes_on_timeline(play: Play, incident: IncidentPart) -> tuple[list[TimelineRow], Counter[str]]:
    with Session(play.database) as session:
        lines = queries.timeline(session, incident.handle.id)
    return lines, Counter(line.text for line in lines if line.text.startswith("note "))


async def test_each_acknowledged_note_is_on_the_timeline_once_although_the_engine_drops_tasks(play: Play) -> None:
    incident, turns, acknowledged = await play.declare(), asyncio.Semaphore(12), set[str]()
    by = play.organisation.services["checkout"].on_call[0]

    async def write(number: int) -> None:
        note = AddNote(by=by, text=f"note {number}")
        async with turns:
            with suppress(RPCError, WorkflowUpdateRPCTimeoutOrCancelledError):  # too many at once
                await incident.handle.execute_update(IncidentWorkflow.execute, note)
                acknowledged.add(note.text)

    await asyncio.gather(*map(write, range(240)))
    entries = (await incident.state()).entries
    lines, texts = await eventually(lambda: notes_on_timeline(play, incident), lambda found: len(found[0]) == entries)
    assert acknowledged
    assert acknowledged <= texts.keys()
    assert set(texts.values()) == {1}
    assert sorted(line.number for line in lines) == list(range(1, entries + 1))


async def test_more_people_at_once_than_the_engine_takes_are_all_acknowledged(play: Play) -> None:
    incident, gateway = await play.declare(), Gateway(play.client, lambda: play.organisation, play.database)
    by = play.organisation.services["checkout"].on_call[0]
    wanted, turns = [f"note {number}" for number in range(320)], asyncio.Semaphore(40)

    async def write(text: str) -> None:
        async with turns:
            await gateway.incidents.command(incident.handle.id, AddNote(by=by, text=text), AT_THIS_MACHINE)

    await asyncio.gather(*map(write, wanted))
    assert notes_on_timeline(play, incident)[1] == Counter(wanted)


async def test_what_a_late_worker_wrote_over_an_entry_gives_way_to_the_next_task(play: Play) -> None:
    incident, by = await play.declare(), play.organisation.services["checkout"].on_call[0]
    late = await incident.state()
    AddNote(by=by, text="note of nobody").apply(late, late.declared_at)
    await incident.give(AddNote(by=by, text="note 1"))
    described = await incident.handle.describe()
    fence = Fence(run_id=described.run_id, history_length=described.history_length)
    await asyncio.to_thread(ReadModel(play.database).project_incident, late, fence)
    assert notes_on_timeline(play, incident)[1] == Counter(["note of nobody"])
    await incident.give(AddNote(by=by, text="note 2"))
    assert notes_on_timeline(play, incident)[1] == Counter(["note 1", "note 2"])
