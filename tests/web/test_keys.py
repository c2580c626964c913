"""What is given again with its key is carried out once, and has the same answer."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from temporalio.client import WorkflowExecutionDescription

from followthrough import records
from tests.waiting import eventually
from tests.web.conftest import Web
from tests.web.test_acting import link
from tests.web.test_api import declare, get, with_item

PROPOSAL = {"command": "propose action item", "by": "ines", "title": "Alert on queue depth", "owner": "tomas"}


def at_rest(workflow: WorkflowExecutionDescription) -> bool:
    found = workflow.raw_description
    return not (found.pending_activities or found.HasField("pending_workflow_task"))


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


async def test_a_command_given_again_with_its_key_is_carried_out_once(api: httpx.AsyncClient) -> None:
    incident = await declare(api)
    path, again = f"/api/incidents/{incident}/commands", key()
    first, *others = [await api.post(path, json=PROPOSAL, headers=again) for _ in range(3)]
    assert {answer.status_code for answer in (first, *others)} == {200}
    assert all(answer.json() == first.json() for answer in others)
    assert [item["id"] for item in (await get(api, f"incidents/{incident}"))["items"]] == [f"{incident}.1"]
    other = await api.post(path, json=PROPOSAL | {"title": "Alert on declined cards"}, headers=again)
    assert len(other.json()["items"]) == 2
    assert len((await api.post(path, json=PROPOSAL, headers=key())).json()["items"]) == 3


async def test_an_incident_declared_again_with_its_key_is_one(api: httpx.AsyncClient) -> None:
    body, again = {"title": "Payments fail", "service": "checkout", "severity": "SEV2", "by": "ines"}, key()
    declared = [(await api.post("/api/incidents", json=body, headers=again)).json() for _ in range(2)]
    assert declared[0] == declared[1]
    assert (await api.post("/api/incidents", json=body, headers=key())).json() != declared[0]


async def test_a_command_that_ended_its_item_and_one_that_reopened_it_have_the_same_answer_again(
    api: httpx.AsyncClient, web: Web
) -> None:
    item = await with_item(api)
    path = f"/api/items/{item}/commands"
    await api.post(path, json={"command": "accept", "by": "tomas"})
    await api.post(path, json={"command": "done", "by": "tomas", "evidence": "https://git.example.com/1"})
    closed, again = {"command": "verify", "by": "ines"}, key()
    assert (await api.post(path, json=closed, headers=again)).json()["status"] == "closed"
    await web.client.get_workflow_handle(item).result()
    assert (await api.post(path, json=closed, headers=again)).json()["status"] == "closed"
    assert (await api.post(path, json=closed, headers=key())).status_code == 409
    reopen, again = {"command": "reopen", "by": "ines", "reason": "It happened again"}, key()
    answers = [await api.post(path, json=reopen, headers=again) for _ in range(2)]
    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [(200, "proposed")] * 2
    assert (await api.post(path, json=reopen, headers=key())).status_code == 409


async def test_what_is_tried_again_and_again_while_the_database_is_locked_happens_once(
    api: httpx.AsyncClient, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, incident = await with_item(api), await declare(api)
    accept = link("accept", item)
    await eventually(lambda: get(api, f"incidents/{incident}"), lambda it: it["roles"])
    for waiting in (item, incident):
        await eventually(web.client.get_workflow_handle(waiting).describe, at_rest)
    path, again = f"/api/incidents/{incident}/commands", key()
    monkeypatch.setattr(records, "ANSWER_WITHIN", 20)
    with web.database.connect() as locking:
        locking.execute(text("BEGIN EXCLUSIVE"))
        *tried, by_link = await asyncio.gather(
            *(api.post(path, json=PROPOSAL, headers=again) for _ in range(2)),
            api.post(accept, headers={"Accept": "text/html"}),
        )
        monkeypatch.setattr(records, "ANSWER_WITHIN", 1)
        while len(tried) < 6 or tried[-1].status_code != 202:
            tried.append(await api.post(path, json=PROPOSAL, headers=again))
        locking.rollback()
    assert {answer.status_code for answer in tried} <= {202, 503}
    accepted = next(answer for answer in tried if answer.status_code == 202)
    assert accepted.headers["location"] == f"/incidents/{incident}"
    assert "is accepted, but its result is not there yet" in accepted.json()["message"]
    assert (by_link.status_code, "That is on its way" in by_link.text) == (202, True)
    monkeypatch.undo()
    await eventually(lambda: get(api, f"items/{item}"), lambda it: it["status"] == "accepted")
    assert (await api.post(accept)).status_code == 409
    answer = await api.post(path, json=PROPOSAL, headers=again)
    assert [item["id"] for item in answer.json()["items"]] == [f"{incident}.1"]
