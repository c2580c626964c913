"""The whole service in one process: engine, worker, API and dashboard."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass

import uvicorn
from sqlalchemy import Engine
from temporalio.client import Client

from followthrough.audit import Audit, audit_kept
from followthrough.engine import RunningEngine, engine
from followthrough.leading import while_leading
from followthrough.links import SECRET_FILE
from followthrough.metrics_page import metrics_offered
from followthrough.organisation_file import OrganisationFile
from followthrough.private_files import private_files, private_folder
from followthrough.queues import Queue
from followthrough.revival import OtherEngine, require_same_engine
from followthrough.schedules import schedules_kept
from followthrough.settings import Settings
from followthrough.store.database import (
    Schema,
    migrate,
    migrate_down,
    open_database,
    revision_of,
    revisions,
    schema_of,
)
from followthrough.upkeep import old_forgotten, plans_kept, read_model_kept
from followthrough.web import live
from followthrough.web.app import create_app
from followthrough.web.patience import patient_for
from followthrough.webhook_dispatch import webhooks_kept
from followthrough.webhook_outbox import WebhookOutbox
from worker import build_worker


class ServiceError(Exception):
    """The service can't run; the message says why and what to do."""


@dataclass(frozen=True)
class Service:
    """What runs, and where it is found."""

    settings: Settings
    client: Client
    database: Engine
    engine: RunningEngine

    async def until_stopped(self) -> None:
        """Returns at the first Ctrl-C or SIGTERM. Raises EngineError when the embedded engine ends before."""
        ended, stop = asyncio.create_task(self.engine.ended()), asyncio.create_task(stop_signal())
        done, waiting = await asyncio.wait((ended, stop), return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        for task in done:
            task.result()


def listen(settings: Settings) -> tuple[socket.socket, Settings]:
    """The socket of the API and dashboard, and the settings with the port that was taken.

    Raises ServiceError when the address can't be had.
    """
    try:
        listener = socket.create_server((settings.host, settings.port))
    except OSError as error:
        raise ServiceError(
            f"Port {settings.port} on {settings.host} can't be used ({error.strerror}); "
            "stop what listens there or set FOLLOWTHROUGH_PORT to another."
        ) from error
    return listener, settings.model_copy(update={"port": listener.getsockname()[1]})


@contextlib.asynccontextmanager
async def connected(
    settings: Settings, say: Callable[[str], None], *, ui: bool, need_time_skipping: bool = False
) -> AsyncIterator[Service]:
    """Engine and database, ready for a worker or the web."""
    private_folder(settings.data_dir)
    private_files(settings.data_dir / SECRET_FILE)
    database = open_database(settings.resolved_database_url)
    make_current(database, say, migrating=settings.migrate)
    async with engine(
        settings, database=settings.engine_file, ui=ui, need_time_skipping=need_time_skipping, say=say
    ) as found:
        try:
            await require_same_engine(found.client, database)
        except OtherEngine as error:
            say(str(error))
        try:
            yield Service(settings, found.client, database, found)
        except Exception:
            found.require_running()  # what else failed then, failed because of that
            raise
        finally:
            database.dispose()


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    organisation: OrganisationFile,
    say: Callable[[str], None],
    *,
    queues: Collection[Queue] = tuple(Queue),
    need_time_skipping: bool = False,
) -> AsyncIterator[Service]:
    """Everything, until the context is left; of the workers those of ``queues``."""
    listener, settings = listen(settings)
    with listener:
        async with (
            connected(settings, say, ui=True, need_time_skipping=need_time_skipping) as service,
            working(service, organisation, queues),
            beside_work(service, organisation),
            answering(listener, service, organisation),
        ):
            yield service


@contextlib.asynccontextmanager
async def web_alone(
    settings: Settings, organisation: OrganisationFile, say: Callable[[str], None]
) -> AsyncIterator[Service]:
    """API and dashboard, until the context is left; workers run elsewhere."""
    listener, settings = listen(settings)
    with listener:
        async with (
            connected(settings, say, ui=False) as service,
            beside_work(service, organisation),
            answering(listener, service, organisation),
        ):
            yield service


@contextlib.asynccontextmanager
async def working(service: Service, organisation: OrganisationFile, queues: Collection[Queue]) -> AsyncIterator[None]:
    """The workers of these queues; of all processes that have some, one keeps schedules, plans and the read model."""
    settings, client, database = service.settings, service.client, service.database

    @contextlib.asynccontextmanager
    async def kept() -> AsyncIterator[None]:
        async with (
            schedules_kept(client, organisation, database, jira=bool(settings.jira_url)),
            read_model_kept(client, database, WebhookOutbox(organisation, settings.resolved_public_url)),
            plans_kept(client, organisation, database),
            webhooks_kept(client, database),
            old_forgotten(organisation, database),
        ):
            yield

    async with build_worker(client, settings, organisation, database, queues), while_leading(database, kept):
        yield


@contextlib.asynccontextmanager
async def beside_work(service: Service, organisation: OrganisationFile) -> AsyncIterator[None]:
    """What every process does: it chains its part of the audit, and offers its metrics. Raises MetricsError."""
    audit = Audit(service.settings.data_dir, service.database)
    async with audit_kept(audit, organisation):
        with metrics_offered(service.settings, organisation, service.database):
            yield


@contextlib.asynccontextmanager
async def answering(listener: socket.socket, service: Service, organisation: OrganisationFile) -> AsyncIterator[None]:
    """API and dashboard on this socket, until the context is left."""
    app = create_app(service.settings, organisation, service.client, service.database)
    web = uvicorn.Server(
        uvicorn.Config(
            app,
            http=patient_for(service.settings.request_within),
            log_config=None,  # the handler of this process writes all
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=3,
        )
    )
    web.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]  # the caller handles them
    serving = asyncio.create_task(web.serve(sockets=[listener]))
    try:
        yield
    finally:
        live.end_all()
        web.should_exit = True
        await serving


def make_current(database: Engine, say: Callable[[str], None], *, migrating: bool) -> None:
    """Migrates the tables, or raises ServiceError where another process should. Tables of a later version are left."""
    schema = schema_of(database)
    if schema is Schema.NEWER:
        say("A later version of Followthrough has migrated the database; this one goes on with it as it is.")
    elif migrating:
        migrate(database)
    elif schema is Schema.OLDER:
        raise ServiceError("The database's tables are not up to date; run `followthrough migrate` first.")


def migrate_to(database: Engine, revision: str) -> None:
    """Up or down, with the version that knows both. Raises ServiceError, and WouldLose as ``migrate_down`` does."""
    if schema_of(database) is Schema.NEWER:
        raise ServiceError("A later version of Followthrough has migrated the database; go down with that one.")
    known = [None, *revisions()]
    if revision not in known:
        raise ServiceError(f"There is no revision {revision}; this version knows {known[1]} to {known[-1]}.")
    if known.index(revision) < known.index(revision_of(database)):
        migrate_down(database, revision)
    else:
        migrate(database, revision)


async def stop_signal() -> None:
    """Returns at the first Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
