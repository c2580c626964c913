"""Writes tickets in Jira: makes, adopts and changes them."""

import re
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from activities.tickets.jira.answers import JiraNo
from activities.tickets.jira.client import LABEL, JiraConnection, about
from activities.tickets.jira.comments import JiraComments
from activities.tickets.jira.search import JiraSearch, item_id_in
from activities.tickets.jira.transitions import JiraTransitions
from activities.tickets.tracker import TicketState, TicketStatus, describe, due_day
from activities.vendors import VendorRefused
from followthrough.domain.answered.access.privacy import title_for_all
from followthrough.domain.answered.organisation.organisation import JiraProject
from followthrough.domain.answered.ticket.jira_fields import ScreenField, file_fields, read_screen
from followthrough.domain.answered.ticket.text import item_page, summary
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.ticket.ticket import Ticket

DRILL_LABEL = "followthrough-drill"

SCREEN_LIFETIME = 600
"""Seconds for which a project's screen for new tickets is remembered."""

ALWAYS_ON_SCREEN = ("project", "issuetype", "summary")

ResultT = TypeVar("ResultT")


class JiraTickets:
    """The part of a ``Tracker`` that writes tickets."""

    def __init__(self, jira: JiraConnection, search: JiraSearch, comments: JiraComments) -> None:
        self._jira = jira
        self._search = search
        self._comments = comments
        self._transitions = JiraTransitions(jira, comments)
        self._screens: dict[tuple[str, str], tuple[float, dict[str, ScreenField]]] = {}

    def create(self, item: ActionItem) -> Ticket:
        """See ``Tracker``. Without owner and deadline where Jira does not take them; a comment says so."""
        project = self._jira.project(item.team)
        with about(f"a new ticket in project {project.project}"):
            screen = self._screen(project)
            fields = self._file_fields(screen, project) | self._item_fields(item, project)
            shown = {name: value for name, value in fields.items() if name in screen or name in ALWAYS_ON_SCREEN}
            issue, note = _without_refused(shown, lambda taken: self._jira.api.create_issue(taken, prefetch=False))
        ticket = self._jira.ticket(issue.key)
        self._comments.comment_if_allowed(ticket, note)
        return ticket

    def check(self, team: str) -> None:
        """See ``Tracker``. By the project's screen for new tickets, which is remembered for ``create``."""
        project = self._jira.project(team)
        with about(f"the fields of project {project.project}"):
            self._file_fields(self._screen(project), project)

    def link_back(self, ticket: Ticket, item: ActionItem) -> None:
        """See ``Tracker``. An issue property for programs, a remote link for people."""
        page = item_page(item, self._jira.public_url)
        with about(f"the link from ticket {ticket.key} to its action item"):
            self._jira.api.add_issue_property(ticket.key, LABEL, {"item": item.id, "incident": item.incident_id})
            self._jira.api.add_remote_link(ticket.key, {"url": page, "title": f"Action item {item.id}"}, globalId=page)

    def adopt(self, key_or_url: str, item: ActionItem) -> Ticket:
        """See ``Tracker``."""
        key = _key(key_or_url, self._jira.url)
        with about(f"the adoption of ticket {key}"):
            issue = self._search.issue(key)
            other = item_id_in(issue.fields.labels)
            if other not in (None, item.id):
                raise VendorRefused(f"Ticket {issue.key} belongs to action item {other} already.")
            labels = {"labels": [{"add": label} for label in (LABEL, item.id)]}
            self._jira.send("PUT", f"issue/{issue.key}", {"update": labels})
        ticket = self._jira.ticket(issue.key)
        self.link_back(ticket, item)
        return ticket

    def update(self, found: TicketStatus, item: ActionItem, *, words: bool = False) -> None:
        """See ``Tracker``."""
        closed = item.settled and found.state is TicketState.DONE
        if closed and not words:
            return
        key = found.ticket.key
        fields = {} if closed else self._followed_fields(item)
        with about(f"the change of ticket {key}"):
            _, note = _without_refused(
                fields | (self._words(item) | self._priority(item) if words else {}),
                lambda taken: self._jira.send("PUT", f"issue/{key}", {"fields": taken}),
            )
            if item.settled and not closed:
                self._transitions.move(key, item, done=True)
        self._comments.comment_if_allowed(found.ticket, note)

    def reopen(self, found: TicketStatus, item: ActionItem) -> None:
        """See ``Tracker``."""
        if found.state is TicketState.DONE:
            with about(f"the reopening of ticket {found.ticket.key}"):
                self._transitions.move(found.ticket.key, item, done=False)

    def _screen(self, project: JiraProject) -> dict[str, ScreenField]:
        """The fields that a new ticket can have; needs Jira Data Center 8.4 or later, or Cloud."""
        name = (project.project, project.issue_type)
        read_at, screen = self._screens.get(name, (float("-inf"), {}))
        if time.monotonic() - read_at > SCREEN_LIFETIME:
            types = self._jira.listed(f"issue/createmeta/{project.project}/issuetypes")
            ids = {offered["name"]: offered["id"] for offered in types}
            if project.issue_type not in ids:
                raise VendorRefused(
                    f"Jira's project {project.project} lets us create {', '.join(ids) or 'nothing'}, "
                    f"not {project.issue_type}; set issue_type in the organisation file, or ask for the permission."
                )
            of_type = f"issue/createmeta/{project.project}/issuetypes/{ids[project.issue_type]}"
            screen = read_screen(self._jira.listed(of_type))
            self._screens[name] = (time.monotonic(), screen)
        return screen

    def _file_fields(self, screen: dict[str, ScreenField], project: JiraProject) -> dict[str, Any]:
        return file_fields(screen, project, cloud=self._jira.cloud, accounts=self._jira.accounts())

    def _item_fields(self, item: ActionItem, project: JiraProject) -> dict[str, Any]:
        fields = {
            "project": {"key": project.project},
            "issuetype": {"name": project.issue_type},
            **self._words(item),
            "labels": [LABEL, item.id, *([DRILL_LABEL] if item.drill else []), *project.labels],
        }
        return (
            fields
            | self._priority(item)
            | {name: value for name, value in self._followed_fields(item).items() if value is not None}
        )

    def _priority(self, item: ActionItem) -> dict[str, Any]:
        """As the team's project calls it; nothing where it has no name for it."""
        named = self._jira.project(item.team).priorities.get(item.priority)
        return {"priority": {"name": named}} if named else {}

    def _words(self, item: ActionItem) -> dict[str, Any]:
        description = describe(item, self._jira.organisation(), self._jira.public_url)
        whole = item_page(item, self._jira.public_url)
        return {"summary": summary(title_for_all(item)), "description": self._jira.formatted(description, whole)}

    def _followed_fields(self, item: ActionItem) -> dict[str, Any]:
        """The fields that follow the action item; None empties one. An assignee of others' choice is left alone."""
        account, due = self._jira.account_of(item.owner), due_day(item, self._jira.organisation())
        fields: dict[str, Any] = {"duedate": due.isoformat() if due else None}
        if item.ticket_seen is None or item.ticket_seen.assignee_kept:
            fields["assignee"] = {"id" if self._jira.cloud else "name": account} if account else None
        return fields


def _without_refused(fields: dict[str, Any], write: Callable[[dict[str, Any]], ResultT]) -> tuple[ResultT, str | None]:
    """Writes once more without owner, deadline and priority if Jira does not take them; then a note says so."""
    try:
        return write(fields), None
    except JiraNo as error:
        refused = {name: words for name, words in error.fields.items() if name in ("assignee", "duedate", "priority")}
        if not refused or error.status != requests.codes.bad_request:
            raise
    note = "Jira did not take " + " ".join(f"{name}: {words}" for name, words in refused.items())
    return write({name: value for name, value in fields.items() if name not in refused}), note


def _key(key_or_url: str, jira_url: str) -> str:
    """Of a ticket. Raises VendorRefused for the address of another Jira and for what is no key."""
    url = urlsplit(key_or_url)
    if url.netloc and url.netloc != urlsplit(jira_url).netloc:
        raise VendorRefused(f"{key_or_url} is not in {jira_url}; name a ticket that is.")
    key = re.search(r"(?:^|/browse/|selectedIssue=)([a-z][a-z0-9_]*-[0-9]+)(?:[?&#/]|$)", key_or_url, re.IGNORECASE)
    if key is None:
        raise VendorRefused(f"{key_or_url!r} is no ticket; give its key or its address, like PAY-12.")
    return key[1].upper()
