"""The command for calendar addresses."""

from typing import Annotated

import typer

from followthrough.cli.api import call

app = typer.Typer()


@app.command()
def calendar(
    person: Annotated[str, typer.Argument(help="As in the organisation file")],
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Give up the addresses printed before, and print another")
    ] = False,
) -> None:
    """Print the address of a person's deadlines, for a calendar program to subscribe to; keep it to that person."""
    typer.echo(call("DELETE" if revoke else "GET", f"/people/{person}/calendar")["url"])
