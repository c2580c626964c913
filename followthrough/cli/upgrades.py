"""Commands about bringing in another version. They import what they run when they run it."""

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group, RenderableType

from followthrough.cli.api import NOT_ALLOWED, AsJson, fail, out, show
from followthrough.cli.drawing import table
from followthrough.cli.service import read_settings, run_or_fail, say, with_engine_elsewhere
from followthrough.domain.replayed.plain_text import clean

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from temporalio.client import Client

    from followthrough.upgrade_check import KindChecked

app = typer.Typer()


@app.command("check-upgrade")
def check_upgrade(
    sample: Annotated[
        int | None, typer.Option(min=1, help="Of each kind at most about so many, spread evenly; default: all")
    ] = None,
    closed_days: Annotated[
        int, typer.Option(min=0, help="Also what closed within so many days: a reopened incident begins with it")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Replay your own open workflows with the installed version, before a worker has it. Changes nothing."""
    import logging

    from temporalio.service import RPCError

    from followthrough.engine import EngineError, looking_at
    from followthrough.upgrade_check import check_upgrade as check

    logging.getLogger("temporalio").setLevel(logging.CRITICAL)  # what fails is in the report
    settings = read_settings()
    within = timedelta(days=closed_days) if closed_days else None
    checked: list[KindChecked] = []

    async def run() -> None:
        async with looking_at(settings, say) as client:
            try:
                checked.extend(await check(client, say, sample=sample, closed_within=within))
            except RPCError as error:
                raise EngineError(f"Temporal stopped answering, so nothing is known; try again ({error}).") from error

    run_or_fail(run())
    show([asdict(kind) for kind in checked], as_json, checked_report)
    if failed := sum(kind.failed for kind in checked):
        fail(
            f"This version can't go on with {failed} of them; keep the version that runs, and report this.", NOT_ALLOWED
        )
    if not as_json:
        out.print("This version goes on with all that was replayed.")


def checked_report(checked: list[dict[str, Any]]) -> RenderableType:
    """One line for each kind, and below them one for each workflow that failed."""
    if not checked:
        return "No workflow is there to be replayed."
    rows = [{key: str(kind[key]) for key in ("kind", "found", "replayed", "failed")} for kind in checked]
    failures = [
        clean(f"{failure['workflow_id']} (run {failure['run_id']}): {failure['why']}")
        for kind in checked
        for failure in kind["failures"]
    ]
    return Group(table(("kind", "found", "replayed", "failed"), rows), *failures)


rollout = typer.Typer(no_args_is_help=True, help="Versions of workers beside each other, and which one has the work.")
app.add_typer(rollout, name="rollout")


@rollout.command("status")
def status(as_json: AsJson = False) -> None:
    """List the versions that Temporal knows, and what becomes of each."""
    from followthrough.rollout import Version, versions

    found: list[Version] = []

    async def look(client: "Client", deployment: str) -> None:
        found.extend(await versions(client, deployment))

    _with_deployment(look)
    show([asdict(one) for one in found], as_json, lambda rows: table(("build_id", "state", "share"), rows))


@rollout.command("promote")
def promote_version(
    build_id: Annotated[
        str | None, typer.Argument(help="As `rollout status` says; default: of what is installed")
    ] = None,
    share: Annotated[float, typer.Option(min=0, max=100, help="In percent of workflows; 100: all of them")] = 100,
) -> None:
    """Give a version the work: new workflows, and open incidents and action items with their next step."""
    from followthrough.rollout import promote
    from followthrough.versions import own_build_id

    chosen = build_id or read_settings().build_id or own_build_id()

    async def give(client: "Client", deployment: str) -> None:
        await promote(client, deployment, chosen, share)

    _with_deployment(give)
    out.print(f"{chosen} has {share:g} % of the work from now on.", soft_wrap=True)


def _with_deployment(work: "Callable[[Client, str], Awaitable[None]]") -> None:
    from followthrough.engine import EngineError, reached
    from followthrough.rollout import RolloutError

    settings = with_engine_elsewhere("versions beside each other need an engine that all of them reach.")
    if not settings.deployment_name:
        fail("Set FOLLOWTHROUGH_DEPLOYMENT_NAME to what the workers have: without it they have no versions.", 2)

    async def run() -> None:
        try:
            async with reached(settings) as client:
                await work(client, settings.deployment_name)
        except RolloutError as error:
            raise EngineError(str(error)) from error

    run_or_fail(run())


@app.command("encryption")
def encryption(as_json: AsJson = False) -> None:
    """Count what each key of FOLLOWTHROUGH_PAYLOAD_KEYS still has to decrypt in Temporal. Changes nothing."""
    from temporalio.service import RPCError

    from followthrough.encryption import encryption_of
    from followthrough.engine import EngineError, looking_at
    from followthrough.key_use import KeyUse, key_use

    settings = read_settings()
    keys = encryption_of(settings)
    here = keys.key_ids if keys else ()
    uses: list[KeyUse] = []

    async def run() -> None:
        async with looking_at(settings, say) as client:
            try:
                uses.extend(await key_use(client, here, say))
            except RPCError as error:
                raise EngineError(f"Temporal stopped answering, so nothing is known; try again ({error}).") from error

    run_or_fail(run())
    rows = [asdict(use) | {"means": _means(use.key, here, used=use.used)} for use in uses]
    show(rows, as_json, _keys_report)


def _keys_report(rows: list[dict[str, Any]]) -> RenderableType:
    if not rows:
        return "Nothing in Temporal is encrypted."
    return table(("key", "open", "closed", "schedules", "means"), [{key: str(row[key]) for key in row} for row in rows])


def _means(key: str, here: tuple[str, ...], *, used: bool) -> str:
    if key not in here:
        return "It is missing here: add it to FOLLOWTHROUGH_PAYLOAD_KEYS."
    if key == here[0]:
        return "It encrypts."
    return "It has to stay." if used else "It can be taken away."
