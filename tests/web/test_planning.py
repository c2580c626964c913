"""Planning through API, page and command line; the engine and database are this module's own."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from activities.read_model import ReadModel
from followthrough.cli.planning import drawn_planning
from followthrough.domain.answered.sprint.dates import coming_plans
from followthrough.domain.replayed.ids import planning_id
from followthrough.organisation_file import OrganisationFile
from followthrough.queues import TASK_QUEUE
from tests.records import NOW, item
from tests.waiting import eventually
from tests.web.conftest import Web, changed_example, new_web
from workflows.messages.sprint import PlanSprint
from workflows.sprint_planning import SprintPlanningWorkflow

IDS = [f"inc-f0110b0000.{number}" for number in range(1, 501)]


@pytest.fixture(scope="module")
async def planning(
    address: str, organisation: OrganisationFile, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Web]:
    """Each team owes 250 action items, all without a ticket, due one after the other around now."""
    web = await new_web(address, organisation, tmp_path_factory.mktemp("planning"))
    read_model, today = ReadModel(web.database), (datetime.now(UTC) - NOW).days
    for number, key in enumerate(IDS):
        team, owner = ("payments", "ines") if number < 250 else ("platform", "sam")
        record = item(number, id=key, team=team, owner=owner, due_in_days=today + number % 250 // 5 - 9, estimate=3)
        read_model.project_item(record)
    async with web.worker():
        yield web
    web.database.dispose()


@pytest.fixture
async def api(planning: Web) -> AsyncIterator[httpx.AsyncClient]:
    async with planning.browser() as client:
        yield client


def proposed(answer: dict[str, Any]) -> list[str]:
    return [line["id"] for line in answer["proposal"]["lines"] if line["proposed"]]


async def test_the_riskiest_are_proposed_and_the_page_has_every_item_once(api: httpx.AsyncClient) -> None:
    answer = (await api.get("/api/planning/payments")).json()
    assert (answer["proposal"]["share"], proposed(answer)) == (8, [IDS[0], IDS[1]])
    shown = await api.get("/planning/payments")
    assert shown.status_code == 200
    assert all(shown.text.count(f'"/items/{key}"') == 1 for key in IDS[:250])
    assert shown.text.index("Proposed</h2>") < shown.text.index(IDS[0]) < shown.text.index("Overdue</h2>")
    assert "Nothing is planned before the lead or a member approves" in shown.text
    console = Console(record=True, width=200)
    console.print(drawn_planning(answer))
    assert "Not approved yet. The agreed share is 8, of which 0 is planned already." in console.export_text()


async def test_an_approval_is_taken_once_and_shown(api: httpx.AsyncClient) -> None:
    stranger = await api.post("/api/planning/payments", json={"by": "sam"})
    sentence = (
        "sam can't approve the sprint planning of team payments: that is for members of its team or the team's lead"
    )
    assert (stranger.status_code, sentence in stranger.text) == (403, True)
    foreign = await api.post("/api/planning/payments", json={"by": "ines", "items": [IDS[0], IDS[400]]})
    assert (foreign.status_code, f"{IDS[400]} can't be planned by team payments" in foreign.text) == (422, True)
    taken = await api.post("/api/planning/payments", json={"by": "ines"})
    assert (taken.status_code, taken.json()["approval"]["items"]) == (200, [IDS[0], IDS[1]]), taken.text
    again = await api.post("/api/planning/payments", json={"by": "marcos"})
    assert (again.status_code, "ines has approved this planning already" in again.text) == (409, True)
    page = await eventually(
        lambda: api.get("/planning/payments"), lambda page: "is not planned: It has no ticket yet" in page.text
    )
    assert "Approved by Inés Robles: 2 action items" in page.text


async def test_a_team_without_sprints_sees_what_is_owed_next(api: httpx.AsyncClient) -> None:
    answer = (await api.get("/api/planning/platform")).json()
    assert answer["proposal"]["share"] is None
    assert 0 < len(proposed(answer)) < 250
    assert "This team has no sprints" in (await api.get("/planning/platform")).text
    assert (await api.get("/planning", follow_redirects=True)).status_code == 200


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nobody", "has no team 'nobody'; it has payments, platform."),
        ("payments?first_day=2026-01-13", "Team payments plans no sprint that begins on 2026-01-13."),
    ],
)
async def test_what_is_not_planned_is_said(api: httpx.AsyncClient, path: str, words: str) -> None:
    answer = await api.get(f"/api/planning/{path}")
    assert (answer.status_code, words in answer.json()["error"]) == (404, True)


async def test_another_sprint_can_be_named(api: httpx.AsyncClient, planning: Web) -> None:
    _, second = islice(coming_plans("payments", planning.organisation(), datetime.now(UTC)), 2)
    answer = await api.get(f"/api/planning/payments?first_day={second.first_day}")
    assert answer.json()["plan"]["first_day"] == str(second.first_day)


@pytest.fixture
def with_research(planning: Web, tmp_path: Path) -> Web:
    """With a team that owes nothing."""
    teams = "teams:\n  research: {name: Research, lead: marcos}\n"
    return replace(planning, organisation=changed_example(tmp_path, "teams:\n", teams))


async def test_a_team_that_is_proposed_nothing_has_to_name_what_it_plans(with_research: Web) -> None:
    async with with_research.browser() as api:
        refused = await api.post("/api/planning/research", json={"by": "marcos"})
    sentence = "Nothing is proposed to team research; name the action items."
    assert (refused.status_code, refused.json()["error"]) == (409, sentence)


async def test_a_sprint_whose_planning_is_over_takes_no_approval(api: httpx.AsyncClient, planning: Web) -> None:
    *_, plan = islice(coming_plans("payments", planning.organisation(), datetime.now(UTC)), 3)
    over = await planning.client.start_workflow(
        SprintPlanningWorkflow.run,
        PlanSprint(team=plan.team, first_day=plan.first_day),
        id=planning_id(plan.team, plan.first_day),
        task_queue=TASK_QUEUE,
    )
    await over.query(SprintPlanningWorkflow.progress)
    await over.terminate()
    approval = {"by": "ines", "items": [IDS[9]], "first_day": str(plan.first_day)}
    refused = await api.post("/api/planning/payments", json=approval)
    sentence = f"The sprint of {plan.first_day} is over; plan the next one."
    assert (refused.status_code, refused.json()["error"]) == (409, sentence)
