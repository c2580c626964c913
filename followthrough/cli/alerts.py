"""Commands about alerts that no route fits."""

from typing import Annotated, Any

import typer
from rich.console import RenderableType

from followthrough.cli.api import AsJson, By, call, say, show, whole
from followthrough.cli.drawing import table

app = typer.Typer(invoke_without_command=True)
Alert = Annotated[str, typer.Argument(help="Its dedup_key, as `followthrough alerts` lists it")]


@app.callback()
def list_alerts(
    context: typer.Context,
    aside: Annotated[bool, typer.Option("--aside", help="Those that were set aside")] = False,
    as_json: AsJson = False,
) -> None:
    """List alerts that started no incident, because no route fits them; or set one aside."""
    if context.invoked_subcommand is None:
        show(whole("/alerts", aside=aside), as_json, _drawn)


@app.command("set-aside")
def set_aside(alert: Alert, because: Annotated[str, typer.Argument(help="Why it needs no incident")], by: By) -> None:
    """Say that an alert needs no incident."""
    call("POST", "/alerts/set-aside", body={"by": by or None, "alert": alert, "because": because}, keyed=True)
    say("It is set aside, and its further deliveries stay there.")


@app.command("bring-back")
def bring_back(alert: Alert, by: By) -> None:
    """Put an alert that was set aside among the others again."""
    call("POST", "/alerts/bring-back", body={"by": by or None, "alert": alert}, keyed=True)
    say("It is among the others again.")


def _drawn(alerts: list[dict[str, Any]]) -> RenderableType:
    return table(("last_at", "deliveries", "state", "dedup_key", "set_aside_because", "title"), alerts)
