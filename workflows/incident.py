"""One incident, from its declaration until its postmortem is published and its last action item has ended."""

import asyncio
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.planning import Planning
    from activities.read_model import ReadModel
    from followthrough.domain.action_item import ActionItem, ItemStatus
    from followthrough.domain.incident import Alert, Audience, Incident, IncidentMoment, IncidentMomentKind, Role
    from followthrough.domain.incident_commands import AssignRole, IncidentCommand, ProposeItem, Publish, SendUpdate
    from followthrough.domain.values import EntryKind, PersonId
    from workflows.action_item import ActionItemWorkflow
    from workflows.durable import LOCAL_TIMEOUT, RETRY, Followed
    from workflows.messages import (
        AlertReceipt,
        IncidentProgress,
        ItemEnded,
        ItemProgress,
        NoticeKind,
        PlanIncident,
    )
    from workflows.search_attributes import OWNER, SERVICE, SEVERITY, STATUS, TEAM

NOTICES = {
    IncidentMomentKind.ROLE_NOT_ACKNOWLEDGED: NoticeKind.ROLE_NOT_ACKNOWLEDGED,
    IncidentMomentKind.UPDATE_DUE: NoticeKind.UPDATE_DUE,
    IncidentMomentKind.UPDATE_MISSED: NoticeKind.UPDATE_MISSED,
    IncidentMomentKind.POSTMORTEM_DUE_SOON: NoticeKind.POSTMORTEM_REMINDER,
    IncidentMomentKind.POSTMORTEM_OVERDUE: NoticeKind.POSTMORTEM_ESCALATION,
}


@workflow.defn
class IncidentWorkflow(Followed[Incident]):
    """Its id is the incident's; an alert that is delivered again joins the workflow that runs."""

    @workflow.init
    def __init__(self, progress: IncidentProgress) -> None:
        super().__init__(progress.incident, progress.outgoing)
        if progress.alert is not None:
            self.record.receive(progress.alert, workflow.now())
        elif self.record.version == 0 and self.record.declared_by is not None:
            text = f"Declared: {self.record.title}"
            self.record.note(workflow.now(), EntryKind.STATUS, text, self.record.declared_by)

    @workflow.run
    async def run(self, progress: IncidentProgress) -> Incident:
        """Gives the incident as it ended."""
        delivery = asyncio.create_task(self.deliver())
        await self.settle()
        while not self.record.ended:
            await self.next_change()
            if self.may_continue_as_new():
                workflow.continue_as_new(IncidentProgress(incident=self.record, outgoing=self.outgoing))
        self.tell(NoticeKind.INCIDENT_CLOSED, self._participants())
        await self.wind_down(lambda: True)
        delivery.cancel()
        return self.record

    @workflow.update
    async def receive_alert(self, alert: Alert) -> AlertReceipt:
        """Takes in a delivery of the alert; not joined when this incident is over, so that a new one is started."""
        joined = self.record.receive(alert, workflow.now())
        return AlertReceipt(incident_id=self.record.id, joined=joined)

    @workflow.update
    async def execute(self, command: IncidentCommand) -> Incident:
        """Carries out a command; the answer is the incident after it, which the read model has by then."""
        command.apply(self.record, workflow.now())
        version = self.record.version
        if isinstance(command, ProposeItem):
            await self._start_item(command)
        await self.written(version)
        match command:
            case AssignRole(person=person, by=by) if person != by:
                self.tell(NoticeKind.ROLE_ASSIGNED, (person,), text=command.role)
            case SendUpdate():
                self.tell(NoticeKind.STAKEHOLDER_UPDATE, audience=command.audience, text=command.text)
            case Publish():
                self.tell(NoticeKind.POSTMORTEM_PUBLISHED, self._participants(), audience=Audience.INTERNAL)
        return self.record

    @execute.validator
    def _may_execute(self, command: IncidentCommand) -> None:
        self.check(command)

    @workflow.signal
    def item_ended(self, ended: ItemEnded) -> None:
        """An action item is closed or waived."""
        self.record.item_ended(workflow.now(), ended.item_id, ended.at, ended.waived)

    @workflow.query
    def state(self) -> Incident:
        """The incident as it is now."""
        return self.record

    async def plan_next(self) -> datetime | None:
        """See ``Followed``."""
        first = self.record.plan is None
        self.record.plan = await workflow.execute_local_activity_method(
            Planning.plan_incident,
            PlanIncident(incident=self.record, at=workflow.now()),
            start_to_close_timeout=LOCAL_TIMEOUT,
            retry_policy=RETRY,
        )
        if first:
            self._page(self.record.plan.on_call)
            return workflow.now()
        moment = self.record.plan.next
        if moment is not None and moment.at <= workflow.now():
            self._pass(moment)
        return moment.at if moment else None

    async def project(self) -> None:
        """See ``Followed``."""
        await workflow.execute_local_activity_method(
            ReadModel.project_incident, self.record, start_to_close_timeout=LOCAL_TIMEOUT, retry_policy=RETRY
        )

    def search_attributes(self) -> list[SearchAttributeUpdate[Any]]:
        """See ``Followed``."""
        return [STATUS.value_set(self.record.status.value), SEVERITY.value_set(self.record.severity.value)]

    def about(self) -> dict[str, Incident]:
        """See ``Followed``."""
        return {"incident": self.record.model_copy(update={"unwritten": []})}

    def _page(self, on_call: tuple[PersonId, ...]) -> None:
        """Asks the first on call to command the incident, unless somebody already does."""
        if on_call and self.record.holder(Role.INCIDENT_COMMANDER) is None:
            AssignRole(role=Role.INCIDENT_COMMANDER, person=on_call[0]).apply(self.record, workflow.now())
            self.tell(NoticeKind.INCIDENT_DECLARED, on_call[:1])

    def _pass(self, moment: IncidentMoment) -> None:
        self.record.moments.append(moment)
        if moment.kind is IncidentMomentKind.NO_POSTMORTEM_OWED:
            self.record.note(workflow.now(), EntryKind.POSTMORTEM, "No postmortem is owed at this severity")
            self.record.close_if_done(workflow.now())
            return
        text = f"{moment.kind.value.capitalize()} {moment.subject}".strip()
        kind = EntryKind.ESCALATION if moment.level else EntryKind.REMINDER
        self.record.note(workflow.now(), kind, f"{text}: {', '.join(moment.to)} told")
        self.tell(NOTICES[moment.kind], moment.to, text=moment.subject, level=moment.level)

    def _participants(self) -> tuple[PersonId, ...]:
        return tuple(dict.fromkeys(holder.person for holder in self.record.roles))

    async def _start_item(self, command: ProposeItem) -> None:
        """Starts the action item as a workflow of its own; it outlives the runs of this one."""
        incident = self.record
        item = ActionItem(
            id=incident.items[-1].id,
            incident_id=incident.id,
            title=command.title,
            kind=command.kind,
            priority=command.priority,
            severity=incident.severity,
            service=incident.service,
            team=incident.team,
            owner=command.owner,
            proposed_by=command.by,
            proposed_at=workflow.now(),
            drill=incident.drill,
        )
        await workflow.start_child_workflow(
            ActionItemWorkflow.run,
            ItemProgress(item=item),
            id=item.id,
            parent_close_policy=ParentClosePolicy.ABANDON,
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(SERVICE, item.service),
                    SearchAttributePair(TEAM, item.team),
                    SearchAttributePair(SEVERITY, item.severity.value),
                    SearchAttributePair(OWNER, item.owner),
                    SearchAttributePair(STATUS, ItemStatus.PROPOSED.value),
                ]
            ),
        )
