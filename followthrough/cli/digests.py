"""Commands about the weekly and the monthly digest."""

from typing import Annotated

import typer
from rich.text import Text

from followthrough.cli.api import AsJson, call, say, show
from followthrough.cli.lookup import people
from followthrough.cli.words import argument
from followthrough.domain.replayed.names import DigestName

app = typer.Typer(no_args_is_help=True, help="Read what the digests say, or send one now.")


@app.command()
def weekly(
    person: Annotated[
        str, typer.Argument(help="Who manages or leads, as in the organisation file", autocompletion=people)
    ],
    as_json: AsJson = False,
) -> None:
    """What a manager's weekly digest would say now."""
    show(call("GET", f"/digests/weekly/{person}"), as_json, lambda it: Text(it["text"]))


@app.command()
def monthly(
    month: Annotated[str | None, typer.Argument(help="Like 2026-11; else the last one that is over")] = None,
    as_json: AsJson = False,
) -> None:
    """What leadership's monthly digest says of a month."""
    show(call("GET", "/digests/monthly", month=month), as_json, lambda it: Text(it["text"]))


@app.command()
def send(which: Annotated[DigestName, argument(DigestName)]) -> None:
    """Send a digest now to all who have not had it for this week or for the month before."""
    call("POST", f"/digests/{which}/send", keyed=True)
    say("It is being sent; `followthrough outbox` shows each mail.")
