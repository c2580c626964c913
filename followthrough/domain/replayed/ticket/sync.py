"""What comes of a change in a ticket. Each rule is a sentence in ``docs/jira.md``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from pydantic import AwareDatetime

from followthrough.domain.replayed.item.action_item import WORKED_ON, ActionItem, ItemStatus
from followthrough.domain.replayed.item.commands import Accept, Extend, Finish, ItemCommand, Reassign
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind, ToTell
from followthrough.domain.replayed.ticket.ticket import TicketReport, TicketState
from followthrough.domain.replayed.times import FAR_AWAY, YEAR
from followthrough.domain.replayed.values import EntryKind, Message, PersonId, Refusal

SOMEBODY = "somebody in Jira"
"""Whoever changed the ticket and is not in the organisation file."""

NOTHING: Mapping[str, str] = MappingProxyType({})

UNREADABLE = {
    TicketState.GONE: "was deleted, or can't be seen any more",
    TicketState.HIDDEN: "can't be seen any more: Jira shows nothing of its project",
}


class TicketFacts(Message):
    """What a ticket shows of its action item."""

    owner: PersonId
    due: AwareDatetime | None
    """None while the ticket shows a day of somebody else's choice."""
    ended: bool
    private: bool = False
    """It says little."""
    edited: int = 0
    """How often the action item was, by then."""


class Asked(NamedTuple):
    """What somebody asks for by a change in Jira: a command by its name, and why it is not carried out."""

    command: str
    by: PersonId | None
    why_not: str | None


@dataclass
class Outcome:
    """What has to be done about a report; ``put_back`` writes our due date into the ticket again."""

    commands: list[ItemCommand] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list, compare=False)
    """For the audit: those commands, and what else was asked for."""
    tells: list[ToTell] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    put_back: bool = False
    reopen: bool = False


def ticket_facts(item: ActionItem, shows: TicketFacts | None) -> TicketFacts | None:
    """What its ticket should show; None before the item is first accepted, unless it adopted one."""
    if item.plan is None or (item.accepted_at is None and item.ticket is None and shows is None):
        return shows
    return TicketFacts(
        owner=item.owner, due=item.plan.due, ended=item.settled, private=item.private, edited=item.edited
    )


def is_behind(item: ActionItem, shows: TicketFacts | None) -> bool:
    """Whether there is something to write, in a ticket that can be written or made anew."""
    seen = item.ticket_seen.state if item.ticket_seen else None
    lost = seen is TicketState.HIDDEN or (seen is TicketState.GONE and item.settled)
    return ticket_facts(item, shows) != shows and not lost


def take_report(
    item: ActionItem, report: TicketReport, now: datetime, not_allowed: Mapping[str, str] = NOTHING
) -> Outcome:
    """Compares what a ticket says with what it said before, and decides what becomes of each difference.

    ``not_allowed`` has by commands why who changed the ticket may not give them.

    The item notes what it saw; the outcome's commands are still to be carried out, in their order. The same report
    again changes nothing.
    """
    seen = item.ticket_seen or TicketReport(ticket=report.ticket, state=TicketState.TO_DO, lead=report.lead)
    if report == item.ticket_seen:
        return Outcome()
    item.ticket, item.ticket_seen = report.ticket, report
    item.version += 1
    taking = _Taking(item, seen, report, now, not_allowed)
    if report.state in UNREADABLE:
        taking.unreadable()
    else:
        taking.moved()
        taking.assigned()
        taking.status_changed()
        taking.rescheduled()
    return taking.outcome


class _Taking:
    """One report; ``after`` is the item as it will be once the commands so far are carried out."""

    def __init__(
        self, item: ActionItem, seen: TicketReport, report: TicketReport, now: datetime, not_allowed: Mapping[str, str]
    ) -> None:
        self.item, self.seen, self.report, self.now = item, seen, report, now
        self.not_allowed = not_allowed
        self.after = item.model_copy(deep=True)
        self.outcome = Outcome()
        self.key = report.ticket.key

    def give(self, command: ItemCommand) -> str | None:
        """Why it is not to be given, or the rules do not allow it; None when they do."""
        why_not = self.not_allowed.get(command.command)
        if why_not is None:
            try:
                command.apply(self.after, self.now)
            except Refusal as refusal:
                why_not = str(refusal)
            else:
                self.outcome.commands.append(command)
        return self.asked(command.command, command.by, why_not)

    def asked(self, command: str, by: PersonId | None, why_not: str | None) -> str | None:
        """Notes it for the audit; the same sentence."""
        self.outcome.asked.append(Asked(command, None if by == SOMEBODY else by, why_not))
        return why_not

    def note(self, text: str, by: PersonId | None = None) -> None:
        self.item.note(self.now, EntryKind.TICKET, text, by)

    def conflict(self, to: tuple[PersonId, ...], what: str, to_do: str) -> None:
        self.item.ticket_conflict = what
        self.note(what)
        told = ToTell(NoticeKind.TICKET_CONFLICT, tuple(dict.fromkeys(to)), f"{what}\n{to_do}")
        self.outcome.tells.append(told)

    def forbidden(self, to: tuple[PersonId, ...], what: str, command: str, stays: str) -> None:
        """Tells people, and whoever looks at the ticket."""
        self.conflict(to, f"{what} {self.not_allowed[command]}", stays.capitalize())
        self.outcome.comments.append(f"Followthrough: {stays} {self.not_allowed[command]}")

    def unreadable(self) -> None:
        if self.report.state is self.seen.state or self.item.settled:
            return
        self.conflict(
            (self.item.owner, self.report.lead),
            f"Ticket {self.key} {UNREADABLE[self.report.state]}.",
            "The action item stays open. When the ticket can be read again it is followed again."
            if self.report.state is TicketState.HIDDEN
            else "The action item stays open, and gets a new ticket with its next change.",
        )

    def moved(self) -> None:
        before = self.seen.ticket.key
        if self.key == before:
            return
        self.note(f"Ticket {before} is {self.key} now")
        if self.report.project_lead is not None:
            self.conflict(
                (self.report.lead, self.report.project_lead),
                f"Ticket {before} was moved into another team's project, as {self.key}.",
                "The action item keeps its owner and team; reassign it if somebody else is to do it.",
            )

    def assigned(self) -> None:
        report, seen = self.report, self.seen
        known = not seen.assignee_kept and (report.account, report.assignee) == (seen.account, seen.assignee)
        if report.assignee_kept or known or self.after.status not in WORKED_ON or report.assignee == self.after.owner:
            return
        if report.assignee is None:
            nobody = "nobody" if report.account is None else "somebody who is not in the organisation file"
            self.asked("reassign", report.assigned_by, f"That is {nobody}.")
            self.conflict(
                (report.lead,),
                f"Ticket {self.key} was assigned to {nobody}.",
                "The action item keeps its owner; reassign it if somebody else is to do it.",
            )
            return
        if "reassign" in self.not_allowed:
            what = f"Ticket {self.key} was assigned to {report.assignee}."
            self.asked("reassign", report.assigned_by, self.not_allowed["reassign"])
            self.forbidden((report.lead,), what, "reassign", "the action item keeps its owner.")
            return
        by, reason = report.assigned_by or SOMEBODY, f"assigned in ticket {self.key}"
        refusal = self.give(Reassign(by=by, to=report.assignee, reason=reason))
        if refusal is None and by == report.assignee:
            self.give(Accept(by=by))

    def status_changed(self) -> None:
        report, seen = self.report, self.seen
        if seen.status not in ("", report.status):
            self.note(f"Ticket {self.key}: {report.status}", report.moved_by)
        if report.state is TicketState.DONE:
            self._closed(already=seen.state is TicketState.DONE)
        elif seen.state is TicketState.DONE:
            if self.after.status is ItemStatus.DONE and "reopen" in self.not_allowed:
                what = f"Ticket {self.key} was reopened."
                self.asked("reopen", report.moved_by, self.not_allowed["reopen"])
                self.forbidden((self.item.owner,), what, "reopen", "the action item waits for its verification.")
            elif self.after.status is ItemStatus.DONE:
                self.asked("reopen", report.moved_by, None)
                self.item.send_back(self.now, f"Reopened in ticket {self.key}", report.moved_by)
                self.item.ticket_conflict = f"Ticket {self.key} was reopened, so its evidence did not hold."
        elif report.state is TicketState.IN_PROGRESS and seen.state is not TicketState.IN_PROGRESS:
            self._accepted_by_owner()

    def _accepted_by_owner(self) -> None:
        if self.after.status is ItemStatus.PROPOSED and self.report.moved_by == self.after.owner:
            self.give(Accept(by=self.after.owner))

    def _closed(self, *, already: bool) -> None:
        report = self.report
        nothing_new = already and (report.abandoned or report.evidence in (None, self.seen.evidence))
        if nothing_new or self.after.status not in WORKED_ON:
            return
        if report.abandoned:
            self.conflict(
                self.item.approvers,
                f"Ticket {self.key} was closed as {report.status}, without being done.",
                "Waive the action item and say why, or reopen the ticket: until then it stays open.",
            )
            return
        self._accepted_by_owner()
        why = self._finished()
        if why is None or already:
            return
        self.conflict(
            (self.after.owner,),
            f"Ticket {self.key} was closed, but the action item is still open. {why}",
            "Close the action item with evidence, or comment with the link on the ticket.",
        )
        to_show = (
            "Please comment with a link to the change, dashboard or test that shows that it is done."
            if "done" not in self.not_allowed
            else why
        )
        self.outcome.comments.append(f"Followthrough: this action item is still open. {to_show}")
        self.outcome.reopen = report.reopen_without_evidence

    def _finished(self) -> str | None:
        """Why the ticket's evidence does not finish the item; None when it does."""
        evidence, by = self.report.evidence, self.report.moved_by or SOMEBODY
        if "done" in self.not_allowed:
            return self.asked("done", by, self.not_allowed["done"])
        if evidence is None:
            return self.asked("done", by, "Nothing shows that it is done.")
        if any(shown.url == evidence and shown.refuted is not None for shown in self.item.evidence):
            return self.asked("done", by, "Its evidence was found not to hold.")
        return self.give(Finish(by=by, evidence=evidence, note=f"from ticket {self.key}"))

    def rescheduled(self) -> None:
        report, seen = self.report, self.seen
        known = not seen.due_kept and report.due == seen.due
        if report.due_kept or known or self.after.status not in WORKED_ON:
            return
        why: str | None = "An action item always has a deadline."
        if report.due is not None:
            why = f"A deadline is at most {FAR_AWAY // YEAR} years away."
        by = report.rescheduled_by or SOMEBODY
        if report.deadline is None:
            self.asked("extend", by, why)
        else:
            why = self.give(Extend(by=by, until=report.deadline, reason=f"due date changed in ticket {self.key}"))
            if why is None and self.after.due != report.deadline:
                why = "An approver has been asked for the time."
        if why is not None:
            self.item.ticket_conflict = f"The due date of ticket {self.key} was changed and put back. {why}"
            self.note(self.item.ticket_conflict, report.rescheduled_by)
            self.outcome.comments.append(f"Followthrough put the due date back. {why}")
            self.outcome.put_back = True
