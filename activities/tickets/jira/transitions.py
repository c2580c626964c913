"""Closes and opens tickets in Jira, by its transitions and what their screens ask for."""

from typing import Any

from activities.tickets.jira.answers import JiraNo, Transition
from activities.tickets.jira.client import JiraConnection
from activities.tickets.jira.comments import JiraComments
from activities.vendors import VendorRefused, VendorUnavailable
from followthrough.domain.answered.ticket.jira_fields import (
    OURS,
    asked_for,
    by_id,
    read_transition,
    resolution,
    transition_fields,
)
from followthrough.domain.answered.ticket.text import closing_comment, item_page, reopening_comment
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus

DONE = "done"
"""Key of the status category in which tickets are closed."""


class JiraTransitions:
    """Used by ``JiraTickets``."""

    def __init__(self, jira: JiraConnection, comments: JiraComments) -> None:
        self._jira = jira
        self._comments = comments

    def move(self, key: str, item: ActionItem, *, done: bool) -> None:
        """Closes or opens a ticket by the transition that the file names, or else by the first that does.

        Where several have that name it is the one that ends where it should.
        """
        project = self._jira.project(item.team)
        wanted = project.done_transition if done else project.reopen_transition
        offered = self._transitions(key)
        not_done = self._jira.organisation().policies.jira.not_done if item.status is ItemStatus.CLOSED else ()
        chosen = min(
            (offer for offer in offered if (offer.name == wanted if wanted else _ends(offer, done=done))),
            key=lambda offer: (not _ends(offer, done=done), offer.to.name in not_done),
            default=None,
        )
        if chosen is None:
            verb, kind, setting = ("closed", "a done", "done") if done else ("reopened", "an open", "reopen")
            raise VendorRefused(
                f"Ticket {key} can't be {verb}: Jira offers "
                f"{', '.join(offer.name for offer in offered) or 'no transition'}, "
                f"not {wanted or f'one to {kind} status'}; set {setting}_transition in the organisation file."
            )
        fields = self._transition_fields(key, item, chosen, done=done)
        # Jira drops a comment that comes with a transition without a screen, so it goes first.
        comment = closing_comment(item) if done else reopening_comment(item)
        self._comments.say(key, comment, item_page(item, self._jira.public_url))
        try:
            self._jira.send("POST", f"issue/{key}/transitions", {"transition": {"id": chosen.id}, "fields": fields})
        except JiraNo:
            if chosen.id in [offer.id for offer in self._transitions(key)]:
                raise
            raise VendorUnavailable(f"Ticket {key} was moved by somebody else meanwhile; it is read again.") from None

    def _transition_fields(self, key: str, item: ActionItem, chosen: Transition, *, done: bool) -> dict[str, Any]:
        """What the transition's screen asks for; what the ticket has already is not asked for again."""
        project, screen = self._jira.project(item.team), read_transition(chosen.fields or {})
        given = dict(project.done_fields if done else project.reopen_fields)
        if done and "resolution" in screen:
            not_done = self._jira.organisation().policies.jira.not_done
            given = {"resolution": resolution(screen["resolution"].allowed, item.status, not_done)} | by_id(
                screen, given
            )
        fields = transition_fields(screen, given, cloud=self._jira.cloud, accounts=self._jira.accounts())
        missing = [field for field in screen.values() if field.required and field.id not in (*OURS, *fields)]
        if missing:
            known = self._jira.api.issue(key, fields=",".join(field.id for field in missing)).raw["fields"]
            missing = [field for field in missing if not known.get(field.id)]
        if missing:
            verb, setting = ("closed", "done_fields") if done else ("reopened", "reopen_fields")
            raise VendorRefused(
                f"Ticket {key} can't be {verb}: Jira's transition {chosen.name} {asked_for(missing, setting)} "
                f"under `jira` of team {item.team} in the organisation file."
            )
        return fields

    def _transitions(self, key: str) -> list[Transition]:
        return [Transition.model_validate(one) for one in self._jira.api.transitions(key, expand="transitions.fields")]


def _ends(offer: Transition, *, done: bool) -> bool:
    return (offer.to.status_category.key == DONE) is done
