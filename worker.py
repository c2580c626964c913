"""Runs the worker: reads settings and wires clients into activities."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.digest import Digests
from activities.drills import Drills
from activities.email import Email
from activities.mail_transport import transport_for
from activities.planning import Planning
from activities.read_model import ReadModel
from activities.tickets import Tickets, tracker_for
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from workflows.action_item import ActionItemWorkflow
from workflows.digest import DigestWorkflow
from workflows.drill import DrillWorkflow
from workflows.incident import IncidentWorkflow
from workflows.messages import TASK_QUEUE

ACTIVITY_THREADS = 32
WORKFLOWS = [IncidentWorkflow, ActionItemWorkflow, DrillWorkflow, DigestWorkflow]
WORKFLOW_RUNNER = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules("activities", "followthrough")
)


def build_worker(
    client: Client, settings: Settings, organisation: Callable[[], Organisation], database: Engine
) -> Worker:
    """A worker with every workflow and activity; it runs as ``async with`` or by ``run()``."""
    planning = Planning(organisation, database)
    read_model = ReadModel(database)
    tickets = Tickets(tracker_for(settings, organisation, database))
    email = Email(database, organisation, transport_for(settings), settings.resolved_public_url, settings.mail_from)
    drills = Drills(database, organisation)
    digests = Digests(database, organisation, email, settings.resolved_public_url)
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS,
        activities=[
            planning.plan_incident,
            planning.plan_item,
            planning.team_of,
            read_model.project_incident,
            read_model.project_item,
            read_model.project_drill,
            tickets.ensure_ticket,
            tickets.schedule_in_sprint,
            tickets.update_ticket,
            email.send_notice,
            drills.plan_drill,
            digests.send_digest,
        ],
        activity_executor=ThreadPoolExecutor(ACTIVITY_THREADS),
        max_concurrent_activities=ACTIVITY_THREADS,
        workflow_runner=WORKFLOW_RUNNER,
    )
