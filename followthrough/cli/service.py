"""Commands that run the service, show it, and examine it.

They import what they run when they run it, so that the other commands start quickly.
"""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType
from rich.table import Table

from followthrough import ROOT
from followthrough.cli.api import NOT_ALLOWED, AsJson, call, err, fail, out, show, whole
from followthrough.cli.api import say as tell
from followthrough.cli.drawing import table
from followthrough.domain.replayed.plain_text import clean
from followthrough.queues import Queue

if TYPE_CHECKING:
    from followthrough.organisation_file import OrganisationFile
    from followthrough.settings import Settings

app = typer.Typer()
STOPPING = "Stopping, once what is under way is finished."
EXAMPLE = ROOT / "followthrough.example.yaml"


def say(sentence: str) -> None:
    """Progress of what takes long, on stderr."""
    err.print(sentence, style="dim", soft_wrap=True)


def read_settings() -> "Settings":
    """Settings from the environment; ends the command when they make no sense."""
    from pydantic import ValidationError

    from followthrough.logs import log_as
    from followthrough.secret_files import SecretFileError, setting_name
    from followthrough.settings import Settings

    try:
        settings = Settings()
        log_as(settings.log_format)
        return settings
    except SecretFileError as error:
        fail(str(error), 2)
    except ValidationError as error:
        first = error.errors()[0]
        what = first["msg"].removeprefix("Value error, ").rstrip(".")
        field = str(first["loc"][0])
        name = setting_name(Settings, field) if field in Settings.model_fields else field
        fail(f"The setting {name} is wrong: {what}.", 2)


def read_organisation(settings: "Settings") -> "OrganisationFile":
    """The organisation file, or the example until there is one, with the directory beside it."""
    from sqlalchemy.exc import SQLAlchemyError

    from followthrough.organisation_file import OrganisationError, OrganisationFile
    from followthrough.store.directory import kept_directory

    path = settings.organisation_file
    example = None if "organisation_file" in settings.model_fields_set else EXAMPLE
    try:
        directory = kept_directory(settings.resolved_database_url)
        organisation = OrganisationFile(path, until_there=example, directory=directory)
    except OrganisationError as error:
        fail(str(error), 2)
    except SQLAlchemyError as error:
        what = f"The database can't be used ({type(error).__name__})"
        fail(f"{what}; start it, or correct FOLLOWTHROUGH_DATABASE_URL.", NOT_ALLOWED)
    if organisation.in_use != path:
        say(
            f"There is no {path}, so the example organisation is used until there is one; "
            f"copy {EXAMPLE.name} to {path} to make it yours."
        )
    return organisation


Queues = Annotated[
    list[Queue] | None,
    typer.Option("--queue", help="Only the work of this queue, once or several times, for scaling; default: of all"),
]


@app.command()
def serve(queue: Queues = None) -> None:
    """Run everything: API and dashboard on one port, worker, engine. Ctrl-C stops it all."""
    from followthrough.service import running

    settings = read_settings()
    organisation = read_organisation(settings)

    async def run() -> None:
        async with running(settings, organisation, say, queues=queue or tuple(Queue)) as service:
            out.print(f"Dashboard and API: {service.settings.resolved_public_url}", soft_wrap=True)
            if service.engine.ui_url:
                out.print(f"Temporal UI:       {service.engine.ui_url}", soft_wrap=True)
            out.print("Ctrl-C stops everything; incidents are kept for the next run.")
            await service.until_stopped()
            say(STOPPING)

    run_or_fail(run())


@app.command()
def web() -> None:
    """Run only API and dashboard, against the engine at TEMPORAL_ADDRESS; workers run elsewhere."""
    from followthrough.service import web_alone

    settings = with_engine_elsewhere("a web without a worker needs an engine that workers reach too.")
    organisation = read_organisation(settings)

    async def run() -> None:
        async with web_alone(settings, organisation, say) as service:
            out.print(f"Dashboard and API: {service.settings.resolved_public_url}", soft_wrap=True)
            await service.until_stopped()
            say(STOPPING)

    run_or_fail(run())


@app.command()
def worker(queue: Queues = None) -> None:
    """Run only a worker, against the engine at TEMPORAL_ADDRESS."""
    from followthrough.service import beside_work, connected, working

    settings = with_engine_elsewhere("a worker of its own needs an engine that others reach too.")
    organisation = read_organisation(settings)

    async def run() -> None:
        async with (
            connected(settings, say, ui=False) as service,
            working(service, organisation, queue or tuple(Queue)),
            beside_work(service, organisation),
        ):
            say("The worker runs; Ctrl-C stops it.")
            await service.until_stopped()
            say(STOPPING)

    run_or_fail(run())


def with_engine_elsewhere(why: str) -> "Settings":
    """Settings; ends the command where the engine would be one of its own."""
    settings = read_settings()
    if not settings.temporal_address:
        fail(f"Set TEMPORAL_ADDRESS: {why}", 2)
    return settings


@app.command("migrate")
def migrate_database(
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="REVISION", help="Another revision than the newest; an earlier one goes down"),
    ] = None,
) -> None:
    """Bring the database's tables up to this version, where FOLLOWTHROUGH_MIGRATE=false keeps others from it.

    With an earlier revision, `--to` takes changes of tables back, while nothing else runs, unless that loses something.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from followthrough.service import ServiceError, make_current, migrate_to
    from followthrough.store.database import WouldLose, open_database, revision_of

    settings = read_settings()
    database = open_database(settings.resolved_database_url)
    try:
        if to is None:
            make_current(database, say, migrating=True)
        else:
            migrate_to(database, to)
        found = revision_of(database)
    except (ServiceError, WouldLose) as error:
        fail(str(error), NOT_ALLOWED)
    except SQLAlchemyError as error:
        fail(f"The database can't be migrated ({error}).", NOT_ALLOWED)
    finally:
        database.dispose()
    say("The database is up to date." if to is None else f"The database is at revision {found}.")


@app.command("search-attributes")
def search_attributes(as_json: AsJson = False) -> None:
    """List those that the engine's namespace needs, for where a start may not add them itself."""
    from workflows.search_attributes import SEARCH_ATTRIBUTES

    found = [{"name": key.name, "type": key.indexed_value_type.name.title()} for key in SEARCH_ATTRIBUTES]
    show(found, as_json, lambda rows: table(("name", "type"), rows))


@app.command("rebuild")
def rebuild_read_model() -> None:
    """Write the database anew from the workflows, for example after it was lost. The service must not run."""
    from activities.read_model import ReadModel
    from followthrough.rebuild import rebuild
    from followthrough.service import connected
    from worker import build_worker

    settings = read_settings()
    organisation = read_organisation(settings)

    async def run() -> None:
        async with (
            connected(settings, say, ui=False) as service,
            build_worker(service.client, settings, organisation, service.database),
        ):
            rebuilt = await rebuild(service.client, ReadModel(service.database))
        out.print(f"Wrote {rebuilt.written} incidents, action items and drills.")
        if rebuilt.unread:
            fail(
                f"These workflows did not say how they are; look at them in Temporal: {', '.join(rebuilt.unread)}",
                NOT_ALLOWED,
            )

    run_or_fail(run())


@app.command("adopt-engine")
def adopt_this_engine() -> None:
    """Let the database go with this engine, when the one before is lost; the next start goes on with what is open."""
    from followthrough.revival import adopt_engine
    from followthrough.service import connected

    settings = read_settings()

    async def run() -> None:
        async with connected(settings, lambda _: None, ui=False) as service:
            await adopt_engine(service.client, service.database)
            out.print(f"The database goes with the namespace {service.client.namespace} of this engine now.")

    run_or_fail(run())


@app.command()
def demo(
    as_json: AsJson = False,
    keep: Annotated[
        bool | None, typer.Option("--keep/--no-keep", help="Leave it running to look around; default: in a terminal")
    ] = None,
) -> None:
    """Play an incident from its alert to its last closed action item, weeks in seconds."""
    from followthrough.demo import play_demo
    from followthrough.logs import LogFormat, log_as
    from followthrough.organisation_file import OrganisationFile

    log_as(LogFormat.LINES)
    keep = (not as_json and out.is_terminal) if keep is None else keep

    async def run() -> None:
        await play_demo(OrganisationFile(EXAMPLE), say, out=None if as_json else out, keep=keep)

    run_or_fail(run())


@app.command()
def trouble(as_json: AsJson = False) -> None:
    """What the service can't mend alone, and what to do."""
    show(whole("/troubles"), as_json, troubles_table)


@app.command("send-again")
def send_again(
    mail: Annotated[str | None, typer.Argument(help="Its name in the outbox; else all that are set aside")] = None,
) -> None:
    """Send mails again that were set aside."""
    again = call("POST", "/mails/send-again", key=mail, keyed=True)
    tell(f"Sending {again['mails']} again; `followthrough outbox` shows what becomes of them.")


def troubles_table(troubles: list[dict[str, str]]) -> RenderableType:
    """One line each, and what to do about it."""
    if not troubles:
        return "None: all workflows get on, and every mail went out."
    return _sentences([(one["kind"], clean(f"{one['sentence']} {one['what_to_do']}")) for one in troubles])


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what is found, what is missing and what to do. Exits with 1 when something is wrong."""
    from pydantic import TypeAdapter

    from followthrough.doctor import examine
    from followthrough.findings import Finding, FindingState

    findings = examine(read_settings())
    show(TypeAdapter(list[Finding]).dump_python(findings, mode="json"), as_json, findings_table)
    if any(finding.state is FindingState.WRONG for finding in findings):
        raise typer.Exit(NOT_ALLOWED)


def findings_table(findings: list[dict[str, str]]) -> Table:
    """One line per finding, and what to do about it."""
    return _sentences(
        [(one["state"], one["subject"], clean(f"{one['sentence']} {one['what_to_do']}").strip()) for one in findings]
    )


def _sentences(rows: list[tuple[str, ...]]) -> Table:
    """What is longer than a line, like an address, goes on in the next: it is there to be copied."""
    drawn = Table(box=None, show_header=False)
    for _ in rows[0]:
        drawn.add_column(overflow="fold")
    for row in rows:
        drawn.add_row(*row)
    return drawn


def run_or_fail(work: Coroutine[None, None, None]) -> None:
    """Runs to the end; what the service can't do becomes a sentence and exit code 1."""
    import asyncio

    from followthrough.client_options import TracesUnavailable
    from followthrough.engine import EngineError
    from followthrough.links import WeakSecret
    from followthrough.metrics_page import MetricsError
    from followthrough.service import ServiceError

    try:
        asyncio.run(work)
    except (ServiceError, EngineError, MetricsError, TracesUnavailable, WeakSecret) as error:
        fail(str(error), NOT_ALLOWED)
