"""One action item, from its proposal until it is closed or waived."""

import asyncio
import contextlib
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate
from temporalio.exceptions import ActivityError
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.planning import Planning
    from activities.read_model import ReadModel
    from activities.tickets import Tickets
    from followthrough.domain.action_item import ActionItem, ItemStatus, Moment, MomentKind
    from followthrough.domain.item_commands import Finish, ItemCommand
    from followthrough.domain.values import EntryKind
    from workflows.durable import LOCAL, VENDOR, Followed, reason, signal
    from workflows.messages import (
        ItemEnded,
        ItemProgress,
        NoticeKind,
        PlanItem,
        SprintRequest,
        TicketChange,
        TicketFacts,
    )
    from workflows.search_attributes import DUE, OWNER, STATUS

ASK_AGAIN = timedelta(days=1)
"""How long after a tracker's refusal the ticket is tried again, when the item itself does not change before."""

CREATING: ActivityConfig = {**VENDOR, "heartbeat_timeout": timedelta(minutes=1)}
"""A killed worker is noticed early; the timeout is longer than any one call that creating a ticket makes."""

NOTICES = {
    MomentKind.REMIND_TO_ACCEPT: NoticeKind.ITEM_REMINDER,
    MomentKind.REMIND_BEFORE_DEADLINE: NoticeKind.ITEM_REMINDER,
    MomentKind.REMIND_AT_DEADLINE: NoticeKind.ITEM_REMINDER,
    MomentKind.ESCALATE: NoticeKind.ITEM_ESCALATION,
    MomentKind.REMIND_TO_VERIFY: NoticeKind.ITEM_TO_VERIFY,
}


@workflow.defn
class ActionItemWorkflow(Followed[ActionItem]):
    """Sleeps until the next moment that matters, and never ends before its item has."""

    @workflow.init
    def __init__(self, progress: ItemProgress) -> None:
        super().__init__(progress.item, progress.outgoing)
        self._ticket_shows = progress.ticket_shows
        self._ticket_in_flight = False

    @workflow.run
    async def run(self, progress: ItemProgress) -> ActionItem:
        """Gives the item as it ended."""
        proposed = self.record.version == 0
        if proposed:
            text = f"Proposed to {self.record.owner}"
            self.record.note(workflow.now(), EntryKind.ACTION_ITEM, text, self.record.proposed_by)
        await self.settle()
        if proposed:
            self.tell(NoticeKind.ITEM_PROPOSED, (self.record.owner,))
        background = [asyncio.create_task(self.deliver()), asyncio.create_task(self._keep_ticket())]
        while not self.record.ended:
            await self.next_change()
            if self.may_continue_as_new():
                workflow.continue_as_new(
                    ItemProgress(item=self.record, outgoing=self.outgoing, ticket_shows=self._ticket_shows)
                )
        await self._finish()
        for task in background:
            task.cancel()
        return self.record

    @workflow.update
    async def execute(self, command: ItemCommand) -> ActionItem:
        """Carries out a command; the answer is the item after it, which the read model has by then."""
        owner = self.record.owner
        command.apply(self.record, workflow.now())
        await self.written(self.record.version)
        if self.record.owner != owner:
            self.tell(NoticeKind.ITEM_PROPOSED, (self.record.owner,))
        if isinstance(command, Finish) and self.record.status is ItemStatus.DONE and self.record.plan:
            self.tell(NoticeKind.ITEM_TO_VERIFY, self.record.plan.policy.approvers)
        return self.record

    @execute.validator
    def _may_execute(self, command: ItemCommand) -> None:
        self.check(command)

    @workflow.signal
    async def follow(self, incident_id: str) -> None:
        """Its incident was merged into another, which it belongs to from now on."""
        text = f"Belongs to {incident_id} now, which {self.record.incident_id} was merged into"
        self.record.incident_id = incident_id
        self.record.note(workflow.now(), EntryKind.ACTION_ITEM, text)
        if self.record.ended:
            await self._tell_incident()

    @workflow.query
    def state(self) -> ActionItem:
        """The item as it is now."""
        return self.record

    async def plan_next(self) -> datetime | None:
        """See ``Followed``."""
        self.record.plan = await workflow.execute_local_activity_method(
            Planning.plan_item, PlanItem(item=self.record, at=workflow.now()), **LOCAL
        )
        moment = self.record.plan.next
        if moment is not None and moment.at <= workflow.now():
            self._pass(moment)
        return moment.at if moment else None

    async def project(self) -> None:
        """See ``Followed``."""
        await workflow.execute_local_activity_method(ReadModel.project_item, self.record, **LOCAL)

    def search_attributes(self) -> list[SearchAttributeUpdate[Any]]:
        """See ``Followed``."""
        updates: list[SearchAttributeUpdate[Any]] = [
            OWNER.value_set(self.record.owner),
            STATUS.value_set(self.record.status.value),
        ]
        return [*updates, DUE.value_set(self.record.plan.due)] if self.record.plan else updates

    def about(self) -> dict[str, ActionItem]:
        """See ``Followed``."""
        return {"item": self.record.model_copy(update={"unwritten": []})}

    def _pass(self, moment: Moment) -> None:
        self.record.reminders.append(moment)
        if moment.kind is MomentKind.DRILL_OVER:
            self.record.waive(workflow.now(), "The drill is over", None)
            return
        escalation = moment.kind is MomentKind.ESCALATE
        text = f"Escalated, level {moment.level}, to" if escalation else f"{moment.kind.value.capitalize()}:"
        kind = EntryKind.ESCALATION if escalation else EntryKind.REMINDER
        self.record.note(workflow.now(), kind, f"{text} {', '.join(moment.to)}")
        self.tell(NOTICES[moment.kind], moment.to, level=moment.level)

    async def _keep_ticket(self) -> None:
        """Brings the ticket to where the item is, however long the tracker is away."""
        while True:
            await workflow.wait_condition(lambda: self._ticket_facts() != self._ticket_shows)
            facts = self._ticket_facts()
            self._ticket_in_flight = True
            try:
                await self._show_in_ticket()
                self._ticket_shows = facts
            except ActivityError as error:
                self.record.note(workflow.now(), EntryKind.TICKET, reason(error))
                self.tell(NoticeKind.TICKET_REFUSED, (self.record.owner,), text=reason(error))
                if self.record.ended:
                    self._ticket_shows = facts
            finally:
                self._ticket_in_flight = False
            if self._ticket_shows != facts:
                await self._ask_again_later(facts)

    async def _ask_again_later(self, refused_facts: TicketFacts | None) -> None:
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._ticket_facts() != refused_facts, timeout=ASK_AGAIN)

    async def _show_in_ticket(self) -> None:
        if self.record.ticket is None:
            ticket = await workflow.execute_activity_method(Tickets.ensure_ticket, self.record, **CREATING)
            self.record.ticket = ticket
            self.record.note(workflow.now(), EntryKind.TICKET, f"Ticket {ticket.key}")
            self.record.sprint = await workflow.execute_activity_method(
                Tickets.schedule_in_sprint,
                SprintRequest(team=self.record.team, ticket=ticket, at=workflow.now()),
                **VENDOR,
            )
            if self.record.sprint is not None:
                self.record.note(workflow.now(), EntryKind.TICKET, f"Planned in {self.record.sprint.name}")
        else:
            await workflow.execute_activity_method(
                Tickets.update_ticket, TicketChange(ticket=self.record.ticket, item=self.record), **VENDOR
            )

    def _ticket_facts(self) -> TicketFacts | None:
        """What the ticket should show; None while there should be none, before the item is first accepted."""
        item = self.record
        if item.plan is None or (item.accepted_at is None and self._ticket_shows is None):
            return self._ticket_shows
        return TicketFacts(owner=item.owner, due=item.plan.due, ended=item.ended)

    async def _finish(self) -> None:
        """Leaves nothing half-done: read model, ticket, mails, incident."""
        self.tell(NoticeKind.ITEM_ENDED, (self.record.owner,))
        await self._tell_incident()
        await self.wind_down(lambda: self._ticket_facts() == self._ticket_shows and not self._ticket_in_flight)

    async def _tell_incident(self) -> None:
        item = self.record
        ended = ItemEnded(item_id=item.id, at=item.ended_at or workflow.now(), waived=item.status is ItemStatus.WAIVED)
        await signal(item.incident_id, "item_ended", ended)

    def may_continue_as_new(self) -> bool:
        """See ``Followed``."""
        return super().may_continue_as_new() and not self._ticket_in_flight
