"""What the year plays on: the embedded engine on disk, the vendors' stand-ins, and the product in its own process."""

import asyncio
import json
import os
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from sqlalchemy import Engine
from temporalio.client import Client

from bench.stage import TOKEN, say
from bench.year.firm import Firm
from bench.year.product import SOCKET
from bench.year.vendors import CountingSendGrid, KeptJira, sprints_of
from followthrough import engine as engines
from followthrough.client_options import free_port
from followthrough.guard import guarded
from followthrough.settings import Settings
from followthrough.store.database import open_database
from tests.standins import sendgrid

READY_SECONDS = 600
ANSWER_SECONDS = 180
AT_ONCE = 'history.timerProcessorMaxTimeShift="5ms"'
"""Of the engine's settings: else whatever is due after time was skipped begins up to a second later."""
SPRINTS = 40
"""Of each board, more than the year and what comes after it have."""


class ProductEnded(Exception):
    """The product's process is gone."""


@dataclass
class Stage:
    """Ready; ``plain`` is a client that moves no clocks."""

    folder: Path
    plain: Client
    database: Engine
    jira: KeptJira
    mails: CountingSendGrid
    web: httpx.AsyncClient
    reader: StreamReader
    writer: StreamWriter
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One question at a time."""

    async def ask(self, **question: Any) -> dict[str, Any]:
        """See ``bench.year.product``. Raises ProductEnded."""
        async with self.turn:
            self.writer.write(json.dumps(question).encode() + b"\n")
            await self.writer.drain()
            line = await self.reader.readline()
        if not line:
            raise ProductEnded(f"The product has ended; see {self.folder}/product.log.")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ProductEnded(f"The product could not: {answer['error']}")
        return answer


@asynccontextmanager
async def stage(folder: Path, firm: Firm, ahead: timedelta, database_url: str) -> AsyncIterator[Stage]:
    """With everything in ``folder``, as it was left there; what it starts ends with it."""
    organisation = folder / "followthrough.yaml"
    if not organisation.exists():
        firm.write(organisation)
    boards = {board: sprints_of(board, firm.begins, weeks, SPRINTS) for board, weeks in firm.boards().items()}
    settings = Settings(data_dir=folder, database_url=database_url)
    async with AsyncExitStack() as stack:
        jira = stack.enter_context(KeptJira(folder / "jira.db", dict(boards)))
        mails = stack.enter_context(CountingSendGrid())
        stack.enter_context(patch.object(engines, "DYNAMIC_CONFIG", (*engines.DYNAMIC_CONFIG, AT_ONCE)))
        found = await stack.enter_async_context(
            engines.engine(settings, database=settings.engine_file, ui=False, need_time_skipping=True, say=say)
        )
        port = free_port()
        environment = {
            "TEMPORAL_ADDRESS": found.address,
            "FOLLOWTHROUGH_DATA_DIR": folder,
            "FOLLOWTHROUGH_DATABASE_URL": database_url,
            "FOLLOWTHROUGH_ORGANISATION_FILE": organisation,
            "FOLLOWTHROUGH_PORT": port,
            "FOLLOWTHROUGH_GENERIC_TOKEN": TOKEN,
            "FOLLOWTHROUGH_LINK_SECRET": "the year's link secret",
            "FOLLOWTHROUGH_CONFIG_DIR": os.devnull,
            "FOLLOWTHROUGH_JIRA_URL": jira.url,
            "FOLLOWTHROUGH_JIRA_CLOUD": "true",
            "FOLLOWTHROUGH_JIRA_USER": "bot@example.com",
            "FOLLOWTHROUGH_JIRA_TOKEN": "token",
            "FOLLOWTHROUGH_JIRA_INDEX_LAG": "0s",
            "FOLLOWTHROUGH_TICKETS_PER_SECOND": "1000",
            "FOLLOWTHROUGH_SENDGRID_API_KEY": sendgrid.API_KEY,
            "FOLLOWTHROUGH_SENDGRID_HOST": mails.url,
            "FOLLOWTHROUGH_MAILS_PER_SECOND": "1000",
        }
        variables = ["env", *(f"{name}={value}" for name, value in environment.items())]
        log = stack.enter_context((folder / "product.log").open("ab"))
        module = [sys.executable, "-m", "bench.year.product", str(folder), str(ahead.total_seconds())]
        (folder / SOCKET).unlink(missing_ok=True)
        product = await stack.enter_async_context(guarded([*variables, *module], output=log))
        reader, writer = await _connected(folder, product)
        web = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=ANSWER_SECONDS)
        await stack.enter_async_context(web)
        database = open_database(settings.resolved_database_url)
        stack.callback(database.dispose)
        yield Stage(folder, found.client, database, jira, mails, web, reader, writer)


async def _connected(folder: Path, product: Process) -> tuple[StreamReader, StreamWriter]:
    """Raises ProductEnded."""
    async with asyncio.timeout(READY_SECONDS):
        while product.returncode is None:
            with suppress(FileNotFoundError, ConnectionRefusedError):
                return await asyncio.open_unix_connection(folder / SOCKET, limit=2**24)
            await asyncio.sleep(0.1)
    raise ProductEnded(f"The product does not start; see {folder}/product.log.")
