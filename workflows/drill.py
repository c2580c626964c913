"""One drill: a mock incident that lives like a real one, and what came of it."""

import contextlib
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

from activities.drills import Drills
from activities.mails.email import Email
from activities.read_model import ReadModel
from followthrough.domain.replayed.drill.drill import DrillPlan, DrillReport, Scenario, report
from followthrough.domain.replayed.ids import drill_id, incident_id
from followthrough.domain.replayed.incident.incident import Alert, AlertState, Incident
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from workflows.calls import LOCAL, MAIL, RECORDS, reason
from workflows.incident import IncidentWorkflow
from workflows.messages.drill import DrillRequest, PlanDrill, RunningDrill
from workflows.messages.incident import IncidentProgress
from workflows.messages.mail import Notice
from workflows.search_attributes import of_incident
from workflows.signals import ToDrill, ToIncident, hears

GOES_ON_WITHIN = timedelta(days=2)
"""After its workflow ended badly a new run of the incident begins on the next day at the latest."""


@workflow.defn
class DrillScheduleWorkflow:
    """Started by a team's schedule, which can't share an id with a drill that is started by hand."""

    @workflow.run
    async def run(self, request: DrillRequest) -> None:
        """Starts the drill, unless the team has one."""
        request = request.model_copy(update={"key": workflow.info().workflow_id})
        try:
            await workflow.start_child_workflow(
                DrillWorkflow.run, request, id=drill_id(request.team), parent_close_policy=ParentClosePolicy.ABANDON
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("Team %s has a drill already", request.team)


@workflow.defn
class DrillWorkflow(ToDrill):
    """Waits until the response of its incident is over, which that says by itself; its time box sees to it.

    The incident goes on alone: its debrief, and the end of what is still open, belong to it.
    """

    @workflow.init
    def __init__(self, request: DrillRequest) -> None:
        self._key = request.key or workflow.info().workflow_id
        self._starts_at: datetime | None = None
        self._over: Incident | None = None

    @workflow.run
    async def run(self, request: DrillRequest) -> DrillReport | None:
        """Gives the report; None when there was nothing to practise."""
        plan = await workflow.execute_activity_method(
            Drills.plan_drill,
            PlanDrill(request=request, at=workflow.now()),
            **RECORDS,
        )
        if plan is None:
            return None
        self._starts_at = plan.starts_at
        await workflow.sleep(max(plan.starts_at - workflow.now(), timedelta(0)))
        handle = await self._start(request.team, plan)
        over = await self._response(plan.scenario, handle)
        if over is None:
            workflow.logger.warning("The drill ends without a report: its incident %s ended badly", handle.id)
            return None
        drilled = report(over, plan)
        await workflow.execute_local_activity_method(ReadModel.project_drill, drilled, **LOCAL)
        await self._tell(over, plan, drilled)
        return drilled

    @hears
    def response_over(self, incident: Incident) -> None:
        """The incident is resolved, by people or by its time box, or it was cancelled."""
        if incident.dedup_key == self._key:
            self._over = self._over or incident

    @workflow.query
    def running(self) -> RunningDrill:
        """Where it is."""
        return RunningDrill(incident_id=incident_id(self._key), starts_at=self._starts_at)

    async def _start(self, team: str, plan: DrillPlan) -> ChildWorkflowHandle[IncidentWorkflow, Incident]:
        scenario, key = plan.scenario, self._key
        incident = Incident(
            id=incident_id(key),
            dedup_key=key,
            title=scenario.title,
            service=plan.service,
            team=team,
            severity=scenario.severity,
            declared_at=workflow.now(),
            drill=True,
        )
        alert = Alert(
            dedup_key=key,
            source="The drill",
            state=AlertState.FIRING,
            title=scenario.title,
            summary=scenario.story,
            labels=scenario.labels,
            at=workflow.now(),
        )
        return await workflow.start_child_workflow(
            IncidentWorkflow.run,
            IncidentProgress(incident=incident, alert=alert),
            id=incident.id,
            parent_close_policy=ParentClosePolicy.ABANDON,
            search_attributes=of_incident(incident, names=plan.searchable_names),
        )

    async def _response(
        self, scenario: Scenario, handle: ChildWorkflowHandle[IncidentWorkflow, Incident]
    ) -> Incident | None:
        """Reveals the story, and what comes with time; gives the incident when its response is over.

        None when its workflow ended badly, and a new run of it did not say so in time.
        """
        started_at = workflow.now()
        injects = sorted(scenario.injects, key=lambda inject: inject.after)
        for after, text in [(timedelta(0), scenario.story), *((inject.after, inject.text) for inject in injects)]:
            wait = started_at + after - workflow.now()
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._over is not None, timeout=max(wait, timedelta(0)))
            if self._over is not None:
                break
            with contextlib.suppress(ApplicationError):  # the incident ended at this moment, and says so
                await handle.signal(ToIncident.reveal, text)
        await workflow.wait_condition(lambda: self._over is not None or handle.done())
        if self._over is None:
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._over is not None, timeout=GOES_ON_WITHIN)
        return self._over

    async def _tell(self, incident: Incident, plan: DrillPlan, drilled: DrillReport) -> None:
        people = (*plan.to, *(holder.person for holder in incident.roles))
        notice = Notice(
            key=f"{incident.id}/{NoticeKind.DRILL_REPORT}",
            kind=NoticeKind.DRILL_REPORT,
            to=tuple(dict.fromkeys(people)),
            at=workflow.now(),
            incident=incident,
            drill=drilled,
        )
        try:
            await workflow.execute_activity_method(Email.send_notice, notice, **MAIL)
        except ActivityError as error:
            workflow.logger.warning("The report of drill %s could not be sent: %s", incident.id, reason(error))
