"""Runs the worker: reads settings and wires clients into activities."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.bounces import Bounces
from activities.daily import Daily
from activities.digest import Digests
from activities.drills import Drills
from activities.email import Email
from activities.inboxes import Inboxes
from activities.mail_transport import transport_for
from activities.planning import Planning
from activities.read_model import ReadModel
from activities.sprint_planning import SprintPlanning
from activities.ticket_reports import TicketReports
from activities.ticket_sweep import TicketSweep
from activities.tickets import Tickets, tracker_for
from followthrough.links import links_for
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from workflows.action_item import ActionItemWorkflow
from workflows.digest import DigestWorkflow, WeeklyDigestWorkflow
from workflows.drill import DrillWorkflow
from workflows.inbox import InboxWorkflow
from workflows.incident import IncidentWorkflow
from workflows.jira_sweep import JiraSweepWorkflow
from workflows.messages import TASK_QUEUE
from workflows.sprint_planning import SprintPlanningWorkflow, SprintScheduleWorkflow
from workflows.undelivered import UndeliveredWorkflow

ACTIVITY_THREADS = 32
WORKFLOWS = [
    IncidentWorkflow,
    ActionItemWorkflow,
    SprintScheduleWorkflow,
    SprintPlanningWorkflow,
    DrillWorkflow,
    DigestWorkflow,
    WeeklyDigestWorkflow,
    JiraSweepWorkflow,
    InboxWorkflow,
    UndeliveredWorkflow,
]
WORKFLOW_RUNNER = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules("activities", "followthrough")
)


def build_worker(
    client: Client, settings: Settings, organisation: Callable[[], Organisation], database: Engine
) -> Worker:
    """A worker with every workflow and activity, for the running loop; it runs as ``async with`` or by ``run()``."""
    planning = Planning(organisation, database)
    read_model = ReadModel(database)
    tracker = tracker_for(settings, organisation, database)
    tickets = Tickets(tracker)
    reports = TicketReports(tracker, organisation)
    sweep = TicketSweep(tracker, database)
    public_url = settings.resolved_public_url
    links = links_for(settings)
    inboxes = Inboxes(client, asyncio.get_running_loop())
    email = Email(database, organisation, transport_for(settings), public_url, links, settings.mail_from, inboxes.put)
    daily = Daily(database, organisation, email, public_url, links)
    bounces = Bounces(database, organisation, email, public_url)
    drills = Drills(database, organisation)
    digests = Digests(database, organisation, email, public_url, links)
    sprints = SprintPlanning(organisation, database, tracker, email, public_url, links)
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS,
        activities=[
            planning.plan_incident,
            planning.plan_item,
            planning.team_of,
            planning.find_repeats,
            read_model.project_incident,
            read_model.project_item,
            read_model.project_drill,
            tickets.ensure_ticket,
            tickets.adopt_ticket,
            tickets.schedule_in_sprint,
            tickets.update_ticket,
            reports.read_ticket,
            reports.comment_on_ticket,
            sweep.find_news,
            email.send_notice,
            daily.send_daily,
            bounces.record_problem,
            bounces.tell_above,
            drills.plan_drill,
            digests.plan_monthly,
            digests.plan_weekly,
            digests.send_monthly,
            digests.send_weekly,
            sprints.coming_sprints,
            sprints.sprint_plan,
            sprints.next_sprint,
            sprints.send_planning_mail,
            sprints.plan_items,
            sprints.left_over,
        ],
        activity_executor=ThreadPoolExecutor(ACTIVITY_THREADS),
        max_concurrent_activities=ACTIVITY_THREADS,
        workflow_runner=WORKFLOW_RUNNER,
    )
