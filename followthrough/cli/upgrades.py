"""Commands about bringing in another version. They import what they run when they run it."""

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group, RenderableType

from followthrough.cli.api import NOT_ALLOWED, AsJson, fail, out, show
from followthrough.cli.drawing import table
from followthrough.cli.service import read_settings, run_or_fail, say
from followthrough.domain.replayed.plain_text import clean

if TYPE_CHECKING:
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
