import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from temporalio.client import Client

from followthrough import records
from followthrough.converter import data_converter
from followthrough.domain.replayed.incident.incident import IncidentStatus
from followthrough.store.database import open_database
from tests.web.conftest import Web, new_namespace
from tests.web.pagers import NOBODY_LISTENS, TOKEN, accepted, generic, group, pagerduty, signed, state


async def test_an_alertmanager_group_becomes_an_incident(web: Web, api: httpx.AsyncClient) -> None:
    incident = await state(web, await accepted(await api.post("/webhooks/alertmanager", json=group())))
    assert (incident.title, incident.service, incident.team) == ("Card payments fail", "checkout", "payments")
    assert (incident.severity, incident.declared_by, incident.alerts) == ("SEV1", None, 1)


async def test_an_alert_is_one_incident_until_that_is_over_and_then_another(web: Web, api: httpx.AsyncClient) -> None:
    async def send(status: str) -> httpx.Response:
        return await api.post("/webhooks/alertmanager", json=group(groupKey=key, status=status))

    key = uuid4().hex
    assert (await send("resolved")).json() == {
        "message": "Nothing to resolve: no ongoing incident belongs to this alert."
    }
    first = await accepted(await send("firing"))
    assert await accepted(await send("firing")) == first
    assert await accepted(await send("resolved")) == first
    incident = await state(web, first)
    assert (incident.alerts, incident.status) == (3, IncidentStatus.DECLARED)
    assert incident.resolution_proposed_at is not None

    command = {"command": "resolve", "by": "ines", "summary": "Rolled back"}
    assert (await api.post(f"/api/incidents/{first}/commands", json=command)).status_code == 200
    assert (await send("resolved")).status_code == 200
    assert await accepted(await send("firing")) == f"{first}-2"
    assert await accepted(await send("firing")) == f"{first}-2"

    command = {"command": "cancel", "by": "ines", "reason": "A test"}
    assert (await api.post(f"/api/incidents/{first}-2/commands", json=command)).status_code == 200
    assert await accepted(await send("firing")) == f"{first}-3"


async def test_an_alert_whose_route_is_for_trying_out_starts_a_drill_beside_the_real_incident(
    web: Web, api: httpx.AsyncClient
) -> None:
    """A group with one real alert in it is real."""

    async def send(*labels: dict[str, str]) -> str:
        (alert,) = group()["alerts"]
        body = group(
            groupKey=key, commonLabels={"service": "checkout"}, alerts=[alert | {"labels": one} for one in labels]
        )
        return await accepted(await api.post("/webhooks/alertmanager", json=body))

    key, tried, real = "{}/" + 300 * "x" + uuid4().hex, {"drill": "true"}, {"severity": "warning"}
    drill = await send(tried)
    incident = await send(tried, real)
    assert [(await state(web, drill)).drill, (await state(web, incident)).drill] == [True, False]
    assert (await send(tried), await send(real)) == (drill, incident)
    assert [(await state(web, drill)).alerts, (await state(web, incident)).alerts] == [2, 2]


async def test_one_alert_delivered_many_times_at_once_is_one_incident(web: Web, api: httpx.AsyncClient) -> None:
    body = generic()
    answers = await asyncio.gather(*(api.post("/webhooks/generic", json=body, headers=TOKEN) for _ in range(50)))
    (incident_id,) = {await accepted(answer) for answer in answers}
    assert (await state(web, incident_id)).alerts == 50


async def test_a_worker_in_the_same_process_is_handed_a_new_incident_with_its_start(
    web: Web, api: httpx.AsyncClient
) -> None:
    incident_id = await accepted(await api.post("/webhooks/generic", json=generic(), headers=TOKEN))
    history = await web.client.get_workflow_handle(incident_id).fetch_history()
    assert history.events[0].workflow_execution_started_event_attributes.eager_execution_accepted


async def test_a_new_alert_is_accepted_while_no_worker_runs(address: str, web: Web) -> None:
    alone = replace(web, client=await new_namespace(address))
    async with alone.browser() as api:
        incident_id = await accepted(await api.post("/webhooks/generic", json=generic(), headers=TOKEN))
    assert (await alone.client.get_workflow_handle(incident_id).describe()).status is not None


async def test_a_pagerduty_incident_is_taken_with_either_secret_while_they_are_rotated(
    web: Web, api: httpx.AsyncClient
) -> None:
    async def send(body: bytes, *secrets: str) -> httpx.Response:
        return await api.post("/webhooks/pagerduty", content=body, headers=signed(body, *secrets))

    triggered = pagerduty(id="Q1ROTATION")
    incident_id = await accepted(await send(triggered, "old secret"))
    assert await accepted(await send(triggered, "unknown secret", "new secret")) == incident_id
    assert await accepted(await send(pagerduty("incident.resolved", id="Q1ROTATION"), "new secret")) == incident_id
    incident = await state(web, incident_id)
    assert (incident.title, incident.alerts) == ("Card payments fail", 3)


async def test_pagerduty_events_that_say_nothing_of_an_incident_are_answered_in_words(
    web: Web, api: httpx.AsyncClient
) -> None:
    before = await web.workflows()
    for event_type, status, words in (
        ("pagey.ping", 200, "hears PagerDuty"),
        ("incident.acknowledged", 202, "Ignored: incident.acknowledged"),
        ("service.updated", 202, "Ignored: service.updated"),
    ):
        body = pagerduty(event_type)
        answer = await api.post("/webhooks/pagerduty", content=body, headers=signed(body, "old secret"))
        assert answer.status_code == status
        assert words in answer.json()["message"]
    assert await web.workflows() == before


async def test_what_pagerduty_says_of_our_own_pages_starts_nothing(web: Web, api: httpx.AsyncClient) -> None:
    before = await web.workflows()
    for event_type in ("incident.triggered", "incident.resolved", "incident.priority_updated"):
        body = pagerduty(event_type, incident_key="followthrough/inc-7f3a9c21d0/Incident Commander")
        answer = await api.post("/webhooks/pagerduty", content=body, headers=signed(body, "old secret"))
        assert (answer.status_code, answer.json()) == (202, {"message": "Ignored: that is a page of ours."})
    assert await web.workflows() == before


def without(body: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != field}


JSON = {"Content-Type": "application/json"}
UNSIGNED = pagerduty()
INCOMPLETE, BLANK = pagerduty(title=""), pagerduty(title=" \u2028\0")
BAD_INPUTS: dict[str, tuple[str, Any, dict[str, str], int, str]] = {
    "no JSON": ("alertmanager", b"{", JSON, 400, "not JSON"),
    "nothing": ("alertmanager", b"", JSON, 422, "The body: Field required"),
    "a list": ("alertmanager", b"[]", JSON, 422, "The body"),
    "no content type": ("alertmanager", json.dumps(group()).encode(), {}, 422, "The body"),
    "invalid UTF-8": ("alertmanager", b'{"version": "\xff"}', JSON, 400, "not JSON"),
    "deeply nested": ("alertmanager", b"[" * 100_000, JSON, 400, "not JSON"),
    "no key": ("alertmanager", without(group(), "groupKey"), {}, 422, "groupKey: Field required"),
    "alerts that are no list": ("alertmanager", group(alerts={}), {}, 422, "alerts: "),
    "an unknown status": ("alertmanager", group(status="on fire"), {}, 422, "status: "),
    "no token": ("generic", generic(), {}, 401, "bearer token"),
    "a wrong token": ("generic", generic(), {"Authorization": "Bearer x"}, 401, "bearer token"),
    "a token that is not ASCII": ("generic", generic(), {"Authorization": "Bearer \u00e9"}, 401, "bearer token"),
    "an unknown field": ("generic", generic(priority=1), TOKEN, 422, "priority: "),
    "an empty key": ("generic", generic(dedup_key=""), TOKEN, 422, "dedup_key: "),
    "a time without a zone": ("generic", generic(at="2026-03-02T09:00:00"), TOKEN, 422, "at: "),
    "two mistakes": ("generic", generic(title="", state="x"), TOKEN, 422, "(and 1 more)"),
    "too much": ("generic", generic(summary="x" * 21_000_000), TOKEN, 413, "20 MiB"),
    "no signature": ("pagerduty", UNSIGNED, JSON, 401, "X-PagerDuty-Signature"),
    "another's signature": ("pagerduty", UNSIGNED, signed(UNSIGNED, "x"), 401, "X-PagerDuty-Signature"),
    "a signature of something else": ("pagerduty", UNSIGNED, signed(b"{}", "old secret"), 401, "X-PagerDuty"),
    "no title": ("pagerduty", INCOMPLETE, signed(INCOMPLETE, "old secret"), 422, "event.data.title: "),
    "a blank title": ("pagerduty", BLANK, signed(BLANK, "old secret"), 422, "event.data.title: "),
    "an unknown pager": ("nagios", generic(), TOKEN, 404, "nothing at this address"),
}


@pytest.mark.parametrize(("pager", "body", "headers", "status", "words"), BAD_INPUTS.values(), ids=BAD_INPUTS)
async def test_bad_input_gets_one_clear_sentence_and_starts_nothing(
    web: Web, api: httpx.AsyncClient, pager: str, body: Any, headers: dict[str, str], status: int, words: str
) -> None:
    before = await web.workflows()
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    answer = await api.post(f"/webhooks/{pager}", headers=httpx.Headers(headers, "utf-8"), **content)
    assert answer.status_code == status, answer.text
    sentence = answer.json()["detail"]
    assert words in sentence
    assert "\n" not in sentence
    assert answer.headers["content-type"] == "application/problem+json"
    assert await web.workflows() == before


async def test_a_webhook_without_its_secret_says_how_to_switch_it_on(web: Web) -> None:
    body = pagerduty()
    async with web.browser(generic_token=None, pagerduty_secrets=()) as api:
        without_token = await api.post("/webhooks/generic", json=generic(), headers=TOKEN)
        without_secret = await api.post("/webhooks/pagerduty", content=body, headers=signed(body, "old secret"))
    for answer, setting in ((without_token, "GENERIC_TOKEN"), (without_secret, "PAGERDUTY_SECRETS")):
        assert answer.status_code == 403
        assert f"FOLLOWTHROUGH_{setting}" in answer.json()["error"]


@asynccontextmanager
async def relay(address: str) -> AsyncIterator[str]:
    """A way to the engine that is cut when the context is left."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection(*address.split(":"))
        with contextlib.suppress(ConnectionError):
            await asyncio.wait(
                [asyncio.create_task(carry(reader, here)), asyncio.create_task(carry(there, writer)), cut],
                return_when=asyncio.FIRST_COMPLETED,
            )
        here.close()
        writer.close()

    cut = asyncio.get_running_loop().create_future()
    async with await asyncio.start_server(connect, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"{host}:{port}"
        cut.set_result(None)


async def test_while_the_engine_is_down_the_pager_is_told_to_try_again(
    address: str, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "ANSWER_WITHIN", 1)
    incident = {"title": "It fails", "service": "checkout", "severity": "SEV2", "by": "ines"}
    async with relay(address) as way:
        client = await Client.connect(way, namespace=web.client.namespace, data_converter=data_converter)
    async with replace(web, client=client).browser() as api:
        answer, ready, declared, shown = await asyncio.gather(
            api.post("/webhooks/alertmanager", json=group()),
            api.get("/readyz"),
            api.post("/api/incidents", json=incident),
            api.get("/incidents", headers={"Accept": "text/html"}),
        )
    assert shown.status_code == 200, "what only shows asks the database alone"
    for response in (answer, ready, declared):
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
        assert "engine does not answer" in response.json()["error"]


async def test_while_the_database_is_down_alerts_still_start_incidents(web: Web) -> None:
    database = open_database(f"postgresql://nobody@{NOBODY_LISTENS}/nothing")
    async with replace(web, database=database).browser() as api:
        await accepted(await api.post("/webhooks/alertmanager", json=group()))
        for response in (
            await api.post("/webhooks/alertmanager", json=group(status="resolved")),
            await api.get("/api/incidents"),
            await api.get("/readyz"),
        ):
            assert response.status_code == 503
            assert int(response.headers["Retry-After"]) > 0
            assert response.json()["error"].startswith("The database ")
        page = await api.get("/incidents", headers={"Accept": "text/html"})
        assert (page.status_code, "The database does not answer; try again in a moment." in page.text) == (503, True)
