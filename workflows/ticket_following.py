"""The ticket of an action item: each follows the other."""

import contextlib
from abc import abstractmethod
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.workflow import ActivityConfig

from activities.tickets import Tickets
from followthrough.domain.action_item import ActionItem
from followthrough.domain.item_commands import ItemCommand
from followthrough.domain.ticket import TicketReport, TicketState
from followthrough.domain.ticket_commands import Adopt
from followthrough.domain.ticket_sync import TicketFacts, is_behind, take_report, ticket_facts
from followthrough.domain.values import EntryKind, Refusal
from followthrough.turns import turn
from workflows.durable import TRACKER, Followed, reason
from workflows.messages import Adoption, ItemProgress, NoticeKind
from workflows.signals import ToItem
from workflows.ticket_messages import FollowTicket, TicketComment

ASK_AGAIN = timedelta(days=1)
"""How long after a tracker's refusal the ticket is tried again, when the item itself does not change before."""

WRITING: ActivityConfig = {
    **TRACKER,
    "start_to_close_timeout": timedelta(minutes=5),
    "heartbeat_timeout": timedelta(minutes=1),
}
"""A killed worker is noticed early; that timeout is longer than one step of making or writing a ticket takes."""

ADOPTING: ActivityConfig = {
    **TRACKER,
    "start_to_close_timeout": timedelta(minutes=1),
    "retry_policy": RetryPolicy(maximum_attempts=1),
}
"""Somebody waits for the answer, and can ask again."""


class TicketFollowing(Followed[ActionItem], ToItem):
    """Keeps the ticket of its action item."""

    def __init__(self, progress: ItemProgress) -> None:
        super().__init__(progress.item, progress.outgoing)
        self.ticket_shows = progress.ticket_shows
        self._ticket_in_flight = False
        self._keeping = False
        self._look_wanted = bool(progress.goes_on)

    @abstractmethod
    async def carry_out(self, command: ItemCommand) -> int:
        """Carries out a command and tells who has to know; gives the version after it. Raises Refusal."""

    @workflow.signal
    def look_at_ticket(self) -> None:
        """Something may have changed in the ticket."""
        self._look_wanted = True
        self.attend()

    def attend(self) -> None:
        """See ``Followed``."""
        super().attend()
        if self._begun and self._ticket_wants() and not self._keeping:
            self._keeping = True
            self.background.start(self._keep_ticket())

    def _ticket_wants(self) -> bool:
        return (self._look_wanted or self._ticket_is_behind()) and not self._ticket_in_flight

    async def _keep_ticket(self) -> None:
        """Lets ticket and item follow each other, however long the tracker is away, until neither is behind."""
        while self._ticket_wants():
            self._ticket_in_flight = True
            self._look_wanted = refused = False
            try:
                if self.record.ticket is not None:
                    await self._follow_ticket()
                if self._ticket_is_behind() and (self.record.ticket is None or self._seen_as(TicketState.GONE)):
                    await self._make_ticket()
            except ActivityError as error:
                refused = True
                self._tell_refusal(reason(error))
                if self.record.settled:
                    self.ticket_shows = self._ticket_facts()
            finally:
                self._ticket_in_flight = False
            if refused:
                await self._ask_again_later()
        self._keeping = False

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
            self._ticket_in_flight = False
            self.attend()  # not in finally: a workflow that is evicted may start nothing
            raise ApplicationError(reason(error), type="Refusal", non_retryable=True) from error
        finally:
            self._ticket_in_flight = False
        self.ticket_shows = self.record.ticket_seen = None
        self.record.note(workflow.now(), EntryKind.TICKET, f"Adopted ticket {self.record.ticket.key}", command.by)

    async def _follow_ticket(self) -> None:
        """Takes in what people did with the ticket, or else shows in it what is due."""
        facts = self._ticket_facts()
        followed = await workflow.execute_activity_method(Tickets.follow_ticket, self._asks(), **WRITING)
        if followed.written:
            self._see(followed.report)
            self.ticket_shows = facts
            return
        outcome = take_report(self.record, followed.report, workflow.now())
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
            said = TicketComment(ticket=followed.report.ticket, text=comment)
            await workflow.execute_activity_method(Tickets.comment_on_ticket, said, **TRACKER)
        if outcome.reopen:
            await workflow.execute_activity_method(Tickets.reopen_ticket, self.record.lean(), **TRACKER)

    async def _make_ticket(self) -> None:
        """A new ticket is open, also when the item has ended meanwhile: then it is closed next."""
        facts = self._ticket_facts()
        self.record.ticket = self.record.ticket_seen = None
        made = await workflow.execute_activity_method(Tickets.ensure_ticket, self._asks(), **WRITING)
        self._see(made.report)
        self.record.note(workflow.now(), EntryKind.TICKET, f"Ticket {made.report.ticket.key}")
        if made.sprint is not None:
            self.record.sprint = made.sprint
            self.record.note(workflow.now(), EntryKind.TICKET, f"Planned in {made.sprint.name}")
        if made.refusal:
            self._tell_refusal(made.refusal)
        self.ticket_shows = facts and facts.model_copy(update={"ended": False})

    def _asks(self) -> FollowTicket:
        return FollowTicket(item=self.record.lean(), shows=self.ticket_shows, at=workflow.now())

    def _see(self, report: TicketReport) -> None:
        self.record.ticket, self.record.ticket_seen = report.ticket, report
        self.record.version += 1

    def _tell_refusal(self, sentence: str) -> None:
        self.record.note(workflow.now(), EntryKind.TICKET, sentence)
        self.tell(NoticeKind.TICKET_REFUSED, (self.record.owner,), text=sentence)

    async def _ask_again_later(self) -> None:
        refused_facts, ticket = self._ticket_facts(), self.record.ticket
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._look_wanted or self._ticket_facts() != refused_facts or self.record.ticket != ticket,
                timeout=ASK_AGAIN,
            )
        await turn()

    def _ticket_facts(self) -> TicketFacts | None:
        return ticket_facts(self.record, self.ticket_shows)

    def _ticket_is_behind(self) -> bool:
        return is_behind(self.record, self.ticket_shows)

    def _seen_as(self, state: TicketState) -> bool:
        return self.record.ticket_seen is not None and self.record.ticket_seen.state is state

    def ticket_settled(self) -> bool:
        """The ticket shows where the item is, and nothing is under way that could change that."""
        return not self._ticket_is_behind() and not self._ticket_in_flight

    def may_continue_as_new(self) -> bool:
        """See ``Followed``."""
        return super().may_continue_as_new() and not self._ticket_in_flight and not self._look_wanted
