"""Finds the tickets that people changed, also where no webhook told of it, and tells their action items."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import Engine
from sqlmodel import Session
from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy

from activities.engine_calls import tell_all, wait_for
from activities.tickets.tracker import TicketState, TicketStatus, Tracker
from activities.vendors import VendorUnavailable, tracker_failures
from followthrough.domain.answered.access.audit import Outcome
from followthrough.domain.answered.access.jira import asked_in_jira, refused
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.item.lifecycle import ReopenItem
from followthrough.domain.replayed.ticket.sync import SOMEBODY, TicketFacts
from followthrough.domain.replayed.ticket.ticket import Ticket
from followthrough.starts import start_record
from followthrough.store import queries
from workflows.messages.item import ItemProgress
from workflows.messages.ticket import SweepPlace, SweepRequest
from workflows.signals import ToItem

BATCH = 100
UNDER_WORK = (TicketState.TO_DO, TicketState.IN_PROGRESS)


class TicketSweep:
    """Reads in batches. The index of a tracker lags behind, so what it says only tells which tickets to look at.

    Used in the threads of activities, while the client belongs to a loop.
    """

    def __init__(
        self,
        tracker: Tracker,
        organisation: Callable[[], Organisation],
        database: Engine,
        client: Client,
        loop: asyncio.AbstractEventLoop,
        audit: Callable[..., None],
    ) -> None:
        self._audit = audit
        self._tracker = tracker
        self._organisation = organisation
        self._database = database
        self._client = client
        self._loop = loop

    @activity.defn
    def tell_news(self, request: SweepRequest) -> None:
        """Tells action items whose tickets changed since then or, with ``check_all``, say what was not seen yet.

        An attempt goes on where the last one was: a change that comes meanwhile is found by the next sweep.
        """
        place = SweepPlace.model_validate(next(iter(activity.info().heartbeat_details), {}))
        with tracker_failures():
            changed = (
                status for status in self._tracker.changed_since(request.since) if place.is_ahead(status.updated)
            )
            while batch := list(islice(changed, BATCH)):
                with Session(self._database) as session:
                    items = queries.items_named(session, {status.item_id for status in batch if status.item_id})
                told = [(items[status.item_id], status) for status in batch if status.item_id in items]
                self._tell(told, place)
                place = place.model_copy(update={"changed": batch[-1].updated})
                self._is_at(place)
            while request.check_all and (open_items := self._open_after(place.checked)):
                self._tell(self._checked(open_items), place)
                place = place.model_copy(update={"checked": open_items[-1].id})
                self._is_at(place)

    def _open_after(self, item_id: str) -> list[ActionItem]:
        with Session(self._database) as session:
            return queries.open_items(session, after=item_id, limit=BATCH)

    def _checked(self, items: Iterable[ActionItem]) -> list[tuple[ActionItem, TicketStatus]]:
        """Also finds tickets that were deleted, hidden, or lost their label, which no search tells."""
        ticketed = [(item, item.ticket) for item in items if item.ticket is not None]
        statuses = self._tracker.statuses([ticket for _, ticket in ticketed])
        return [(item, status) for (item, _), status in zip(ticketed, statuses, strict=True)]

    def _is_at(self, place: SweepPlace) -> None:
        activity.heartbeat(place)
        if activity.is_worker_shutdown():
            raise VendorUnavailable("The worker stops; another one goes on.")

    def _tell(self, told: Iterable[tuple[ActionItem, TicketStatus]], place: SweepPlace) -> None:
        """Raises ApplicationError while the engine does not answer."""
        once = {item.id: (item, status) for item, status in told}.values()
        changed = [item.id for item, status in once if not item.ended and _is_news(item, status)]
        reopened = [item for item, _ in once if self._reopened(item, place)]
        wait_for(self._tell_all(changed, reopened), self._loop)

    async def _tell_all(self, changed: Iterable[str], reopened: Iterable[ActionItem]) -> None:
        await asyncio.gather(tell_all(self._look, changed), tell_all(self._reopen, reopened))

    async def _look(self, item_id: str) -> None:
        await self._client.get_workflow_handle(item_id).signal(ToItem.look_at_ticket)

    async def _reopen(self, item: ActionItem) -> None:
        key = item.ticket.key if item.ticket else ""
        reopen = ReopenItem(by=SOMEBODY, reason=f"ticket {key} was reopened")
        shows = TicketFacts(owner=item.owner, due=item.planned.due, ended=True, private=item.private)
        progress = ItemProgress(item=item, reopen=reopen, ticket_shows=shows)
        if not await start_record(self._client, progress, WorkflowIDReusePolicy.ALLOW_DUPLICATE):
            activity.logger.info("Action item %s goes on already", item.id)

    def _reopened(self, item: ActionItem, place: SweepPlace) -> bool:
        """Whether the ticket was closed with the item and is open now; a clone of it has the same labels."""
        seen = item.ticket_seen
        if item.drill or item.status is not ItemStatus.CLOSED or seen is None or seen.state is not TicketState.DONE:
            return False
        activity.heartbeat(place)
        return self._tracker.status(seen.ticket).state in UNDER_WORK and self._may_be_reopened(item, seen.ticket)

    def _may_be_reopened(self, item: ActionItem, ticket: Ticket) -> bool:
        """By whoever moved its ticket; they are told on it if not."""
        now = datetime.now(UTC)
        here = as_of(self._organisation(), now.date())
        account = self._tracker.history(ticket).moved_by
        person = next((one for one in here.people if account and self._tracker.account_of(one) == account), None)
        sentence = refused("reopen", person, item, here)
        outcome = Outcome.ACCEPTED if sentence is None else Outcome.FORBIDDEN
        self._audit(asked_in_jira(item, "reopen", person, now, outcome))
        if sentence is not None:
            self._tracker.comment(ticket, f"Followthrough: this action item stays closed. {sentence}")
        return sentence is None


def _is_news(item: ActionItem, status: TicketStatus) -> bool:
    seen = item.ticket_seen
    return seen is None or (seen.ticket, seen.state, seen.updated) != (status.ticket, status.state, status.updated)
