"""A worker that dies between Jira's doing and its answer leaves one ticket behind, not two."""

import contextlib
from pathlib import Path

from temporalio.service import RPCError

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.item.commands import Accept
from followthrough.domain.replayed.ticket.ticket import Ticket
from followthrough.engine import engine
from followthrough.queues import TASK_QUEUE
from followthrough.settings import Settings
from tests.end_to_end.processes import FOLLOWTHROUGH, process
from tests.faults.items import proposed_to
from tests.standins.jira import Fault, JiraStandIn
from tests.waiting import eventually
from workflows.action_item import ActionItemWorkflow
from workflows.messages.item import ItemProgress


async def test_a_worker_killed_while_it_creates_a_ticket_leaves_one_ticket(
    tmp_path: Path, organisation: Organisation
) -> None:
    owner = next(team.members[0] for team in organisation.teams.values() if team.jira)
    item = proposed_to(owner, organisation)
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

            async def ticket() -> Ticket | None:
                with contextlib.suppress(RPCError):  # while no worker is there yet
                    return (await handle.query(ActionItemWorkflow.state)).ticket
                return None

            async with process(*FOLLOWTHROUGH, "worker", log=tmp_path / "first.log", **environment) as first:
                await handle.execute_update(ActionItemWorkflow.execute, Accept(by=owner))
                await eventually(lambda: jira.issues)
                first.kill()
                await first.wait()
            async with process(*FOLLOWTHROUGH, "worker", log=tmp_path / "second.log", **environment):
                await eventually(ticket)
            assert len(jira.issues) == 1
            assert sum(request.startswith("POST") and request.endswith("/issue") for request in jira.requests) == 1
