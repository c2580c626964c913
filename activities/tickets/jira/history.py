"""Who changed a ticket in Jira, and the link that shows that it is done."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from linkify_it import LinkifyIt
from pydantic import HttpUrl, ValidationError

from activities.tickets.jira.answers import Change, Comment, User
from activities.tickets.jira.client import JiraConnection, about
from activities.tickets.tracker import TicketHistory
from followthrough.domain.replayed.text import URL
from followthrough.domain.replayed.ticket.ticket import Ticket

LINK = re.compile("https?://", re.IGNORECASE)
AFTER_LINK = re.compile(r"[|{]")
"""In wiki text; no link has these."""
FINDER = LinkifyIt()


class JiraHistory:
    """The part of a ``Tracker`` that tells what became of a ticket."""

    def __init__(self, jira: JiraConnection) -> None:
        self._jira = jira

    def history(self, ticket: Ticket) -> TicketHistory:
        """See ``Tracker``. The evidence is in the configured field, or in the last comment of who closed or has it."""
        field = self._jira.organisation().policies.jira.evidence_field
        wanted = ",".join(("assignee", *([field] if field else [])))
        with about(f"the history of ticket {ticket.key}"):
            issue = self._jira.api.issue(ticket.key, fields=wanted, expand="changelog").raw
            said = self._jira.api.comments(ticket.key, order_by="-created", max_results=50)
            comments = [Comment.model_validate(comment.raw) for comment in said]
            histories = (issue.get("changelog") or {}).get("histories") or ()
            changes = [Change.model_validate(change) for change in histories]
            shown = issue["fields"]
            assignee = shown.get("assignee") and User.model_validate(shown["assignee"])
        moved_by = self._last(changes, "status")
        said_by = {moved_by, self._person(assignee)} - {None}
        evidence = next((comment.body for comment in comments if self._person(comment.author) in said_by), None)
        return TicketHistory(
            moved_by=moved_by,
            assigned_by=self._last(changes, "assignee"),
            rescheduled_by=self._last(changes, "duedate"),
            evidence=self._link(shown.get(field)) or self._link(evidence),
        )

    def _last(self, changes: Iterable[Change], field: str) -> str | None:
        """Who changed the field last; Cloud tells the latest change first, Data Center last."""
        of_field = (change for change in changes if any(item.field == field for item in change.items or ()))
        last = max(of_field, key=lambda change: change.id, default=None)
        return self._person(last.author) if last else None

    def _person(self, user: User | None) -> str | None:
        return user.id(cloud=self._jira.cloud) if user else None

    def _link(self, value: Any) -> str | None:
        """The first link in a text, wiki text or Atlassian document that does not lead back here."""
        links = (link for text in _texts(value) for link in links_in(text))
        return next((link for link in links if not link.startswith(self._jira.public_url)), None)


def links_in(text: str) -> Iterator[str]:
    """Whole web addresses, in any script; one that is longer than ``URL`` or can't be one is left out."""
    end = 0
    for begin in LINK.finditer(text):
        if begin.start() < end:
            continue
        found = FINDER.match_at_start(AFTER_LINK.split(text[begin.start() : begin.start() + URL + 1], maxsplit=1)[0])
        if found is None or len(found.url) > URL:
            continue
        end = begin.start() + found.last_index
        try:
            HttpUrl(found.url)
        except ValidationError:
            continue
        yield found.url


def _texts(value: Any) -> Iterator[str]:
    """A text, or those of an Atlassian document in their order."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text):
                yield text
            case dict(parts):
                waiting += reversed(parts.values())
            case list(parts):
                waiting += reversed(parts)
