"""An incident that lives through very many alerts keeps its history small and forgets nothing."""

from datetime import UTC, datetime
from pathlib import Path

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.commands import AddNote, Resolve
from followthrough.domain.replayed.incident.incident import Alert, AlertState
from followthrough.domain.replayed.values import Severity
from tests.workflows.conftest import in_short_runs
from workflows.incident import IncidentWorkflow


async def test_an_incident_continues_as_new_with_everything_it_knows(
    organisation: Organisation, tmp_path: Path
) -> None:
    async with in_short_runs(organisation, tmp_path, Severity.SEV3, events=50) as incident:
        handle = incident.handle
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
