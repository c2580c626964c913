"""Whoever runs the service hears of what it can't mend, on the real server."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.service import RPCError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.read_model import ReadModel
from activities.troubles import Troubles
from followthrough import troubles
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.organisation_file import OrganisationFile
from followthrough.queues import TASK_QUEUE
from followthrough.schedules import schedules_kept, set_schedules
from followthrough.settings import Settings
from followthrough.store import alerts
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import MailRow, MailState, VendorPauseRow
from followthrough.web.app import create_app
from tests import records
from tests.notices import mailer
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from tests.workflows.test_ended_badly import alert
from worker import build_worker
from workflows.messages.mail import TellTroubles
from workflows.upkeep import TroublesWorkflow

EXAMPLE = Path("followthrough.example.yaml").read_text()
pytestmark = pytest.mark.today


@activity.defn(name="always-fails")
async def always_fails() -> None:
    raise OSError("nobody@example.com is away")


@workflow.defn(name="Stuck")
class Stuck:
    @workflow.run
    async def run(self) -> None:
        raise KeyError("a mistake in the code")


@workflow.defn(name="Tries")
class Tries:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(
            "always-fails",
            start_to_close_timeout=timedelta(seconds=5),
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=20), backoff_coefficient=1),
        )


@dataclasses.dataclass
class Operations:
    client: Client
    database: Engine
    organisation: OrganisationFile
    file: Path
    settings: Settings

    async def look(self) -> int:
        return await self.client.execute_workflow(TroublesWorkflow.run, id=f"look/{uuid4()}", task_queue=TASK_QUEUE)

    async def tell(self, at: datetime) -> None:
        troubles = Troubles(self.client, mailer(self.database, self.organisation), lambda _: set())
        await asyncio.to_thread(ActivityEnvironment().run, troubles.tell_troubles, TellTroubles(at=at))

    async def get(self, path: str) -> httpx.Response:
        app = create_app(self.settings, self.organisation, self.client, self.database)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as browser:
            return await browser.get(path)

    def mails(self) -> list[MailRow]:
        with Session(self.database) as session:
            return list(session.exec(select(MailRow).where(MailRow.kind == "trouble").order_by("at")))


@pytest.fixture
async def operations(address: str, tmp_path: Path) -> AsyncIterator[Operations]:
    file = tmp_path / "followthrough.yaml"
    file.write_text(EXAMPLE.replace("# administrators: [tomas]", "administrators: [nora]"))
    organisation, client = OrganisationFile(file), await new_namespace(address)
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    settings = Settings(data_dir=tmp_path)
    failing = Worker(
        client,
        task_queue="failing",
        workflows=[Stuck, Tries],
        activities=[always_fails],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with build_worker(client, settings, organisation, database), failing:
        yield Operations(client, database, organisation, file, settings)
    database.dispose()


async def test_at_the_start_what_is_open_and_does_not_run_goes_on(operations: Operations) -> None:
    forgotten = records.incident(declared_at=datetime.now(UTC))
    ReadModel(operations.database).project_incident(forgotten)
    async with schedules_kept(operations.client, operations.organisation, operations.database, jira=False):
        state = operations.client.get_workflow_handle(forgotten.id).query

        async def goes_on() -> bool:
            try:
                incident: Incident = await state("state", result_type=Incident)
            except RPCError:
                return False
            return bool(incident.roles)

        assert await eventually(goes_on)


async def make_troubles(operations: Operations) -> tuple[Incident, list[WorkflowHandle[Any, Any]]]:
    """One of most kinds; gives the incident that does not run and the workflows that fail."""
    client, now = operations.client, datetime.now(UTC)
    stuck = await client.start_workflow("Stuck", id="the-stuck-one", task_queue="failing")
    tries = await client.start_workflow("Tries", id="the-tireless-one", task_queue="failing")
    await eventually(stuck.describe, lambda it: it.raw_description.pending_workflow_task.attempt >= 2)
    await eventually(tries.describe, lambda it: any(one.attempt >= 5 for one in it.raw_description.pending_activities))
    forgotten = records.incident(declared_at=now)
    ReadModel(operations.database).project_incident(forgotten)
    unknown = alert("test/unknown").model_copy(update={"labels": {"service": "nobody's"}})
    alerts.keep(operations.database, unknown, now)
    aside = records.mail("aside", kind="daily", at=now, state=MailState.SET_ASIDE, answer="SendGrid answered 503.")
    with Session(operations.database) as session, session.begin():
        session.add_all([VendorPauseRow(vendor="Jira", until=now, login_lost_at=now), aside])
    operations.file.write_text(operations.file.read_text() + "\nnonsense: true\n")
    return forgotten, [stuck, tries]


async def test_troubles_are_found_shown_counted_and_told_to_administrators_until_they_are_over(
    operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(troubles, "STUCK_AFTER", 2)
    monkeypatch.setattr(troubles, "FAILING_AFTER", 5)
    assert (await operations.get("/api/troubles")).json() == []
    await operations.look()
    assert "The schedule digest/monthly is not there" in (await operations.get("/trouble")).text
    assert not operations.mails(), "it may come yet"
    monkeypatch.setattr("activities.troubles.SETTLES_WITHIN", timedelta(0))
    await set_schedules(operations.client, operations.organisation())

    forgotten, failing = await make_troubles(operations)
    assert await operations.look() >= 7
    counts = (await operations.get("/api/troubles/counts")).json()
    for kind in ("workflow stuck", "activity failing", "workflow not running", "mail set aside", "login lost"):
        assert counts[kind] == 1, kind
    assert counts["alert without a route"] == counts["file not read"] == 1
    assert counts["schedules missing"] == counts["other engine"] == 0
    page = (await operations.get("/trouble")).text
    mail = operations.mails()[-1]
    assert (mail.person, mail.recipients, mail.state) == ("nora", ["nora@example.com"], MailState.SENT)
    for words in ("the-stuck-one", "the-tireless-one", forgotten.id, "Jira does not know us", "set aside", "nonsense"):
        assert words in page, words
        assert words in mail.text, words
    assert "nobody@example.com" not in page + mail.text
    assert "send-again" in (await operations.get("/outbox")).text

    told = len(operations.mails())
    await operations.look()
    assert len(operations.mails()) == told, "once a day"
    await operations.tell(datetime.now(UTC) + timedelta(days=1))
    assert len(operations.mails()) == told + 1
    await asyncio.gather(*(one.terminate() for one in failing))

    async def gone() -> dict[str, int]:
        await operations.look()
        found: dict[str, int] = (await operations.get("/api/troubles/counts")).json()
        return found

    await eventually(gone, lambda found: found["workflow stuck"] == found["activity failing"] == 0)
