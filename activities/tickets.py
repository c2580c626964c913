"""Tickets of action items: exactly one each, which follows its item until both are closed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Engine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.jira_tracker import JiraTracker
from activities.local_tracker import LocalTracker
from activities.tracker import Tracker, TrackerRefused, TrackerUnavailable
from activities.vendor_pause import VendorPause
from followthrough.domain.action_item import ActionItem, Sprint, Ticket
from followthrough.domain.text import REASON, clean, cut
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from workflows.messages import Adoption, SprintRequest, TicketChange

SEARCH_EVERY = timedelta(seconds=5)


def tracker_for(settings: Settings, organisation: Callable[[], Organisation], database: Engine) -> Tracker:
    """Jira when the settings name one, else the local tracker."""
    if settings.jira_url:
        return JiraTracker(settings, organisation, VendorPause(database, "Jira"))
    return LocalTracker(database, organisation, settings.resolved_public_url)


class Tickets:
    """Activities that may be retried; a refusal is not, and its message says what to do."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    @activity.defn
    def ensure_ticket(self, item: ActionItem) -> Ticket:
        """The action item's one ticket, found or created, with a link back to the item."""
        with tracker_failures():
            ticket = self._looked_for(item)
            if ticket is None:
                activity.heartbeat()  # so that creating, which is not done twice, has the whole timeout
                ticket = self._tracker.create(item)
            activity.heartbeat()
            try:
                self._tracker.link_back(ticket, item)
            except TrackerRefused as refusal:  # the ticket is there, and its description has a link
                activity.logger.warning("%s", refusal)
        return ticket

    @activity.defn
    def adopt_ticket(self, request: Adoption) -> Ticket:
        """A ticket that is there already, as the action item's."""
        with tracker_failures():
            return self._tracker.adopt(request.ticket, request.item)

    @activity.defn
    def update_ticket(self, change: TicketChange) -> None:
        """Owner and deadline follow the action item; its end closes the ticket, its reopening opens it."""
        with tracker_failures():
            if change.reopen:
                self._tracker.reopen(change.ticket, change.item)
            self._tracker.update(change.ticket, change.item)

    @activity.defn
    def schedule_in_sprint(self, request: SprintRequest) -> Sprint | None:
        """The team's next sprint, with the ticket in it; None when the team has no such sprint."""
        with tracker_failures():
            sprint = self._tracker.next_sprint(request.team, request.at)
            if sprint is not None:
                self._tracker.add_to_sprint(sprint, request.ticket)
        return sprint

    def _looked_for(self, item: ActionItem) -> Ticket | None:
        """None when there is none, and one can be created.

        An empty answer counts only once a ticket that an earlier attempt may have created would be found. An attempt
        that fails before it creates one says so to the next, with its number: a death says nothing.
        """
        info = activity.info()
        none_before = info.attempt == 1 or list(info.heartbeat_details) == [info.attempt - 1]
        try:
            ticket = self._tracker.find(item.id) if none_before else self._found_in_time(item.id)
            none_before = True
            if ticket is None:
                self._tracker.check(item.team)
        except TrackerUnavailable:
            if none_before:
                activity.heartbeat(info.attempt)
            raise
        return ticket

    def _found_in_time(self, item_id: str) -> Ticket | None:
        settled_at = time.monotonic() + self._tracker.index_lag.total_seconds()
        while True:
            wait = settled_at - time.monotonic()
            ticket = self._tracker.find(item_id)
            activity.heartbeat()
            if ticket is not None or wait <= 0:
                return ticket
            activity.wait_for_worker_shutdown_sync(min(wait, SEARCH_EVERY.total_seconds()))
            if activity.is_worker_shutdown():
                raise TrackerUnavailable("The worker stops; another one goes on.")


@contextmanager
def tracker_failures() -> Iterator[None]:
    """What a tracker raises, as Temporal retries it or not."""
    try:
        yield
    except TrackerUnavailable as error:
        raise ApplicationError(_words(error), type="TrackerUnavailable", next_retry_delay=error.retry_after) from None
    except TrackerRefused as error:
        raise ApplicationError(_words(error), type="TrackerRefused", non_retryable=True) from None


def _words(error: TrackerUnavailable | TrackerRefused) -> str:
    """They may quote the tracker, and go into timelines and mails."""
    return cut(clean(str(error)), REASON)
