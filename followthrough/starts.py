"""Starts an incident's or an action item's workflow: for the first time, or as it goes on from how it was."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from followthrough.encryption import encrypts
from followthrough.queues import TASK_QUEUE
from workflows.messages.incident import IncidentProgress
from workflows.messages.item import ItemProgress
from workflows.search_attributes import of_incident, of_item


async def start_record(client: Client, progress: IncidentProgress | ItemProgress, again: WorkflowIDReusePolicy) -> bool:
    """False when its workflow runs, or has ended so that ``again`` lets it not run."""
    names = not encrypts(client)
    if isinstance(progress, ItemProgress):
        record_id, name, attributes = progress.item.id, "ActionItemWorkflow", of_item(progress.item, names=names)
    else:
        record_id, name = progress.incident.id, "IncidentWorkflow"
        attributes = of_incident(progress.incident, names=names)
    try:
        await client.start_workflow(
            name,
            progress,
            id=record_id,
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=again,
            search_attributes=attributes,
            request_eager_start=True,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True
