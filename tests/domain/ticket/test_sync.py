"""What comes of a change in a ticket: the rules of docs/jira.md, one by one."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import HttpUrl

from followthrough.domain.answered.ticket.writing import as_written, what_to_write
from followthrough.domain.replayed.item.action_item import ActionItem, Evidence, ItemStatus
from followthrough.domain.replayed.item.commands import Accept, Extend, Finish, Reassign
from followthrough.domain.replayed.ticket.sync import SOMEBODY, UNREADABLE, Outcome, TicketFacts, take_report
from followthrough.domain.replayed.ticket.ticket import Ticket, TicketReport, TicketState
from followthrough.domain.replayed.values import Refusal
from tests.records import NOW, item

LINK = HttpUrl("https://git.example.com/change/7")
CHANGE = Evidence(url=LINK, by="ana", at=NOW)
PAY_1 = Ticket(key="PAY-1", url="https://jira.example.com/browse/PAY-1")
PLAT_7 = Ticket(key="PLAT-7", url="https://jira.example.com/browse/PLAT-7")
LATER = {"due": date(2026, 3, 20), "due_kept": False, "deadline": NOW + timedelta(days=18)}


def says(**changes: Any) -> TicketReport:
    """As Followthrough left it, unless something changed."""
    usual = {"ticket": PAY_1, "state": TicketState.TO_DO, "status": "To Do", "account": "5b10ana", "assignee": "ana"}
    return TicketReport.model_validate(usual | {"lead": "carla", "due": date(2026, 3, 12)} | changes)


def followed(seen: TicketReport | None = None, **changes: Any) -> ActionItem:
    return item(ticket=PAY_1, ticket_seen=seen or says(), **changes)


def after(record: ActionItem, report: TicketReport) -> Outcome:
    """Carries out what follows from the report."""
    outcome = take_report(record, report, NOW)
    for command in outcome.commands:
        command.apply(record, NOW)
    return outcome


def told(outcome: Outcome) -> set[str]:
    return {person for told in outcome.tells for person in told.to}


def test_work_that_begins_is_shown_and_moves_no_deadline() -> None:
    record = followed()
    outcome = after(record, says(state="in progress", status="In Progress", moved_by="ben"))
    assert outcome == Outcome()
    assert record.ticket_seen is not None
    assert record.ticket_seen.status == "In Progress"
    assert (record.unwritten[-1].text, record.due) == ("Ticket PAY-1: In Progress", None)


@pytest.mark.parametrize(("mover", "status"), [("ana", ItemStatus.ACCEPTED), ("ben", ItemStatus.PROPOSED)])
def test_an_owner_who_begins_has_accepted_and_nobody_else_can_for_them(mover: str, status: ItemStatus) -> None:
    record = followed(status=ItemStatus.PROPOSED)
    after(record, says(state="in progress", status="In Progress", moved_by=mover))
    assert record.status is status


def test_closed_with_a_link_is_done_and_waits_for_somebody_else_to_verify() -> None:
    record = followed()
    outcome = after(record, says(state="done", status="Done", moved_by="ben", evidence=LINK))
    assert outcome.commands == [Finish(by="ben", evidence=LINK, note="from ticket PAY-1")]
    assert record.status is ItemStatus.DONE


def test_closed_without_a_link_stays_open_and_its_owner_and_the_ticket_are_asked_once() -> None:
    record = followed()
    closed = says(state="done", status="Done", moved_by="ana")
    outcome = after(record, closed)
    assert (record.status, told(outcome), outcome.reopen) == (ItemStatus.ACCEPTED, {"ana"}, False)
    assert "comment with a link" in outcome.comments[0]
    assert record.ticket_conflict.startswith("Ticket PAY-1 was closed, but the action item is still open.")
    touched = closed.model_copy(update={"updated": NOW})
    assert after(record, touched) == Outcome()


def test_a_link_that_comes_after_the_ticket_was_closed_still_counts() -> None:
    record = followed(says(state="done", status="Done"))
    after(record, says(state="done", status="Done", moved_by="ana", evidence=LINK))
    assert record.status is ItemStatus.DONE


def test_a_link_that_was_found_not_to_hold_does_not_count_again() -> None:
    refuted = CHANGE.model_copy(update={"refuted": "The alert never fired."})
    record = followed(evidence=[refuted])
    outcome = after(record, says(state="done", status="Done", moved_by="ana", evidence=LINK))
    assert (record.status, told(outcome)) == (ItemStatus.ACCEPTED, {"ana"})


def test_an_owner_who_closes_a_proposed_item_with_a_link_accepts_it_and_is_done() -> None:
    record = followed(status=ItemStatus.PROPOSED)
    outcome = after(record, says(state="done", status="Done", moved_by="ana", evidence=LINK))
    assert [type(command) for command in outcome.commands] == [Accept, Finish]


def test_somebody_else_who_closes_a_proposed_item_settles_nothing() -> None:
    record = followed(status=ItemStatus.PROPOSED)
    outcome = after(record, says(state="done", status="Done", moved_by="ben", evidence=LINK))
    assert (record.status, told(outcome)) == (ItemStatus.PROPOSED, {"ana"})
    assert "only one that is accepted can be done" in record.ticket_conflict


def test_the_policy_can_have_a_ticket_without_a_link_reopened() -> None:
    assert after(followed(), says(state="done", status="Done", reopen_without_evidence=True)).reopen


def test_closed_as_not_to_be_done_waives_nothing_but_asks_an_approver() -> None:
    record = followed()
    outcome = after(record, says(state="done", status="Done (Won't Do)", evidence=LINK, abandoned=True))
    assert (record.status, told(outcome)) == (ItemStatus.ACCEPTED, {"carla"})


def test_a_reopened_ticket_sends_an_item_back_whose_evidence_was_to_be_verified() -> None:
    record = followed(says(state="done"), status=ItemStatus.DONE, evidence=[CHANGE], done_at=NOW)
    after(record, says(state="to do", moved_by="ben"))
    assert (record.status, record.evidence[-1].refuted) == (ItemStatus.ACCEPTED, "Reopened in ticket PAY-1")


def test_a_waiver_stands_whatever_becomes_of_the_ticket() -> None:
    record = followed(says(state="done"))
    record.waive(NOW, "The queue goes away", "carla", until=NOW + timedelta(days=90))
    assert after(record, says(state="in progress", moved_by="ana")) == Outcome()
    assert record.status is ItemStatus.WAIVED


def test_a_known_assignee_becomes_the_owner_and_has_to_accept() -> None:
    record = followed()
    outcome = after(record, says(account="5b10ben", assignee="ben", assignee_kept=False, assigned_by="carla"))
    assert outcome.commands == [Reassign(by="carla", to="ben", reason="assigned in ticket PAY-1")]
    assert (record.owner, record.status) == ("ben", ItemStatus.PROPOSED)


def test_who_takes_a_ticket_accepts_its_item() -> None:
    record = followed()
    after(record, says(account="5b10ben", assignee="ben", assignee_kept=False, assigned_by="ben"))
    assert (record.owner, record.status) == ("ben", ItemStatus.ACCEPTED)


@pytest.mark.parametrize(("account", "words"), [(None, "nobody"), ("5b10zoe", "not in the organisation file")])
def test_an_unknown_assignee_changes_no_owner_and_the_lead_hears_of_it_once(account: str | None, words: str) -> None:
    record = followed()
    report = says(account=account, assignee=None, assignee_kept=False)
    outcome = after(record, report)
    assert (record.owner, outcome.commands, told(outcome)) == ("ana", [], {"carla"})
    assert words in record.ticket_conflict
    assert after(record, report.model_copy(update={"status": "In Review"})) == Outcome()


def test_an_assignee_who_comes_into_the_organisation_file_later_becomes_the_owner_then() -> None:
    record = followed(says(account="5b10zoe", assignee=None, assignee_kept=False))
    after(record, says(account="5b10zoe", assignee="zoe", assignee_kept=False, assigned_by="zoe"))
    assert record.owner == "zoe"


def test_a_later_due_date_within_the_limits_is_an_extension_by_who_changed_it() -> None:
    record = followed()
    outcome = after(record, says(**LATER, rescheduled_by="ben"))
    assert [type(command) for command in outcome.commands] == [Extend]
    assert (record.due, record.extensions, outcome.put_back) == (LATER["deadline"], 1, False)


@pytest.mark.parametrize(
    "change",
    [
        {"due": date(2026, 3, 5), "deadline": NOW + timedelta(days=3)},
        {"due": date(2026, 6, 1), "deadline": NOW + timedelta(days=91), "rescheduled_by": "ben"},
        {"due": None, "deadline": None},
        {"due": date.max, "deadline": None},
    ],
    ids=["earlier", "too late", "none", "absurd"],
)
def test_any_other_due_date_is_put_back_with_a_comment(change: dict[str, Any]) -> None:
    record = followed()
    outcome = after(record, says(due_kept=False, **change))
    assert (record.due, outcome.commands, outcome.put_back) == (None, [], True)
    assert outcome.comments[0].startswith("Followthrough put the due date back.")


def test_an_owner_who_sets_a_due_date_beyond_the_limits_has_asked_for_it() -> None:
    record = followed()
    outcome = after(
        record, says(due=date(2026, 6, 1), due_kept=False, deadline=NOW + timedelta(91), rescheduled_by="ana")
    )
    assert record.extension_wanted is not None
    assert (record.due, outcome.put_back) == (None, True)


def test_a_moved_ticket_is_followed_under_its_new_key() -> None:
    record = followed()
    assert not after(record, says(ticket=PLAT_7)).tells
    assert record.ticket == PLAT_7


def test_a_ticket_in_another_teams_project_is_followed_and_both_leads_hear_of_it() -> None:
    outcome = after(followed(), says(ticket=PLAT_7, project_lead="grace"))
    assert told(outcome) == {"carla", "grace"}


@pytest.mark.parametrize("state", ["gone", "hidden"])
def test_a_ticket_that_cannot_be_read_closes_nothing_and_is_told_once(state: str) -> None:
    record = followed()
    lost = TicketReport(ticket=PAY_1, state=TicketState(state), lead="carla")
    assert told(after(record, lost)) == {"ana", "carla"}
    assert record.status is ItemStatus.ACCEPTED
    assert after(record, lost) == Outcome()
    assert after(record, says()) == Outcome(), "it can be read again"


def test_what_followthrough_wrote_itself_is_no_news() -> None:
    """Also where Jira did not take it as it was."""
    record = followed()
    Reassign(by="carla", to="ben", reason="Ana is away").apply(record, NOW)
    written = says(account=None, assignee=None, assignee_kept=False, due=None, due_kept=False)
    record.ticket_seen = as_written(says(), written, closed=False)
    assert after(record, written.model_copy(update={"updated": NOW})) == Outcome()
    assert (record.owner, record.ticket_conflict) == ("ben", "")


reports = st.builds(
    says,
    ticket=st.sampled_from([PAY_1, PLAT_7]),
    state=st.sampled_from(TicketState),
    status=st.sampled_from(["To Do", "Done"]),
    account=st.sampled_from([None, "5b10ana", "5b10ben", "5b10zoe"]),
    assignee=st.sampled_from([None, "ana", "ben"]),
    assignee_kept=st.booleans(),
    due_kept=st.booleans(),
    deadline=st.none() | st.integers(-30, 200).map(lambda days: NOW + timedelta(days=days)),
    moved_by=st.sampled_from([None, "ana", "ben"]),
    assigned_by=st.sampled_from([None, "ana", "ben"]),
    rescheduled_by=st.sampled_from([None, "ana", "carla"]),
    evidence=st.sampled_from([None, LINK]),
    abandoned=st.booleans(),
)
statuses = st.sampled_from([ItemStatus.PROPOSED, ItemStatus.ACCEPTED, ItemStatus.DONE])


@given(st.lists(reports, max_size=6), statuses)
def test_whatever_a_ticket_says_its_commands_are_allowed_and_saying_it_again_changes_nothing(
    told_by_jira: list[TicketReport], status: ItemStatus
) -> None:
    record = followed(status=status, evidence=[CHANGE], done_at=NOW)
    for report in told_by_jira:
        try:
            after(record, report)
        except Refusal as refusal:
            pytest.fail(str(refusal))
        again = record.model_copy(deep=True)
        assert after(again, report) == Outcome()
        assert again == record
        assert record.owner != SOMEBODY
        assert record.status is not ItemStatus.WAIVED


SHOWN = TicketFacts(owner="ana", due=item().planned.due, ended=False)


def test_what_a_ticket_shows_already_is_not_written() -> None:
    assert what_to_write(followed(accepted_at=NOW), says(), SHOWN, NOW) is None


def test_a_ticket_that_people_left_alone_is_written_at_once() -> None:
    record = followed(owner="ben")
    write = what_to_write(record, says(updated=NOW), SHOWN, NOW)
    assert write is not None
    assert (write.item.owner, write.reopen) == ("ben", False)
    assert record == followed(owner="ben"), "the item itself takes nothing in"


@pytest.mark.parametrize(
    "report",
    [
        says(state="in progress", status="In Progress"),
        says(state="done", status="Done", evidence=LINK),
        says(account="5b10zoe", assignee=None, assignee_kept=False),
        says(**LATER),
        says(ticket=PLAT_7),
        TicketReport(ticket=PAY_1, state=TicketState.GONE, lead="carla"),
        TicketReport(ticket=PAY_1, state=TicketState.HIDDEN, lead="carla"),
    ],
    ids=["begun", "done", "assigned", "rescheduled", "moved", "gone", "hidden"],
)
def test_what_people_did_is_taken_in_before_anything_is_written(report: TicketReport) -> None:
    record, shows = followed(), SHOWN.model_copy(update={"due": NOW})
    assert what_to_write(record, report, shows, NOW) is None
    after(record, report)
    if report.state not in UNREADABLE:
        assert what_to_write(record, report, shows, NOW) is not None


def test_an_assignee_of_others_choice_gives_way_to_the_items_next_owner_only() -> None:
    seen = says(account="5b10zoe", assignee=None, assignee_kept=False)
    later = what_to_write(followed(seen), seen, SHOWN.model_copy(update={"due": NOW}), NOW)
    handed_over = what_to_write(followed(seen, owner="ben"), seen, SHOWN, NOW)
    assert later is not None
    assert handed_over is not None
    kept = [write.item.ticket_seen and write.item.ticket_seen.assignee_kept for write in (later, handed_over)]
    assert kept == [False, True]


def test_a_ticket_that_was_closed_with_its_item_is_opened_with_it() -> None:
    record = followed(says(state="done", status="Done"), status=ItemStatus.PROPOSED)
    write = what_to_write(record, says(state="done", status="Done"), SHOWN.model_copy(update={"ended": True}), NOW)
    assert write is not None
    assert write.reopen


def test_a_ticket_that_was_closed_with_its_item_is_no_news() -> None:
    """An earlier attempt, whose answer was lost, may have closed it."""
    record = followed(status=ItemStatus.CLOSED, ended_at=NOW, evidence=[CHANGE])
    assert what_to_write(record, says(state="done", status="Done"), SHOWN, NOW) is not None
    assert what_to_write(record, says(state="done", status="Done", moved_by="ben"), SHOWN, NOW) is None


@given(reports, statuses, st.booleans())
def test_whatever_a_ticket_says_it_is_taken_in_once_and_then_written(
    report: TicketReport, status: ItemStatus, settled: bool
) -> None:
    record = followed(status=ItemStatus.CLOSED if settled else status, evidence=[CHANGE], done_at=NOW)
    shows = SHOWN.model_copy(update={"due": NOW})
    if what_to_write(record, report, shows, NOW) is None:
        after(record, report)
        written = what_to_write(record, report, shows, NOW)
        assert (written is None) is (report.state in UNREADABLE)


def not_allowed(record: ActionItem, report: TicketReport, sentence: str, command: str) -> Outcome:
    outcome = take_report(record, report, NOW, {command: sentence})
    for one in outcome.commands:
        one.apply(record, NOW)
    return outcome


def test_who_may_not_reassign_does_not_by_assigning_the_ticket() -> None:
    record = followed()
    report = says(account="5b10ben", assignee="ben", assignee_kept=False, assigned_by="zoe")
    outcome = not_allowed(record, report, "zoe can't reassign it; ask Carla.", "reassign")
    assert (record.owner, outcome.commands, told(outcome)) == ("ana", [], {"carla"})
    assert record.ticket_conflict == "Ticket PAY-1 was assigned to ben. zoe can't reassign it; ask Carla."
    assert outcome.comments == ["Followthrough: the action item keeps its owner. zoe can't reassign it; ask Carla."]


def test_who_may_not_extend_has_the_due_date_put_back() -> None:
    record = followed()
    outcome = not_allowed(record, says(**LATER, rescheduled_by="zoe"), "zoe can't extend it; ask Carla.", "extend")
    assert (outcome.commands, outcome.put_back, record.extensions) == ([], True, 0)
    assert outcome.comments == ["Followthrough put the due date back. zoe can't extend it; ask Carla."]


@pytest.mark.parametrize("evidence", [None, LINK])
def test_who_may_not_finish_does_not_by_closing_the_ticket(evidence: HttpUrl | None) -> None:
    record = followed()
    report = says(state="done", status="Done", moved_by="zoe", evidence=evidence)
    outcome = not_allowed(record, report, "zoe can't finish it; ask Ana.", "done")
    assert (record.status, outcome.commands, told(outcome)) == (ItemStatus.ACCEPTED, [], {"ana"})
    assert outcome.comments == ["Followthrough: this action item is still open. zoe can't finish it; ask Ana."]


def test_who_may_not_reopen_does_not_send_evidence_back() -> None:
    record = followed(says(state="done", status="Done"), status=ItemStatus.DONE, evidence=[CHANGE])
    outcome = not_allowed(record, says(moved_by="zoe"), "zoe can't reopen it; ask Ana.", "reopen")
    assert (record.status, told(outcome)) == (ItemStatus.DONE, {"ana"})
