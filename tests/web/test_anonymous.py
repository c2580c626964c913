"""The anonymous form knows nothing about who writes: it is tried with requests that tell on whoever asks them."""

import ast
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import SecretStr
from sqlalchemy import Engine, inspect, text
from starlette.types import Receive, Scope, Send

from activities.read_model import ReadModel
from followthrough.audit import JOURNAL_FILE
from followthrough.store.database import migrate, open_database
from followthrough.web import anonymous
from followthrough.web.security import Guard
from followthrough.web.tracked import Tracked
from tests import records
from tests.web.conftest import Web
from tests.web.test_api import declare, give

NOTE = "Nobody dared to say that the failover was never tried"
WHO = {
    "Cookie": "session=somebody; __Host-session=somebody",
    "Authorization": "Bearer somebody",
    "User-Agent": "Mozilla/5.0 (somebody)",
    "X-Forwarded-For": "203.0.113.9",
    "Forwarded": "for=203.0.113.9",
    "Traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
}
TELLING = {name.lower().encode() for name in WHO}
WAYS = ("form", "note")


async def write(browser: httpx.AsyncClient, incident: str, way: str, **more: Any) -> httpx.Response:
    if way == "form":
        return await browser.post(f"/incidents/{incident}/anonymous", data={"text": NOTE}, **more)
    return await browser.post(f"/api/incidents/{incident}/anonymous", json={"text": NOTE}, **more)


async def acknowledged(api: httpx.AsyncClient) -> str:
    incident = await declare(api)
    await give(api, incident, "acknowledge")
    return incident


class Untouched(tuple[str, int]):
    """An address that nobody may look at."""

    def _looked_at(self, *_: object) -> NoReturn:
        raise AssertionError("The address was looked at")

    __getitem__ = __iter__ = __str__ = __repr__ = __eq__ = __hash__ = _looked_at


class Value(bytes):
    """Of a header that tells who asks."""

    def decode(self, *_: object, **__: object) -> NoReturn:
        raise AssertionError("A header that tells who asks was read")


@pytest.fixture
async def stranger(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    """Sends what would tell who it is, to an application that is watched whether it looks."""
    app = web.app()

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, Value(value) if name in TELLING else value) for name, value in scope["headers"]]
        await app({**scope, "client": Untouched(("203.0.113.9", 50_000)), "headers": headers}, receive, send)

    transport = httpx.ASGITransport(watched)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=WHO, timeout=30) as browser:
        yield browser


@pytest.mark.parametrize("way", WAYS)
async def test_who_writes_an_anonymous_note_is_not_looked_at(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, way: str
) -> None:
    incident = await acknowledged(api)
    shown = await stranger.get(f"/incidents/{incident}/anonymous")
    taken = await write(stranger, incident, way)
    perhaps_private = await write(stranger, "inc-0000000000", way)
    assert (shown.status_code, taken.status_code, perhaps_private.status_code) == (200, 201, 201)
    for answer in (shown, taken, perhaps_private):
        assert "set-cookie" not in answer.headers
        assert "x-request-id" not in answer.headers
    assert shown.headers["cache-control"] == taken.headers["cache-control"] == "no-store"


async def test_the_same_watch_catches_a_route_that_looks(api: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    incident = await declare(api)
    with pytest.raises(AssertionError, match=r"was (looked at|read)"):
        await give(stranger, incident, "acknowledge")


@pytest.mark.parametrize("way", WAYS)
async def test_an_anonymous_note_needs_no_sign_in(web: Web, api: httpx.AsyncClient, way: str) -> None:
    incident = await acknowledged(api)
    changes = {"api_token": SecretStr("a secret"), "public_url": "https://followthrough.example.com"}
    async with web.browser("198.51.100.7", **changes) as elsewhere:
        elsewhere.base_url = httpx.URL("https://followthrough.example.com")
        assert (await elsewhere.get(f"/incidents/{incident}/anonymous")).status_code == 200
        assert (await write(elsewhere, incident, way)).status_code == 201


@pytest.mark.parametrize("way", WAYS)
async def test_an_anonymous_note_leaves_nothing_but_its_own_row(web: Web, tmp_path: Path, way: str) -> None:
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    ReadModel(database).project_incident(incident := records.incident())
    alone = replace(web, database=database, settings=web.settings.model_copy(update={"data_dir": tmp_path}))
    async with alone.browser() as api:
        before = rows(database)
        assert (await write(api, incident.id, way)).status_code == 201
        assert (await api.get("/api/audit")).json() == []
        after = rows(database)
    assert after == before | {"anonymous_note": 1}
    with closing(sqlite3.connect(tmp_path / JOURNAL_FILE)) as journal:
        assert journal.execute("SELECT count(*) FROM waiting").fetchone() == (0,)
    database.dispose()


@pytest.mark.parametrize("way", WAYS)
async def test_an_anonymous_note_is_logged_at_no_level_also_when_it_fails(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    incident = await acknowledged(api)
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        await write(stranger, incident, way)
        await write(stranger, "inc-0000000000", way)
        await stranger.post(f"/incidents/{incident}/anonymous", data={})
    said = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert [line for line in said if "anonymous" in line or NOTE in line or "203.0.113.9" in line] == []


async def test_one_address_may_write_as_many_anonymous_notes_as_all_others_together(
    api: httpx.AsyncClient, web: Web
) -> None:
    incident = await acknowledged(api)
    most = web.organisation().policies.anonymous.per_incident
    async with web.browser("198.51.100.7") as busy, web.browser("198.51.100.8") as other:
        taken = [(await write(busy, incident, WAYS[n % 2])).status_code for n in range(most)]
        late = [(await write(browser, incident, "note")).status_code for browser in (busy, other)]
    assert taken == [201] * most
    assert late == [429, 429], "what waits is counted, and not who wrote it"


def test_no_anonymous_address_asks_for_somebody(web: Web) -> None:
    """What is asked of such a request is a list, and the guard takes away what tells who sent it.

    Before the guard is only what gives requests ids, and it gives these none.
    """
    open_ones = [one for one in iter_route_contexts(anonymous.router.routes) if one.name != "list_notes"]
    assert {route.name for route in open_ones} == {"add_note", "show_form", "take_form"}
    asked = {call.__name__ for route in open_ones for call in dependencies_of(route.dependant)}
    assert asked == {"_organisation", "_session"}
    outermost = [repr(one) for one in web.app().user_middleware][:2]
    assert outermost[0].startswith(f"Middleware({Tracked.__name__}")
    assert outermost[1].startswith(f"Middleware({Guard.__name__}")


def test_no_server_of_ours_keeps_an_access_log() -> None:
    """It would have each request's address, also of those that write anonymous notes."""
    calls = [
        {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        for file in (*Path("followthrough").rglob("*.py"), Path("worker.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).startswith("uvicorn.")
        and ast.unparse(node.func) != "uvicorn.Server"
    ]
    assert [call.get("access_log") for call in calls] == ["False"]


def dependencies_of(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for inner in dependant.dependencies:
        assert inner.call is not None
        yield inner.call
        yield from dependencies_of(inner)


def rows(database: Engine) -> dict[str, int]:
    with database.connect() as connection:
        return {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in inspect(database).get_table_names()
        }


async def test_an_anonymous_note_that_is_refused_can_be_copied_from_the_answer(
    web: Web, api: httpx.AsyncClient
) -> None:
    incident, note = await declare(api), "Nobody says it aloud. " * 1_000
    async with web.browser() as browser:
        accept = {"Accept": "text/html"}
        refused = await browser.post(f"/incidents/{incident}/anonymous", data={"text": note}, headers=accept)
    assert refused.status_code == 422
    assert f">{note.strip()}</textarea>" in refused.text
