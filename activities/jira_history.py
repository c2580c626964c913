"""Who changed a ticket in Jira, and the link that shows that it is done."""

import json
import re
from collections.abc import Iterable
from typing import Any

from activities.jira_client import JiraConnection, about
from activities.tracker import TicketHistory
from followthrough.domain.action_item import Ticket

LINK = re.compile(r'https?://[^\s"<>|\\\]]+')


class JiraHistory(JiraConnection):
    """The part of a ``Tracker`` that tells what became of a ticket."""

    def history(self, ticket: Ticket) -> TicketHistory:
        """See ``Tracker``. The evidence is in the configured field, or in the last comment of who closed or has it."""
        field = self._organisation().policies.jira.evidence_field
        wanted = ",".join(("assignee", *([field] if field else [])))
        with about(f"the history of ticket {ticket.key}"):
            issue = self._jira.issue(ticket.key, fields=wanted, expand="changelog").raw
            comments = [comment.raw for comment in self._jira.comments(ticket.key, order_by="-created", max_results=50)]
        changes = issue.get("changelog", {}).get("histories", [])
        moved_by = self._last(changes, "status")
        said_by = {moved_by, self._person(issue["fields"].get("assignee"))} - {None}
        said = next((comment["body"] for comment in comments if self._person(comment.get("author")) in said_by), None)
        return TicketHistory(
            moved_by=moved_by,
            assigned_by=self._last(changes, "assignee"),
            rescheduled_by=self._last(changes, "duedate"),
            evidence=self._link(issue["fields"].get(field)) or self._link(said),
        )

    def _last(self, changes: Iterable[dict[str, Any]], field: str) -> str | None:
        """Who changed the field last; Cloud tells the latest change first, Data Center last."""
        of_field = (change for change in changes if any(item["field"] == field for item in change["items"]))
        last = max(of_field, key=lambda change: int(change["id"]), default={})
        return self._person(last.get("author"))

    def _person(self, user: dict[str, Any] | None) -> str | None:
        return user.get("accountId" if self._settings.jira_is_cloud else "name") if user else None

    def _link(self, value: Any) -> str | None:
        """The first link in a text, wiki text or Atlassian document that does not lead back here."""
        links = (link.rstrip(".,;:)") for link in LINK.findall(json.dumps(value)))
        return next((link for link in links if not link.startswith(self._settings.resolved_public_url)), None)
