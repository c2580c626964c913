"""The command about what the numbers say over months."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from followthrough.cli.api import WRONG_COMMAND_LINE, AsJson, call, fail, fetch, say, show
from followthrough.cli.drawing import table
from followthrough.cli.lookup import services
from followthrough.cli.words import option
from followthrough.domain.replayed.names import Severity

app = typer.Typer()


@app.command()
def insights(
    name: Annotated[str | None, typer.Argument(help="One of those that are listed without it")] = None,
    team: Annotated[str | None, typer.Option(help="As in the organisation file")] = None,
    service: Annotated[str | None, typer.Option(help="As in the organisation file", autocompletion=services)] = None,
    severity: Annotated[Severity | None, option(Severity)] = None,
    months: Annotated[int, typer.Option(min=1, max=24, help="How many; the last of them is this one")] = 6,
    pdf: Annotated[Path | None, typer.Option(help="File for all of them as pages, - for standard output")] = None,
    month: Annotated[
        str | None, typer.Option(help="The last one in the PDF, like 2026-11; else the last one that is over")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What the numbers say over months: the measures, one of them, or a month's as PDF."""
    chosen: dict[str, Any] = {"team": team, "service": service, "severity": severity, "months": months}
    if pdf is not None:
        return _keep(pdf, month or _last_over(), chosen)
    if month is not None:
        fail("--month is for the PDF; name its file: --pdf insights.pdf", WRONG_COMMAND_LINE)
    if name is None:
        return show(call("GET", "/insights"), as_json, _listed)
    show(call("GET", f"/insights/{name}", **chosen), as_json, _told)


def _keep(file: Path, month: str, chosen: dict[str, Any]) -> None:
    printed = str(file) == "-"
    if printed and sys.stdout.isatty():
        fail("A PDF is nothing for a terminal; name a file: --pdf insights.pdf", WRONG_COMMAND_LINE)
    content = fetch(f"/insights/{month}.pdf", **chosen)
    if printed:
        sys.stdout.buffer.write(content)
        return
    file.write_bytes(content)
    say(f"It is in {file}.")


def _last_over() -> str:
    """Months are those of UTC."""
    return f"{datetime.now(UTC).replace(day=1) - timedelta(days=1):%Y-%m}"


def _listed(measures: list[dict[str, Any]]) -> RenderableType:
    return table(("name", "definition"), measures)


def _told(found: dict[str, Any]) -> RenderableType:
    labels = tuple(column["label"] for column in found["columns"])
    rows = [dict(zip(labels, row, strict=True)) for row in found["rows"]]
    said = f"{found['definition']}\n{found['summary']}\n"
    more = f"\nAnd {found['left_off']} more: choose a team, a service or a severity." if found["left_off"] else ""
    private = f"\nAnd {found['private']} private, counted and not named." if found["private"] else ""
    return Group(Text(said), table(labels, rows), Text(more + private))
