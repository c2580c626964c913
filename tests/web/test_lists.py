"""Lists of the API: all of them are read a page at a time, in the same way."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from activities.read_model import ReadModel
from followthrough.domain.replayed.incident.incident import IncidentPlan, IncidentStatus
from tests.records import NOW, incident
from tests.web.conftest import Web
from tests.web.test_private import eyes_of

NOT_PAGED = {"find": "ten of a kind at most, those that are likely meant"}
WITHIN = {"list_people": "people", "list_drills": "reports"}
"""Lists that stand in an answer beside something else."""


def lists(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Operations that answer with a list, by their names."""
    found = {}
    for path, operations in document["paths"].items():
        answer = operations.get("get", {}).get("responses", {}).get("200", {})
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        name = operations.get("get", {}).get("operationId", "")
        if path.startswith("/api/") and (schema.get("type") == "array" or name in WITHIN):
            found[name] = operations["get"]
    return found


def test_every_list_is_read_by_cursors(alone: Web) -> None:
    found = lists(alone.app().openapi())
    assert len(found) > 15
    others = [
        name
        for name, operation in found.items()
        if not {"cursor", "limit"} <= {parameter["name"] for parameter in operation["parameters"]}
        or "Link" not in operation["responses"]["200"].get("headers", {})
    ]
    assert others == [*NOT_PAGED]


async def pages(api: httpx.AsyncClient, path: str, within: str = "") -> list[Any]:
    """All rows, one at a time."""
    rows: list[Any] = []
    there = f"/api/{path}?limit=1"
    while there:
        answer = await api.get(there)
        assert answer.status_code == 200, answer.text
        page = answer.json()[within] if within else answer.json()
        assert len(page) <= 1
        rows += page
        assert len(rows) < 1_000
        there = answer.links["next"]["url"] if "next" in answer.links else ""
    return rows


@pytest.mark.parametrize(
    ("path", "within"), [("people", "people"), ("teams", ""), ("services", ""), ("insights", ""), ("tokens", "")]
)
async def test_page_by_page_nothing_is_skipped_or_told_twice(alone: Web, path: str, within: str) -> None:
    async with alone.browser() as api:
        for name in ("one", "two", "three") if path == "tokens" else ():
            assert (await api.post("/api/tokens", json={"name": name, "service": True})).status_code == 201
        whole = await api.get(f"/api/{path}")
        rows = whole.json()[within] if within else whole.json()
        assert "next" not in whole.links
        assert len(rows) > 1
        assert await pages(api, path, within) == rows


async def test_what_waits_without_a_due_date_is_told_once_and_last(alone: Web, database: Engine) -> None:
    model, owed = ReadModel(database), {"status": IncidentStatus.RESOLVED, "postmortem_owner": "tomas"}
    for number in (1, 2, 3):
        model.project_incident(incident(number, **owed))
    plan = IncidentPlan(postmortem_due=NOW, auto_resolve=False, next=None)
    model.project_incident(incident(4, plan=plan, **owed))
    async with eyes_of(replace(alone, database=database), "tomas") as api:
        found = [one["id"] for one in await pages(api, "mine")]
    assert found == [incident(number).id for number in (4, 1, 2, 3)]


@pytest.mark.parametrize("path", ["people", "audit", "webhooks/deliveries"])
async def test_a_place_that_is_none_is_refused(alone: Web, path: str) -> None:
    async with alone.browser() as api:
        answer = await api.get(f"/api/{path}", params={"cursor": "bm93aGVyZQ"})
    assert (answer.status_code, "begin with its first page" in answer.json()["detail"]) == (422, True)


@pytest.mark.parametrize("after", ["", "&after=0"])
async def test_the_audit_goes_on_in_the_order_that_it_was_begun_in(alone: Web, after: str) -> None:
    async with alone.browser() as api:
        for name in ("four", "five"):
            await api.post("/api/tokens", json={"name": name, "service": True})
        first = await api.get(f"/api/audit?limit=1&what=make token{after}")
        second = await api.get(first.links["next"]["url"])
    numbers = [first.json()[0]["number"], second.json()[0]["number"]]
    assert numbers == sorted(numbers, reverse=not after)
    assert len({*numbers}) == 2
