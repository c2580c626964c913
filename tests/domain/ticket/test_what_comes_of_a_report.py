"""All that comes of a change in a ticket: what is done, who is told what, and what the item and its timeline say.

What the audit has of it is in ``test_asked_in_jira.py``.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import HttpUrl

from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus, Waiver
from followthrough.domain.replayed.item.commands import Accept, Extend, Finish, Reassign
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind, ToTell
from followthrough.domain.replayed.ticket.sync import (
    SOMEBODY,
    Outcome,
    TicketFacts,
    is_behind,
    take_report,
    ticket_facts,
)
from followthrough.domain.replayed.ticket.ticket import TicketReport, TicketState
from followthrough.domain.replayed.values import EntryKind
from tests.domain.ticket.test_sync import CHANGE, LATER, LINK, PAY_1, PLAT_7, followed, says
from tests.records import NOW, item

DONE: dict[str, Any] = {"state": "done", "status": "Done"}
EVIDENCE_WANTED = (
    "Followthrough: this action item is still open. Please comment with a link to the change, dashboard or test that "
    "shows that it is done."
)
CLOSE_IT = "Close the action item with evidence, or comment with the link on the ticket."
KEEPS_ITS_OWNER = "The action item keeps its owner; reassign it if somebody else is to do it."


Said = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Taken:
    """After ``report`` the outcome is this, the item has this conflict, and its timeline says this."""

    report: TicketReport
    outcome: Outcome
    conflict: str = ""
    said: Said = ()
    record: ActionItem | None = None


def conflict(*to: str, text: str) -> list[ToTell]:
    return [ToTell(NoticeKind.TICKET_CONFLICT, to, text)]


def gone(state: TicketState) -> TicketReport:
    return TicketReport(ticket=PAY_1, state=state, lead="carla")


def put_back(why: str) -> tuple[Outcome, str, Said]:
    sentence = f"The due date of ticket PAY-1 was changed and put back. {why}"
    return (
        Outcome(comments=[f"Followthrough put the due date back. {why}"], put_back=True),
        sentence,
        ((sentence, None),),
    )


def unfinished(why: str, **changes: Any) -> tuple[Outcome, str, Said]:
    what = f"Ticket PAY-1 was closed, but the action item is still open. {why}"
    outcome = Outcome(tells=conflict("ana", text=f"{what}\n{CLOSE_IT}"), comments=[EVIDENCE_WANTED], **changes)
    return outcome, what, (("Ticket PAY-1: Done", None), (what, None))


DELETED = "Ticket PAY-1 was deleted, or can't be seen any more."
HIDDEN = "Ticket PAY-1 can't be seen any more: Jira shows nothing of its project."
NOBODY = "Ticket PAY-1 was assigned to nobody."
STRANGER = "Ticket PAY-1 was assigned to somebody who is not in the organisation file."
MOVED = "Ticket PAY-1 was moved into another team's project, as PLAT-7."
WONT_DO = "Ticket PAY-1 was closed as Won't Do, without being done."


@pytest.mark.parametrize(
    "taken",
    [
        Taken(
            gone(TicketState.GONE),
            Outcome(
                tells=conflict(
                    "ana",
                    "carla",
                    text=f"{DELETED}\nThe action item stays open, and gets a new ticket with its next change.",
                )
            ),
            DELETED,
            ((DELETED, None),),
        ),
        Taken(
            gone(TicketState.HIDDEN),
            Outcome(
                tells=conflict(
                    "carla",
                    text=f"{HIDDEN}\nThe action item stays open. When the ticket can be read again it is followed "
                    "again.",
                )
            ),
            HIDDEN,
            ((HIDDEN, None),),
            followed(owner="carla"),
        ),
        Taken(gone(TicketState.GONE), Outcome(), record=followed(status=ItemStatus.CLOSED, ended_at=NOW)),
        Taken(says(ticket=PLAT_7), Outcome(), said=(("Ticket PAY-1 is PLAT-7 now", None),)),
        Taken(
            says(ticket=PLAT_7, project_lead="grace"),
            Outcome(
                tells=conflict(
                    "carla",
                    "grace",
                    text=f"{MOVED}\nThe action item keeps its owner and team; reassign it if somebody else is to do "
                    "it.",
                )
            ),
            MOVED,
            (("Ticket PAY-1 is PLAT-7 now", None), (MOVED, None)),
        ),
        Taken(
            says(account=None, assignee=None, assignee_kept=False),
            Outcome(tells=conflict("carla", text=f"{NOBODY}\n{KEEPS_ITS_OWNER}")),
            NOBODY,
            ((NOBODY, None),),
        ),
        Taken(
            says(account="5b10zoe", assignee=None, assignee_kept=False),
            Outcome(tells=conflict("carla", text=f"{STRANGER}\n{KEEPS_ITS_OWNER}")),
            STRANGER,
            ((STRANGER, None),),
        ),
        Taken(
            says(account="5b10ben", assignee="ben", assignee_kept=False),
            Outcome(commands=[Reassign(by=SOMEBODY, to="ben", reason="assigned in ticket PAY-1")]),
        ),
        Taken(
            says(account="5b10ben", assignee="ben", assignee_kept=False, assigned_by="ben"),
            Outcome(commands=[Reassign(by="ben", to="ben", reason="assigned in ticket PAY-1"), Accept(by="ben")]),
        ),
        Taken(says(account="5b10ana2", assignee_kept=False), Outcome()),
        Taken(
            says(account="5b10ben", assignee="ben", assignee_kept=False),
            Outcome(),
            record=followed(status=ItemStatus.DONE, done_at=NOW, evidence=[CHANGE]),
        ),
        Taken(
            says(state="in progress", status="In Progress", moved_by="ben"),
            Outcome(),
            said=(("Ticket PAY-1: In Progress", "ben"),),
        ),
        Taken(
            says(state="in progress", status="In Progress", moved_by="ana"),
            Outcome(commands=[Accept(by="ana")]),
            said=(("Ticket PAY-1: In Progress", "ana"),),
            record=followed(status=ItemStatus.PROPOSED),
        ),
        Taken(
            says(state="in progress", status="In Review", moved_by="ana"),
            Outcome(),
            said=(("Ticket PAY-1: In Review", "ana"),),
            record=followed(says(state="in progress", status="In Progress"), status=ItemStatus.PROPOSED),
        ),
        Taken(says(updated=NOW), Outcome(), record=item(ticket=PAY_1)),
        Taken(
            says(**DONE, evidence=LINK),
            Outcome(commands=[Finish(by=SOMEBODY, evidence=LINK, note="from ticket PAY-1")]),
            said=(("Ticket PAY-1: Done", None),),
        ),
        Taken(says(**DONE), *unfinished("Nothing shows that it is done.")),
        Taken(
            says(**DONE, reopen_without_evidence=True),
            *unfinished("Nothing shows that it is done.", reopen=True),
        ),
        Taken(
            says(**DONE, evidence=LINK),
            *unfinished("Its evidence was found not to hold."),
            followed(evidence=[CHANGE.model_copy(update={"refuted": "The alert never fired."})]),
        ),
        Taken(
            says(**DONE, evidence=LINK, reopen_without_evidence=True, updated=NOW),
            Outcome(),
            record=followed(says(**DONE), evidence=[CHANGE.model_copy(update={"refuted": "The alert never fired."})]),
        ),
        Taken(
            says(state="done", status="Won't Do", abandoned=True),
            Outcome(
                tells=conflict(
                    "carla",
                    text=f"{WONT_DO}\nWaive the action item and say why, or reopen the ticket: until then it stays "
                    "open.",
                )
            ),
            WONT_DO,
            (("Ticket PAY-1: Won't Do", None), (WONT_DO, None)),
        ),
        Taken(
            says(**DONE, abandoned=True, evidence=LINK, updated=NOW),
            Outcome(),
            record=followed(says(**DONE, abandoned=True)),
        ),
        Taken(
            says(moved_by="ben"),
            Outcome(),
            "Ticket PAY-1 was reopened, so its evidence did not hold.",
            (("Ticket PAY-1: To Do", "ben"), ("Evidence does not hold. Reopened in ticket PAY-1", "ben")),
            followed(says(**DONE), status=ItemStatus.DONE, done_at=NOW, evidence=[CHANGE]),
        ),
        Taken(
            says(**LATER),
            Outcome(commands=[Extend(by=SOMEBODY, until=LATER["deadline"], reason="due date changed in ticket PAY-1")]),
        ),
        Taken(says(due=None, due_kept=False), *put_back("An action item always has a deadline.")),
        Taken(says(due=date.max, due_kept=False), *put_back("A deadline is at most 3 years away.")),
        Taken(says(**LATER, updated=NOW), Outcome(), record=followed(says(**LATER))),
        Taken(
            says(**LATER),
            Outcome(commands=[Extend(by=SOMEBODY, until=LATER["deadline"], reason="due date changed in ticket PAY-1")]),
            record=followed(says(due=date(2026, 3, 16), due_kept=False)),
        ),
        Taken(
            says(account=None, assignee=None, assignee_kept=False),
            Outcome(),
            record=followed(status=ItemStatus.DONE, done_at=NOW, evidence=[CHANGE]),
        ),
        Taken(
            says(**DONE, evidence=LINK),
            Outcome(commands=[Finish(by=SOMEBODY, evidence=LINK, note="from ticket PAY-1")]),
            said=(("Ticket PAY-1: Done", None),),
            record=followed(
                evidence=[
                    CHANGE.model_copy(update={"url": HttpUrl("https://example.com"), "refuted": "It never fired."})
                ]
            ),
        ),
        Taken(
            says(**LATER),
            Outcome(),
            record=followed(status=ItemStatus.DONE, done_at=NOW, evidence=[CHANGE]),
        ),
    ],
)
def test_all_that_comes_of_a_report(taken: Taken) -> None:
    record = (taken.record or followed()).model_copy(deep=True)
    known, version = len(record.unwritten), record.version
    assert replace(take_report(record, taken.report, NOW), asked=[]) == taken.outcome
    assert (record.ticket_seen, record.ticket, record.ticket_conflict) == (
        taken.report,
        taken.report.ticket,
        taken.conflict,
    )
    assert tuple((entry.text, entry.author) for entry in record.unwritten[known:]) == taken.said
    assert record.version == version + 1 + len(taken.said)
    assert {entry.kind for entry in record.unwritten[known:]} <= {EntryKind.TICKET, EntryKind.ACTION_ITEM}
    again, version = record.model_copy(deep=True), record.version
    assert (take_report(again, taken.report, NOW), again.version) == (Outcome(), version), "it was taken in"


def test_who_asks_for_more_time_in_a_ticket_is_told_that_an_approver_has_to_say_so() -> None:
    record, until = followed(), NOW + timedelta(days=91)
    report = says(due=date(2026, 6, 1), due_kept=False, deadline=until, rescheduled_by="ana")
    why = "An approver has been asked for the time."
    outcome = take_report(record, report, NOW)
    assert (outcome.comments, outcome.put_back) == ([f"Followthrough put the due date back. {why}"], True)
    assert outcome.commands == [Extend(by="ana", until=until, reason="due date changed in ticket PAY-1")]
    assert (record.unwritten[-1].text, record.unwritten[-1].author) == (
        f"The due date of ticket PAY-1 was changed and put back. {why}",
        "ana",
    )


SHOWN = TicketFacts(owner="ana", due=item().planned.due, ended=False)


@pytest.mark.parametrize(
    ("record", "shows", "facts"),
    [
        (item(accepted_at=NOW), None, SHOWN),
        (item(ticket=PAY_1), None, SHOWN),
        (item(), SHOWN.model_copy(update={"owner": "ben"}), SHOWN),
        (item(accepted_at=NOW, status=ItemStatus.CLOSED), SHOWN, SHOWN.model_copy(update={"ended": True})),
        (item(), None, None),
        (item(accepted_at=NOW, plan=None), None, None),
        (item(accepted_at=NOW, plan=None), SHOWN, SHOWN),
    ],
)
def test_a_ticket_shows_an_item_once_that_was_accepted_or_adopted_it(
    record: ActionItem, shows: TicketFacts | None, facts: TicketFacts | None
) -> None:
    assert ticket_facts(record, shows) == facts


WAIVED = {"status": ItemStatus.WAIVED, "waiver": Waiver(reason="Rare", by="carla", at=NOW)}


@pytest.mark.parametrize(
    ("seen", "changes", "behind"),
    [
        (None, {}, True),
        (says(), {}, True),
        (gone(TicketState.GONE), {}, True),
        (gone(TicketState.GONE), WAIVED, False),
        (gone(TicketState.HIDDEN), {}, False),
        (gone(TicketState.HIDDEN), WAIVED, False),
        (says(), WAIVED, True),
    ],
)
def test_a_ticket_is_behind_that_shows_other_facts_and_can_be_written_or_made_anew(
    seen: TicketReport | None, changes: dict[str, Any], behind: bool
) -> None:
    record = item(ticket=PAY_1, ticket_seen=seen, **changes)
    assert is_behind(record, SHOWN.model_copy(update={"owner": "ben"})) is behind
    assert not is_behind(record, ticket_facts(record, None))
    assert not is_behind(item(), SHOWN), "nobody has accepted it yet"
