"""Tickets of action items: exactly one each, which follows its item until both are closed."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine
from temporalio import activity

from activities.tickets.jira.client import JiraConnection
from activities.tickets.jira.tracker import JiraTracker
from activities.tickets.local import LocalTracker
from activities.tickets.reports import TicketReports
from activities.tickets.tracker import Tracker
from activities.vendor_pause import VendorPause
from activities.vendors import VendorRefused, VendorUnavailable, in_words, tracker_failures
from followthrough.domain.answered.access.jira import asked_for, not_allowed
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.ticket.writing import as_written, what_to_write
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.ticket.sync import ticket_facts
from followthrough.domain.replayed.ticket.ticket import Ticket
from followthrough.settings import Settings
from workflows.messages.ticket import Adoption, FollowTicket, TicketComment, TicketFollowed, TicketMade

SEARCH_EVERY = timedelta(seconds=5)


def tracker_for(settings: Settings, organisation: Callable[[], Organisation], database: Engine) -> Tracker:
    """Jira when the settings name one, else the local tracker."""
    if settings.jira_url:
        return JiraTracker(JiraConnection(settings, organisation, VendorPause(database, "Jira")))
    return LocalTracker(database, organisation, settings.resolved_public_url)


class Tickets:
    """Activities that may be retried; a refusal is not, and its message says what to do."""

    def __init__(
        self,
        tracker: Tracker,
        organisation: Callable[[], Organisation],
        incident: Callable[[str], Incident | None],
        audit: Callable[..., None],
    ) -> None:
        self._audit = audit
        self._tracker = tracker
        self._organisation = organisation
        self._incident = incident
        self._reports = TicketReports(tracker, organisation)

    @activity.defn
    def ensure_ticket(self, request: FollowTicket) -> TicketMade:
        """The action item's one ticket, found or created, with a link back to the item, and planned where it is to be.

        An attempt that failed after that told the next one of it, which does not look for it again.
        """
        item, sprint, refusal = request.item, None, ""
        with tracker_failures():
            match activity.info().heartbeat_details:
                case [dict() as made]:
                    ticket = Ticket.model_validate(made)
                case _:
                    ticket = self._found_or_created(item)
            activity.heartbeat(ticket)
            try:
                sprint = self._scheduled(ticket, item, request.at)
            except VendorRefused as error:  # the ticket is there
                refusal = in_words(error)
            activity.heartbeat(ticket)
            facts = ticket_facts(item, request.shows)
            status = self._tracker.status(ticket)
            report = self._reports.report(item, status, [facts] if facts else [], request.at)
        return TicketMade(report=report, sprint=sprint, refusal=refusal)

    @activity.defn
    def follow_ticket(self, request: FollowTicket) -> TicketFollowed:
        """Reads a ticket, past any index; unless people did what the item takes in before, writes and reads again.

        What an earlier attempt may have written is not taken for what people did.
        """
        item = request.item
        if item.ticket is None:
            raise ValueError(f"Action item {item.id} has no ticket.")
        facts = ticket_facts(item, request.shows)
        written = [facts] if facts else []
        with tracker_failures():
            status = self._tracker.status(item.ticket)
            kept = [request.shows, *written] if request.shows else []
            found = self._reports.found(item, status, kept, request.at)
            write = what_to_write(item, found, request.shows, request.at)
            if write is None:
                here = as_of(self._organisation(), request.at.date())
                refused = not_allowed(item, found, here, self._incident(item.incident_id))
                self._audit(*asked_for(item, found, request.at, refused))
                return TicketFollowed(report=found, written=False, not_allowed=refused)
            activity.heartbeat()
            if write.reopen:
                self._tracker.reopen(status, write.item)
                activity.heartbeat()
            self._tracker.update(status, write.item, words=write.words)
            activity.heartbeat()
            after = self._reports.report(item, self._tracker.status(status.ticket), written, request.at)
        return TicketFollowed(report=as_written(found, after, closed=item.settled), written=True)

    @activity.defn
    def adopt_ticket(self, request: Adoption) -> Ticket:
        """A ticket that is there already, as the action item's."""
        with tracker_failures():
            return self._tracker.adopt(request.ticket, request.item)

    @activity.defn
    def reopen_ticket(self, item: ActionItem) -> None:
        """Opens a ticket that was closed while its action item is open."""
        if item.ticket is None:
            raise ValueError(f"Action item {item.id} has no ticket.")
        with tracker_failures():
            self._tracker.reopen(self._tracker.status(item.ticket), item)

    @activity.defn
    def comment_on_ticket(self, comment: TicketComment) -> None:
        """Says it once, where the tracker lets us: people hear of it by mail, too."""
        with tracker_failures():
            try:
                self._tracker.comment(comment.ticket, comment.text)
            except VendorRefused as refusal:
                activity.logger.warning("%s", refusal)

    def _found_or_created(self, item: ActionItem) -> Ticket:
        ticket = self._looked_for(item)
        if ticket is None:
            activity.heartbeat()  # so that creating, which is not done twice, has the whole timeout
            ticket = self._tracker.create(item)
        activity.heartbeat()
        try:
            self._tracker.link_back(ticket, item)
        except VendorRefused as refusal:  # the ticket is there, and its description has a link
            activity.logger.warning("%s", refusal)
        return ticket

    def _scheduled(self, ticket: Ticket, item: ActionItem, at: datetime) -> Sprint | None:
        """The team's next sprint, with the ticket in it; None when the team has none, or plans its tickets later."""
        if item.settled or item.plan is None or not item.plan.policy.planned_on_acceptance:
            return None
        sprint = self._tracker.next_sprint(item.team, at)
        if sprint is not None:
            self._tracker.add_to_sprint(sprint, ticket)
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
        except VendorUnavailable:
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
                raise VendorUnavailable("The worker stops; another one goes on.")
