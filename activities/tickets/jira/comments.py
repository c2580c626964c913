"""What is said on tickets in Jira."""

import contextlib
from typing import Any

from activities.tickets.jira.client import JiraConnection, about
from activities.vendors import VendorRefused
from followthrough.domain.answered.ticket.text import Document
from followthrough.domain.replayed.ticket.ticket import Ticket


class JiraComments:
    """The part of a ``Tracker`` that talks."""

    def __init__(self, jira: JiraConnection) -> None:
        self._jira = jira

    def comment(self, ticket: Ticket, text: str) -> None:
        """See ``Tracker``."""
        with about(f"a comment on ticket {ticket.key}"):
            self.say(ticket.key, ((text,),), self._jira.public_url)

    def comment_if_allowed(self, ticket: Ticket, text: str | None) -> None:
        """The ticket counts, also where nothing may be said on it."""
        if text is not None:
            with contextlib.suppress(VendorRefused):
                self.comment(ticket, text)

    def say(self, key: str, document: Document, whole: str) -> None:
        """Unless it is the last comment already; ``whole`` is the page where all of it is."""
        comment = self._jira.formatted(document, whole)
        latest = self._jira.api.comments(key, order_by="-created")[:1]
        if [_text(earlier.raw.get("body")) for earlier in latest] != [_text(comment)]:
            self._jira.api.add_comment(key, comment)


def _text(body: Any) -> str:
    """The words of a wiki text or of a node of an Atlassian document, to which Jira may add attributes."""
    if isinstance(body, str):
        return body
    if not isinstance(body, dict):
        return ""
    return str(body.get("text", "")) + "".join(_text(node) for node in body.get("content") or ())
