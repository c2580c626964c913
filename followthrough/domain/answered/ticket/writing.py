"""What is written into a ticket, and what is known of it then."""

from dataclasses import dataclass
from datetime import date, datetime

from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.ticket.sync import (
    UNREADABLE,
    Outcome,
    TicketFacts,
    is_behind,
    take_report,
    ticket_facts,
)
from followthrough.domain.replayed.ticket.ticket import TicketReport, TicketState
from followthrough.domain.replayed.times import FAR_AWAY


@dataclass(frozen=True)
class Write:
    """Bring a ticket to where its action item is.

    ``reopen`` when it was closed with the item, which is open again; ``words`` when it has to say less, or more.
    """

    item: ActionItem
    reopen: bool
    words: bool


def sensible(due: date, now: datetime) -> bool:
    """Whether a due date can be meant; others are put back."""
    return abs(due - now.date()) <= FAR_AWAY


def what_to_write(item: ActionItem, report: TicketReport, shows: TicketFacts | None, now: datetime) -> Write | None:
    """Into a ticket that says this.

    None while it shows all that it should, can't be read, or says what the item has to take in before.
    """
    after = item.model_copy(deep=True)
    facts, seen = ticket_facts(item, shows), item.ticket_seen
    if seen and _moved_by_us(report, shows, facts):
        after.ticket_seen = seen.model_copy(update={"state": report.state, "status": report.status})
    if take_report(after, report, now) != Outcome() or after.entries != item.entries:
        return None
    if report.state in UNREADABLE or not is_behind(after, shows):
        return None
    if shows is not None and shows.owner != after.owner:
        after.ticket_seen = report.model_copy(update={"assignee_kept": True})
    closed = shows.ended if shows is not None else report.state is TicketState.DONE
    words = shows is not None and shows.private is not after.private
    edited = shows is not None and shows.edited != after.edited and not after.ticket_adopted
    return Write(after, reopen=closed and not after.settled, words=words or edited)


def _moved_by_us(report: TicketReport, shows: TicketFacts | None, facts: TicketFacts | None) -> bool:
    """Whether an earlier attempt, whose answer was lost, may have closed or opened the ticket with its item."""
    if shows is None or facts is None or shows.ended is facts.ended:
        return False
    return facts.ended is (report.state is TicketState.DONE) and report.moved_by is None


def as_written(before: TicketReport, after: TicketReport, *, closed: bool) -> TicketReport:
    """What is known of a ticket once Followthrough has written it: its assignee and due date are no news.

    Whatever else is another than before is: somebody changed it meanwhile.
    """
    written: dict[str, object] = {
        "account": after.account,
        "assignee": after.assignee,
        "assignee_kept": after.assignee_kept,
        "due": after.due,
        "due_kept": after.due_kept,
    }
    if closed:
        written |= {"state": after.state, "status": after.status}
    return before.model_copy(update=written)
