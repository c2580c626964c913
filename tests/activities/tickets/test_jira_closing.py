"""Closing tickets in workflows as people have them: with screens, equal names, and transitions that go away."""

from typing import Any

import pytest
from pydantic import HttpUrl

from activities.tickets.tracker import TicketState
from followthrough.domain.replayed.item.action_item import ActionItem, Evidence, ItemStatus, Waiver
from tests.records import NOW, item
from tests.standins.jira import JiraStandIn
from tests.standins.jira_data import Answer, Transition, screen_field
from tests.tracking import (
    PUBLIC_URL,
    attempt,
    ensure,
    failure,
    jira_tracker,
    the_issue,
    tickets,
    to_follow,
)

RESOLUTION = screen_field(
    "resolution", "Resolution", "resolution", required=True, allowed=("Won't Do", "Duplicate", "Done")
)
CAUSE = screen_field("customfield_10042", "Root cause", "option", required=True, allowed=("Code", "Config"))


def closed(**changes: Any) -> ActionItem:
    evidence = Evidence(url=HttpUrl("https://git.example.com/change/7"), by="ana", at=NOW)
    return item(status=ItemStatus.CLOSED, ended_at=NOW, evidence=[evidence], **changes)


def waived(reason: str) -> ActionItem:
    return item(status=ItemStatus.WAIVED, ended_at=NOW, waiver=Waiver(reason=reason, by="carla", at=NOW))


def close(jira: JiraStandIn, ended: ActionItem, **project: Any) -> None:
    tracker = jira_tracker(jira, **project)
    attempt(1, tickets(tracker).follow_ticket, to_follow(ensure(tracker), ended))


@pytest.mark.parametrize(("ended", "resolution"), [(closed(), "Done"), (waived("The queue is going away"), "Won't Do")])
def test_the_closing_screen_gets_the_resolution_that_fits(
    jira: JiraStandIn, ended: ActionItem, resolution: str
) -> None:
    jira.moves = [Transition("Done", "Done", {"resolution": RESOLUTION})]
    close(jira, ended)
    assert the_issue(jira).status == "Done"
    assert the_issue(jira).fields["resolution"] == {"name": resolution}


def test_a_closing_screen_that_asks_for_more_says_which_line_gives_it(jira: JiraStandIn) -> None:
    jira.moves = [Transition("Finish", "Done", {"resolution": RESOLUTION, "customfield_10042": CAUSE})]
    tracker = jira_tracker(jira)
    change = to_follow(ensure(tracker), closed())
    error = failure(tickets(tracker).follow_ticket, change)
    assert error.message == (
        "Ticket PAY-1 can't be closed: Jira's transition Finish requires Root cause (Code, Config): add a line like "
        "`done_fields: {Root cause: Code}` under `jira` of team payments in the organisation file."
    )
    assert not the_issue(jira).comments, "it says that it is closed once it can be"
    close(jira, closed(), done_fields={"root cause": "Config", "Resolution": "Duplicate"})
    assert the_issue(jira).status == "Done"
    assert the_issue(jira).fields["customfield_10042"] == {"value": "Config"}
    assert the_issue(jira).fields["resolution"] == {"name": "Duplicate"}


def test_what_the_ticket_has_already_is_not_asked_for_again(jira: JiraStandIn) -> None:
    jira.moves = [Transition("Finish", "Done", {"customfield_10042": CAUSE})]
    tracker = jira_tracker(jira)
    ticket = ensure(tracker)
    change = to_follow(ticket, closed())
    jira.change(ticket.key, customfield_10042={"value": "Code"})
    attempt(1, tickets(tracker).follow_ticket, change)
    assert the_issue(jira).status == "Done"


def test_reopening_has_a_screen_of_its_own(jira: JiraStandIn) -> None:
    tracker = jira_tracker(jira, reopen_fields={"Root cause": "Config"})
    ticket = ensure(tracker)
    jira.change(ticket.key, status="Done")
    jira.moves = [Transition("Reopen", "To Do", {"customfield_10042": CAUSE})]
    asked = item(status=ItemStatus.PROPOSED, asked_at=NOW, asked_because="Reopened: The test was skipped")
    attempt(1, tickets(tracker).follow_ticket, to_follow(ticket, asked, closed()))
    assert the_issue(jira).status == "To Do"
    assert the_issue(jira).fields["customfield_10042"] == {"value": "Config"}


@pytest.mark.parametrize("wanted", [None, "Next"])
def test_of_transitions_with_one_name_it_is_the_one_that_closes(jira: JiraStandIn, wanted: str | None) -> None:
    jira.moves = [Transition("Next", "In Progress"), Transition("Next", "Done")]
    close(jira, closed(), done_transition=wanted)
    assert the_issue(jira).status == "Done"


def test_what_was_done_is_not_closed_as_not_done(jira: JiraStandIn) -> None:
    jira.transitions = {"To Do": "new", "Won't Do": "done", "Done": "done"}
    close(jira, closed())
    assert the_issue(jira).status == "Done"


class Busy(JiraStandIn):
    """Its workflow is another as soon as somebody comments."""

    def _comment(self, sent: Any, key: str) -> Answer:
        self.moves = [Transition("Finish", "Done")]
        return super()._comment(sent, key)


@pytest.mark.parametrize("cloud", [True, False], ids=["Cloud", "Data Center"])
def test_a_transition_that_is_gone_between_two_reads_is_looked_for_again(cloud: bool) -> None:
    with Busy(cloud=cloud) as jira:
        tracker = jira_tracker(jira)
        ticket = ensure(tracker)
        change = to_follow(ticket, closed())
        error = failure(tickets(tracker).follow_ticket, change)
        assert (error.type, error.non_retryable) == ("TrackerUnavailable", False)
        attempt(2, tickets(tracker).follow_ticket, change)
        assert tracker.status(ticket).state is TicketState.DONE
        assert len(the_issue(jira).comments) == 1


@pytest.mark.parametrize("reason", ["x" * 40_000, "[*]" * 15_000, "\U0001f4a5" * 20_000])
def test_a_reason_that_jira_finds_too_long_is_cut_with_a_link_to_the_whole(jira: JiraStandIn, reason: str) -> None:
    close(jira, waived(reason))
    assert the_issue(jira).status == "Done"
    (comment,) = the_issue(jira).comments
    assert f"{PUBLIC_URL}/items/{item().id}" in str(comment)
    assert "[cut" in str(comment).replace("\\", "")


def test_a_title_that_jira_finds_too_long_is_cut(jira: JiraStandIn) -> None:
    ensure(jira_tracker(jira), item(title="\U0001f4a5 " * 300))
    assert the_issue(jira).fields["summary"].endswith("… [cut]")
