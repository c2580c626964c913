"""Finds the tickets that people changed, also where no webhook told of it."""

from itertools import islice

from sqlalchemy import Engine
from sqlmodel import Session
from temporalio import activity

from activities.tickets import tracker_failures
from activities.tracker import TicketState, TicketStatus, Tracker
from followthrough.domain.action_item import ActionItem, ItemStatus
from followthrough.store import queries
from workflows.ticket_messages import SweepRequest, TicketNews

BATCH = 100
UNDER_WORK = (TicketState.TO_DO, TicketState.IN_PROGRESS)


class TicketSweep:
    """Reads in batches. The index of a tracker lags behind, so what it says only tells which tickets to look at."""

    def __init__(self, tracker: Tracker, database: Engine) -> None:
        self._tracker = tracker
        self._database = database

    @activity.defn
    def find_news(self, request: SweepRequest) -> TicketNews:
        """Action items whose tickets changed since then or, with ``check_all``, say what was not seen yet."""
        with tracker_failures(), Session(self._database) as session:
            told = self._changed(session, request)
            if request.check_all:
                told |= self._all(session)
            return TicketNews(
                items=tuple(item.id for item, status in told.values() if not item.ended and _is_news(item, status)),
                reopened=tuple(item for item, _ in told.values() if self._reopened(item)),
            )

    def _changed(self, session: Session, request: SweepRequest) -> dict[str, tuple[ActionItem, TicketStatus]]:
        changed = {}
        for status in self._tracker.changed_since(request.since):
            activity.heartbeat()
            item = queries.action_item(session, status.item_id) if status.item_id else None
            if item is not None:
                changed[item.id] = (item, status)
        return changed

    def _all(self, session: Session) -> dict[str, tuple[ActionItem, TicketStatus]]:
        """Also finds tickets that were deleted, hidden, or lost their label, which no search tells."""
        tickets = ((item, item.ticket) for item in queries.open_items(session) if item.ticket is not None)
        told: dict[str, tuple[ActionItem, TicketStatus]] = {}
        while batch := list(islice(tickets, BATCH)):
            statuses = self._tracker.statuses([ticket for _, ticket in batch])
            activity.heartbeat()
            told |= {item.id: (item, status) for (item, _), status in zip(batch, statuses, strict=True)}
        return told

    def _reopened(self, item: ActionItem) -> bool:
        """Whether the ticket was closed with the item and is open now; a clone of it has the same labels."""
        seen = item.ticket_seen
        if item.drill or item.status is not ItemStatus.CLOSED or seen is None or seen.state is not TicketState.DONE:
            return False
        activity.heartbeat()
        return self._tracker.status(seen.ticket).state in UNDER_WORK


def _is_news(item: ActionItem, status: TicketStatus) -> bool:
    seen = item.ticket_seen
    return seen is None or (seen.ticket, seen.state, seen.updated) != (status.ticket, status.state, status.updated)
