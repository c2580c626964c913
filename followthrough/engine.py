"""Finds or starts a Temporal server."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, PollWorkflowExecutionTimeSkippingRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode

from followthrough.client_options import client_options, free_port
from followthrough.converter import data_converter
from followthrough.encryption import Unreadable, WithoutKeys
from followthrough.engine_errors import if_known
from followthrough.engine_release import SETTING, released
from followthrough.engine_sources import (
    Refused,
    Say,
    Source,
    Unavailable,
    build,
    cached,
    download,
    last_lines,
    lock,
    on_path,
)
from followthrough.guard import guarded
from followthrough.private_files import PRIVATE, private_files
from followthrough.settings import Settings
from workflows.search_attributes import SEARCH_ATTRIBUTES

READY_SOURCES = {"the Temporal CLI on PATH": on_path, "the cached copy": cached}
SOURCES = READY_SOURCES | {"the SDK's download": download, "go build of deploy/devserver": build}
DYNAMIC_CONFIG = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    "frontend.WorkflowTimeSkippingMaxSkipPerSession=100000",
    "history.maxInFlightUpdatePayloads=2100000",  # a worker says each again when it answers, in at most 4 MB for all
    "limit.historyCount.suggestContinueAsNew=1500",  # of 4,096, which a worker would read again after a restart
)
START_SECONDS = 30
LOCK_SECONDS = 20
SEARCHABLE_SECONDS = 60
REREAD_SECONDS = 5
"""In which each of Temporal's services has read its namespaces again (system.namespaceCacheRefreshInterval is 2 s)."""
PORT_ATTEMPTS = 3


class EngineError(Exception):
    """No engine, in words for a person: what is wrong and what to do."""


@dataclass(frozen=True)
class RunningEngine:
    """A Temporal server that answers, and a client of it; ``how`` says where it comes from."""

    address: str
    ui_url: str | None
    how: str
    client: Client
    own: Process | None = None
    """Of a server that was started here."""

    async def ended(self) -> None:
        """Raises EngineError once the own server has ended, which it does not by itself; waits for ever otherwise."""
        if self.own is None:
            await asyncio.Event().wait()
        else:
            await self.own.wait()
            self.require_running()

    def require_running(self) -> None:
        """Raises EngineError when the own server has ended."""
        if self.own is not None and self.own.returncode is not None:
            raise EngineError(
                "The embedded engine has ended, so everything stops; nothing is lost. Start Followthrough again; "
                "temporal.log in the data folder may say why."
            )


@asynccontextmanager
async def engine(
    settings: Settings,
    *,
    database: Path | None,
    ui: bool,
    need_time_skipping: bool = False,
    say: Say,
    sources: Mapping[str, Source] | None = None,
) -> AsyncIterator[RunningEngine]:
    """The server at TEMPORAL_ADDRESS, or else one of our own that ends with this process.

    ``database`` keeps the own server's state between runs, in memory without it; its log is beside
    it. ``say`` gets a line for each step that takes long or fails; ``sources``, or those of the settings,
    are tried in their order. Raises EngineError.
    """
    if settings.temporal_address:
        async with reached(settings) as client:
            await _require_fit(client, settings, need_time_skipping)
            await _require_keys(client)
            yield RunningEngine(settings.temporal_address, None, "TEMPORAL_ADDRESS", client)
        return
    async with AsyncExitStack() as stack:
        log = await locked_log(stack, database)
        options = client_options(settings)
        server = OwnServer(settings.temporal_namespace, database, ui, need_time_skipping, log, options)
        found = await _first_that_works(server, stack, say, _sources(settings) if sources is None else sources)
        await _require_keys(found.client)
        yield found


@asynccontextmanager
async def looking_at(settings: Settings, say: Say) -> AsyncIterator[Client]:
    """A client of the engine that the service has, to read from it: nothing is added to its namespace.

    Raises EngineError, also while a service uses the embedded engine, and where there is none.
    """
    if settings.temporal_address:
        async with reached(settings) as client:
            yield client
        return
    if not settings.engine_file.exists():
        raise EngineError(
            f"There is no engine at {settings.engine_file}; "
            "set FOLLOWTHROUGH_DATA_DIR or TEMPORAL_ADDRESS as the service has it."
        )
    async with engine(settings, database=settings.engine_file, ui=False, say=say) as running:
        yield running.client


async def ensure_search_attributes(client: Client) -> None:
    """Adds what is missing of ``SEARCH_ATTRIBUTES`` to the client's namespace. Raises EngineError.

    Where all can be searched by, nothing more is asked: others may allow neither to list nor to add them.
    """
    try:
        if await _searchable(client):
            return
        listed = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
        missing = [key for key in SEARCH_ATTRIBUTES if key.name not in listed.custom_attributes]
        if missing:
            types = {key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in missing}
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=client.namespace, search_attributes=types)
            )
            await _until_searchable(client)
    except (RPCError, TimeoutError) as error:
        why = str(error) or "the server does not know them in time"
        wanted = ", ".join(f"{key.name} ({_type_name(key)})" for key in SEARCH_ATTRIBUTES)
        raise EngineError(
            f"Followthrough could not add its search attributes to the namespace {client.namespace} ({why}). "
            f"Ask whoever runs that Temporal to add those that are missing of: {wanted}."
        ) from error


async def _require_keys(client: Client) -> None:
    """Nothing starts that could not read what was started last. Raises EngineError."""
    codec = client.data_converter.payload_codec or WithoutKeys()
    async for newest in client.list_workflows("ExecutionStatus = 'Running'", page_size=1, limit=1):
        with if_known():
            async for event in client.get_workflow_handle(newest.id).fetch_history_events(page_size=1):
                try:
                    await codec.decode(event.workflow_execution_started_event_attributes.input.payloads)
                except Unreadable as error:
                    raise EngineError(str(error)) from None
                break


async def skips_time(client: Client) -> bool:
    """Whether the server skips time: one that can't, or has it switched off, doesn't implement the call."""
    nothing = PollWorkflowExecutionTimeSkippingRequest(
        namespace=client.namespace, workflow_execution=WorkflowExecution(workflow_id="none"), fast_forward_id="none"
    )
    try:
        await client.workflow_service.poll_workflow_execution_time_skipping(nothing)
    except RPCError as error:
        return error.status == RPCStatusCode.NOT_FOUND
    return True


async def _until_searchable(client: Client) -> None:
    """The server knows new ones only when it next reads its namespaces. Raises TimeoutError or RPCError.

    Its services read them each for itself, and we can ask only the first. One that does not know them yet leaves
    them out of the histories that it hands to workers: a workflow that began then could never be replayed.
    """
    async with asyncio.timeout(SEARCHABLE_SECONDS):
        while not await _searchable(client):  # noqa: ASYNC110 - the server does not say when
            await asyncio.sleep(0.5)
    await asyncio.sleep(REREAD_SECONDS)


async def _searchable(client: Client) -> bool:
    """Raises RPCError."""
    try:
        await client.count_workflows(" AND ".join(f"{key.name} IS NULL" for key in SEARCH_ATTRIBUTES))
    except RPCError as error:
        if error.status not in (RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.NOT_FOUND):  # the namespace may be new
            raise
        return False
    return True


def _type_name(key: SearchAttributeKey[Any]) -> str:
    return key.indexed_value_type.name.title()


@asynccontextmanager
async def reached(settings: Settings) -> AsyncIterator[Client]:
    """Of the Temporal at TEMPORAL_ADDRESS. Raises EngineError."""
    address, options = settings.temporal_address, {**_credentials(settings), **client_options(settings)}
    try:
        try:
            async with asyncio.timeout(START_SECONDS):
                client = await _connect(address, settings.temporal_namespace, **options)
        except (RuntimeError, RPCError, TimeoutError) as error:
            raise EngineError(
                f"TEMPORAL_ADDRESS is {address}, but no Temporal server with a namespace "
                f"{settings.temporal_namespace} answers there. Start it, correct the address, or unset it to use the "
                f"embedded engine. The client says: {str(error) or f'no answer within {START_SECONDS} s'}"
            ) from error
        yield client
    finally:  # a process that ends right after a call may crash: github.com/temporalio/sdk-python/issues/300
        await asyncio.sleep(0.1)


async def _require_fit(client: Client, settings: Settings, need_time_skipping: bool) -> None:
    """Whether it can do what is needed; adds search attributes that it lacks. Raises EngineError."""
    if need_time_skipping and not await skips_time(client):
        raise EngineError(
            f"The Temporal server at {settings.temporal_address} can't skip time. "
            "Unset TEMPORAL_ADDRESS to use the embedded engine, or switch on frontend.WorkflowTimeSkippingEnabled."
        )
    await ensure_search_attributes(client)


def _credentials(settings: Settings) -> dict[str, Any]:
    """The API key, and what TEMPORAL_TLS and the like say. Raises EngineError."""
    try:
        found = ClientConfig.load_client_connect_config()
    except (OSError, RuntimeError) as error:
        raise EngineError(
            "The certificates for Temporal can't be used; correct TEMPORAL_TLS_CLIENT_CERT_PATH, "
            f"TEMPORAL_TLS_CLIENT_KEY_PATH and TEMPORAL_TLS_SERVER_CA_CERT_PATH ({error})."
        ) from error
    chosen: dict[str, Any] = {key: found[key] for key in ("api_key", "tls", "rpc_metadata") if key in found}
    if settings.temporal_api_key is not None:
        chosen = {"tls": True, **chosen, "api_key": settings.temporal_api_key.get_secret_value()}
    return chosen


async def locked_log(stack: AsyncExitStack, database: Path | None) -> IO[bytes]:
    """The server's log, which locks its database too: the server inherits the lock and may outlive us by seconds."""
    if not database:
        return stack.enter_context(TemporaryFile("ab+"))
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = stack.enter_context(database.with_suffix(".log").open("ab+"))
    try:
        async with asyncio.timeout(LOCK_SECONDS):
            await lock(log)
    except TimeoutError as error:
        raise EngineError(
            f"Another Followthrough uses {database}. Stop it, or set FOLLOWTHROUGH_DATA_DIR to another folder."
        ) from error
    private_files(*database.parent.glob(f"{database.stem}.*"))
    return log


def _sources(settings: Settings) -> Mapping[str, Source]:
    """Where somebody says where it comes from, it comes from there, unless it is here already."""
    if settings.engine_from:
        return READY_SOURCES | {SETTING: partial(released, settings.engine_from)}
    return SOURCES


async def _first_that_works(
    server: "OwnServer", stack: AsyncExitStack, say: Say, sources: Mapping[str, Source]
) -> RunningEngine:
    reasons = []
    for how, find in sources.items():
        try:
            binary = await find(say)
        except Refused as error:
            raise EngineError(str(error)) from error
        except Unavailable as error:
            reasons.append(f"- {how}: {error}")
            continue
        try:
            return await server.start(binary, f"{how} ({binary})", stack)
        except Unavailable as error:
            reasons.append(f"- {how}: {error}")
            say(f"Not using {how} ({binary}): {error}")
    raise EngineError(
        "No Temporal server could be started:\n"
        + "\n".join(reasons)
        + "\nInstall the Temporal CLI (https://docs.temporal.io/cli) or Go 1.26 (https://go.dev/dl), "
        f"set {SETTING} to where a release's files are, or TEMPORAL_ADDRESS to a server that runs."
    )


@dataclass(frozen=True)
class OwnServer:
    """A server of our own, which keeps its state in ``database``, or in memory without one."""

    namespace: str
    database: Path | None
    ui: bool
    need_time_skipping: bool
    log: IO[bytes]
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the client."""

    async def start(self, binary: Path, how: str, stack: AsyncExitStack) -> RunningEngine:
        """Runs until ``stack`` is closed. Raises Unavailable."""
        output = b""
        for _ in range(PORT_ATTEMPTS):
            port, ui_port = free_port(), free_port()
            self.log.truncate(0)
            async with AsyncExitStack() as attempt:
                process = await attempt.enter_async_context(
                    guarded([binary, *self.flags(port, ui_port)], output=self.log, umask=PRIVATE)
                )
                if client := await self.client(process, f"127.0.0.1:{port}"):
                    stack.push_async_exit(attempt.pop_all())
                    ui_url = f"http://127.0.0.1:{ui_port}" if self.ui else None
                    return RunningEngine(f"127.0.0.1:{port}", ui_url, how, client, process)
            self.log.seek(0)
            output = self.log.read()
            if b"address already in use" not in output:
                break
        raise Unavailable(f"it does not start\n{last_lines(output)}")

    def flags(self, port: int, ui_port: int) -> list[str]:
        """For ``temporal`` and ``deploy/devserver`` alike."""
        flags = ["server", "start-dev", "--ip", "127.0.0.1", "--port", str(port), "--namespace", self.namespace]
        flags += ["--log-level", "error"]
        flags += ["--db-filename", str(self.database)] if self.database else []
        flags += ["--ui-port", str(ui_port)] if self.ui else ["--headless"]
        for setting in DYNAMIC_CONFIG:
            flags += ["--dynamic-config-value", setting]
        for key in SEARCH_ATTRIBUTES:
            flags += ["--search-attribute", f"{key.name}={_type_name(key)}"]
        return flags

    async def client(self, process: Process, address: str) -> Client | None:
        """A client once the server is ready; None when it ended or took too long. Raises Unavailable."""
        client = None
        with suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                while client is None and process.returncode is None:
                    await asyncio.sleep(0.1)
                    with suppress(RuntimeError, RPCError):
                        client = await _connect(address, self.namespace, **self.options)
        if client and self.need_time_skipping and not await skips_time(client):
            raise Unavailable("it can't skip time")
        if client:
            await ensure_search_attributes(client)
        return client


async def _connect(address: str, namespace: str, **options: Any) -> Client:
    client = await Client.connect(address, namespace=namespace, **{"data_converter": data_converter, **options})
    await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    return client
