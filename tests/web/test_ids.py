"""An incident's id is made from its key: no two keys share one, and ids of older versions lead where they led."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from followthrough import alert_delivery, gateway
from followthrough.domain.replayed.ids import generation_of, incident_id
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.values import Severity
from followthrough.queues import TASK_QUEUE
from tests.waiting import eventually
from tests.web.conftest import Web
from tests.web.pagers import TOKEN, generic
from tests.web.test_api import declare, get, give
from workflows.messages.incident import IncidentProgress


@pytest.fixture
def _first_ids_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    same = uuid4().hex

    def colliding(dedup_key: str, generation: int = 1) -> str:
        return incident_id(same if generation == 1 else dedup_key, generation)

    for module in (gateway, alert_delivery):
        monkeypatch.setattr(module, "incident_id", colliding)


@pytest.mark.usefixtures("_first_ids_collide")
async def test_a_declaration_whose_id_is_taken_is_not_swallowed(api: httpx.AsyncClient) -> None:
    key = uuid4().hex
    first, second = await declare(api, title="Payments fail"), await declare(api, title="Search is slow", dedup_key=key)
    assert first != second
    titles = [(await get(api, f"incidents/{record}"))["title"] for record in (first, second)]
    assert titles == ["Payments fail", "Search is slow"]
    assert await declare(api, title="Search is slow", dedup_key=key) == second


@pytest.mark.usefixtures("_first_ids_collide")
async def test_an_alert_whose_id_is_taken_starts_an_incident_of_its_own(api: httpx.AsyncClient) -> None:
    started = [await api.post("/webhooks/generic", json=generic(), headers=TOKEN) for _ in range(2)]
    assert [answer.status_code for answer in started] == [202, 202]
    assert len({answer.json()["incident"] for answer in started}) == 2


def test_ids_are_too_long_to_find_two_keys_for_one() -> None:
    assert len(incident_id("key").removeprefix("inc-")) * 4 == 80
    assert [generation_of(record) for record in ("inc-7f3a9c21d0", "inc-7f3a9c21d0-2", incident_id("key", 12))] == [
        1,
        2,
        12,
    ]


async def started_by_an_older_version(web: Web, key: str) -> str:
    record_id = f"inc-{uuid4().hex[:10]}"
    incident = Incident(
        id=record_id,
        dedup_key=f"generic/{key}",
        title="Payments fail",
        service="checkout",
        team="payments",
        severity=Severity.SEV2,
        declared_at=datetime.now(UTC),
    )
    await web.client.start_workflow(
        "IncidentWorkflow", IncidentProgress(incident=incident), id=record_id, task_queue=TASK_QUEUE
    )
    return record_id


async def test_what_an_older_version_started_goes_on_under_its_id(web: Web, api: httpx.AsyncClient) -> None:
    key = uuid4().hex
    old = await started_by_an_older_version(web, key)

    async def deliver(**changes: str) -> str:
        answer = await api.post("/webhooks/generic", json=generic(dedup_key=key, **changes), headers=TOKEN)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["incident"])

    async def listed() -> list[str]:
        return [found["id"] for found in await get(api, "incidents")]

    await eventually(listed, _has(old))
    assert await deliver() == old
    assert await deliver(state="resolved") == old
    assert (await give(api, old, "resolve", summary="Rolled back")).status_code == 200
    assert (await api.get(f"/incidents/{old}")).status_code == 200
    other = await deliver()
    assert (other.startswith(old), generation_of(other)) == (False, 2)


def _has(record_id: str) -> Callable[[list[str]], bool]:
    return lambda ids: record_id in ids
