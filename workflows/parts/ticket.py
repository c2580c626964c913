"""The ticket of an action item: each follows the other."""

import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError
from temporalio.workflow import ActivityConfig

from activities.tickets.tickets import Tickets
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.item.commands import ItemCommand
from followthrough.domain.replayed.item.tells import of_refused_ticket
from followthrough.domain.replayed.ticket.commands import Adopt
from followthrough.domain.replayed.ticket.sync import TicketFacts, is_behind, take_report, ticket_facts
from followthrough.domain.replayed.ticket.ticket import TicketReport, TicketState
from followthrough.domain.replayed.values import EntryKind, Refusal
from workflows.background import Errand
from workflows.calls import TRACKER, reason
from workflows.entity import Entity
from workflows.messages.ticket import Adoption, FollowTicket, TicketComment
from workflows.turns import turn

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


class KeptTicket(Errand):
    """Brings ticket and item together, however long the tracker is away, whenever one is behind the other.

    What people did with the ticket is given to ``carry_out`` as commands; it raises Refusal.
    """

    def __init__(
        self,
        entity: Entity[ActionItem],
        shows: TicketFacts | None,
        carry_out: Callable[[ItemCommand], Awaitable[object]],
        *,
        look: bool,
    ) -> None:
        self.shows = shows
        self._entity = entity
        self._item = entity.record
        self._carry_out = carry_out
        self._look_wanted = look
        self._in_flight = False
        entity.background.add(self)

    def look(self) -> None:
        """Something may have changed in the ticket."""
        self._look_wanted = True
        self._entity.background.attend()

    @property
    def facts(self) -> TicketFacts | None:
        """What the ticket should show."""
        return ticket_facts(self._item, self.shows)

    @property
    def settled(self) -> bool:
        """The ticket shows where the item is, and nothing is under way that could change that."""
        return not self._is_behind and not self._in_flight

    @property
    def may_continue_as_new(self) -> bool:
        """Nothing is under way or to be looked at that a new run would not know."""
        return not self._in_flight and not self._look_wanted

    @property
    def wanted(self) -> bool:
        """See ``Errand``."""
        return (self._look_wanted or self._is_behind) and not self._in_flight

    async def run(self) -> None:
        """See ``Errand``."""
        while self.wanted:
            self._in_flight = True
            self._look_wanted = refused = False
            try:
                if self._item.ticket is not None:
                    await self._follow()
                if self._is_behind and (self._item.ticket is None or self._seen_as(TicketState.GONE)):
                    await self._make()
            except ActivityError as error:
                refused = True
                self._tell_refusal(reason(error))
                if self._item.settled:
                    self.shows = self.facts
            finally:
                self._in_flight = False
            if refused:
                await self._ask_again_later()

    async def adopt(self, command: Adopt) -> None:
        """Raises Refusal when the tracker does not agree."""
        if self._in_flight:
            raise Refusal(f"The ticket of action item {self._item.id} is being made; look again in a minute.")
        self._in_flight = True
        try:
            self._item.ticket = await workflow.execute_activity_method(
                Tickets.adopt_ticket, Adoption(ticket=command.ticket, item=self._item.lean()), **ADOPTING
            )
        except ActivityError as error:
            self._in_flight = False
            self._entity.background.attend()  # not in finally: a workflow that is evicted may start nothing
            raise Refusal(reason(error)) from error
        finally:
            self._in_flight = False
        self.shows = self._item.ticket_seen = None
        self._item.ticket_adopted = True
        self._item.note(workflow.now(), EntryKind.TICKET, f"Adopted ticket {self._item.ticket.key}", command.by)

    async def _follow(self) -> None:
        """Takes in what people did with the ticket, or else shows in it what is due."""
        facts = self.facts
        followed = await workflow.execute_activity_method(Tickets.follow_ticket, self._asks(), **WRITING)
        if followed.written:
            self._see(followed.report)
            self.shows = facts
            return
        outcome = take_report(self._item, followed.report, workflow.now(), followed.not_allowed)
        for command in outcome.commands:
            try:
                await self._carry_out(command)
            except Refusal as refusal:  # somebody was faster
                self._item.note(workflow.now(), EntryKind.TICKET, str(refusal))
        self._entity.mails.tell(*outcome.tells)
        if outcome.put_back and self.shows is not None:
            self.shows = self.shows.model_copy(update={"due": None})
        for comment in outcome.comments:
            said = TicketComment(ticket=followed.report.ticket, text=comment)
            await workflow.execute_activity_method(Tickets.comment_on_ticket, said, **TRACKER)
        if outcome.reopen:
            await workflow.execute_activity_method(Tickets.reopen_ticket, self._item.lean(), **TRACKER)

    async def _make(self) -> None:
        """A new ticket is open, also when the item has ended meanwhile: then it is closed next."""
        facts = self.facts
        self._item.ticket = self._item.ticket_seen = None
        self._item.ticket_adopted = False
        made = await workflow.execute_activity_method(Tickets.ensure_ticket, self._asks(), **WRITING)
        self._see(made.report)
        self._item.note(workflow.now(), EntryKind.TICKET, f"Ticket {made.report.ticket.key}")
        if made.sprint is not None:
            self._item.sprint = made.sprint
            self._item.planned_at = self._item.planned_at or workflow.now()
            self._item.note(workflow.now(), EntryKind.TICKET, f"Planned in {made.sprint.name}")
        if made.refusal:
            self._tell_refusal(made.refusal)
        self.shows = facts and facts.model_copy(update={"ended": False})

    def _asks(self) -> FollowTicket:
        return FollowTicket(item=self._item.lean(), shows=self.shows, at=workflow.now())

    def _see(self, report: TicketReport) -> None:
        self._item.ticket, self._item.ticket_seen = report.ticket, report
        self._item.version += 1

    def _tell_refusal(self, sentence: str) -> None:
        self._item.note(workflow.now(), EntryKind.TICKET, sentence)
        self._entity.mails.tell(of_refused_ticket(self._item, sentence))

    async def _ask_again_later(self) -> None:
        refused_facts, ticket = self.facts, self._item.ticket
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._look_wanted or self.facts != refused_facts or self._item.ticket != ticket,
                timeout=ASK_AGAIN,
            )
        await turn()

    @property
    def _is_behind(self) -> bool:
        return is_behind(self._item, self.shows)

    def _seen_as(self, state: TicketState) -> bool:
        return self._item.ticket_seen is not None and self._item.ticket_seen.state is state
