"""What the doctor finds of Temporal."""

from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client

from followthrough.engine import READY_SOURCES, EngineError, engine, skips_time
from followthrough.engine_release import file_name, pinned, shown, source_in
from followthrough.engine_sources import Unavailable, check_download, go_command
from followthrough.findings import Finding, FindingState
from followthrough.revival import OtherEngine, require_same_engine
from followthrough.settings import Settings
from followthrough.store.database import open_database, to_be_created
from followthrough.store.engines import engine_of


async def engines(settings: Settings) -> list[Finding]:
    """The one that is set or there, or where the first start takes it from; builds and downloads nothing."""
    try:
        async with engine(settings, database=None, ui=False, say=lambda _: None, sources=READY_SOURCES) as running:
            return [
                Finding("engine", FindingState.OK, f"Temporal answers, from {running.how}."),
                _time_skipping(await skips_time(running.client)),
                *(await _same_engine(settings, running.client) if settings.temporal_address else ()),
            ]
    except EngineError as error:
        if settings.temporal_address:
            return [Finding("engine", FindingState.WRONG, str(error))]
    return [_engine_to_take(settings.engine_from) if settings.engine_from else await _engine_to_come()]


async def _same_engine(settings: Settings, client: Client) -> list[Finding]:
    """Says something only when the database tells of another engine's workflows."""
    if to_be_created(settings.resolved_database_url):
        return []
    database = open_database(settings.resolved_database_url)
    try:
        if engine_of(database) is not None:
            await require_same_engine(client, database)
    except OtherEngine as error:
        return [Finding("engine and database", FindingState.WRONG, str(error))]
    except SQLAlchemyError:
        return []
    finally:
        database.dispose()
    return []


def _time_skipping(there: bool) -> Finding:
    if there:
        return Finding("time skipping", FindingState.OK, "The engine can fast-forward weeks.")
    return Finding(
        "time skipping",
        FindingState.MISSING,
        "This engine can't fast-forward, which only the demo and the tests need.",
        "Update the Temporal CLI, or set frontend.WorkflowTimeSkippingEnabled on a server of your own.",
    )


def _engine_to_take(place: str) -> Finding:
    if file_name() in pinned():
        return Finding("engine", FindingState.OK, f"The first start takes the engine from {shown(source_in(place))}.")
    return Finding(
        "engine",
        FindingState.WRONG,
        f"A release has no engine for this machine ({file_name()}).",
        "Install the Temporal CLI (https://docs.temporal.io/cli) or Go (https://go.dev/dl), "
        "and unset FOLLOWTHROUGH_ENGINE_FROM.",
    )


async def _engine_to_come() -> Finding:
    try:
        await check_download()
        return Finding("engine", FindingState.OK, "The first start downloads the Temporal CLI.")
    except Unavailable as unreachable:
        try:
            go = go_command()
        except Unavailable as unbuildable:
            return Finding(
                "engine",
                FindingState.WRONG,
                f"There is no Temporal server: {unreachable}, and {unbuildable}.",
                "Install the Temporal CLI (https://docs.temporal.io/cli) or Go (https://go.dev/dl), "
                "or set TEMPORAL_ADDRESS to a server that runs.",
            )
    return Finding("engine", FindingState.OK, f"The first start builds the engine with {go}, which takes minutes.")
