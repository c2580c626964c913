"""Commands about the embedded engine's database. They import what they run when they run it."""

from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from followthrough.cli.api import AsJson, fail, out, show
from followthrough.cli.service import read_organisation, read_settings, run_or_fail, say, with_engine_elsewhere

if TYPE_CHECKING:
    from followthrough.moving import Moved

app = typer.Typer()
engine = typer.Typer(no_args_is_help=True, help="Back up, compact and leave the embedded engine.")
app.add_typer(engine, name="engine")


@engine.command()
def backup(to: Annotated[Path, typer.Argument(help="A file that is not there yet")]) -> None:
    """Copy the embedded engine's database, as of one moment; the service may run."""
    from followthrough.engine_file import back_up

    settings = read_settings()

    async def run() -> None:
        size = back_up(settings.engine_file, to)
        out.print(f"{to} has the engine's {size / 1e6:.1f} MB.", soft_wrap=True)

    run_or_fail(run())


@engine.command()
def compact() -> None:
    """Make the embedded engine's database small again. The service must not run."""
    from followthrough.engine_file import compact as compacted

    settings = read_settings()

    async def run() -> None:
        sizes = await compacted(settings.engine_file)
        out.print(f"The engine's database had {sizes.before / 1e6:.1f} MB and has {sizes.after / 1e6:.1f} MB now.")

    run_or_fail(run())


@engine.command()
def move(
    leave: Annotated[bool, typer.Option("--leave", help="Also when something runs that can't be moved")] = False,
    as_json: AsJson = False,
) -> None:
    """Move what is open from the embedded engine to the Temporal at TEMPORAL_ADDRESS. The service must not run."""
    from temporalio.service import RPCError

    from followthrough.engine import EngineError, engine, ensure_search_attributes, reached
    from followthrough.moving import NotMovable
    from followthrough.moving import move as moved_to
    from followthrough.queues import Queue
    from followthrough.revival import OtherEngine
    from followthrough.store.database import open_database
    from followthrough.store.engines import engine_of
    from worker import build_worker

    settings = with_engine_elsewhere("it is where everything is moved to.")
    organisation = read_organisation(settings)
    if not settings.engine_file.exists():
        fail(f"There is no {settings.engine_file} to move from.", 2)
    database = open_database(settings.resolved_database_url)
    known = engine_of(database)
    namespace = known.namespace if known else "default"
    here = {"temporal_address": "", "temporal_namespace": namespace, "deployment_name": ""}
    source_settings = settings.model_copy(update=here)
    done: list[Moved] = []

    async def run() -> None:
        async with (
            reached(settings) as target,
            engine(source_settings, database=settings.engine_file, ui=False, say=say) as found,
        ):
            await ensure_search_attributes(target)

            def worker() -> AbstractAsyncContextManager[object]:
                return build_worker(found.client, source_settings, organisation, database, [Queue.WORKFLOWS])

            try:
                done.append(await moved_to(found.client, target, database, worker, say, leave=leave))
            except NotMovable as error:
                raise EngineError(str(error)) from error
            except (OtherEngine, RPCError) as error:
                raise EngineError(f"{error} What was moved is there; do the same again for the rest.") from error

    run_or_fail(run())
    database.dispose()
    show(asdict(done[0]), as_json, _sentence)


def _sentence(moved: dict[str, object]) -> str:
    return (
        f"{moved['records']} incidents and action items and {moved['inboxes']} inboxes go on at the new engine. "
        "Start the service with the same TEMPORAL_ADDRESS; keep the old file, which has the histories."
    )
