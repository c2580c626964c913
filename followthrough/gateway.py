"""The one way from outside into the workflows: alerts, commands, and whatever starts one. No HTTP is in it.

What starts a workflow is here, in the methods of ``Gateway``, and in

- ``starts.py``, for an incident or an action item: of an alert (``alert_delivery.py``) or declared here, reopened by a
  command (``records.py``) or a ticket (``activities/tickets/sweep.py``), and after it ended badly (``revival.py``);
- ``upkeep.py``, which has plans made anew;
- ``schedules.py``, by the clock: drills, sprints, digests, the sweep of tickets, upkeep;
- ``moving.py``, for what goes on in another Temporal;
- ``webhook_dispatch.py``, what sends events to an endpoint;
- ``postmortem_notes.py``, the page of a postmortem in Confluence;
- ``activities/mails/inboxes.py``, a person's inbox for mails that can wait;
- workflows themselves, whose children are in ``workflows/``: an incident's action items and what is split off, the
  plannings of a team's sprints, a drill and its incident.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Engine
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from followthrough.alert_delivery import AlertDelivery
from followthrough.checks import require_people, require_service
from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.answered.incident.begun import begun_by
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.ids import (
    MONTHLY_DIGEST,
    WEEKLY_DIGEST,
    drill_id,
    generation_of,
    incident_id,
    mail_problem_id,
    planning_id,
    run_by_hand,
    send_again_id,
)
from followthrough.domain.replayed.incident.commands import IncidentCommand
from followthrough.domain.replayed.incident.incident import ONGOING, Alert, Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.item.commands import ItemCommand
from followthrough.domain.replayed.proof import Proof
from followthrough.domain.replayed.sprint.sprint import SprintPlan
from followthrough.domain.replayed.values import PersonId, Refusal, ServiceId, Severity, TeamId
from followthrough.engine_errors import if_known, refusing
from followthrough.noting import Noted, Noting, happened, unnoted
from followthrough.permission import require
from followthrough.postmortem_notes import PostmortemNotes
from followthrough.queues import TASK_QUEUE
from followthrough.records import INCIDENTS, ITEMS, Records, in_time
from followthrough.starts import start_record
from followthrough.store import alerts, queries
from workflows.digest import DigestWorkflow, WeeklyDigestWorkflow
from workflows.drill import DrillWorkflow
from workflows.mail_problem import MailProblemWorkflow
from workflows.messages.drill import DrillRequest, RunningDrill
from workflows.messages.incident import IncidentProgress
from workflows.messages.mail import MailProblem
from workflows.messages.sprint import Approval, PlanningProgress, PlanSprint
from workflows.signals import ToItem
from workflows.sprint_planning import SprintPlanningWorkflow
from workflows.upkeep import SendAgainWorkflow


class Gateway:
    """What is asked for by an actor who may not raises Forbidden.

    Raises TimeoutError, RPCError or WorkflowUpdateRPCTimeoutOrCancelledError while the engine does not answer.
    """

    def __init__(
        self, client: Client, organisation: Callable[[], Organisation], database: Engine, noting: Noting = unnoted
    ) -> None:
        self._client = client
        self._organisation = organisation
        self._database = database
        self._noting = noting
        self.incidents = Records[Incident, IncidentCommand](INCIDENTS, client, organisation, database, noting)
        self.items = Records[ActionItem, ItemCommand](ITEMS, client, organisation, database, noting)
        self.alerts = AlertDelivery(self.incidents, client, organisation, database)
        self.postmortems = PostmortemNotes(self.incidents, client, organisation, database, noting)

    async def declare(
        self,
        title: str,
        service: ServiceId,
        severity: Severity,
        by: PersonId,
        drill: bool,
        dedup_key: str | None,
        *,
        actor: Actor,
        private: bool = False,
        call: str | None = None,
        alert: Alert | None = None,
    ) -> str:
        """The id of the incident; the same ``dedup_key`` declares one incident, ever. Raises NotInFile.

        It begins with the ``alert`` that no route fits, and hears of it from then on.
        """
        organisation = self._organisation()
        async with self._commanded(actor, "declare", by=by) as noted:
            require_people([by], organisation)
            require_service(service, organisation)
            about = About.of_team(organisation.services[service].team, self._here(), service)
            proof = require(Right.DECLARE, actor, by, about)
            declared = Incident(
                id="",
                dedup_key=f"declared/{dedup_key or uuid4()}",
                title=title,
                service=service,
                team=organisation.services[service].team,
                severity=severity,
                declared_at=datetime.now(UTC),
                declared_by=by,
                drill=drill,
                private=private,
                call=call,
            )
            noted.record = await self._declare(begun_by(declared, alert) if alert else declared, proof)
        if alert is not None:
            await asyncio.to_thread(alerts.forget, self._database, alert.dedup_key)
        return noted.record

    def _commanded(
        self, actor: Actor, what: str, *, by: PersonId | None = None, record: str = ""
    ) -> AbstractAsyncContextManager[Noted]:
        return self._noting(happened(actor, Act.COMMAND, what, datetime.now(UTC), by=by, record=record))

    async def _declare(self, declared: Incident, proof: Proof) -> str:
        """The id, which it has not yet."""
        key, first = declared.dedup_key, 1
        async with in_time():
            if latest := await asyncio.to_thread(queries.latest_incident, self._database, key):
                if declared.alert is None or latest[1] in ONGOING:
                    return latest[0]
                first = generation_of(latest[0]) + 1
            for generation in itertools.count(first):
                incident = declared.model_copy(update={"id": incident_id(key, generation)})
                progress = IncidentProgress(incident=incident, proof=proof)
                started = await start_record(self._client, progress, WorkflowIDReusePolicy.REJECT_DUPLICATE)
                if started or (await self.incidents.get(incident.id)).dedup_key == key:
                    return incident.id
        raise AssertionError("there is always another generation")

    def _here(self) -> Organisation:
        """Without those who left."""
        return as_of(self._organisation(), datetime.now(UTC).date())

    async def look_at_ticket(self, item_id: str) -> bool:
        """Whether the action item's workflow runs. A look more than needed changes nothing, so it is not audited."""
        async with in_time():
            with if_known():
                await self._client.get_workflow_handle(item_id).signal(ToItem.look_at_ticket)
                return True
        return False

    async def start_drill(self, team: TeamId, scenario: str | None, actor: Actor) -> str | None:
        """The id of its incident, which is there a moment later; None when the team has a drill."""
        key = f"{drill_id(team)}/{uuid4()}"
        try:
            async with self._commanded(actor, "start drill", record=incident_id(key)), in_time():
                require(Right.START_DRILL, actor, None, About.of_team(team, self._here()))
                await self._client.start_workflow(
                    DrillWorkflow.run,
                    DrillRequest(team=team, scenario=scenario, by_hand=True, key=key),
                    id=drill_id(team),
                    task_queue=TASK_QUEUE,
                    id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                )
        except WorkflowAlreadyStartedError:
            return None
        return incident_id(key)

    async def running_drill(self, team: TeamId) -> RunningDrill:
        """Of a team that has one."""
        async with in_time():
            return await self._client.get_workflow_handle(drill_id(team)).query(DrillWorkflow.running)

    async def planning(self, plan: SprintPlan) -> PlanningProgress | None:
        """How far it is; None before it has begun."""
        handle = self._client.get_workflow_handle(planning_id(plan.team, plan.first_day))
        async with in_time():
            with if_known():
                return await handle.query(SprintPlanningWorkflow.progress)
        return None

    async def approve_planning(
        self, plan: SprintPlan, approval: Approval, actor: Actor, key: str | None
    ) -> PlanningProgress:
        """Begins the planning if its schedule has not. Raises Refusal."""
        planning = planning_id(plan.team, plan.first_day)
        begin = WithStartWorkflowOperation(
            SprintPlanningWorkflow.run,
            PlanSprint(team=plan.team, first_day=plan.first_day),
            id=planning,
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )
        try:
            async with self._commanded(actor, "approve planning", by=approval.by, record=planning), in_time():
                require(Right.APPROVE_PLANNING, actor, approval.by, About.of_team(plan.team, self._here()))
                with refusing():
                    return await self._client.execute_update_with_start_workflow(
                        SprintPlanningWorkflow.approve, approval, start_workflow_operation=begin, id=key
                    )
        except WorkflowAlreadyStartedError as error:
            raise Refusal(f"The sprint of {plan.first_day} is over; plan the next one.") from error

    async def send_digest(self, actor: Actor, *, weekly: bool) -> None:
        """To all who have not had the one of this week, or of the month before."""
        digest, run = (WEEKLY_DIGEST, WeeklyDigestWorkflow.run) if weekly else (MONTHLY_DIGEST, DigestWorkflow.run)
        async with self._commanded(actor, "send digest", record=digest), in_time():
            require(Right.SEND_DIGEST, actor, None, About.service_itself(self._here()))
            await self._client.start_workflow(run, id=run_by_hand(digest, str(uuid4())), task_queue=TASK_QUEUE)

    async def send_again(self, mails: Iterable[str], actor: Actor) -> None:
        """Mails by these keys are made and handed over once more."""
        async with self._commanded(actor, "send mails again"), in_time():
            require(Right.SEND_AGAIN, actor, None, About.service_itself(self._here()))
            for key in mails:
                await self._client.start_workflow(
                    SendAgainWorkflow.run,
                    key,
                    id=send_again_id(key),
                    task_queue=TASK_QUEUE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                )

    async def take_another_path(self, problems: Iterable[tuple[str, MailProblem]]) -> None:
        """With what mails could not tell; once for equal ids, which come before the problems."""
        async with in_time():
            for event_id, problem in problems:
                with contextlib.suppress(WorkflowAlreadyStartedError):
                    await self._client.start_workflow(
                        MailProblemWorkflow.run,
                        problem,
                        id=mail_problem_id(event_id),
                        task_queue=TASK_QUEUE,
                        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    )
