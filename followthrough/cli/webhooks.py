"""Commands about webhooks that go out."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from followthrough.cli.api import AsJson, call, say, show
from followthrough.cli.drawing import table

app = typer.Typer(invoke_without_command=True)
COLUMNS = ("at", "type", "record", "endpoint", "state", "tries", "answer", "event_id")


@app.callback()
def list_deliveries(
    context: typer.Context,
    to: Annotated[str | None, typer.Option(help="An endpoint, as in the organisation file")] = None,
    state: Annotated[str | None, typer.Option(help="waits, delivered or given up")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 50,
    as_json: AsJson = False,
) -> None:
    """List what went out by webhooks, the newest first; or send it again, or enable an endpoint."""
    if context.invoked_subcommand:
        return
    found = call("GET", "/webhooks/deliveries", endpoint=to, state=state, limit=limit)
    show(found, as_json, _drawn)


@app.command("send-again")
def send_again(
    event: Annotated[str, typer.Argument(help="Its id, like msg_…")],
    to: Annotated[str, typer.Option(help="An endpoint, as in the organisation file")],
) -> None:
    """Send an event to an endpoint once more; if that is disabled, once it is enabled."""
    answer = call("POST", f"/webhooks/deliveries/{quote(event, safe='')}/send-again", endpoint=to, keyed=True)
    say(f"{answer['message']} `followthrough webhooks` has the log.")


@app.command()
def enable(endpoint: Annotated[str, typer.Argument(help="As in the organisation file")]) -> None:
    """Enable an endpoint that was disabled; what waits for it goes out."""
    call("POST", f"/webhooks/{quote(endpoint, safe='')}/enable", keyed=True)
    say(f"{endpoint} is enabled, and what waits goes out.")


def _drawn(lines: list[dict[str, Any]]) -> Any:
    return table(COLUMNS, lines)
