"""Jira's webhook: only signed events, and only hints; what they lead to is in tests/workflows/test_jira_sweep.py."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import HttpUrl, SecretStr
from temporalio.client import WorkflowHandle

from activities.vendor_pause import VendorPause
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.item.commands import Finish
from followthrough.queues import TASK_QUEUE
from tests.records import item
from tests.standins.server import CONTRACTS
from tests.waiting import eventually
from tests.web.conftest import Web
from workflows.action_item import ActionItemWorkflow
from workflows.messages.item import ItemProgress

SECRETS = {"jira_webhook_secrets": (SecretStr("old secret"), SecretStr("new secret"))}
Handle = WorkflowHandle[ActionItemWorkflow, ActionItem]


@pytest.fixture(scope="module")
async def followed(web: Web) -> Handle:
    """An action item with a ticket."""
    return await start(web)


async def start(web: Web) -> Handle:
    now, key = datetime.now(UTC), f"inc-{uuid4().hex[:10]}"
    accepted: dict[str, Any] = {"proposed_at": now, "accepted_at": now, "working_since": now}
    record = item(id=f"{key}.1", incident_id=key, owner="ines", severity="SEV4", **accepted)
    handle = await web.client.start_workflow(
        ActionItemWorkflow.run, ItemProgress(item=record), id=record.id, task_queue=TASK_QUEUE
    )
    await eventually(lambda: handle.query(ActionItemWorkflow.state), lambda state: state.ticket_seen)
    return handle


def event(name: str = "jira:issue_updated", key: str = "PAY-999", labels: tuple[str, ...] | None = None) -> bytes:
    """As Jira documents it: the issue as its API shows it, in comment events with fewer fields."""
    fields: dict[str, Any] = {"summary": "Alert on queue depth", "status": {"name": "Done"}}
    issue = {
        "id": "10002",
        "key": key,
        "self": "https://paper-plane.atlassian.net/rest/api/2/issue/10002",
        "fields": fields if labels is None else fields | {"labels": list(labels)},
    }
    user = {"accountId": "5b10ana", "displayName": "Ana Ruiz", "active": True}
    return json.dumps({"timestamp": 1772442000000, "webhookEvent": name, "user": user, "issue": issue}).encode()


def signature(body: bytes, secret: str) -> dict[str, str]:
    return {"X-Hub-Signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


async def send(web: Web, body: bytes, headers: dict[str, str] | None = None, **changes: object) -> httpx.Response:
    headers = signature(body, "new secret") if headers is None else headers
    async with web.browser(**SECRETS | changes) as jira:
        return await jira.post("/webhooks/jira", content=body, headers=headers | {"Content-Type": "application/json"})


async def looks(handle: Handle) -> int:
    """How often the action item was asked to look at its ticket."""
    history = await handle.fetch_history()
    names = [event.workflow_execution_signaled_event_attributes.signal_name for event in history.events]
    return names.count("look_at_ticket")


async def looks_again(handle: Handle, before: int) -> None:
    """The engine keeps a signal back while it waits for the workflow's answer."""
    await eventually(lambda: looks(handle), lambda now: now == before + 1)


@pytest.mark.parametrize("name", ["jira:issue_updated", "jira:issue_deleted"])
@pytest.mark.parametrize("secret", ["old secret", "new secret"])
async def test_a_signed_event_makes_the_labelled_item_look(web: Web, followed: Handle, name: str, secret: str) -> None:
    before = await looks(followed)
    body = event(name, labels=("followthrough", followed.id))
    answer = await send(web, body, signature(body, secret))
    assert answer.status_code == 200
    assert answer.json()["message"] == f"Action item {followed.id} looks at PAY-999."
    await looks_again(followed, before)


async def test_a_comment_event_finds_the_item_by_its_tickets_key(web: Web, followed: Handle) -> None:
    ticket = (await followed.query(ActionItemWorkflow.state)).ticket
    assert ticket is not None
    before = await looks(followed)
    assert (await send(web, event("comment_created", ticket.key))).status_code == 200
    await looks_again(followed, before)


@pytest.mark.parametrize(
    "headers", [{}, {"X-Hub-Signature": "sha256=00"}, signature(b"another body", "new secret"), {"X-Hub-Signature": ""}]
)
async def test_an_event_without_a_good_signature_reaches_nobody(
    web: Web, followed: Handle, headers: dict[str, str]
) -> None:
    before = await looks(followed)
    answer = await send(web, event(labels=(followed.id,)), headers)
    assert answer.status_code == 401
    assert "FOLLOWTHROUGH_JIRA_WEBHOOK_SECRETS" in answer.json()["error"]
    assert await looks(followed) == before


async def test_without_a_secret_the_webhook_is_off(web: Web) -> None:
    assert (await send(web, event(), jira_webhook_secrets=())).status_code == 403


async def test_tickets_of_nobody_and_other_events_are_taken_and_ignored(web: Web) -> None:
    nobodys = await send(web, event(labels=("customer",)))
    sprint = await send(web, json.dumps({"webhookEvent": "sprint_started", "sprint": {"id": 4}}).encode())
    assert [answer.status_code for answer in (nobodys, sprint)] == [200, 200]
    assert nobodys.json()["message"] == "Ignored: PAY-999 belongs to no action item."
    assert sprint.json()["message"] == "Ignored: sprint_started is about no ticket."


@pytest.mark.parametrize("labels", [None, 7, [None], ["\ud83d", {}], {"a": "b"}])
@pytest.mark.parametrize("key", ["PAY-999", "PAY\0-999", "PAY-\ud83d"])
async def test_an_event_with_strange_characters_and_labels_is_about_no_ticket(web: Web, labels: Any, key: str) -> None:
    body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"key": key, "fields": {"labels": labels}}})
    answer = await send(web, body.encode())
    assert (answer.status_code, answer.json()["message"].startswith("Ignored: ")) == (200, True)


async def test_an_item_that_has_ended_is_left_to_the_sweep(web: Web) -> None:
    handle = await start(web)
    evidence = HttpUrl("https://git.example.com/change/7")
    await handle.execute_update(ActionItemWorkflow.execute, Finish(by="ines", evidence=evidence))
    await handle.result()
    answer = await send(web, event(labels=(handle.id,)))
    assert (answer.status_code, answer.json()["message"]) == (
        200,
        f"Action item {handle.id} has ended; the next sweep looks at PAY-999.",
    )


@pytest.mark.parametrize(
    ("body", "status"), [(b"x" * 21_000_000, 413), (b"{", 400), (b"{}", 422)], ids=["huge", "not JSON", "no event"]
)
async def test_what_is_no_event_is_said_to_be_none(web: Web, body: bytes, status: int) -> None:
    answer = await send(web, body)
    assert answer.status_code == status
    assert answer.json()["error"]


@pytest.mark.parametrize(
    "issue",
    [
        None,
        {"key": "PAY-1\x00"},
        {"key": "PAY-\ud83d"},
        {"key": "x" * 100_000},
        {"key": "PAY-999", "fields": None},
        {"key": "PAY-999", "fields": "hidden"},
        {"key": "PAY-999", "fields": {"labels": None, "\ud83d": 1}},
        {"key": "PAY-999", "fields": {"labels": [None, 7, "\ud83d", "inc-0000000009.1\x00", {}]}},
    ],
)
async def test_odd_events_are_taken_and_change_nothing(web: Web, issue: Any) -> None:
    answer = await send(web, json.dumps({"webhookEvent": "jira:issue_updated", "issue": issue}).encode())
    assert answer.status_code == 200
    assert answer.json()["message"].startswith("Ignored: ")


@pytest.mark.parametrize(
    "body",
    [b"null", b"[]", b'"x"', b"\xff", b"[" * 100_000, b'{"webhookEvent": null}', b'{"webhookEvent": "x", "issue": []}'],
)
async def test_what_is_no_event_at_all_is_refused_in_words(web: Web, body: bytes) -> None:
    answer = await send(web, body)
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]


@pytest.mark.skipif(not CONTRACTS, reason="FOLLOWTHROUGH_CONTRACTS does not name the folder with Atlassian's documents")
def test_the_events_here_have_issues_as_atlassian_documents_them() -> None:
    schemas = json.loads(Path(CONTRACTS, "jira-platform-v3.json").read_text())["components"]["schemas"]
    sent = json.loads(event(labels=("followthrough",)))
    assert sent["issue"].keys() <= schemas["IssueBean"]["properties"].keys()
    assert sent["user"].keys() <= schemas["UserDetails"]["properties"].keys()
    assert sent["webhookEvent"] in schemas["WebhookDetails"]["properties"]["events"]["items"]["enum"]


async def test_people_can_have_a_ticket_read_at_once_and_see_what_it_says(
    web: Web, api: httpx.AsyncClient, followed: Handle
) -> None:
    before = await looks(followed)
    answer = await api.post(f"/api/items/{followed.id}/ticket")
    assert answer.status_code == 200
    await looks_again(followed, before)
    shown = await api.get(f"/items/{followed.id}", headers={"Accept": "text/html"})
    assert "<small>to do</small>" in shown.text


async def test_a_login_that_jira_does_not_know_is_shown_above_the_items_until_it_does(
    web: Web, api: httpx.AsyncClient
) -> None:
    pause, html = VendorPause(web.database, "Jira"), {"Accept": "text/html"}
    pause.login_is_lost(timedelta(0))
    assert "Jira does not know us since" in (await api.get("/items", headers=html)).text
    pause.login_is_known()
    assert "Jira does not know us since" not in (await api.get("/items", headers=html)).text
