"""What the benchmarks run against: a fresh engine, and processes beside this one that use it."""

import asyncio
import socket
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from sqlalchemy import Engine
from temporalio.client import Client

from followthrough.engine import engine
from followthrough.guard import guarded
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database

ORGANISATION = Path("followthrough.example.yaml")
TOKEN = "the bench's token"
READY_SECONDS = 600


@dataclass(frozen=True)
class Stage:
    """An engine and a database, both on disk as in normal use."""

    address: str
    client: Client
    database: Engine
    data_dir: Path


@dataclass(frozen=True)
class Service(Stage):
    """The service under its normal set-up in one process, and bare workflows in another."""

    port: int
    process: psutil.Process
    bare: psutil.Process


@asynccontextmanager
async def stage(*, migrated: bool = True) -> AsyncIterator[Stage]:
    """A fresh one, without anything that uses it; an older version migrates its database itself."""
    with tempfile.TemporaryDirectory(prefix="followthrough-bench-") as folder:
        settings = Settings(data_dir=Path(folder))
        database = open_database(settings.resolved_database_url)
        if migrated:
            migrate(database)
        async with engine(
            settings, database=Path(folder) / "temporal.db", ui=False, need_time_skipping=True, say=say
        ) as found:
            yield Stage(found.address, found.client, database, settings.data_dir)
        database.dispose()


@asynccontextmanager
async def service() -> AsyncIterator[Service]:
    """Ready to be used."""
    async with (
        stage() as found,
        served(found, Path.cwd()) as (port, process),
        worker_process("bare", found, cached=1000) as bare,
    ):
        yield Service(**vars(found), port=port, process=process, bare=bare)


@asynccontextmanager
async def served(found: Stage, source: Path) -> AsyncIterator[tuple[int, psutil.Process]]:
    """The port and the process of the service in the folder ``source``, with this virtual environment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = {
        "TEMPORAL_ADDRESS": found.address,
        "FOLLOWTHROUGH_DATA_DIR": found.data_dir,
        "FOLLOWTHROUGH_PORT": port,
        "FOLLOWTHROUGH_ORGANISATION_FILE": ORGANISATION,
        "FOLLOWTHROUGH_GENERIC_TOKEN": TOKEN,
    }
    serve = ["env", *(f"{name}={value}" for name, value in environment.items())]
    async with guarded([*serve, sys.executable, "-m", "followthrough", "serve"], cwd=source) as serving:
        await _ready(f"http://127.0.0.1:{port}/readyz")
        yield port, await _behind(serving)


@asynccontextmanager
async def worker_process(kind: str, found: Stage, cached: int) -> AsyncIterator[psutil.Process]:
    """See ``bench.worker``."""
    command: list[str | Path] = [sys.executable, "-m", "bench.worker", kind, found.address, found.data_dir, str(cached)]
    async with guarded(command, output=sys.stderr.fileno()) as guard:
        yield await _behind(guard)


def say(sentence: str) -> None:
    """Progress, beside the results."""
    print(sentence, file=sys.stderr)


async def _behind(guard: Process) -> psutil.Process:
    while not (children := psutil.Process(guard.pid).children()):  # noqa: ASYNC110 - nothing here could signal
        await asyncio.sleep(0.1)
    return children[0]


async def _ready(url: str) -> None:
    async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient() as http:
        while True:
            with suppress(httpx.TransportError):
                if (await http.get(url)).is_success:
                    return
            await asyncio.sleep(0.2)
