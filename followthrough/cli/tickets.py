"""Commands about tickets."""

from typing import Annotated

import typer

from followthrough.cli.api import By, call, say
from followthrough.cli.items import give
from followthrough.cli.lookup import Item

app = typer.Typer()


@app.command()
def look(item: Item) -> None:
    """Read an action item's ticket now, rather than at the next webhook or sweep."""
    say(call("POST", f"/items/{item}/ticket", keyed=True)["message"])


@app.command()
def adopt(item: Item, ticket: Annotated[str, typer.Argument(help="Its key or address, like PAY-12")], by: By) -> None:
    """Make a ticket that is there already the action item's."""
    give(item, "adopt", f"{ticket} becomes its ticket, once it was read.", by, ticket=ticket)
