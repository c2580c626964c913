"""Tickets in Jira Cloud (REST API 3, Atlassian documents) and Jira Data Center (REST API 2, wiki text)."""

import contextlib
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from activities.jira_answers import JiraNo, Transition
from activities.jira_client import LABEL, about
from activities.jira_history import JiraHistory
from activities.jira_search import JiraSearch, item_id_in
from activities.jira_sprints import JiraSprints
from activities.tracker import TicketState, TicketStatus, TrackerRefused, TrackerUnavailable, describe, due_day
from activities.vendor_pause import VendorPause
from followthrough.domain.action_item import ActionItem, ItemStatus
from followthrough.domain.jira_fields import (
    OURS,
    ScreenField,
    asked_for,
    by_id,
    file_fields,
    read_screen,
    read_transition,
    resolution,
    transition_fields,
)
from followthrough.domain.ticket import Ticket
from followthrough.domain.ticket_text import (
    Document,
    Link,
    atlassian_document,
    closing_comment,
    formatted,
    item_page,
    reopening_comment,
    summary,
    wiki_text,
)
from followthrough.domain.values import PersonId
from followthrough.organisation import JiraProject, Organisation
from followthrough.settings import Settings

DRILL_LABEL = "followthrough-drill"

SCREEN_LIFETIME = 600
"""Seconds for which a project's screen for new tickets is remembered."""

DONE = "done"
"""Key of the status category in which tickets are closed."""

ALWAYS_ON_SCREEN = ("project", "issuetype", "summary")

ResultT = TypeVar("ResultT")


class JiraTracker(JiraSearch, JiraSprints, JiraHistory):
    """See ``Tracker``; this is its part that writes tickets."""

    def __init__(
        self,
        settings: Settings,
        organisation: Callable[[], Organisation],
        pause: VendorPause | None,
        timeout: tuple[float, float] = (5, 20),
    ) -> None:
        """See ``JiraConnection``."""
        super().__init__(settings, organisation, pause, timeout)
        self._screens: dict[tuple[str, str], tuple[float, dict[str, ScreenField]]] = {}

    def create(self, item: ActionItem) -> Ticket:
        """See ``Tracker``. Without owner and deadline where Jira does not take them; a comment says so."""
        project = self._project(item.team)
        with about(f"a new ticket in project {project.project}"):
            screen = self._screen(project)
            fields = self._file_fields(screen, project) | self._item_fields(item, project)
            shown = {name: value for name, value in fields.items() if name in screen or name in ALWAYS_ON_SCREEN}
            issue, note = _without_refused(shown, lambda taken: self._jira.create_issue(taken, prefetch=False))
        ticket = self._ticket(issue.key)
        self._comment_refused(ticket, note)
        return ticket

    def check(self, team: str) -> None:
        """See ``Tracker``. By the project's screen for new tickets, which is remembered for ``create``."""
        project = self._project(team)
        with about(f"the fields of project {project.project}"):
            self._file_fields(self._screen(project), project)

    def link_back(self, ticket: Ticket, item: ActionItem) -> None:
        """See ``Tracker``. An issue property for programs, a remote link for people."""
        page = item_page(item, self._settings.resolved_public_url)
        with about(f"the link from ticket {ticket.key} to its action item"):
            self._jira.add_issue_property(ticket.key, LABEL, {"item": item.id, "incident": item.incident_id})
            self._jira.add_remote_link(ticket.key, {"url": page, "title": f"Action item {item.id}"}, globalId=page)

    def adopt(self, key_or_url: str, item: ActionItem) -> Ticket:
        """See ``Tracker``."""
        key = _key(key_or_url, self._settings.jira_url)
        with about(f"the adoption of ticket {key}"):
            issue = self._issue(key)
            other = item_id_in(issue.fields.labels)
            if other not in (None, item.id):
                raise TrackerRefused(f"Ticket {issue.key} belongs to action item {other} already.")
            labels = {"labels": [{"add": label} for label in (LABEL, item.id)]}
            self._send("PUT", f"issue/{issue.key}", {"update": labels})
        ticket = self._ticket(issue.key)
        self.link_back(ticket, item)
        return ticket

    def update(self, found: TicketStatus, item: ActionItem) -> None:
        """See ``Tracker``."""
        if item.settled and found.state is TicketState.DONE:
            return
        key = found.ticket.key
        with about(f"the change of ticket {key}"):
            _, note = _without_refused(
                self._followed_fields(item), lambda taken: self._send("PUT", f"issue/{key}", {"fields": taken})
            )
            if item.settled:
                self._move(key, item, done=True)
        self._comment_refused(found.ticket, note)

    def reopen(self, found: TicketStatus, item: ActionItem) -> None:
        """See ``Tracker``."""
        if found.state is TicketState.DONE:
            with about(f"the reopening of ticket {found.ticket.key}"):
                self._move(found.ticket.key, item, done=False)

    def account_of(self, person: PersonId) -> str | None:
        """See ``Tracker``."""
        known = self._organisation().people.get(person)
        return known.jira if known else None

    def comment(self, ticket: Ticket, text: str) -> None:
        """See ``Tracker``."""
        with about(f"a comment on ticket {ticket.key}"):
            self._say(ticket.key, ((text,),), self._settings.resolved_public_url)

    def _screen(self, project: JiraProject) -> dict[str, ScreenField]:
        """The fields that a new ticket can have; needs Jira Data Center 8.4 or later, or Cloud."""
        name = (project.project, project.issue_type)
        read_at, screen = self._screens.get(name, (float("-inf"), {}))
        if time.monotonic() - read_at > SCREEN_LIFETIME:
            types = self._listed(f"issue/createmeta/{project.project}/issuetypes")
            ids = {offered["name"]: offered["id"] for offered in types}
            if project.issue_type not in ids:
                raise TrackerRefused(
                    f"Jira's project {project.project} lets us create {', '.join(ids) or 'nothing'}, "
                    f"not {project.issue_type}; set issue_type in the organisation file, or ask for the permission."
                )
            of_type = f"issue/createmeta/{project.project}/issuetypes/{ids[project.issue_type]}"
            screen = read_screen(self._listed(of_type))
            self._screens[name] = (time.monotonic(), screen)
        return screen

    def _file_fields(self, screen: dict[str, ScreenField], project: JiraProject) -> dict[str, Any]:
        return file_fields(screen, project, cloud=self._settings.jira_is_cloud, accounts=self._accounts())

    def _item_fields(self, item: ActionItem, project: JiraProject) -> dict[str, Any]:
        description = describe(item, self._organisation(), self._settings.resolved_public_url)
        fields = {
            "project": {"key": project.project},
            "issuetype": {"name": project.issue_type},
            "summary": summary(item.title),
            "description": self._formatted(description, item_page(item, self._settings.resolved_public_url)),
            "labels": [LABEL, item.id, *([DRILL_LABEL] if item.drill else []), *project.labels],
        }
        if item.priority in project.priorities:
            fields["priority"] = {"name": project.priorities[item.priority]}
        return fields | {name: value for name, value in self._followed_fields(item).items() if value is not None}

    def _followed_fields(self, item: ActionItem) -> dict[str, Any]:
        """The fields that follow the action item; None empties one. An assignee of others' choice is left alone."""
        account, due = self.account_of(item.owner), due_day(item, self._organisation())
        fields: dict[str, Any] = {"duedate": due.isoformat() if due else None}
        if item.ticket_seen is None or item.ticket_seen.assignee_kept:
            fields["assignee"] = {"id" if self._settings.jira_is_cloud else "name": account} if account else None
        return fields

    def _formatted(self, document: Document, whole: str) -> Any:
        """Cut to what Jira takes, with a link to the ``whole``."""
        return formatted(
            document, Link(whole, whole), atlassian_document if self._settings.jira_is_cloud else wiki_text
        )

    def _move(self, key: str, item: ActionItem, *, done: bool) -> None:
        """Closes or opens a ticket by the transition that the file names, or else by the first that does.

        Where several have that name it is the one that ends where it should.
        """
        project = self._project(item.team)
        wanted = project.done_transition if done else project.reopen_transition
        offered = self._transitions(key)
        not_done = self._organisation().policies.jira.not_done if item.status is ItemStatus.CLOSED else ()
        chosen = min(
            (offer for offer in offered if (offer.name == wanted if wanted else _ends(offer, done=done))),
            key=lambda offer: (not _ends(offer, done=done), offer.to.name in not_done),
            default=None,
        )
        if chosen is None:
            verb, kind, setting = ("closed", "a done", "done") if done else ("reopened", "an open", "reopen")
            raise TrackerRefused(
                f"Ticket {key} can't be {verb}: Jira offers "
                f"{', '.join(offer.name for offer in offered) or 'no transition'}, "
                f"not {wanted or f'one to {kind} status'}; set {setting}_transition in the organisation file."
            )
        fields = self._transition_fields(key, item, chosen, done=done)
        # Jira drops a comment that comes with a transition without a screen, so it goes first.
        comment = closing_comment(item) if done else reopening_comment(item)
        self._say(key, comment, item_page(item, self._settings.resolved_public_url))
        try:
            self._send("POST", f"issue/{key}/transitions", {"transition": {"id": chosen.id}, "fields": fields})
        except JiraNo:
            if chosen.id in [offer.id for offer in self._transitions(key)]:
                raise
            raise TrackerUnavailable(f"Ticket {key} was moved by somebody else meanwhile; it is read again.") from None

    def _transition_fields(self, key: str, item: ActionItem, chosen: Transition, *, done: bool) -> dict[str, Any]:
        """What the transition's screen asks for; what the ticket has already is not asked for again."""
        project, screen = self._project(item.team), read_transition(chosen.fields or {})
        given = dict(project.done_fields if done else project.reopen_fields)
        if done and "resolution" in screen:
            not_done = self._organisation().policies.jira.not_done
            given = {"resolution": resolution(screen["resolution"].allowed, item.status, not_done)} | by_id(
                screen, given
            )
        fields = transition_fields(screen, given, cloud=self._settings.jira_is_cloud, accounts=self._accounts())
        missing = [field for field in screen.values() if field.required and field.id not in (*OURS, *fields)]
        if missing:
            known = self._jira.issue(key, fields=",".join(field.id for field in missing)).raw["fields"]
            missing = [field for field in missing if not known.get(field.id)]
        if missing:
            verb, setting = ("closed", "done_fields") if done else ("reopened", "reopen_fields")
            raise TrackerRefused(
                f"Ticket {key} can't be {verb}: Jira's transition {chosen.name} {asked_for(missing, setting)} "
                f"under `jira` of team {item.team} in the organisation file."
            )
        return fields

    def _transitions(self, key: str) -> list[Transition]:
        return [Transition.model_validate(one) for one in self._jira.transitions(key, expand="transitions.fields")]

    def _say(self, key: str, document: Document, whole: str) -> None:
        comment = self._formatted(document, whole)
        latest = self._jira.comments(key, order_by="-created")[:1]
        if [_text(earlier.raw.get("body")) for earlier in latest] != [_text(comment)]:
            self._jira.add_comment(key, comment)

    def _comment_refused(self, ticket: Ticket, note: str | None) -> None:
        if note is not None:
            with contextlib.suppress(TrackerRefused):  # the ticket counts, also where nothing may be said on it
                self.comment(ticket, note)


def _ends(offer: Transition, *, done: bool) -> bool:
    return (offer.to.status_category.key == DONE) is done


def _without_refused(fields: dict[str, Any], write: Callable[[dict[str, Any]], ResultT]) -> tuple[ResultT, str | None]:
    """Writes once more without owner and deadline when Jira does not take them; then there is a note that says so."""
    try:
        return write(fields), None
    except JiraNo as error:
        refused = {name: words for name, words in error.fields.items() if name in ("assignee", "duedate")}
        if not refused or error.status != requests.codes.bad_request:
            raise
    note = "Jira did not take " + " ".join(f"{name}: {words}" for name, words in refused.items())
    return write({name: value for name, value in fields.items() if name not in refused}), note


def _key(key_or_url: str, jira_url: str) -> str:
    """Of a ticket. Raises TrackerRefused for the address of another Jira and for what is no key."""
    url = urlsplit(key_or_url)
    if url.netloc and url.netloc != urlsplit(jira_url).netloc:
        raise TrackerRefused(f"{key_or_url} is not in {jira_url}; name a ticket that is.")
    key = re.search(r"(?:^|/browse/|selectedIssue=)([a-z][a-z0-9_]*-[0-9]+)(?:[?&#/]|$)", key_or_url, re.IGNORECASE)
    if key is None:
        raise TrackerRefused(f"{key_or_url!r} is no ticket; give its key or its address, like PAY-12.")
    return key[1].upper()


def _text(body: Any) -> str:
    """The words of a wiki text or of a node of an Atlassian document, to which Jira may add attributes."""
    if isinstance(body, str):
        return body
    if not isinstance(body, dict):
        return ""
    return str(body.get("text", "")) + "".join(_text(node) for node in body.get("content") or ())
