"""Tickets in Jira Cloud (REST API 3, Atlassian documents) and Jira Data Center (REST API 2, wiki text)."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import jira
import requests
from jira import JIRA, JIRAError

from activities.tracker import TicketState, TicketStatus, TrackerRefused, TrackerUnavailable, describe, due_day, team_of
from followthrough.domain.action_item import ActionItem, Sprint, Ticket
from followthrough.domain.ticket_text import (
    Document,
    atlassian_document,
    closing_comment,
    item_page,
    wiki_text,
)
from followthrough.organisation import JiraProject, Organisation
from followthrough.settings import Settings

logger = logging.getLogger(__name__)

LABEL = "followthrough"
"""On every ticket, beside a label that is the action item's id; also the key of the issue property."""

DRILL_LABEL = "followthrough-drill"

STATES = {"new": TicketState.TO_DO, "indeterminate": TicketState.IN_PROGRESS, "done": TicketState.DONE}
"""By the key of Jira's status category."""


class JiraTracker:
    """One instance serves all threads; each has a connection of its own, for ``requests`` shares none safely."""

    def __init__(
        self, settings: Settings, organisation: Callable[[], Organisation], timeout: tuple[float, float] = (5, 20)
    ) -> None:
        """``timeout`` is to connect and to read, in seconds."""
        self.index_lag = settings.jira_index_lag
        self._settings = settings
        self._organisation = organisation
        self._timeout = timeout
        self._threads = threading.local()

    def find(self, item_id: str) -> Ticket | None:
        """See ``Tracker``. By label, which is set together with the ticket and can be searched without an app."""
        with _about(f"the search for the ticket of action item {item_id}"):
            query = f'labels = {LABEL} AND labels = "{item_id}" ORDER BY created ASC'
            found = [issue.key for issue in self._jira.search_issues(query, fields="key")]
        if len(found) > 1:
            logger.warning("Action item %s has tickets %s; the oldest is kept.", item_id, ", ".join(found))
        return self._ticket(found[0]) if found else None

    def create(self, item: ActionItem) -> Ticket:
        """See ``Tracker``."""
        project = self._project(item.team)
        description = describe(item, self._organisation(), self._settings.resolved_public_url)
        fields: dict[str, Any] = {
            "project": {"key": project.project},
            "issuetype": {"name": project.issue_type},
            "summary": " ".join(item.title.split()),
            "description": self._formatted(description),
            "labels": [LABEL, item.id, *([DRILL_LABEL] if item.drill else []), *project.labels],
        }
        if project.components:
            fields["components"] = [{"name": name} for name in project.components]
        if item.priority in project.priorities:
            fields["priority"] = {"name": project.priorities[item.priority]}
        followed = {name: value for name, value in self._followed_fields(item).items() if value is not None}
        with _about(f"a new ticket in project {project.project}"):
            issue = self._jira.create_issue(project.fields | fields | followed, prefetch=False)
        return self._ticket(issue.key)

    def link_back(self, ticket: Ticket, item: ActionItem) -> None:
        """See ``Tracker``. An issue property for programs, a remote link for people."""
        page = item_page(item, self._settings.resolved_public_url)
        with _about(f"the link from ticket {ticket.key} to its action item"):
            self._jira.add_issue_property(ticket.key, LABEL, {"item": item.id, "incident": item.incident_id})
            self._jira.add_remote_link(ticket.key, {"url": page, "title": f"Action item {item.id}"}, globalId=page)

    def update(self, ticket: Ticket, item: ActionItem) -> None:
        """See ``Tracker``."""
        with _about(f"the change of ticket {ticket.key}"):
            issue = self._jira.issue(ticket.key, fields="status")
            if item.ended and issue.fields.status.statusCategory.key == "done":
                return
            issue.update(fields=self._followed_fields(item))
            if item.ended:
                self._close(issue.key, item)

    def status(self, ticket: Ticket) -> TicketStatus:
        """See ``Tracker``."""
        with _about(f"the status of ticket {ticket.key}"):
            try:
                issue = self._jira.issue(ticket.key, fields="status,assignee,duedate")
            except JIRAError as error:
                if error.status_code == requests.codes.not_found:
                    return TicketStatus(ticket=ticket, state=TicketState.GONE)
                raise
        fields = issue.raw["fields"]
        assignee, due = fields["assignee"], fields["duedate"]
        return TicketStatus(
            ticket=self._ticket(issue.key),
            state=STATES.get(fields["status"]["statusCategory"]["key"], TicketState.TO_DO),
            status=fields["status"]["name"],
            assignee=assignee["accountId" if self._settings.jira_is_cloud else "name"] if assignee else None,
            due=date.fromisoformat(due) if due else None,
        )

    def next_sprint(self, team: str, at: datetime) -> Sprint | None:
        """See ``Tracker``. Jira knows which sprints have not started; those without a start date come last."""
        board = self._project(team).board
        if board is None:
            return None
        with _about(f"the list of sprints of board {board}"):
            try:
                sprints = self._jira.sprints(board, state="future")
            except JIRAError as error:
                if error.status_code == requests.codes.bad_request:  # a Kanban board
                    return None
                raise
        first = min(sprints, key=_start, default=None)
        return first and Sprint(id=first.id, name=first.name, end=getattr(first, "endDate", None))

    def add_to_sprint(self, sprint: Sprint, ticket: Ticket) -> None:
        """See ``Tracker``."""
        with _about(f"the move of ticket {ticket.key} into sprint {sprint.name}"):
            self._jira.add_issues_to_sprint(sprint.id, [ticket.key])

    @property
    def _jira(self) -> JIRA:
        """The client of this thread. It retries nothing: a second POST could be a second ticket."""
        if not hasattr(self._threads, "client"):
            self._threads.client = self._connect()
        client: JIRA = self._threads.client
        return client

    def _connect(self) -> JIRA:
        settings = self._settings
        token = settings.jira_token.get_secret_value() if settings.jira_token else ""
        client = JIRA(
            settings.jira_url,
            options={"rest_api_version": "3" if settings.jira_is_cloud else "2"},
            basic_auth=(settings.jira_user, token) if settings.jira_user else None,
            token_auth=None if settings.jira_user else token,
            get_server_info=False,
            max_retries=0,
            timeout=self._timeout,
        )
        client.deploymentType = "Cloud" if settings.jira_is_cloud else "Server"
        client._applicationlinks = []  # else each remote link asks for them, which only administrators may
        return client

    def _ticket(self, key: str) -> Ticket:
        return Ticket(key=key, url=f"{self._settings.jira_url.rstrip('/')}/browse/{key}")

    def _project(self, team: str) -> JiraProject:
        project = team_of(self._organisation(), team).jira
        if project is None:
            raise TrackerRefused(f"Team {team} has no Jira project; give it one in the organisation file.")
        return project

    def _followed_fields(self, item: ActionItem) -> dict[str, Any]:
        """The fields that follow the action item; None empties one."""
        organisation = self._organisation()
        person, due = organisation.people.get(item.owner), due_day(item, organisation)
        account = {"id" if self._settings.jira_is_cloud else "name": person.jira} if person and person.jira else None
        return {"assignee": account, "duedate": due.isoformat() if due else None}

    def _formatted(self, document: Document) -> Any:
        return atlassian_document(document) if self._settings.jira_is_cloud else wiki_text(document)

    def _close(self, key: str, item: ActionItem) -> None:
        wanted = self._project(item.team).done_transition
        offered = self._jira.transitions(key)
        transition = next(
            (
                offer["name"]
                for offer in offered
                if (offer["name"] == wanted if wanted else offer["to"]["statusCategory"]["key"] == "done")
            ),
            None,
        )
        if transition is None:
            names = ", ".join(offer["name"] for offer in offered) or "no transition"
            raise TrackerRefused(
                f"Ticket {key} can't be closed: Jira offers {names}, not {wanted or 'one to a done status'}; "
                "set done_transition in the organisation file."
            )
        # Jira drops a comment that comes with a transition without a screen, so it goes first, and once.
        comment = self._formatted(closing_comment(item))
        said = [_text(earlier.raw["body"]) for earlier in self._jira.comments(key, order_by="-created")]
        if _text(comment) not in said:
            self._jira.add_comment(key, comment)
        self._jira.transition_issue(key, transition)


@contextmanager
def _about(subject: str) -> Iterator[None]:
    """Tells what may pass (TrackerUnavailable) from a no (TrackerRefused), without Jira's headers and cookies."""
    try:
        yield
    except requests.RequestException as error:
        raise TrackerUnavailable(f"Jira did not answer about {subject} ({type(error).__name__}).") from None
    except JIRAError as error:
        status = error.status_code or requests.codes.bad_gateway
        if status == requests.codes.unauthorized:
            raise TrackerUnavailable("Jira does not accept the user and token in the settings; renew them.") from None
        if status in (requests.codes.request_timeout, requests.codes.too_many_requests) or status >= 500:
            raise TrackerUnavailable(f"Jira answered {status} about {subject}.", _retry_after(error)) from None
        raise TrackerRefused(f"Jira refused {subject}: {_words(error)}") from None


def _retry_after(error: JIRAError) -> timedelta | None:
    seconds = error.response.headers.get("Retry-After", "") if error.response is not None else ""
    return timedelta(seconds=int(seconds)) if seconds.isdecimal() else None


def _words(error: JIRAError) -> str:
    """Jira's own words, with the names of the fields, which the client leaves out."""
    try:
        answer = error.response.json() if error.response is not None else {}
    except requests.JSONDecodeError:
        answer = {}
    fields = (f"{field}: {message}" for field, message in answer.get("errors", {}).items())
    return " ".join([*answer.get("errorMessages", []), *fields]) or error.text or f"status {error.status_code}"


def _start(sprint: jira.resources.Sprint) -> tuple[bool, datetime | None]:
    start = getattr(sprint, "startDate", None)
    return start is None, datetime.fromisoformat(start) if start else None


def _text(body: Any) -> str:
    """The words of a wiki text or of a node of an Atlassian document, to which Jira may add attributes."""
    if isinstance(body, str):
        return body
    return str(body.get("text", "")) + "".join(_text(node) for node in body.get("content", []))
