"""What is made as an id is told apart as one, and nothing else is."""

from datetime import date

import pytest

from followthrough.domain.replayed import ids

INCIDENT = ids.incident_id("key", generation=3)


@pytest.mark.parametrize("item", [ids.item_id(INCIDENT, 1), ids.item_id(ids.item_id("inc-7f3a9c21d0", 2), 12)])
def test_records_have_pages_by_what_they_are(item: str) -> None:
    assert [ids.is_item(item), ids.is_incident(item)] == [True, False]
    assert [ids.is_item(INCIDENT), ids.is_incident(INCIDENT)] == [False, True]
    assert ids.incident_of(ids.item_id(ids.item_id(INCIDENT, 2), 1)) == ids.incident_of(INCIDENT) == INCIDENT
    assert [ids.page_of(item), ids.page_of(INCIDENT)] == [f"items/{item}", f"incidents/{INCIDENT}"]


@pytest.mark.parametrize("text", ["", "7f3a9c21d0.1", "inc-7f3a9c21d0.", "inc-7f3a9c21d0.1\n", "inc-7f3a9c21d0.x"])
def test_what_looks_like_an_id_is_none(text: str) -> None:
    assert not ids.is_item(text)
    assert not ids.is_incident(text)


def test_workflows_of_teams_and_people_are_told_apart() -> None:
    others = [INCIDENT, ids.planning_id("payments", date(2026, 3, 2)), ids.inbox_id("drill"), ids.REPLANNING]
    others += [ids.mail_problem_id("1"), ids.send_again_id("1"), ids.run_by_hand(ids.WEEKLY_DIGEST, "1")]
    assert len(set(others)) == len(others)
    assert ids.is_drill(ids.drill_id("payments"))
    assert not any(ids.is_drill(other) for other in others)
    assert ids.person_of(ids.inbox_id("ana")) == "ana"


def test_schedules_are_ours_and_those_of_sprints_known() -> None:
    drill, sprint = ids.drill_id("payments"), ids.sprint_schedule_id("payments")
    ours = [drill, sprint, ids.MONTHLY_DIGEST, ids.WEEKLY_DIGEST, ids.JIRA_SWEEP, ids.RECONCILE]
    assert all(ids.is_ours(schedule) for schedule in ours)
    assert [schedule for schedule in ours if ids.is_sprint_schedule(schedule)] == [sprint]
    assert not ids.is_ours("backup/nightly")
