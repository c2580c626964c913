"""Finding and reading tickets in Jira: one, some, or all that changed."""

import logging
import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import requests
from jira import JIRAError

from activities.jira_client import LABEL, JiraConnection, about
from activities.tracker import TicketState, TicketStatus
from followthrough.domain.action_item import Ticket
from followthrough.domain.item_lifecycle import ITEM_ID

logger = logging.getLogger(__name__)

STATES = {"new": TicketState.TO_DO, "indeterminate": TicketState.IN_PROGRESS, "done": TicketState.DONE}
"""By the key of Jira's status category."""

FIELDS = "status,labels,project,assignee,duedate,resolution,updated"
PAGE = 100

UNSEEN = (requests.codes.forbidden, requests.codes.not_found)


class JiraSearch(JiraConnection):
    """The part of a ``Tracker`` that changes nothing."""

    def find(self, item_id: str) -> Ticket | None:
        """See ``Tracker``. By label, which is set together with the ticket and can be searched without an app."""
        with about(f"the search for the ticket of action item {item_id}"):
            query = f'labels = {LABEL} AND labels = "{item_id}" ORDER BY created ASC'
            found = [issue.key for issue in self._jira.search_issues(query, fields="key")]
        if len(found) > 1:
            logger.warning("Action item %s has tickets %s; the oldest is kept.", item_id, ", ".join(found))
        return self._ticket(found[0]) if found else None

    def status(self, ticket: Ticket) -> TicketStatus:
        """See ``Tracker``."""
        with about(f"the status of ticket {ticket.key}"):
            try:
                return self.describe_issue(self._jira.issue(ticket.key, fields=FIELDS).raw)
            except JIRAError as error:
                if error.status_code not in UNSEEN:
                    raise
            return TicketStatus(ticket=ticket, state=self._why_unseen(ticket))

    def statuses(self, tickets: Sequence[Ticket]) -> list[TicketStatus]:
        """See ``Tracker``. What the search does not find under its key is asked for singly: moved, deleted, hidden."""
        keys = [ticket.key for ticket in tickets]
        found: dict[str, TicketStatus] = {}
        with about(f"the status of {len(tickets)} tickets"):
            for start in range(0, len(keys), PAGE):
                found |= self._search_keys(keys[start : start + PAGE])
        return [found.get(ticket.key) or self.status(ticket) for ticket in tickets]

    def changed_since(self, since: datetime) -> Iterator[TicketStatus]:
        """See ``Tracker``. By minutes ago, for Jira reads dates in the time zone of its user, and to the minute.

        The latest come first: what a change moves between two pages was changed after the search
        began, and so is found by the next one.
        """
        minutes = math.ceil((datetime.now(UTC) - since + self.index_lag) / timedelta(minutes=1)) + 1
        query = f'labels = {LABEL} AND updated >= "-{max(minutes, 1)}m" ORDER BY updated DESC'
        token, start, more = None, 0, True
        while more:
            with about("the tickets that changed"):
                if self._settings.jira_is_cloud:
                    page = self._jira.enhanced_search_issues(query, token, maxResults=PAGE, fields=FIELDS)
                    token = page.nextPageToken
                    more = token is not None
                else:
                    page = self._jira.search_issues(query, startAt=start, maxResults=PAGE, fields=FIELDS)
                    start += len(page)
                    more = bool(page) and start < page.total
            yield from (self.describe_issue(issue.raw) for issue in page)

    def describe_issue(self, issue: dict[str, Any]) -> TicketStatus:
        """An issue as Jira's API and its webhooks describe it."""
        fields = issue["fields"]
        assignee, resolution = fields.get("assignee"), fields.get("resolution")
        due, updated = fields.get("duedate"), fields.get("updated")
        return TicketStatus(
            ticket=self._ticket(issue["key"]),
            state=STATES.get(fields["status"]["statusCategory"]["key"], TicketState.TO_DO),
            status=fields["status"]["name"],
            item_id=item_id_in(fields.get("labels", [])),
            project=fields["project"]["key"],
            assignee=assignee["accountId" if self._settings.jira_is_cloud else "name"] if assignee else None,
            due=date.fromisoformat(due) if due else None,
            resolution=resolution["name"] if resolution else None,
            updated=datetime.fromisoformat(updated) if updated else None,
        )

    def _search_keys(self, keys: list[str]) -> dict[str, TicketStatus]:
        """Those that there are. Jira refuses a search that names an issue which it does not have, so that is halved."""
        try:
            issues = self._jira.search_issues(f"key in ({', '.join(keys)})", maxResults=PAGE, fields=FIELDS)
        except JIRAError as error:
            if error.status_code != requests.codes.bad_request:
                raise
            middle = len(keys) // 2
            return self._search_keys(keys[:middle]) | self._search_keys(keys[middle:]) if middle else {}
        return {issue.key: self.describe_issue(issue.raw) for issue in issues}

    def _why_unseen(self, ticket: Ticket) -> TicketState:
        try:
            self._jira.project(ticket.key.rpartition("-")[0])
        except JIRAError as error:
            if error.status_code not in UNSEEN:
                raise
            return TicketState.HIDDEN
        return TicketState.GONE


def item_id_in(labels: Sequence[str]) -> str | None:
    """The action item that a ticket's labels name."""
    return next((label for label in labels if re.fullmatch(ITEM_ID, label)), None)
