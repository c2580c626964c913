"""Reads what people did with tickets, and answers there."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from pydantic import HttpUrl, TypeAdapter, ValidationError
from temporalio import activity

from activities.tickets import tracker_failures
from activities.tracker import TicketHistory, TicketStatus, Tracker, TrackerRefused
from followthrough.domain.action_item import TicketReport
from followthrough.domain.calendar import end_of_working_day
from followthrough.domain.departures import as_of
from followthrough.domain.text import Link
from followthrough.domain.ticket_sync import UNREADABLE, sensible
from followthrough.organisation import Organisation, Team
from workflows.ticket_messages import LookAtTicket, TicketComment

LINK: TypeAdapter[HttpUrl] = TypeAdapter(Link)


class TicketReports:
    """Activities that may be retried."""

    def __init__(self, tracker: Tracker, organisation: Callable[[], Organisation]) -> None:
        self._tracker = tracker
        self._organisation = organisation

    @activity.defn
    def read_ticket(self, request: LookAtTicket) -> TicketReport:
        """What the ticket says now, with people and policies of the organisation file; it is read past any index."""
        item, seen = request.item, request.item.ticket_seen
        if item.ticket is None:
            raise ValueError(f"Action item {item.id} has no ticket.")
        organisation = as_of(self._organisation(), request.at.date())
        with tracker_failures():
            status = self._tracker.status(item.ticket)
            if status.state in UNREADABLE:
                lead = organisation.team(item.team, item.service).lead
                return TicketReport(ticket=status.ticket, state=status.state, lead=lead)
            if seen and seen.updated and seen.updated == status.updated and seen.assignee_kept and seen.due_kept:
                return seen
            history = self._tracker.history(status.ticket)
        return self._report(status, history, request, organisation)

    @activity.defn
    def comment_on_ticket(self, comment: TicketComment) -> None:
        """Says it once, where the tracker lets us: people hear of it by mail, too."""
        with tracker_failures():
            try:
                self._tracker.comment(comment.ticket, comment.text)
            except TrackerRefused as refusal:
                activity.logger.warning("%s", refusal)

    def _report(
        self, status: TicketStatus, history: TicketHistory, request: LookAtTicket, organisation: Organisation
    ) -> TicketReport:
        people = {self._tracker.account_of(person): person for person in organisation.people}
        people.pop(None, None)
        policies, shows = organisation.policies.jira, request.shows
        team = organisation.team(request.item.team, request.item.service)
        in_project_of = [
            other for other in organisation.teams.values() if other.jira and other.jira.project == status.project
        ]
        resolved = f" ({status.resolution})" if status.resolution not in (None, status.status) else ""
        return TicketReport(
            ticket=status.ticket,
            state=status.state,
            status=f"{status.status}{resolved}",
            account=status.assignee,
            assignee=people.get(status.assignee),
            assignee_kept=shows is None or status.assignee == self._tracker.account_of(shows.owner),
            due=status.due,
            due_kept=shows is None or shows.due is None or status.due == shows.due.astimezone(_zone(team)).date(),
            deadline=end_of_working_day(status.due, team.time_zone)
            if status.due and sensible(status.due, request.at)
            else None,
            moved_by=people.get(history.moved_by),
            assigned_by=people.get(history.assigned_by),
            rescheduled_by=people.get(history.rescheduled_by),
            evidence=_link(history.evidence),
            abandoned=not {status.status, status.resolution}.isdisjoint(policies.not_done),
            lead=team.lead,
            project_lead=in_project_of[0].lead if in_project_of and team not in in_project_of else None,
            reopen_without_evidence=policies.reopen_without_evidence,
            updated=status.updated,
        )


def _zone(team: Team) -> ZoneInfo:
    return ZoneInfo(team.time_zone)


def _link(found: str | None) -> HttpUrl | None:
    """Nothing for what only looks like a link, or is longer than any page's address."""
    try:
        return LINK.validate_python(found)
    except ValidationError:
        return None
