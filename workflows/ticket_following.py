"""The ticket of an action item: each follows the other."""

import contextlib
from abc import abstractmethod
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.ticket_reports import TicketReports
    from activities.tickets import Tickets
    from followthrough.domain.action_item import ActionItem, TicketReport, TicketState
    from followthrough.domain.item_commands import ItemCommand
    from followthrough.domain.ticket_commands import Adopt
    from followthrough.domain.ticket_sync import take_as_written, take_report
    from followthrough.domain.values import EntryKind, Refusal
    from workflows.durable import TRACKER, Followed, reason
    from workflows.messages import Adoption, ItemProgress, NoticeKind, SprintRequest, TicketChange, TicketFacts
    from workflows.ticket_messages import LookAtTicket, TicketComment

ASK_AGAIN = timedelta(days=1)
"""How long after a tracker's refusal the ticket is tried again, when the item itself does not change before."""

CREATING: ActivityConfig = {**TRACKER, "heartbeat_timeout": timedelta(minutes=1)}
"""A killed worker is noticed early; the timeout is longer than creating a ticket takes."""

ADOPTING: ActivityConfig = {
    **TRACKER,
    "start_to_close_timeout": timedelta(minutes=1),
    "retry_policy": RetryPolicy(maximum_attempts=1),
}
"""Somebody waits for the answer, and can ask again."""


class TicketFollowing(Followed[ActionItem]):
    """Keeps the ticket of its action item."""

    def __init__(self, progress: ItemProgress) -> None:
        super().__init__(progress.item, progress.outgoing)
        self.ticket_shows = progress.ticket_shows
        self._ticket_in_flight = False
        self._look_wanted = bool(progress.goes_on)

    @abstractmethod
    async def carry_out(self, command: ItemCommand) -> int:
        """Carries out a command and tells who has to know; gives the version after it. Raises Refusal."""

    @workflow.signal
    def look_at_ticket(self) -> None:
        """Something may have changed in the ticket."""
        self._look_wanted = True

    async def keep_ticket(self) -> None:
        """Lets ticket and item follow each other, however long the tracker is away; runs until cancelled."""
        while True:
            await workflow.wait_condition(
                lambda: (self._look_wanted or self._ticket_is_behind()) and not self._ticket_in_flight
            )
            self._ticket_in_flight = True
            refused = False
            try:
                await self._look_at_ticket()
                if self._ticket_is_behind():
                    await self._show_in_ticket()
            except ActivityError as error:
                refused = True
                self.record.note(workflow.now(), EntryKind.TICKET, reason(error))
                self.tell(NoticeKind.TICKET_REFUSED, (self.record.owner,), text=reason(error))
                if self.record.settled:
                    self.ticket_shows = self._ticket_facts()
            finally:
                self._ticket_in_flight = False
            if refused:
                await self._ask_again_later()

    async def adopt(self, command: Adopt) -> None:
        """Raises what the caller of the update sees when the tracker does not agree."""
        if self._ticket_in_flight:
            raise ApplicationError(
                f"The ticket of action item {self.record.id} is being made; look again in a minute.",
                type="Refusal",
                non_retryable=True,
            )
        self._ticket_in_flight = True
        try:
            self.record.ticket = await workflow.execute_activity_method(
                Tickets.adopt_ticket, Adoption(ticket=command.ticket, item=self.record.lean()), **ADOPTING
            )
        except ActivityError as error:
            raise ApplicationError(reason(error), type="Refusal", non_retryable=True) from error
        finally:
            self._ticket_in_flight = False
        self.ticket_shows = self.record.ticket_seen = None
        self.record.note(workflow.now(), EntryKind.TICKET, f"Adopted ticket {self.record.ticket.key}", command.by)

    async def _look_at_ticket(self) -> None:
        """Takes in what people did with the ticket."""
        self._look_wanted = False
        if self.record.ticket is None:
            return
        outcome = take_report(self.record, await self._read_ticket(), workflow.now())
        for command in outcome.commands:
            try:
                await self.carry_out(command)
            except Refusal as refusal:  # somebody was faster
                self.record.note(workflow.now(), EntryKind.TICKET, str(refusal))
        for telling in outcome.tellings:
            self.tell(NoticeKind.TICKET_CONFLICT, telling.to, text=telling.text)
        if outcome.put_back and self.ticket_shows is not None:
            self.ticket_shows = self.ticket_shows.model_copy(update={"due": None})
        for comment in outcome.comments:
            await workflow.execute_activity_method(
                TicketReports.comment_on_ticket, TicketComment(ticket=self.record.ticket, text=comment), **TRACKER
            )
        if outcome.reopen:
            change = TicketChange(ticket=self.record.ticket, item=self.record.lean(), reopen=True)
            await workflow.execute_activity_method(Tickets.update_ticket, change, **TRACKER)

    async def _read_ticket(self) -> TicketReport:
        request = LookAtTicket(item=self.record.lean(), shows=self.ticket_shows, at=workflow.now())
        return await workflow.execute_activity_method(TicketReports.read_ticket, request, **TRACKER)

    async def _ask_again_later(self) -> None:
        refused_facts, ticket = self._ticket_facts(), self.record.ticket
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._look_wanted or self._ticket_facts() != refused_facts or self.record.ticket != ticket,
                timeout=ASK_AGAIN,
            )

    async def _show_in_ticket(self) -> None:
        facts = self._ticket_facts()
        if self._seen_as(TicketState.GONE):
            self.record.ticket = self.record.ticket_seen = None
        if self.record.ticket is None:
            ticket = await workflow.execute_activity_method(Tickets.ensure_ticket, self.record.lean(), **CREATING)
            self.record.ticket = ticket
            self.record.note(workflow.now(), EntryKind.TICKET, f"Ticket {ticket.key}")
            if self.record.plan is not None and self.record.plan.policy.planned_on_acceptance:
                self.record.sprint = await workflow.execute_activity_method(
                    Tickets.schedule_in_sprint,
                    SprintRequest(team=self.record.team, ticket=ticket, at=workflow.now()),
                    **TRACKER,
                )
            if self.record.sprint is not None:
                self.record.note(workflow.now(), EntryKind.TICKET, f"Planned in {self.record.sprint.name}")
        else:
            shown, seen = self.ticket_shows, self.record.ticket_seen
            if shown and facts and seen and shown.owner != facts.owner:
                self.record.ticket_seen = seen.model_copy(update={"assignee_kept": True})
            closed = shown.ended if shown else self._seen_as(TicketState.DONE)
            change = TicketChange(
                ticket=self.record.ticket, item=self.record.lean(), reopen=closed and not self.record.settled
            )
            await workflow.execute_activity_method(Tickets.update_ticket, change, **TRACKER)
        self.ticket_shows = facts
        take_as_written(self.record, await self._read_ticket())

    def _ticket_facts(self) -> TicketFacts | None:
        """What the ticket should show; None before the item is first accepted, unless it adopted one."""
        item = self.record
        if item.plan is None or (item.accepted_at is None and item.ticket is None and self.ticket_shows is None):
            return self.ticket_shows
        return TicketFacts(owner=item.owner, due=item.plan.due, ended=item.settled)

    def _ticket_is_behind(self) -> bool:
        """Whether there is something to write, in a ticket that can be written."""
        lost = self._seen_as(TicketState.HIDDEN) or (self._seen_as(TicketState.GONE) and self.record.settled)
        return self._ticket_facts() != self.ticket_shows and not lost

    def _seen_as(self, state: TicketState) -> bool:
        return self.record.ticket_seen is not None and self.record.ticket_seen.state is state

    def ticket_settled(self) -> bool:
        """The ticket shows where the item is, and nothing is under way that could change that."""
        return not self._ticket_is_behind() and not self._ticket_in_flight

    def may_continue_as_new(self) -> bool:
        """See ``Followed``."""
        return super().may_continue_as_new() and not self._ticket_in_flight and not self._look_wanted
