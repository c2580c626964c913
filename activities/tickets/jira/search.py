"""Finding and reading tickets in Jira: one, some, or all that changed."""

import logging
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import requests

from activities.tickets.jira.answers import Found, Issue, JiraNo, Keyed
from activities.tickets.jira.client import LABEL, MOST_PAGES, JiraConnection, about
from activities.tickets.tracker import TicketState, TicketStatus
from activities.vendors import VendorRefused
from followthrough.domain.replayed.ids import is_item
from followthrough.domain.replayed.ticket.ticket import Ticket

logger = logging.getLogger(__name__)

STATES = {"new": TicketState.TO_DO, "indeterminate": TicketState.IN_PROGRESS, "done": TicketState.DONE}
"""By the key of Jira's status category."""

FIELDS = "status,labels,project,assignee,duedate,resolution,updated"
PAGE = 100
SWEEP = timedelta(hours=1)
"""The longest that pages of one search are read: Jira may count minutes ago anew for each."""
CLOCKS = timedelta(minutes=10)
"""Jira's and ours differ by less."""


class JiraSearch:
    """The part of a ``Tracker`` that changes nothing."""

    def __init__(self, jira: JiraConnection) -> None:
        self._jira = jira

    def find(self, item_id: str) -> Ticket | None:
        """See ``Tracker``. By label, which is set together with the ticket and can be searched without an app."""
        with about(f"the search for the ticket of action item {item_id}"):
            query = f'labels = {LABEL} AND labels = "{item_id}" ORDER BY created ASC'
            issues = Found.model_validate(self._jira.api.search_issues(query, fields="key", json_result=True)).issues
            found = [Keyed.model_validate(issue).key for issue in issues]
        if len(found) > 1:
            logger.warning("Action item %s has tickets %s; the oldest is kept.", item_id, ", ".join(found))
        return self._jira.ticket(found[0]) if found else None

    def status(self, ticket: Ticket) -> TicketStatus:
        """See ``Tracker``."""
        with about(f"the status of ticket {ticket.key}"):
            try:
                return self._describe(self.issue(ticket.key))
            except JiraNo as error:
                if not error.unseen:
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

        It asks for more than that, so that no change gets too old for the search while its pages are read. The latest
        come first: what a change moves between two pages was changed after the search began, and the next finds it.
        """
        oldest = since - self._jira.index_lag - CLOCKS
        minutes = math.ceil((datetime.now(UTC) - oldest + SWEEP) / timedelta(minutes=1))
        query = f'labels = {LABEL} AND updated >= "-{minutes}m" ORDER BY updated DESC'
        token, start, before = None, 0, None
        for _ in range(MOST_PAGES):
            with about("the tickets that changed"):
                if self._jira.cloud:
                    answer = self._jira.api.enhanced_search_issues(
                        query, token, maxResults=PAGE, fields=FIELDS, json_result=True
                    )
                else:
                    answer = self._jira.api.search_issues(
                        query, startAt=start, maxResults=PAGE, fields=FIELDS, json_result=True
                    )
                page = Found.model_validate(answer)
                found = [self._describe(Issue.model_validate(issue)) for issue in page.issues]
            for status in found:
                if status.updated is not None and status.updated < oldest:
                    return
                yield status
            token, start = page.next_page_token, start + len(found)
            if not (token if self._jira.cloud else found and start < page.total):
                return
            this: object = token if self._jira.cloud else page.issues
            if this == before:
                break
            before = this
        raise VendorRefused("Jira's search for tickets that changed repeats its pages; the next sweep asks again.")

    def issue(self, key: str) -> Issue:
        """As it is at this moment, under today's key."""
        return Issue.model_validate(self._jira.api.issue(key, fields=FIELDS).raw)

    def _describe(self, issue: Issue) -> TicketStatus:
        fields = issue.fields
        return TicketStatus(
            ticket=self._jira.ticket(issue.key),
            state=STATES.get(fields.status.status_category.key, TicketState.TO_DO),
            status=fields.status.name,
            item_id=item_id_in(fields.labels),
            project=fields.project.key if fields.project else issue.key.rpartition("-")[0],
            assignee=fields.assignee.id(cloud=self._jira.cloud) if fields.assignee else None,
            due=fields.duedate,
            resolution=fields.resolution.name if fields.resolution else None,
            updated=fields.updated,
        )

    def _search_keys(self, keys: list[str]) -> dict[str, TicketStatus]:
        """Those that there are. Jira refuses a search that names an issue which it does not have, so that is halved."""
        query = f"key in ({', '.join(keys)})"
        try:
            answer = self._jira.api.search_issues(query, maxResults=PAGE, fields=FIELDS, json_result=True)
        except JiraNo as error:
            if error.status != requests.codes.bad_request:
                raise
            middle = len(keys) // 2
            return self._search_keys(keys[:middle]) | self._search_keys(keys[middle:]) if middle else {}
        issues = [Issue.model_validate(issue) for issue in Found.model_validate(answer).issues]
        return {issue.key: self._describe(issue) for issue in issues}

    def _why_unseen(self, ticket: Ticket) -> TicketState:
        try:
            self._jira.api.project(ticket.key.rpartition("-")[0])
        except JiraNo as error:
            if not error.unseen:
                raise
            return TicketState.HIDDEN
        return TicketState.GONE


def item_id_in(labels: Sequence[object]) -> str | None:
    """The action item that a ticket's labels name."""
    return next((label for label in labels if isinstance(label, str) and is_item(label)), None)
