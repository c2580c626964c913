"""Commands about tickets."""

from typing import Annotated

import typer

from followthrough.cli.api import By, call, out
from followthrough.cli.items import Item, give
from followthrough.domain.replayed.ticket.commands import Adopt

app = typer.Typer()


@app.command()
def look(item: Item) -> None:
    """Read an action item's ticket now, rather than at the next webhook or sweep."""
    out.print(call("POST", f"/items/{item}/ticket")["message"], highlight=False)


@app.command()
def adopt(item: Item, ticket: Annotated[str, typer.Argument(help="Its key or address, like PAY-12")], by: By) -> None:
    """Make a ticket that is there already the action item's."""
    give(item, Adopt(by=by, ticket=ticket))
