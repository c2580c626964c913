"""A worker that dies between Jira's doing and its answer leaves one ticket behind, not two."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from followthrough.domain.action_item import ActionItem, Kind, Priority
from followthrough.domain.item_commands import Accept
from followthrough.domain.values import Severity
from followthrough.engine import engine
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from tests.end_to_end.processes import FOLLOWTHROUGH, process
from tests.standins.jira import Fault, JiraStandIn
from workflows.action_item import ActionItemWorkflow
from workflows.messages import TASK_QUEUE, ItemProgress


async def test_a_worker_killed_while_it_creates_a_ticket_leaves_one_ticket(
    tmp_path: Path, organisation: Organisation
) -> None:
    team, details = next((name, team) for name, team in organisation.teams.items() if team.jira)
    owner = details.members[0]
    item = ActionItem(
        id="inc-0123456789.1",
        incident_id="inc-0123456789",
        title="Add a test for the refund path",
        kind=Kind.PREVENT,
        priority=Priority.HIGH,
        severity=Severity.SEV2,
        service=next(name for name, service in organisation.services.items() if service.team == team),
        team=team,
        owner=owner,
        proposed_by=details.lead,
        proposed_at=datetime.now(UTC),
    )
    with JiraStandIn(index_lag=2) as jira:
        async with engine(Settings(), database=None, ui=False, say=print) as found:
            environment = {
                "TEMPORAL_ADDRESS": found.address,
                "FOLLOWTHROUGH_DATA_DIR": str(tmp_path),
                "FOLLOWTHROUGH_ORGANISATION_FILE": "followthrough.example.yaml",
                "FOLLOWTHROUGH_JIRA_URL": jira.url,
                "FOLLOWTHROUGH_JIRA_CLOUD": "true",
                "FOLLOWTHROUGH_JIRA_USER": "bot@example.com",
                "FOLLOWTHROUGH_JIRA_TOKEN": "token",
                "FOLLOWTHROUGH_JIRA_INDEX_LAG": "4s",
            }
            jira.faults.append(Fault(method="POST", path=".*/issue", late=60))
            handle = await found.client.start_workflow(
                ActionItemWorkflow.run, ItemProgress(item=item), id=item.id, task_queue=TASK_QUEUE
            )
            async with process(*FOLLOWTHROUGH, "worker", log=tmp_path / "first.log", **environment) as first:
                await handle.execute_update(ActionItemWorkflow.execute, Accept(by=owner))
                async with asyncio.timeout(30):
                    while not jira.issues:  # noqa: ASYNC110 - another process asks Jira
                        await asyncio.sleep(0.05)
                first.kill()
                await first.wait()
            async with process(*FOLLOWTHROUGH, "worker", log=tmp_path / "second.log", **environment):
                async with asyncio.timeout(120):
                    while (await handle.query(ActionItemWorkflow.state)).ticket is None:  # noqa: ASYNC110
                        await asyncio.sleep(0.5)
            assert len(jira.issues) == 1
            assert sum(request.startswith("POST") and request.endswith("/issue") for request in jira.requests) == 1
