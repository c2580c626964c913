"""A mail goes out once, also when its worker is stopped while it is handed over or its workflow continues as new."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import select

import worker
from followthrough import engine as engines
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import Alert, AlertState, Incident
from followthrough.domain.replayed.values import Severity
from followthrough.engine import engine
from followthrough.queues import TASK_QUEUE
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import MailRow, MailState
from tests.standins.sendgrid import API_KEY, Fault, SendGridStandIn
from tests.waiting import eventually, found_rows
from tests.web.conftest import new_namespace
from worker import build_worker
from workflows.incident import IncidentWorkflow
from workflows.messages.incident import IncidentProgress


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sendgrid() -> Iterator[SendGridStandIn]:
    with SendGridStandIn() as stand_in:
        yield stand_in


def settings(sendgrid: SendGridStandIn) -> Settings:
    return Settings(sendgrid_api_key=SecretStr(API_KEY), sendgrid_host=sendgrid.url)


def incident(organisation: Organisation) -> Incident:
    return Incident(
        id=f"inc-{uuid4().hex[:10]}",
        dedup_key=f"test/{uuid4()}",
        title="A flapping probe",
        service="checkout",
        team=organisation.services["checkout"].team,
        severity=Severity.SEV3,
        declared_at=datetime.now(UTC),
    )


def marks(sendgrid: SendGridStandIn) -> list[str]:
    return [mail["personalizations"][0]["custom_args"]["mail"] for mail in sendgrid.mails]


@pytest.mark.parametrize("finish_within", [timedelta(seconds=45), timedelta(0)])
async def test_a_worker_that_is_stopped_finishes_the_mail_that_it_hands_over(
    finish_within: timedelta,
    address: str,
    organisation: Organisation,
    database: Engine,
    sendgrid: SendGridStandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "FINISH_WITHIN", finish_within)
    client, declared = await new_namespace(address), incident(organisation)
    sendgrid.faults = [Fault(late=2)]
    async with build_worker(client, settings(sendgrid), lambda: organisation, database):
        handle = await client.start_workflow(
            IncidentWorkflow.run, IncidentProgress(incident=declared), id=declared.id, task_queue=TASK_QUEUE
        )
        await eventually(lambda: sendgrid.mails)
    first = marks(sendgrid)[0]
    async with build_worker(client, settings(sendgrid), lambda: organisation, database):
        await found_rows(database, select(MailRow).where(MailRow.state == MailState.SENT))
        alert = Alert(
            dedup_key=declared.dedup_key, source="test", state=AlertState.FIRING, title="Worse", at=datetime.now(UTC)
        )
        await handle.execute_update(IncidentWorkflow.receive_alert, alert)
        await handle.query(IncidentWorkflow.state)
    assert marks(sendgrid).count(first) == 1


async def test_a_workflow_does_not_continue_as_new_while_a_mail_is_handed_over(
    organisation: Organisation, database: Engine, sendgrid: SendGridStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = "limit.historyCount.suggestContinueAsNew=50"
    monkeypatch.setattr(engines, "DYNAMIC_CONFIG", (*engines.DYNAMIC_CONFIG, small))
    declared = incident(organisation)
    sendgrid.faults = [Fault(late=5)]
    async with (
        engine(Settings(), database=None, ui=False, say=print) as found,
        build_worker(found.client, settings(sendgrid), lambda: organisation, database),
    ):
        handle = await found.client.start_workflow(
            IncidentWorkflow.run, IncidentProgress(incident=declared), id=declared.id, task_queue=TASK_QUEUE
        )
        for number in range(30):
            state = AlertState.FIRING if number % 2 == 0 else AlertState.RESOLVED
            alert = Alert(
                dedup_key=declared.dedup_key, source="test", state=state, title="Flapping", at=datetime.now(UTC)
            )
            await handle.execute_update(IncidentWorkflow.receive_alert, alert)
        await eventually(handle.describe, lambda now: now.run_id != handle.first_execution_run_id)
        await found_rows(database, select(MailRow).where(MailRow.state == MailState.SENT))
    assert len(marks(sendgrid)) == len(set(marks(sendgrid)))
