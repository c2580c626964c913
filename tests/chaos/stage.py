"""What a run plays on: engine, web and worker in processes of their own, vendors' stand-ins, and what befalls them."""

import asyncio
import contextlib
import signal
import socket
import sqlite3
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psutil
from sqlalchemy import Engine
from temporalio.client import Client

from followthrough.engine import SOURCES, OwnServer
from followthrough.engine_sources import Unavailable
from followthrough.guard import guarded
from followthrough.store.database import migrate, open_database
from tests.chaos.builds import HERE, newer_build
from tests.chaos.plan import CutOff, Deploy, Fault, Hang, Kill, Lock
from tests.standins import jira, sendgrid
from tests.standins.jira_data import Sprint

EXAMPLE = HERE / "followthrough.example.yaml"
BY_PRIORITY = "routes:\n  - {match: {priority: P1}, severity: SEV1}\n  - {match: {priority: P3}, severity: SEV3}\n"
"""What the example lacks for PagerDuty."""
GENERIC_TOKEN = "the chaos's token"
PAGERDUTY_SECRET = "the chaos's secret"
READY_WITHIN = 240
"""Seconds, on a slow machine."""
STOPS_WITHIN = 60
LATE = 25
"""Seconds: longer than a client waits for a vendor."""


class Trouble(NamedTuple):
    """What befell whom, in seconds of a clock of this process."""

    what: str
    begins: float
    ends: float


class MailBox(sendgrid.SendGridStandIn):
    """Also knows when each mail came, and what became of its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[float] = []
        self.cut: set[int] = set()
        """Numbers of mails that were taken and not answered in time."""

    def _answer(self, request: Any, body: bytes, fault: sendgrid.Fault) -> Any:
        known = len(self.mails)
        response = super()._answer(request, body, fault)
        if len(self.mails) > known:
            self.came.append(time.monotonic())
            if fault.lose_answer or fault.late:
                self.cut.add(known)
        return response


class Part:
    """A process that is started again on demand; it ends with this one, whatever happens."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.turn = asyncio.Lock()
        """One thing befalls it at a time."""
        self.unasked: list[int | None] = []
        """Exit codes of ends that nobody here asked for."""
        self._log = log
        self._running = AsyncExitStack()
        self._guard: Process | None = None
        self._process: psutil.Process | None = None
        self._asked = False
        self._watching: asyncio.Task[None] | None = None

    async def start(self, command: list[str | Path], cwd: Path, environment: Mapping[str, str]) -> None:
        """A moment later its process is there."""
        self._asked = False
        self._command, self._cwd, self._environment = command, cwd, environment
        output = self._running.enter_context(self._log.open("ab"))
        variables = ["env", *(f"{name}={value}" for name, value in environment.items())]
        self._guard = await self._running.enter_async_context(guarded([*variables, *command], output=output, cwd=cwd))
        own = psutil.Process(self._guard.pid)
        while not (children := own.children()):  # noqa: ASYNC110 - nothing here could signal
            await asyncio.sleep(0.05)
        self._process = children[0]
        self._watching = asyncio.create_task(self._watch(self._guard))

    async def _watch(self, guard: Process) -> None:
        code = await guard.wait()
        if not self._asked:
            self.unasked.append(code)

    @property
    def runs(self) -> bool:
        """It has not ended."""
        return self._guard is not None and self._guard.returncode is None

    def send(self, number: int) -> None:
        """A signal, if it is there."""
        self._asked = self._asked or number in (signal.SIGKILL, signal.SIGTERM)
        if self._process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._process.send_signal(number)

    async def end(self, number: int) -> None:
        """By that signal, or after a while by SIGKILL."""
        self.send(number)
        if self._guard is not None:
            try:
                async with asyncio.timeout(STOPS_WITHIN):
                    await self._guard.wait()
            except TimeoutError:
                self.send(signal.SIGKILL)
        await self._running.aclose()

    async def again(self) -> None:
        """Starts it as before."""
        await self.start(self._command, self._cwd, self._environment)


@dataclass
class Stage:
    """See ``stage``."""

    folder: Path
    client: Client
    database: Engine
    web: str
    parts: dict[str, Part]
    builds: dict[str, Path]
    jira: jira.JiraStandIn
    mails: MailBox
    environment: dict[str, str]
    organisation: Path
    troubles: list[Trouble] = field(default_factory=list)
    _befalling: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def database_file(self) -> Path:
        """SQLite's."""
        return Path(str(self.database.url.database))

    def begin(self, fault: Fault) -> None:
        """Lets it happen, beside what goes on."""
        task = asyncio.create_task(self._befall(fault))
        self._befalling.add(task)

    async def over(self) -> None:
        """Everything that befell is past, and all parts are there."""
        await asyncio.gather(*self._befalling)
        self._befalling.clear()
        self.jira.faults.clear()
        self.mails.faults.clear()
        await self.deploy("newer")
        for part in self.parts.values():
            if not part.runs:
                await part.again()
        await answers(f"{self.web}/readyz")

    async def deploy(self, build: str) -> None:
        """Stops the worker, and starts the one of another build."""
        worker = self.parts["worker"]
        async with worker.turn:
            await worker.end(signal.SIGTERM)
            await self.start_worker(build)

    async def start_worker(self, build: str) -> None:
        """Of that build."""
        tree = self.builds[build]
        await self.parts["worker"].start([sys.executable, "-m", "followthrough", "worker"], tree, self.environment)

    async def _befall(self, fault: Fault) -> None:
        begins = time.monotonic()
        match fault:
            case Kill(what, seconds):
                part = self.parts[what]
                async with part.turn:
                    await part.end(signal.SIGKILL)
                    await asyncio.sleep(seconds)
                    await part.again()
            case Hang(what, seconds):
                part = self.parts[what]
                async with part.turn:
                    part.send(signal.SIGSTOP)
                    await asyncio.sleep(seconds)
                    part.send(signal.SIGCONT)
            case Lock(seconds):
                await asyncio.to_thread(self._lock, seconds)
            case CutOff("jira", how, times):
                self.jira.faults.append(_of_jira(how, times))
            case CutOff(_, how, times):
                self.mails.faults += [_of_sendgrid(how) for _ in range(times)]
            case Deploy(build):
                await self.deploy(build)
        self.troubles.append(Trouble(str(fault), begins, time.monotonic()))

    def _lock(self, seconds: float) -> None:
        """Nobody else writes meanwhile."""
        with contextlib.closing(sqlite3.connect(self.database_file, timeout=60)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            connection.rollback()


def _of_jira(how: str, times: int) -> jira.Fault:
    match how:
        case "503" | "429":
            return jira.Fault(path="/rest/", status=int(how), times=times, retry_after=1 if how == "429" else None)
        case "cut":
            return jira.Fault(path="/rest/", lose_answer=True, times=times)
        case _:
            return jira.Fault(path="/rest/", late=LATE, times=times)


def _of_sendgrid(how: str) -> sendgrid.Fault:
    match how:
        case "503" | "429":
            headers = {"Retry-After": "1"} if how == "429" else {}
            return sendgrid.Fault(status=int(how), message="Later", headers=headers)
        case "cut":
            return sendgrid.Fault(lose_answer=True)
        case _:
            return sendgrid.Fault(late=LATE)


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """Ready, with everything in ``folder``; what it starts ends with it."""
    organisation = folder / "followthrough.yaml"
    organisation.write_text(EXAMPLE.read_text().replace("routes:\n", BY_PRIORITY, 1))
    database = open_database(f"sqlite:///{folder}/followthrough.db")
    migrate(database)
    parts = {name: Part(name, folder / f"{name}.log") for name in ("engine", "web", "worker")}
    with jira.JiraStandIn(index_lag=0.5) as tracker, MailBox() as mails:
        tracker.boards[12] = [Sprint(id=1, name="Next sprint")]
        try:
            address, client = await _start_engine(parts["engine"], folder)
            port = free_port()
            environment = {
                "TEMPORAL_ADDRESS": address,
                "FOLLOWTHROUGH_DATA_DIR": str(folder),
                "FOLLOWTHROUGH_ORGANISATION_FILE": str(organisation),
                "FOLLOWTHROUGH_PORT": str(port),
                "FOLLOWTHROUGH_GENERIC_TOKEN": GENERIC_TOKEN,
                "FOLLOWTHROUGH_PAGERDUTY_SECRETS": PAGERDUTY_SECRET,
                "FOLLOWTHROUGH_LINK_SECRET": "the chaos's link secret",
                "FOLLOWTHROUGH_JIRA_URL": tracker.url,
                "FOLLOWTHROUGH_JIRA_CLOUD": "true",
                "FOLLOWTHROUGH_JIRA_USER": "bot@example.com",
                "FOLLOWTHROUGH_JIRA_TOKEN": "token",
                "FOLLOWTHROUGH_JIRA_INDEX_LAG": "2s",
                "FOLLOWTHROUGH_TICKETS_PER_SECOND": "200",
                "FOLLOWTHROUGH_SENDGRID_API_KEY": sendgrid.API_KEY,
                "FOLLOWTHROUGH_SENDGRID_HOST": mails.url,
                "FOLLOWTHROUGH_MAILS_PER_SECOND": "200",
            }
            here = f"http://127.0.0.1:{port}"
            builds = {"older": HERE, "newer": newer_build(folder / "newer")}
            found = Stage(folder, client, database, here, parts, builds, tracker, mails, environment, organisation)
            await found.start_worker("older")
            serve: list[str | Path] = [sys.executable, "-m", "followthrough", "serve", "--queue", "followthrough-mails"]
            await parts["web"].start(serve, HERE, environment)
            await answers(f"{here}/readyz")
            yield found
        finally:
            for name in ("web", "worker", "engine"):
                parts[name].send(signal.SIGCONT)
                await parts[name].end(signal.SIGKILL)
            database.dispose()


async def _start_engine(part: Part, folder: Path) -> tuple[str, Client]:
    """Where it is, for as often as it is started. Raises AssertionError."""
    port = free_port()
    file = folder / "temporal.db"
    for find in SOURCES.values():
        with contextlib.suppress(Unavailable), (folder / "engine.log").open("ab+") as log:
            server = OwnServer("default", file, ui=False, need_time_skipping=True, log=log)
            await part.start([await find(print), *server.flags(port, 0)], folder, {})
            assert part._guard is not None
            if client := await server.client(part._guard, f"127.0.0.1:{port}"):
                return f"127.0.0.1:{port}", client
            await part.end(signal.SIGKILL)
    raise AssertionError(f"No engine starts; see {folder}/engine.log")


async def answers(url: str, within: float = READY_WITHIN) -> None:
    """Waits until it says that all is well."""
    async with asyncio.timeout(within), httpx.AsyncClient() as http:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await http.get(url)).is_success:
                    return
            await asyncio.sleep(0.2)


def free_port() -> int:
    """On loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
