"""Two web processes and three workers on PostgreSQL and one engine: any may be killed under load, and others join."""

import asyncio
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from httpx import codes
from sqlmodel import Session

from followthrough.engine import engine
from followthrough.settings import Settings
from followthrough.store import sessions
from followthrough.store.database import open_database
from tests.chaos.proofs import HAND_OVER
from tests.chaos.stage import MailBox, Part, free_port
from tests.standins import sendgrid
from tests.waiting import eventually

TOKEN = "the token of a pager"
SCRIPT = "the token of a script"
ALERTS, AT_ONCE = 12, 4
FOLLOWTHROUGH: list[str | Path] = [sys.executable, "-m", "followthrough"]
HERE = Path.cwd()


class Fleet:
    """Processes on one database and one engine; each web has a port of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.parts: dict[str, Part] = {}
        self.webs: list[str] = []
        self.killed: list[float] = []
        self._folder, self._environment = folder, environment

    async def add(self, name: str, command: str) -> None:
        port = free_port()
        if command == "web":
            self.webs.append(f"http://127.0.0.1:{port}")
        own = {"FOLLOWTHROUGH_PORT": str(port), "FOLLOWTHROUGH_DATA_DIR": str(self._folder / name)}
        self.parts[name] = Part(name, self._folder / f"{name}.log")
        await self.parts[name].start([*FOLLOWTHROUGH, command], HERE, self._environment | own)

    async def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        self.killed.append(time.monotonic())
        await self.parts[name].end(number)

    async def post(self, path: str, body: Any, first: int, **headers: str) -> httpx.Response:
        """As a pager or a script does behind a balancer: again, by the next one, until it is taken."""
        for turn in range(first, first + 400):
            with suppress(httpx.HTTPError):
                async with httpx.AsyncClient(timeout=20) as http:
                    answer = await http.post(f"{self.webs[turn % len(self.webs)]}{path}", json=body, headers=headers)
                if (answer.is_success and answer.status_code != codes.ACCEPTED) or path.startswith("/webhooks"):
                    if answer.is_success:
                        return answer
                elif answer.status_code not in (codes.ACCEPTED, codes.NOT_FOUND) and answer.is_client_error:
                    raise AssertionError(answer.text)
            await asyncio.sleep(0.3)
        raise AssertionError(f"Nobody took {path}")

    async def read(self, path: str) -> Any:
        async with httpx.AsyncClient(timeout=60, headers={"Authorization": f"Bearer {SCRIPT}"}) as http:
            return (await http.get(f"{self.webs[-1]}/api{path}")).raise_for_status().json()


@asynccontextmanager
async def fleet(folder: Path, environment: dict[str, str]) -> AsyncIterator[Fleet]:
    found = Fleet(folder, environment)
    async with AsyncExitStack() as stack:

        async def stop() -> None:
            await asyncio.gather(*(part.end(signal.SIGKILL) for part in found.parts.values()))

        stack.push_async_callback(stop)
        yield found


async def life_of(fleet: Fleet, number: int) -> None:
    """An alert, which comes twice, and what people say of it, by whichever web is there."""
    alert = {
        "dedup_key": f"alert-{number}",
        "title": f"Queue {number} stalls",
        "labels": {"severity": "page", "service": "checkout"},
    }
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    await fleet.post("/webhooks/generic", alert, number, **bearer)
    answer = await fleet.post("/webhooks/generic", alert, number + 1, **bearer)
    incident = answer.json()["incident"]
    for note in range(2):
        body = {"command": "note", "by": "tomas", "text": f"Looked at {number}, time {note}"}
        key = {"Authorization": f"Bearer {SCRIPT}", "Idempotency-Key": f"{number}-{note}"}
        await fleet.post(f"/api/incidents/{incident}/commands", body, number + note, **key)


async def several(work: Callable[[int], Awaitable[None]], numbers: range) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with turns:
            await work(number)

    await asyncio.gather(*(one(number) for number in numbers))


async def works_at_both(fleet: Fleet, database_url: str) -> None:
    """A session that is begun at one web is known to the other."""
    database = open_database(database_url)
    with Session(database) as session:
        code = sessions.make_code(session, "ines", "The provider is down", datetime.now(UTC), timedelta(hours=1))
    database.dispose()
    async with httpx.AsyncClient(timeout=60) as browser:
        entered = await browser.post(f"{fleet.webs[0]}/sign-in/code", data={"code": code, "to": "/load"})
        assert entered.status_code == 303
        assert "Inés Robles" in (await browser.get(f"{fleet.webs[1]}/load")).text


@pytest.fixture
def database_url(postgresql: str, migrated_template: str) -> str:
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE scaled_out TEMPLATE {migrated_template}")
    return f"{postgresql}/scaled_out"


@pytest.mark.timeout(900)
async def test_nothing_is_lost_and_nothing_happens_twice(tmp_path: Path, database_url: str) -> None:
    with MailBox() as mails:
        async with engine(Settings(), database=None, ui=False, say=print) as one_engine:
            environment = {
                "TEMPORAL_ADDRESS": one_engine.address,
                "FOLLOWTHROUGH_DATABASE_URL": database_url,
                "FOLLOWTHROUGH_MIGRATE": "false",
                "FOLLOWTHROUGH_ORGANISATION_FILE": "followthrough.example.yaml",
                "FOLLOWTHROUGH_GENERIC_TOKEN": TOKEN,
                "FOLLOWTHROUGH_API_TOKEN": SCRIPT,
                "FOLLOWTHROUGH_LINK_SECRET": "a secret that all of them have",
                "FOLLOWTHROUGH_OIDC_ISSUER": "http://127.0.0.1:9",
                "FOLLOWTHROUGH_OIDC_CLIENT_ID": "followthrough",
                "FOLLOWTHROUGH_SENDGRID_API_KEY": sendgrid.API_KEY,
                "FOLLOWTHROUGH_SENDGRID_HOST": mails.url,
                "FOLLOWTHROUGH_MAILS_PER_SECOND": "200",
            }
            async with fleet(tmp_path, environment) as running:
                names = {"web-1": "web", "web-2": "web"} | {f"worker-{number}": "worker" for number in range(1, 4)}
                await asyncio.gather(*(running.add(name, command) for name, command in names.items()))
                await several(lambda number: life_of(running, number), range(2))
                await works_at_both(running, database_url)
                load = asyncio.create_task(several(lambda number: life_of(running, number), range(2, ALERTS)))
                await running.kill("worker-1")
                await running.add("worker-4", "worker")
                await running.kill("web-1")
                await asyncio.sleep(1)
                await running.parts["web-1"].again()
                await running.kill("worker-2", signal.SIGTERM)
                await load
                await all_is_there(running, mails)


async def all_is_there(running: Fleet, mails: MailBox) -> None:
    incidents = await eventually(lambda: running.read("/incidents?limit=500"), lambda found: len(found) >= ALERTS)
    titles = Counter(one["title"] for one in incidents)
    assert titles == Counter(f"Queue {number} stalls" for number in range(ALERTS))
    for one in incidents:
        number = one["title"].split()[1]
        timeline = (await running.read(f"/incidents/{one['id']}"))["timeline"]
        said = Counter(entry["text"] for entry in timeline if "Looked at" in entry["text"])
        assert sorted(said.values()) == [1, 1], (number, said)

    async def all_came() -> bool:
        states = Counter(mail["state"] for mail in await running.read("/mails?limit=500"))
        assert not states["set aside"], "one could not be made"
        return not states["queued"] and states["sent"] == len({mail["headers"]["Message-ID"] for mail in mails.mails})

    await eventually(all_came)
    came = defaultdict[str, list[int]](list)
    for number, mail in enumerate(mails.mails):
        came[mail["headers"]["Message-ID"]].append(number)
    for numbers in came.values():
        for number in numbers[:-1]:  # only a kill between handing over and taking that down brings a copy
            at = mails.came[number]
            assert any(at <= killed <= at + HAND_OVER for killed in running.killed)
