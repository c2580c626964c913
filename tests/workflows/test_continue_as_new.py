"""An incident that lives through very many alerts keeps its history small and forgets nothing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from followthrough import engine as engines
from followthrough.domain.incident import Alert, AlertState, Incident
from followthrough.domain.incident_commands import AddNote, Resolve
from followthrough.domain.values import Severity
from followthrough.engine import engine
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from worker import build_worker
from workflows.incident import IncidentWorkflow
from workflows.messages import TASK_QUEUE, IncidentProgress


async def test_an_incident_continues_as_new_with_everything_it_knows(
    organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = "limit.historyCount.suggestContinueAsNew=50"
    monkeypatch.setattr(engines, "DYNAMIC_CONFIG", (*engines.DYNAMIC_CONFIG, small))
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    incident = Incident(
        id="inc-0123456789",
        dedup_key="test/flapping",
        title="A flapping probe",
        service="checkout",
        team=organisation.services["checkout"].team,
        severity=Severity.SEV3,
        declared_at=datetime.now(UTC),
    )
    async with (
        engine(Settings(), database=None, ui=False, say=print) as found,
        build_worker(found.client, Settings(), lambda: organisation, database),
    ):
        handle = await found.client.start_workflow(
            IncidentWorkflow.run, IncidentProgress(incident=incident), id=incident.id, task_queue=TASK_QUEUE
        )
        said = AddNote(by="ines", text="The probe is in the basement")
        version = await handle.execute_update(IncidentWorkflow.execute, said, id="said once")
        for number in range(40):
            state = AlertState.FIRING if number % 2 == 0 else AlertState.RESOLVED
            alert = Alert(dedup_key="test/flapping", source="test", state=state, title="Flapping", at=datetime.now(UTC))
            assert (await handle.execute_update(IncidentWorkflow.receive_alert, alert)).joined
        await handle.execute_update(
            IncidentWorkflow.execute, Resolve(by=organisation.services["checkout"].on_call[0], summary="Probe fixed")
        )
        resolved = await handle.query(IncidentWorkflow.state)
        description = await handle.describe()
        assert description.run_id != handle.first_execution_run_id, "it continued as new"
        assert description.history_length < 200
        assert resolved.alerts == 40
        assert await handle.execute_update(IncidentWorkflow.execute, said, id="said once") == version
        assert (await handle.query(IncidentWorkflow.state)).version == resolved.version
    database.dispose()
