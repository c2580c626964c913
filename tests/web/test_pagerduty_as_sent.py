"""What PagerDuty really sends: events that come late, twice or merged, odd ones, and priorities."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from followthrough.domain.replayed.incident.commands import Resolve
from followthrough.domain.replayed.incident.incident import IncidentStatus
from tests.waiting import eventually
from tests.web.conftest import Web
from tests.web.pagers import accepted, event, give, pagerduty, signed, started, state


@pytest.mark.parametrize(
    ("incident", "around"),
    [
        ({"priority": "P1", "resolve_reason": "none", "html_url": 5, "status": None}, {}),
        ({}, {"occurred_at": None}),
        ({}, {"occurred_at": "2026-03-02T09:00:00", "id": 7}),
    ],
    ids=["other kinds of values", "no time", "a time without a zone"],
)
async def test_a_page_is_not_lost_for_what_it_says_beside_id_and_title(
    web: Web, api: httpx.AsyncClient, incident: dict[str, Any], around: dict[str, Any]
) -> None:
    pagerduty_id = f"Q{uuid4().hex[:12]}"
    body = json.loads(pagerduty("incident.triggered", id=pagerduty_id, **incident))
    body["event"] |= around
    content = json.dumps(body).encode()
    answer = await api.post("/webhooks/pagerduty", content=content, headers=signed(content, "old secret"))
    assert (await state(web, await accepted(answer))).dedup_key == f"pagerduty/{pagerduty_id}"


async def test_an_incident_that_pagerduty_merged_goes_on_with_the_other_ones(web: Web, api: httpx.AsyncClient) -> None:
    first, second = f"Q1{uuid4().hex[:12]}", f"Q2{uuid4().hex[:12]}"
    into = {
        "type": "merge_resolve_reason",
        "incident": {"id": second, "type": "incident_reference", "summary": "Everything fails"},
    }
    one = await accepted(await event(api, "triggered", id=first))
    two = await accepted(await event(api, "triggered", id=second, minutes=1))
    answer = await event(api, "resolved", id=first, minutes=2, resolve_reason=into)
    assert await accepted(answer) == two
    assert await accepted(await event(api, "resolved", id=first, minutes=2, resolve_reason=into)) == two
    ended = await eventually(lambda: state(web, one), lambda it: it.status is IncidentStatus.MERGED)
    assert (ended.resolved_at, ended.merged_into) == (None, two)
    other = await state(web, two)
    assert (other.status, other.resolution_proposed_at) == (IncidentStatus.DECLARED, None)
    await event(api, "resolved", id=second, minutes=9)
    assert (await state(web, two)).resolution_proposed_at is not None


async def test_an_incident_follows_the_unknown_one_that_pagerduty_merged_it_into(
    web: Web, api: httpx.AsyncClient
) -> None:
    first, second = f"Q1{uuid4().hex[:12]}", f"Q2{uuid4().hex[:12]}"
    link = "https://acme.pagerduty.com/incidents/Q2"
    into = {"type": "merge_resolve_reason", "incident": {"id": second, "summary": "Everything", "html_url": link}}
    incident_id = await accepted(await event(api, "triggered", id=first))
    assert await accepted(await event(api, "resolved", id=first, minutes=2, resolve_reason=into)) == incident_id
    incident = await state(web, incident_id)
    assert (incident.status, incident.resolution_proposed_at) == (IncidentStatus.DECLARED, None)
    detail = (await api.get(f"/api/incidents/{incident_id}")).json()
    assert any(link in entry["text"] for entry in detail["timeline"])
    assert await accepted(await event(api, "triggered", id=second, minutes=1)) == incident_id
    assert await accepted(await event(api, "resolved", id=second, minutes=5)) == incident_id
    assert (await state(web, incident_id)).resolution_proposed_at is not None


async def test_an_event_that_comes_again_after_people_resolved_changes_nothing(
    web: Web, api: httpx.AsyncClient
) -> None:
    pager = f"Q{uuid4().hex[:12]}"
    incident_id = await accepted(await event(api, "triggered", id=pager))
    await accepted(await event(api, "resolved", id=pager, minutes=20))
    assert (await event(api, "triggered", id=pager)).status_code == 202
    assert (await state(web, incident_id)).resolution_proposed_at is not None, "it came late"
    await give(api, incident_id, Resolve(by="ines", summary="Rolled back"))
    before = await started(web)
    assert await accepted(await event(api, "triggered", id=pager)) == incident_id
    assert (await event(api, "priority_updated", id=pager, minutes=30)).status_code == 200
    assert await started(web) == before
    assert (await state(web, incident_id)).status is IncidentStatus.RESOLVED
    assert await accepted(await event(api, "reopened", id=pager, minutes=40)) == f"{incident_id}-2"


async def test_an_end_that_comes_before_its_beginning_is_the_end(web: Web, api: httpx.AsyncClient) -> None:
    pager, before = f"Q{uuid4().hex[:12]}", await started(web)
    assert (await event(api, "resolved", id=pager, minutes=20)).status_code == 200
    assert (await event(api, "triggered", id=pager)).status_code == 200
    assert await started(web) == before
    await accepted(await event(api, "reopened", id=pager, minutes=30))


async def test_a_priority_that_is_set_later_starts_the_incident_and_is_followed(
    with_priorities: Web, priorities: httpx.AsyncClient
) -> None:
    pager = f"Q{uuid4().hex[:12]}"
    answer = await event(priorities, "triggered", id=pager, priority=None)
    assert answer.status_code == 202
    assert "no route" in answer.json()["message"]
    p1, p3 = ({"priority": {"id": name, "summary": name}} for name in ("P1", "P3"))
    incident_id = await accepted(await event(priorities, "priority_updated", id=pager, minutes=5, **p1))
    assert (await state(with_priorities, incident_id)).severity == "SEV1"
    assert "Q1" in (await priorities.get(f"/incidents/{incident_id}")).text
    await event(priorities, "priority_updated", id=pager, minutes=7, **p3)
    assert (await state(with_priorities, incident_id)).severity == "SEV3"
    await event(priorities, "priority_updated", id=pager, minutes=6, **p1)
    assert (await state(with_priorities, incident_id)).severity == "SEV3", "it came late"
    command = {"command": "change severity", "by": "ines", "severity": "SEV2", "reason": "Many are affected"}
    assert (await priorities.post(f"/api/incidents/{incident_id}/commands", json=command)).status_code == 200
    await event(priorities, "priority_updated", id=pager, minutes=8, **p1)
    assert (await state(with_priorities, incident_id)).severity == "SEV2"
    texts = [entry["text"] for entry in (await priorities.get(f"/api/incidents/{incident_id}")).json()["timeline"]]
    assert "SEV1 to SEV3: as PagerDuty says now" in texts
    await eventually(
        lambda: _texts(priorities, incident_id),
        lambda texts: "PagerDuty would make it SEV1; it stays SEV2, as ines decided" in texts,
    )


async def _texts(api: httpx.AsyncClient, incident_id: str) -> list[str]:
    return [entry["text"] for entry in (await api.get(f"/api/incidents/{incident_id}")).json()["timeline"]]


@pytest.mark.parametrize(
    "event_type",
    [
        *("acknowledged", "unacknowledged", "annotated", "delegated", "escalated", "reassigned", "responder.added"),
        *("responder.replied", "status_update_published", "custom_field_values.updated", "conference_bridge.updated"),
        *("incident_type.changed", "role.assigned", "workflow.started", "something.new"),
    ],
)
async def test_pagerdutys_other_events_are_taken_and_change_nothing(
    web: Web, api: httpx.AsyncClient, event_type: str
) -> None:
    before = await started(web)
    body = json.loads(pagerduty(f"incident.{event_type}"))
    body["event"]["data"] = {"id": "P1", "type": "incident_note", "content": "A note"}
    content = json.dumps(body).encode()
    answer = await api.post("/webhooks/pagerduty", content=content, headers=signed(content, "old secret"))
    assert answer.status_code == 202
    assert await started(web) == before
