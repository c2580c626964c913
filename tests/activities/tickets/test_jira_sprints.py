"""Planning on Jira's boards."""

from datetime import timedelta

import pytest

from activities.tickets.tracker import SprintState
from activities.vendors import VendorRefused, VendorUnavailable
from followthrough.domain.replayed.sprint.sprint import Sprint as PlannedSprint
from followthrough.domain.replayed.ticket.ticket import Ticket
from tests.records import NOW
from tests.standins.jira import Fault, JiraStandIn
from tests.standins.jira_data import Sprint
from tests.tracking import jira_tracker

NEXT = PlannedSprint(id=5, name="Next")


def tickets(jira: JiraStandIn, count: int) -> list[Ticket]:
    return [Ticket(key=jira.add().key, url="") for _ in range(count)]


def keys(planned: list[Ticket]) -> list[str]:
    return [ticket.key for ticket in planned]


def test_tickets_go_into_a_sprint_at_once_and_to_its_top_in_their_order(jira: JiraStandIn) -> None:
    theirs, first, others, second = tickets(jira, 4)
    sprint = Sprint(5, "Next", issues=[theirs.key, others.key])
    jira.boards[12] = [sprint, Sprint(6, "Later", issues=[second.key])]
    tracker = jira_tracker(jira)
    jira.requests.clear()
    tracker.plan_sprint(NEXT, [second, first])
    assert jira.requests.count("POST /rest/agile/1.0/sprint/5/issue") == 1
    assert set(sprint.issues) == {theirs.key, others.key, second.key, first.key}
    assert jira.rank == keys([second, first, theirs, others])
    tracker.plan_sprint(NEXT, [second, first])
    assert jira.rank == keys([second, first, theirs, others])
    assert len(sprint.issues) == 4


def test_more_than_jira_takes_at_once_go_in_parts(jira: JiraStandIn) -> None:
    theirs, *ours = tickets(jira, 121)
    jira.boards[12] = [Sprint(5, "Next", issues=[theirs.key])]
    jira_tracker(jira).plan_sprint(NEXT, ours[::-1])
    assert jira.rank == keys([*ours[::-1], theirs])


def test_without_sprints_tickets_go_to_the_top_of_what_is_to_do(jira: JiraStandIn) -> None:
    running, theirs, ours = tickets(jira, 3)
    jira.boards[12] = None
    jira.change(running.key, status="In Progress")
    jira_tracker(jira).rank_first("payments", [ours])
    assert jira.rank == keys([running, ours, theirs])


@pytest.mark.parametrize("state", [SprintState.FUTURE, SprintState.ACTIVE, SprintState.CLOSED])
def test_a_sprint_is_where_jira_says(jira: JiraStandIn, state: SprintState) -> None:
    jira.boards[12] = [Sprint(5, "Next", state=state.value)]
    assert jira_tracker(jira).sprint_state(NEXT, NOW) is state


def test_a_sprint_that_is_over_or_gone_takes_nothing(jira: JiraStandIn) -> None:
    tracker, planned = jira_tracker(jira), tickets(jira, 1)
    assert tracker.sprint_state(NEXT, NOW) is SprintState.GONE
    with pytest.raises(VendorRefused, match="The sprint does not exist"):
        tracker.plan_sprint(NEXT, planned)
    jira.boards[12] = [Sprint(5, "Next", state="closed")]
    with pytest.raises(VendorRefused, match="only to active or future sprints"):
        tracker.plan_sprint(NEXT, planned)


def test_a_rank_that_jira_could_not_give_is_tried_again(jira: JiraStandIn) -> None:
    theirs, ours = tickets(jira, 2)
    jira.boards[12] = [Sprint(5, "Next", issues=[theirs.key])]
    jira.faults.append(Fault("PUT", "/issue/rank$", status=207))
    with pytest.raises(VendorUnavailable, match="could not rank"):
        jira_tracker(jira).plan_sprint(NEXT, [ours])


def test_a_team_is_planned_into_a_sprint_of_its_own_board_on_whatever_page_that_is(jira: JiraStandIn) -> None:
    others = [Sprint(100 + number, f"Theirs {number}", start=NOW, origin=5) for number in range(97)]
    own = [Sprint(7, "Ours later", start=NOW + timedelta(days=20)), Sprint(6, "Ours", start=NOW + timedelta(days=6))]
    jira.boards[12] = [*others, *own]
    sprint = jira_tracker(jira).next_sprint("payments", NOW)
    assert sprint is not None
    assert sprint.id == 6


def test_a_board_that_shows_only_sprints_of_others_has_none(jira: JiraStandIn) -> None:
    jira.boards[12] = [Sprint(5, "Theirs", origin=5)]
    assert jira_tracker(jira).next_sprint("payments", NOW) is None
