from typing import Any

import httpx
import pytest
from rich.console import Console

from followthrough.cli.drills import drawn_drills
from tests.waiting import eventually


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
