"""Items hear of what makes another plan of them, and of nothing else; on the real server."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from activities import replan
from activities.read_model import ReadModel
from activities.replan import Replan
from followthrough import upkeep
from followthrough.domain.replayed.ids import REPLANNING
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus, MomentKind, Priority, Waiver
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.values import Severity
from followthrough.fingerprint import fingerprint
from followthrough.organisation_file import OrganisationFile
from followthrough.queues import TASK_QUEUE
from followthrough.settings import Settings
from followthrough.store import plans, queries
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import ActionItemRow
from followthrough.upkeep import have_plans_made, plans_kept
from tests import records
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from tests.workflows.conftest import ItemPart, Play
from worker import build_worker
from workflows.action_item import ActionItemWorkflow
from workflows.messages.item import ItemProgress
from workflows.upkeep import ReplanWorkflow

EXAMPLE = Path("followthrough.example.yaml").read_text()
DAY = timedelta(days=1)
SIGNALED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
SCHEDULED = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
pytestmark = pytest.mark.today


@dataclasses.dataclass
class Office:
    client: Client
    database: Engine
    organisation: OrganisationFile
    file: Path

    def change(self, before: str, after: str) -> None:
        text = self.file.read_text()
        assert before in text
        self.file.write_text(text.replace(before, after, 1))

    def made(self) -> bool:
        return plans.are_made(self.database, fingerprint(self.organisation(), datetime.now(UTC).date()))

    async def have_made(self) -> None:
        await have_plans_made(self.client, self.organisation(), self.database)
        await eventually(self.made)

    async def item(self, number: int = 1, *, announced: bool = False, **changes: Any) -> ItemPart:
        """That has its plan and, if it gets one, its ticket, and that does nothing any more."""
        now, key = datetime.now(UTC), f"inc-{uuid4().hex[:10]}"
        begun = {"proposed_at": now, "accepted_at": now, "working_since": now, "plan": None, "owner": "ines"}
        record = records.item(**{"id": f"{key}.{number}", "incident_id": key, **begun, **changes})
        await self.client.start_workflow(
            ActionItemWorkflow.run,
            ItemProgress(item=record, announced=announced),
            id=record.id,
            task_queue=TASK_QUEUE,
        )
        play = Play(self.client, self.organisation(), self.database)
        part = ItemPart(play, self.client.get_workflow_handle(record.id, result_type=ActionItem))
        idle = await eventually(
            lambda: part.handle.query(ActionItemWorkflow.progress),
            lambda it: it.item.plan and not it.outgoing and (announced or it.item.ticket_seen),
        )
        await eventually(lambda: self.row(part), lambda row: row is not None and row.version == idle.item.version)
        return part

    def row(self, part: ItemPart) -> ActionItemRow | None:
        with Session(self.database) as session:
            return session.get(ActionItemRow, part.handle.id)

    async def events(self, workflow_id: str, kind: EventType.ValueType | None = None) -> int:
        history = await self.client.get_workflow_handle(workflow_id).fetch_history()
        return sum(kind is None or event.event_type == kind for event in history.events)

    async def heard(self, part: ItemPart) -> int:
        return await self.events(part.handle.id, SIGNALED)


@pytest.fixture
async def office(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    monkeypatch.setattr(upkeep, "PLANS_LOOK_EVERY", 0.1)
    file = tmp_path / "followthrough.yaml"
    file.write_text(EXAMPLE)
    organisation, client = OrganisationFile(file), await new_namespace(address)
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    async with build_worker(client, Settings(data_dir=tmp_path), organisation, database):
        yield Office(client, database, organisation, file)
    database.dispose()


async def test_a_changed_file_moves_a_deadline_and_the_item_hears_at_once_and_only_it(office: Office) -> None:
    async with contextlib.AsyncExitStack() as processes:
        for _ in range(3):
            file = OrganisationFile(office.file)
            await processes.enter_async_context(plans_kept(office.client, file, office.database))
        await eventually(office.made)
        moved, other = await office.item(severity=Severity.SEV4, priority=Priority.LOW), await office.item()
        before = (await moved.state()).planned.due
        passes = await office.events(REPLANNING, SCHEDULED)
        office.change("SEV4: {high: 45, medium: 60, low: 90}", "SEV4: {high: 45, medium: 60, low: 70}")
        after = await moved.until(lambda it: it.planned.due < before)
        row = await eventually(lambda: office.row(moved), lambda row: row and row.version == after.version)
        assert row is not None
        assert row.due == after.planned.due
        await eventually(office.made)
        assert (await office.heard(moved), await office.heard(other)) == (1, 0)
        assert await office.events(REPLANNING, SCHEDULED) == passes + 1, "once, however many noticed it"


async def test_what_changed_while_nothing_ran_is_noticed_at_the_next_start(office: Office) -> None:
    part = await office.item()
    async with plans_kept(office.client, office.organisation, office.database):
        await eventually(office.made)
    office.change("  ines:", f"  ines:\n    left: {datetime.now(UTC).date()}")
    assert not office.made()
    async with plans_kept(office.client, office.organisation, office.database):
        await part.until(lambda it: it.upcoming and it.upcoming.because == "its owner left")


async def test_an_absence_that_is_entered_later_is_known_before_it_begins(office: Office) -> None:
    due, sprint = datetime.now(UTC) + 200 * DAY, Sprint(id=1, name="Sprint 1")
    part, other = await office.item(due=due, sprint=sprint), await office.item(due=due, sprint=sprint, owner="tomas")
    away = f"    away: [{{first_day: {(due - 30 * DAY).date()}, last_day: {(due + 9 * DAY).date()}}}]"
    office.change("  ines:", f"  ines:\n{away}")
    await office.have_made()
    state = await part.until(lambda it: it.upcoming and it.upcoming.kind is MomentKind.OWNER_WANTED)
    assert state.owner_wanted is None
    assert await office.heard(other) == 0


async def test_an_item_whose_deadline_begins_to_count_from_its_incident_hears_what_became_of_that(
    office: Office,
) -> None:
    part = await office.item()
    resolved_at = datetime.now(UTC) + 30 * DAY
    state = await part.state()
    ReadModel(office.database).project_incident(records.incident(id=state.incident_id, resolved_at=resolved_at))
    await office.have_made()
    assert await office.heard(part) == 0, "nothing counts from it"
    office.change("    # rules:", "    rules: [{match: {}, counted_from: resolved}]\n    # rules:")
    await office.have_made()
    after = await part.until(lambda it: it.resolved_at)
    assert after.resolved_at == resolved_at
    await part.until(lambda it: it.planned.due > state.planned.due + 20 * DAY)
    assert await office.heard(part) == 1


async def test_a_pass_that_breaks_off_goes_on_where_it_was_also_when_the_file_changes_meanwhile(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [await office.item(severity=Severity.SEV4, priority=Priority.LOW) for _ in range(4)]
    ids = sorted(part.handle.id for part in parts)
    monkeypatch.setattr(replan, "BATCH", 1)
    begun_after, following = list[str](), Replan._next

    def breaks_off_once(self: Replan, made_of: str, after: str) -> list[tuple[queries.Planned, bool]]:
        begun_after.append(after)
        if len(begun_after) == 3:
            raise ConnectionError("the process dies")
        return following(self, made_of, after)

    monkeypatch.setattr(Replan, "_next", breaks_off_once)
    office.change("low: 90}", "low: 70}")
    await office.have_made()
    assert begun_after == ["", ids[0], ids[1], ids[1], ids[2], ids[3]]
    assert [await office.heard(part) for part in parts] == [1] * 4

    held, go_on, tell = asyncio.Event(), asyncio.Event(), Replan._tell

    async def waits_once(self: Replan, planned: queries.Planned) -> None:
        if not held.is_set():
            held.set()
            await go_on.wait()
        await tell(self, planned)

    monkeypatch.setattr(Replan, "_tell", waits_once)
    office.change("low: 70}", "low: 50}")
    await have_plans_made(office.client, office.organisation(), office.database)
    await held.wait()
    office.change("low: 50}", "low: 70}")
    await have_plans_made(office.client, office.organisation(), office.database)
    go_on.set()
    await eventually(office.made)
    seen = [await part.state() for part in parts]
    assert len({state.planned.due for state in seen}) == 1, "none is left with what the file said in between"


async def test_a_pass_that_somebody_terminated_is_asked_for_again(office: Office) -> None:
    made_of = fingerprint(office.organisation(), datetime.now(UTC).date())
    plans.begin(office.database, made_of, datetime.now(UTC))
    assert not office.made()
    async with plans_kept(office.client, office.organisation, office.database):
        await eventually(office.made)


async def test_an_idle_year_costs_an_item_little_and_nobody_else_is_woken(office: Office) -> None:
    now = datetime.now(UTC)
    waiver = Waiver(reason="Until the migration", by="marcos", at=now, until=now + 3 * 365 * DAY)
    accepted = await office.item(due=now + 2 * 365 * DAY)
    waived = await office.item(status=ItemStatus.WAIVED, ended_at=now, waiver=waiver, announced=True)
    for part in (accepted, waived):
        before = await office.events(part.handle.id)
        for _ in range(4):
            await part.pass_time(days=365 / 4)
            await office.client.execute_workflow(ReplanWorkflow.run, id=f"{uuid4()}", task_queue=TASK_QUEUE)
        assert await office.heard(part) == 0
        assert await office.events(part.handle.id) - before <= 40


async def test_an_item_is_planned_by_its_own_clock(office: Office) -> None:
    part = await office.item()
    await part.pass_time(days=120)
    state = await part.until(lambda it: it.escalation_level > 2)
    await eventually(lambda: office.row(part), lambda row: row and row.version == state.version)
    assert await office.client.execute_workflow(ReplanWorkflow.run, id=f"{uuid4()}", task_queue=TASK_QUEUE) == 0
