"""The time of lists, pages and exports, against the bare statements for what they show and writing their text."""

import csv
import io
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import httpx
from pydantic import SecretStr
from sqlalchemy import Engine, text
from sqlmodel import Session
from temporalio.client import Client

from bench.estate import Estate, both_databases, estate
from bench.pages_shown import Shown, asking, shown
from bench.pages_summed import summed
from bench.report import Row, Size, ratio
from bench.stage import say
from followthrough.domain.answered.access.actor import Door
from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.store import sessions
from followthrough.web import digests, insights, rendering
from followthrough.web.app import create_app
from followthrough.web.spreadsheets import lines

ROUNDS = {Size.SMALLEST: 1, Size.QUICK: 9, Size.FULL: 15}
LONG = 1.0
"""Seconds: what takes longer has three rounds at most."""
TARGET = 3.0
NOTHING = "/you"
"""A page that reads no more than who asks, which no page can do without."""
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

RENDERING = (
    *((digests, name) for name in ("render_weekly", "render_digest", "attached")),
    (insights, "svg"),
    (rendering._templates, "TemplateResponse"),
)
"""What makes text and pictures of what was read."""

Writing = Callable[[], object]


async def pages(size: Size) -> list[Row]:
    """Each of them, on both databases."""
    with TemporaryDirectory() as written, both_databases(folder := Path(written)) as (databases, missing):
        if missing:
            say(missing)
        found = estate([*databases.values()], size, folder)
        return [row for database in databases.values() for row in await measured(database, found, folder, size)]


async def measured(database: Engine, found: Estate, folder: Path, size: Size, only: str = "") -> list[Row]:
    """Those whose name has ``only`` in it."""
    rows = []
    async with served(database, found.organisation, folder) as browser:
        ask = asking(database)
        for one in (*shown(ask, found), *summed(database, found, ask)):
            if only in one.name:
                rows.append(await _row(browser, database, one, size))
                say(f"{rows[-1].ratio and rows[-1].ratio.value:.1f}: {rows[-1].measure}")
    return rows


@asynccontextmanager
async def served(database: Engine, organisation: Path, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of the application, in this process, where people sign in; no engine is behind it."""
    secret = SecretStr("bench")
    provider = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "bench", "oidc_client_secret": secret}
    settings = Settings(data_dir=folder, public_url="http://localhost").model_copy(update=provider)
    client = await Client.connect("127.0.0.1:9", lazy=True)
    app = create_app(settings, OrganisationFile(organisation), client, database)
    transport = httpx.ASGITransport(app)
    with patch.object(app.state.served.gateway, "planning", _not_begun):
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=600) as browser:
            yield browser


async def _not_begun(_plan: object) -> None:
    """What the engine says of a planning before its workflow runs."""


def signed_in(database: Engine, person: str) -> dict[str, str]:
    """The headers of their browser."""
    with Session(database) as session:
        lasts = Settings().session_lasts
        secret = sessions.begin(session, person, Door.SESSION, datetime.now(UTC), lasts)
    return {"Cookie": f"followthrough={secret}", "Accept": "text/html"}


async def _row(browser: httpx.AsyncClient, database: Engine, one: Shown, size: Size) -> Row:
    headers = signed_in(database, one.person)
    with _rendered() as again:
        answer = (await browser.get(one.path, headers=headers)).raise_for_status()
    writing: Writing = (lambda: [each() for each in again]) if again else _written(answer)
    ours: list[list[float]] = []
    bare: list[list[float]] = []
    while len(ours) < ROUNDS[size] and not (len(ours) >= 3 and sum(map(sum, ours)) > 3 * LONG):
        ours.append([await _asked(browser, one.path, headers)])
        bare.append([_bare(database, one, writing) + await _asked(browser, NOTHING, headers)])
    ms, beside = (1000 * sorted(map(sum, each))[len(each) // 2] for each in (ours, bare))
    measure = f"{one.name}, {NAMES[database.dialect.name]}"
    why = f"{ms:.1f} ms beside {beside:.1f}, {len(answer.content) / 1024:,.0f} KiB"
    return Row("pages", f"{measure}: {why}", ratio(ours, bare), TARGET, why=f"{why}.")


async def _asked(browser: httpx.AsyncClient, path: str, headers: dict[str, str]) -> float:
    began = time.perf_counter()
    await browser.get(path, headers=headers)
    return time.perf_counter() - began


def _bare(database: Engine, one: Shown, writing: Writing) -> float:
    began = time.perf_counter()
    with database.connect() as connection:
        for statement, values in one.bare:
            connection.execute(text(statement), values).all()
    writing()
    return time.perf_counter() - began


@contextmanager
def _rendered() -> Iterator[list[Writing]]:
    """Fills with what renders again what is rendered meanwhile, with what is there for it."""
    again: list[Writing] = []

    def noted(render: Callable[..., Any]) -> Callable[..., Any]:
        def rendered(*given: Any, **named: Any) -> Any:
            again.append(lambda: render(*given, **named))
            return render(*given, **named)

        return rendered

    with ExitStack() as stack:
        for where, name in RENDERING:
            stack.enter_context(patch.object(where, name, noted(getattr(where, name))))
        yield again


def _written(answer: httpx.Response) -> Writing:
    """What writes the same text of what is in it: lines of a file, or JSON."""
    if answer.headers["content-type"].startswith("text/csv"):
        rows = list(csv.reader(io.StringIO(answer.text)))
        return lambda: lines(rows)
    known = answer.json()
    return lambda: json.dumps(known)
