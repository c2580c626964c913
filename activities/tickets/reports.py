"""What people did with tickets, in the words of the organisation file."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import HttpUrl, TypeAdapter, ValidationError

from activities.tickets.tracker import TicketHistory, TicketStatus, Tracker
from followthrough.domain.answered.organisation.calendar import end_of_working_day
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation, Team
from followthrough.domain.answered.ticket.writing import sensible
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.text import Link
from followthrough.domain.replayed.ticket.sync import UNREADABLE, TicketFacts
from followthrough.domain.replayed.ticket.ticket import TicketReport

LINK: TypeAdapter[HttpUrl] = TypeAdapter(Link)
NOBODY = TicketHistory()


class TicketReports:
    """Makes reports of what a tracker says.

    An assignee and a due date count as ``kept`` when they are of one of these facts, or there are none.
    """

    def __init__(self, tracker: Tracker, organisation: Callable[[], Organisation]) -> None:
        self._tracker = tracker
        self._organisation = organisation

    def found(self, item: ActionItem, status: TicketStatus, kept: Sequence[TicketFacts], at: datetime) -> TicketReport:
        """With who changed what, which is asked for unless nothing changed since it was last seen."""
        seen = item.ticket_seen
        if seen and seen.updated and seen.updated == status.updated and seen.assignee_kept and seen.due_kept:
            return seen
        unreadable = status.state in UNREADABLE
        history = TicketHistory() if unreadable else self._tracker.history(status.ticket)
        return self.report(item, status, kept, at, history)

    def report(
        self,
        item: ActionItem,
        status: TicketStatus,
        kept: Sequence[TicketFacts],
        at: datetime,
        history: TicketHistory = NOBODY,
    ) -> TicketReport:
        """Without a history it is what Followthrough wrote just now."""
        organisation = as_of(self._organisation(), at.date())
        team = organisation.team(item.team, item.service)
        if status.state in UNREADABLE:
            return TicketReport(ticket=status.ticket, state=status.state, lead=team.lead)
        people = {self._tracker.account_of(person): person for person in organisation.people}
        people.pop(None, None)
        policies = organisation.policies.jira
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
            assignee_kept=not kept or status.assignee in [self._tracker.account_of(facts.owner) for facts in kept],
            due=status.due,
            due_kept=not kept or any(facts.due is None or status.due == _day(facts.due, team) for facts in kept),
            deadline=end_of_working_day(status.due, team.time_zone)
            if status.due and sensible(status.due, at)
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


def _day(at: datetime, team: Team) -> date:
    return at.astimezone(ZoneInfo(team.time_zone)).date()


def _link(found: str | None) -> HttpUrl | None:
    """Nothing for what only looks like a link, or is longer than any page's address."""
    try:
        return LINK.validate_python(found)
    except ValidationError:
        return None
