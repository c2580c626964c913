"""Runs the worker: reads settings and wires clients into activities."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import Any, Self

from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.confluence import Confluence
from activities.drills import Drills
from activities.mails.daily import Daily
from activities.mails.digest import Digests
from activities.mails.email import Email
from activities.mails.inboxes import Inboxes
from activities.mails.mailer import Mailer
from activities.mails.problems import MailProblems
from activities.mails.transport import transport_for
from activities.missed import Missed
from activities.paging import Paging
from activities.read_model import ReadModel
from activities.reconciler import Reconciler
from activities.replan import Replan
from activities.schedule import Schedule
from activities.sprint_planning import SprintPlanning
from activities.tickets.sweep import TicketSweep
from activities.tickets.tickets import Tickets, tracker_for
from activities.tickets.tracker import Tracker
from activities.troubles import Troubles
from activities.webhooks import Webhooks
from followthrough.audit import Audit
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.encryption import encrypts
from followthrough.links import links_for
from followthrough.queues import Queue
from followthrough.schedules import wanted_schedules
from followthrough.settings import Settings
from followthrough.store import queries
from followthrough.versions import version_of
from followthrough.webhook_outbox import WebhookOutbox
from workflows.action_item import ActionItemWorkflow
from workflows.confluence import ConfluencePageWorkflow
from workflows.digest import DigestWorkflow, WeeklyDigestWorkflow
from workflows.drill import DrillScheduleWorkflow, DrillWorkflow
from workflows.inbox import InboxWorkflow
from workflows.incident import IncidentWorkflow
from workflows.jira_sweep import JiraSweepWorkflow
from workflows.mail_problem import MailProblemWorkflow
from workflows.runner import InOrderRunner
from workflows.sprint_planning import SprintPlanningWorkflow, SprintScheduleWorkflow
from workflows.turns import InTurn, in_one_batch
from workflows.upkeep import ReconcileWorkflow, ReplanWorkflow, SendAgainWorkflow, TroublesWorkflow
from workflows.versions import GOES_OVER, STAYS
from workflows.webhooks import WebhooksWorkflow

WORKFLOWS = [
    IncidentWorkflow,
    ActionItemWorkflow,
    SprintScheduleWorkflow,
    SprintPlanningWorkflow,
    DrillScheduleWorkflow,
    DrillWorkflow,
    DigestWorkflow,
    WeeklyDigestWorkflow,
    JiraSweepWorkflow,
    InboxWorkflow,
    ConfluencePageWorkflow,
    MailProblemWorkflow,
    WebhooksWorkflow,
    ReconcileWorkflow,
    ReplanWorkflow,
    SendAgainWorkflow,
    TroublesWorkflow,
]
WORKFLOW_RUNNER = InOrderRunner()
"""The SDK's sandbox is entered six times for a payload, and its copy of our modules took half of a workflow's memory.

``tests/test_determinism.py`` sees instead that workflows ask no clock, draw nothing and do no I/O.
"""

THREADS = {Queue.WORKFLOWS: 16, Queue.TICKETS: 16, Queue.MAILS: 8, Queue.PAGES: 8, Queue.WEBHOOKS: 8}
"""Of a process for each queue. Those of the first use the database only, whose pool has about as many connections."""

CACHED_WORKFLOWS = 1_000
"""Incidents and action items that a worker keeps in memory, about 100 KiB each: 100 MB for what people are busy with.

The others cost nothing: they wake once in days, and then are replayed, which takes some tens of milliseconds.
"""

WORKFLOW_TASKS = 2 * THREADS[Queue.WORKFLOWS]
"""At once. Half of them wait for local activities while the others compute, one at a time as Python does.

Each more would be a thread that makes all of them slower, until the SDK takes one for stuck.
"""

STUCK_AFTER = 120
"""Seconds for which a workflow may compute in a task; Temporal gives the task to another worker after ten.

The SDK interrupts it after two, also where the machine did something else meanwhile, and on Python 3.11 takes it out of
memory without waiting for its thread: then neither that workflow nor its worker goes on or ends any more.
"""

POLLS = 5
"""At once, of each kind: while there is work a poll takes milliseconds, so five keep the threads busy."""

FINISH_WITHIN = timedelta(seconds=45)
"""What is under way when a worker stops has so long: more than a transport takes to connect and to answer."""


Activity = Callable[..., Any]


class Workers:
    """One for each queue; they run as ``async with``, and stop together."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers
        self._running = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for worker in self._workers:
            await self._running.enter_async_context(worker)
        self._running.push_async_callback(self._shutdown)
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._running.__aexit__(*error)

    async def _shutdown(self) -> None:
        """Begins nothing new, and waits for what is under way; what takes too long is cancelled."""
        await asyncio.gather(*(worker.shutdown() for worker in self._workers))


def build_worker(
    client: Client,
    settings: Settings,
    organisation: Callable[[], Organisation],
    database: Engine,
    queues: Collection[Queue] = tuple(Queue),
) -> Workers:
    """Every workflow and activity of these queues, for the running loop."""
    tracker = tracker_for(settings, organisation, database)
    url, links = settings.resolved_public_url, links_for(settings)
    webhooks = WebhookOutbox(organisation, url)
    mailer = Mailer(database, organisation, transport_for(settings), url, links, settings.mail_from)
    problems, digests, sprints = MailProblems(mailer), Digests(mailer), SprintPlanning(tracker, mailer, webhooks)
    troubles = Troubles(client, mailer, partial(wanted_schedules, jira=bool(settings.jira_url)))
    activities: dict[Queue, list[Activity]] = {
        Queue.WORKFLOWS: [
            *_of_records(client, settings, organisation, database, webhooks),
            problems.record_problem,
            digests.plan_monthly,
            digests.plan_weekly,
            sprints.coming_sprints,
            sprints.sprint_plan,
            sprints.left_over,
            troubles.look_for_troubles,
        ],
        Queue.TICKETS: [
            *_of_tickets(client, organisation, database, tracker, Audit(settings.data_dir, database)),
            sprints.next_sprint,
            sprints.put_in_sprint,
            Confluence(settings, organisation, database).write_page,
        ],
        Queue.MAILS: [
            *_of_mails(client, mailer),
            problems.tell_above,
            digests.send_monthly,
            digests.send_weekly,
            sprints.send_planning_mail,
            troubles.tell_troubles,
        ],
        Queue.PAGES: [Paging(settings, organisation, database).send_page],
        Queue.WEBHOOKS: [Webhooks(settings, organisation, database).deliver_webhooks],
    }
    per_second = {
        Queue.TICKETS: settings.tickets_per_second if settings.jira_url else None,
        Queue.MAILS: settings.mails_per_second if settings.sendgrid_api_key else None,
    }
    version, wanted = version_of(settings), [queue for queue in Queue if queue in queues]
    return Workers([_worker(client, queue, activities[queue], per_second.get(queue), version) for queue in wanted])


def _worker(
    client: Client,
    queue: Queue,
    activities: list[Activity],
    per_second: float | None,
    version: WorkerDeploymentVersion | None,
) -> Worker:
    worker = Worker(
        client,
        task_queue=queue,
        workflows=WORKFLOWS if queue is Queue.WORKFLOWS else [],
        activities=activities,
        max_cached_workflows=CACHED_WORKFLOWS,
        max_concurrent_workflow_tasks=WORKFLOW_TASKS,
        max_concurrent_workflow_task_polls=POLLS,
        max_concurrent_activity_task_polls=POLLS,
        activity_executor=ThreadPoolExecutor(THREADS[queue], thread_name_prefix=queue),
        max_concurrent_activities=THREADS[queue],
        max_concurrent_local_activities=THREADS[queue],
        max_task_queue_activities_per_second=per_second,
        graceful_shutdown_timeout=FINISH_WITHIN,
        workflow_runner=InOrderRunner(STAYS) if version else WORKFLOW_RUNNER,
        interceptors=[InTurn()],
        deployment_config=WorkerDeploymentConfig(
            version, use_worker_versioning=True, default_versioning_behavior=GOES_OVER
        )
        if version
        else None,
    )
    return patient(in_one_batch(worker)) if queue is Queue.WORKFLOWS else worker


def patient(worker: Worker) -> Worker:
    """Takes its workflow tasks for stuck after ``STUCK_AFTER``; the SDK has no option for it."""
    assert worker._workflow_worker  # noqa: S101
    worker._workflow_worker._deadlock_timeout_seconds = STUCK_AFTER
    return worker


def _of_records(
    client: Client,
    settings: Settings,
    organisation: Callable[[], Organisation],
    database: Engine,
    webhooks: WebhookOutbox,
) -> list[Activity]:
    pager_for_all = settings.pagerduty_routing_key is not None
    schedule = Schedule(organisation, database, pager_for_all=pager_for_all, webhooks=webhooks)
    missed = Missed(database)
    return [
        schedule.plan_incident,
        schedule.plan_item,
        schedule.team_of,
        schedule.find_repeats,
        ReadModel(database, webhooks).project_drill,
        Drills(database, organisation, encrypted=encrypts(client)).plan_drill,
        Reconciler(client, database).reconcile,
        Replan(client, database, organisation).replan,
        missed.missed_by_incident,
        missed.missed_by_item,
    ]


def _of_tickets(
    client: Client, organisation: Callable[[], Organisation], database: Engine, tracker: Tracker, audit: Audit
) -> list[Activity]:
    def incident(incident_id: str) -> Incident | None:
        with Session(database) as session:
            return queries.incident(session, incident_id)

    tickets = Tickets(tracker, organisation, incident, audit.note)
    return [
        tickets.ensure_ticket,
        tickets.adopt_ticket,
        tickets.follow_ticket,
        tickets.reopen_ticket,
        tickets.comment_on_ticket,
        TicketSweep(tracker, organisation, database, client, asyncio.get_running_loop(), audit.note).tell_news,
    ]


def _of_mails(client: Client, mailer: Mailer) -> list[Activity]:
    email = Email(mailer, Inboxes(client, asyncio.get_running_loop()).put)
    return [email.send_notice, email.asked_for, email.send_again, Daily(mailer).send_daily]
