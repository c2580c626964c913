"""The log of webhooks that go out: who sees it, what is sent again, and what is audited."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.answered.webhook.delivery import Outcome
from followthrough.domain.replayed.values import Fence
from followthrough.store import webhooks
from followthrough.store.webhooks import Tried
from followthrough.webhook_outbox import WebhookOutbox
from tests.records import incident, item
from tests.web.conftest import Web, changed_example, new_web, words

ENDPOINTS = """
webhooks:
  warehouse:
    url: https://hooks.example.com/followthrough
    secrets: [WEBHOOK_SECRET_WAREHOUSE]
    events: [incident.declared]
  audit:
    url: https://audit.example.com
    secrets: [WEBHOOK_SECRET_AUDIT]
    teams: [platform]

services:
"""


@pytest.fixture
async def office(address: str, tmp_path: Path) -> AsyncIterator[Web]:
    web = await new_web(address, changed_example(tmp_path, "\nservices:\n", ENDPOINTS), tmp_path)
    yield web
    web.database.dispose()


def model(office: Web) -> ReadModel:
    return ReadModel(office.database, WebhookOutbox(office.organisation, "https://followthrough.example.com"))


def waiting(office: Web, endpoint: str = "warehouse") -> list[webhooks.Logged]:
    with Session(office.database) as session:
        return webhooks.log(session, endpoint=endpoint, limit=10)


def tried(office: Web, outcome: Outcome, answer: str) -> None:
    with Session(office.database) as session, session.begin():
        found = webhooks.next_due(session, "warehouse", datetime.now(UTC))
        assert isinstance(found, webhooks.Logged)
        webhooks.note_try(session, found.delivery.number, Tried(outcome, answer, 12), datetime.now(UTC))


async def test_the_log_says_what_became_of_an_event_and_it_is_sent_again(office: Web) -> None:
    model(office).project_incident(incident())
    tried(office, Outcome.TAKEN, "It answered 200.")
    event = waiting(office)[0].event.id
    async with office.browser() as browser:
        page = words(await browser.get("/webhooks-out"))
        assert "incident.declared inc-0000000001" in page
        assert "delivered 1 It answered 200. in 12 ms" in page
        again = await browser.post("/webhooks-out/send-again", data={"event_id": event, "endpoint": "warehouse"})
        assert again.headers["location"] == "/webhooks-out?said=again"
        lines = (await browser.get("/api/webhooks/deliveries", params={"endpoint": "warehouse"})).json()
        assert [(line["event_id"], line["state"], line["tries"]) for line in lines] == [(event, "waits", 0)]
        unknown = await browser.post("/api/webhooks/deliveries/msg_0/send-again", params={"endpoint": "warehouse"})
        assert unknown.status_code == 404
        heard = (await browser.get("/api/audit", params={"what": "send webhook again"})).json()
    assert event in {entry["record"] for entry in heard}


async def test_a_disabled_endpoint_is_a_trouble_until_it_is_enabled(office: Web) -> None:
    model(office).project_incident(incident())
    tried(office, Outcome.GONE, "It answered 410.")
    async with office.browser() as browser:
        assert "Nothing is sent to the webhook warehouse any more." in words(await browser.get("/trouble"))
        assert "disabled" in words(await browser.get("/webhooks-out"))
        await browser.post("/webhooks-out/enable", data={"name": "warehouse"})
        assert "webhook disabled" not in words(await browser.get("/trouble"))
        assert (await browser.post("/api/webhooks/warehouse/enable")).status_code == 404
    assert webhooks.untold(office.database)["warehouse"] == waiting(office)[0].delivery.number


async def test_what_is_sent_again_to_a_disabled_endpoint_is_said_to_wait(office: Web) -> None:
    model(office).project_incident(incident())
    tried(office, Outcome.GONE, "It answered 410.")
    event = {"event_id": waiting(office)[0].event.id, "endpoint": "warehouse"}
    async with office.browser() as browser:
        on_page = await browser.post("/webhooks-out/send-again", data=event, follow_redirects=True)
        path = f"/api/webhooks/deliveries/{event['event_id']}/send-again"
        answer = await browser.post(path, params={"endpoint": "warehouse"})
        assert answer.status_code == 202
        assert "is disabled, so the event waits" in answer.json()["message"]
        assert answer.json()["message"] in words(on_page)
        assert "in a moment" not in words(on_page)
        await browser.post("/api/webhooks/warehouse/enable")
        again = await browser.post(path, params={"endpoint": "warehouse"})
        assert "sent again in a moment" in again.json()["message"]


async def test_each_version_is_told_of_once_to_who_wants_it(office: Web) -> None:
    for _ in range(2):
        model(office).project_incident(incident())
        model(office).project_item(item(team="platform"))
    declared = [line.event.type for line in waiting(office)]
    assert declared == ["incident.declared"]
    assert {line.event.type for line in waiting(office, "audit")} == {"action_item.proposed", "action_item.accepted"}


async def test_what_becomes_private_leaves_the_log_and_what_is_private_never_comes(office: Web) -> None:
    model(office).project_incident(incident())
    model(office).project_item(item(team="platform"))
    model(office).project_incident(incident(private=True, version=9))
    model(office).project_item(item(2, team="platform"))
    with Session(office.database) as session:
        assert webhooks.log(session, limit=10) == []


async def test_a_record_that_is_read_back_from_its_workflow_is_no_news_unless_something_differs(office: Web) -> None:
    read_model, record = model(office), incident()
    read_model.overwrite(record, Fence(), 0)
    assert waiting(office) == []


async def test_only_administrators_and_auditors_see_it(office: Web) -> None:
    async with office.browser("198.51.100.7") as browser:
        for method, path in (("GET", "/webhooks-out"), ("GET", "/api/webhooks"), ("POST", "/webhooks-out/enable")):
            assert (await browser.request(method, path)).status_code in (401, 403), path
