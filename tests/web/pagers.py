"""What pagers send, and what became of it."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from followthrough.domain.replayed.incident.commands import IncidentCommand
from followthrough.domain.replayed.incident.incident import Incident
from tests.web.conftest import Web
from workflows.incident import IncidentWorkflow

TOKEN = {"Authorization": "Bearer generic-token"}
NOBODY_LISTENS = "127.0.0.1:9"
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def generic(**changes: Any) -> dict[str, Any]:
    return {
        "dedup_key": uuid4().hex,
        "title": "Payments fail",
        "labels": {"severity": "page", "service": "checkout"},
    } | changes


def group(**changes: Any) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{uuid4().hex}"}}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "followthrough",
        "groupLabels": {"alertname": "ErrorRate"},
        "commonLabels": {"alertname": "ErrorRate", "service": "checkout", "severity": "critical"},
        "commonAnnotations": {"summary": "Card payments fail", "description": "12 % fail"},
        "externalURL": "http://alertmanager.example.com",
        "alerts": [
            {
                "status": "firing",
                "labels": {},
                "annotations": {},
                "startsAt": "2026-03-02T08:59:00.123456789Z",
                "endsAt": "0001-01-01T00:00:00Z",
            }
        ],
    } | changes


def pagerduty(event_type: str = "incident.triggered", **data: Any) -> bytes:
    incident = {
        "id": f"Q{uuid4().hex[:13].upper()}",
        "type": "incident",
        "html_url": "https://acme.pagerduty.com/incidents/Q1",
        "title": "Card payments fail",
        "service": {"id": "PF9KMXH", "summary": "checkout", "type": "service_reference"},
        "urgency": "high",
        "priority": {"id": "PSO75BM", "summary": "P1", "type": "priority_reference"},
    } | data
    event = {
        "id": "5ac64822-4adc-4fda-ade0-410becf0de4f",
        "event_type": event_type,
        "resource_type": "incident",
        "occurred_at": "2026-03-02T09:00:00.000Z",
        "data": incident,
    }
    return json.dumps({"event": event}).encode()


def signed(body: bytes, *secrets: str) -> dict[str, str]:
    signatures = ["v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets]
    return {"X-PagerDuty-Signature": ",".join(signatures), "Content-Type": "application/json"}


async def accepted(response: httpx.Response) -> str:
    assert response.status_code == 202, response.text
    answer = response.json()
    assert answer["url"] == f"http://127.0.0.1:8080/incidents/{answer['incident']}"
    return str(answer["incident"])


async def state(web: Web, incident_id: str) -> Incident:
    return await web.client.get_workflow_handle(incident_id).query(IncidentWorkflow.state)


def member(**changes: Any) -> dict[str, Any]:
    return {"status": "firing", "labels": {}, "annotations": {}, "startsAt": "2026-03-02T08:59:00Z"} | changes


async def page(api: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await api.post("/webhooks/alertmanager", json=group(**changes))


async def event(api: httpx.AsyncClient, event_type: str, *, minutes: int = 0, **data: Any) -> httpx.Response:
    """``minutes`` past nine, by PagerDuty's clock."""
    body = json.loads(pagerduty(f"incident.{event_type}", **data))
    body["event"] |= {"id": f"{event_type}/{minutes}", "occurred_at": (NINE + timedelta(minutes=minutes)).isoformat()}
    content = json.dumps(body).encode()
    return await api.post("/webhooks/pagerduty", content=content, headers=signed(content, "old secret"))


async def started(web: Web) -> set[str]:
    return {workflow for workflow in await web.workflows() if workflow.startswith("inc-")}


async def give(api: httpx.AsyncClient, incident: str, command: IncidentCommand) -> None:
    answer = await api.post(f"/api/incidents/{incident}/commands", json=command.model_dump(mode="json"))
    assert answer.status_code == 200, answer.text
