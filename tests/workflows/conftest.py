from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from followthrough import engine as engines
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.commands import Acknowledge, IncidentCommand, Resolve
from followthrough.domain.replayed.incident.incident import Alert, AlertState, Incident, Role
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.item.commands import ItemCommand
from followthrough.domain.replayed.values import PersonId, Severity
from followthrough.queues import TASK_QUEUE
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from tests.days import CLOCK
from tests.ending import ended_in_time
from tests.waiting import eventually
from worker import build_worker
from workflows.action_item import ActionItemWorkflow
from workflows.incident import IncidentWorkflow
from workflows.messages.incident import IncidentProgress


@pytest.fixture(autouse=True)
def day(request: pytest.FixtureRequest) -> Iterator[None]:
    """All that is here plays on the day of this run."""
    if request.node.get_closest_marker("today"):
        yield
    else:
        with CLOCK.moved():
            yield


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('workflows')}/followthrough.db")
    migrate(engine)
    yield engine
    engine.dispose()


@dataclass
class Play:
    """Plays people's parts on the real server; a test may change the organisation and has to restore it."""

    client: Client
    organisation: Organisation
    database: Engine

    async def declare(
        self,
        service: str = "checkout",
        severity: Severity = Severity.SEV2,
        title: str = "Payments fail",
        dedup_key: str | None = None,
    ) -> "IncidentPart":
        key = dedup_key or f"test/{uuid4()}"
        incident = Incident(
            id=f"inc-{uuid4().hex[:10]}",
            dedup_key=key,
            title=title,
            service=service,
            team=self.organisation.services[service].team,
            severity=severity,
            declared_at=datetime.now(UTC),
        )
        alert = Alert(dedup_key=key, source="test", state=AlertState.FIRING, title=title, at=datetime.now(UTC))
        handle = await self.client.start_workflow(
            IncidentWorkflow.run,
            IncidentProgress(incident=incident, alert=alert),
            id=incident.id,
            task_queue=TASK_QUEUE,
        )
        part = IncidentPart(self, handle)
        await part.until(lambda state: state.roles)
        return part

    async def resolved(
        self, service: str = "checkout", severity: Severity = Severity.SEV2
    ) -> tuple["IncidentPart", PersonId]:
        """An incident, and who was on call first and commanded it."""
        part = await self.declare(service, severity)
        commander = (await part.state()).holder(Role.INCIDENT_COMMANDER)
        assert commander is not None
        await part.give(Acknowledge(by=commander))
        await part.give(Resolve(by=commander, summary="Rolled back"))
        return part, commander

    async def pass_time(self, handle: WorkflowHandle[Any, Any], time: timedelta) -> None:
        await TimeSkipper(self.client, config=TimeSkippingConfig(enabled=False)).fast_forward(handle, time)


@dataclass
class IncidentPart:
    play: Play
    handle: WorkflowHandle[IncidentWorkflow, Incident]

    async def give(self, command: IncidentCommand) -> Incident:
        await self.handle.execute_update(IncidentWorkflow.execute, command)
        return await self.state()

    async def state(self) -> Incident:
        return await self.handle.query(IncidentWorkflow.state)

    async def until(self, holds: Callable[[Incident], Any]) -> Incident:
        return await eventually(self.state, holds)

    async def pass_time(self, minutes: float) -> None:
        await self.play.pass_time(self.handle, timedelta(minutes=minutes))

    def item(self, number: int) -> "ItemPart":
        handle = self.play.client.get_workflow_handle(f"{self.handle.id}.{number}", result_type=ActionItem)
        return ItemPart(self.play, handle)


@dataclass
class ItemPart:
    play: Play
    handle: WorkflowHandle[ActionItemWorkflow, ActionItem]

    async def give(self, command: ItemCommand) -> ActionItem:
        await self.handle.execute_update(ActionItemWorkflow.execute, command)
        return await self.state()

    async def state(self) -> ActionItem:
        return await self.handle.query(ActionItemWorkflow.state)

    async def until(self, holds: Callable[[ActionItem], Any]) -> ActionItem:
        return await eventually(self.state, holds)

    async def pass_time(self, days: float) -> None:
        await self.play.pass_time(self.handle, timedelta(days=days))


@pytest.fixture(scope="session")
async def play(temporal: Client, organisation: Organisation, database: Engine) -> AsyncIterator[Play]:
    play = Play(temporal, organisation, database)
    async with ended_in_time(build_worker(temporal, Settings(), lambda: play.organisation, database)):
        yield play


@asynccontextmanager
async def in_short_runs(
    organisation: Organisation, folder: Path, severity: Severity, events: int
) -> AsyncIterator["IncidentPart"]:
    """An incident on an engine of its own, which suggests to continue as new after so many events."""
    database = open_database(f"sqlite:///{folder}/followthrough.db")
    migrate(database)
    incident = Incident(
        id="inc-0123456789",
        dedup_key="test/flapping",
        title="A flapping probe",
        service="checkout",
        team=organisation.services["checkout"].team,
        severity=severity,
        declared_at=datetime.now(UTC),
    )
    with pytest.MonkeyPatch.context() as patch:
        small = f"limit.historyCount.suggestContinueAsNew={events}"
        patch.setattr(engines, "DYNAMIC_CONFIG", (*engines.DYNAMIC_CONFIG, small))
        async with (
            engines.engine(Settings(), database=None, ui=False, say=print) as found,
            build_worker(found.client, Settings(), lambda: organisation, database),
        ):
            handle = await found.client.start_workflow(
                IncidentWorkflow.run, IncidentProgress(incident=incident), id=incident.id, task_queue=TASK_QUEUE
            )
            yield IncidentPart(Play(found.client, organisation, database), handle)
    database.dispose()
