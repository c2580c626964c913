import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from rich.console import Console

from followthrough.cli.drills import drawn_drills
from followthrough.queues import TASK_QUEUE
from tests.waiting import eventually
from tests.web.conftest import Web, words
from tests.web.test_private import eyes_of
from workflows.drill import DrillScheduleWorkflow
from workflows.messages.drill import DrillRequest


async def start(api: httpx.AsyncClient, **body: str) -> httpx.Response:
    return await api.post("/api/drills", json=body)


async def until(api: httpx.AsyncClient, path: str, part: str) -> Any:
    """The answer, once it holds something in ``part``."""
    answer = await eventually(lambda: api.get(path), lambda answer: answer.is_success and answer.json()[part])
    return answer.json()


async def test_a_drill_is_started_reported_and_shown(api: httpx.AsyncClient) -> None:
    answer = await start(api, team="platform", scenario="disk-full")
    assert answer.status_code == 201, answer.text
    incident = answer.json()["incident"]
    begun = await until(api, f"/api/incidents/{incident}", "roles")
    assert (begun["drill"], begun["severity"], begun["team"]) == (True, "SEV1", "platform")
    cancel = {"command": "cancel", "by": "sam", "reason": "A real incident came"}
    assert (await api.post(f"/api/incidents/{incident}/commands", json=cancel)).status_code == 200

    overview = await until(api, "/api/drills", "reports")
    (report,) = overview["reports"]
    assert (report["scenario"], report["outcome"]) == ("disk-full", "cancelled")
    assert {team["team"]: team["practice"] for team in overview["teams"]}["platform"] != "practised"
    shown = await api.get("/drills")
    assert (shown.status_code, "A database stops taking writes" in shown.text) == (200, True)
    console = Console(record=True, width=200)
    console.print(drawn_drills(overview))
    assert f"platform: A database stops taking writes ({incident})" in console.export_text()


async def test_a_team_has_one_drill_at_a_time(web: Web, api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(start(api, team="payments") for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    incident = next(answer.json()["incident"] for answer in answers if answer.status_code == 201)
    for refused in (answer for answer in answers if answer.status_code == 409):
        assert f"has a drill already: http://127.0.0.1:8080/incidents/{incident}" in refused.json()["error"]
    await web.client.execute_workflow(
        DrillScheduleWorkflow.run, DrillRequest(team="payments"), id=f"drill/payments-{uuid4()}", task_queue=TASK_QUEUE
    )
    drills = "WorkflowType = 'DrillWorkflow' AND ExecutionStatus = 'Running'"
    assert await eventually(lambda: web.client.count_workflows(drills), lambda found: found.count == 1)

    await until(api, f"/api/incidents/{incident}", "roles")
    cancel = {"command": "cancel", "by": "marcos", "reason": "A real incident came"}
    assert (await api.post(f"/api/incidents/{incident}/commands", json=cancel)).status_code == 200
    again = await eventually(lambda: start(api, team="payments"), lambda answer: answer.status_code == 201)
    incident = again.json()["incident"]
    await until(api, f"/api/incidents/{incident}", "roles")
    assert (await api.post(f"/api/incidents/{incident}/commands", json=cancel)).status_code == 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"team": "nobody"}, "no team 'nobody'; it has payments, platform."),
        ({"team": "payments", "scenario": "flood"}, "no scenario 'flood'; there are bad-deploy, disk-full,"),
    ],
)
async def test_what_can_not_be_practised_is_said(api: httpx.AsyncClient, body: dict[str, str], words: str) -> None:
    answer = await start(api, **body)
    assert answer.status_code == 422
    assert words in answer.json()["error"]


async def test_a_drill_is_started_on_its_page_by_those_who_may(web: Web, api: httpx.AsyncClient) -> None:
    async with eyes_of(web, "sam") as sam, eyes_of(web, "ines") as ines:
        assert 'action="/drills"' in (form := await sam.get("/drills")).text
        assert ('value="platform"' in form.text, 'value="payments"' in form.text) == (True, False)
        assert "/you?to=/drills" in (await api.get("/drills")).text
        foreign = await ines.post("/drills", data={"team": "platform", "scenario": "disk-full"})
        assert (foreign.status_code, "ines can't start a drill of team platform" in words(foreign)) == (403, True)
        unknown = await sam.post("/drills", data={"team": "platform", "scenario": "flood"})
        assert (unknown.status_code, "There is no scenario 'flood'" in words(unknown)) == (409, True)
        started = await sam.post("/drills", data={"team": "platform", "scenario": "disk-full"})
        incident = started.headers["location"].rpartition("=")[2]
        assert f'<a href="/incidents/{incident}">' in (await sam.get(started.headers["location"])).text
        again = await sam.post("/drills", data={"team": "platform", "scenario": "disk-full"})
        assert (again.status_code, "has a drill already" in words(again)) == (409, True)
        assert 'value="disk-full" selected' in again.text
    await until(api, f"/api/incidents/{incident}", "roles")
    cancel = {"command": "cancel", "by": "sam", "reason": "Enough practised"}
    assert (await api.post(f"/api/incidents/{incident}/commands", json=cancel)).status_code == 200
