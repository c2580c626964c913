"""Commands about action items."""

from datetime import UTC, datetime, time
from typing import Annotated

import typer
from pydantic import HttpUrl, TypeAdapter, ValidationError

from followthrough.cli.api import AsJson, By, call, fail, out, show
from followthrough.cli.incidents import table
from followthrough.domain.item_commands import Accept, Extend, Finish, ItemCommand, Reassign, Verify, Waive

app = typer.Typer()
Item = Annotated[str, typer.Argument(metavar="ITEM", help="Its id, for example inc-7f3a9c21d0.1")]


def give(item: str, command: ItemCommand) -> None:
    """Gives a command and prints where the action item is afterwards."""
    answer = call("POST", f"/items/{item}/commands", body=command)
    out.print(f"{answer['id']} is {answer['status']}.", markup=False, highlight=False)


@app.command()
def items(
    owner: str | None = None,
    team: str | None = None,
    status: str | None = None,
    late: Annotated[bool, typer.Option("--late", help="Only those past their deadline")] = False,
    as_json: AsJson = False,
) -> None:
    """List action items, the most urgent first."""
    found = call("GET", "/items", owner=owner, team=team, status=status, late=late or None)
    columns = ("id", "status", "owner", "due", "next_at", "next_kind", "ticket", "title")
    show(found, as_json, lambda rows: table(columns, rows))


@app.command()
def accept(item: Item, by: By) -> None:
    """Take on an action item that was proposed to you."""
    give(item, Accept(by=by))


@app.command()
def done(
    item: Item,
    evidence: Annotated[str, typer.Argument(help="Link to the change, dashboard or test")],
    by: By,
    note: str = "",
) -> None:
    """Say that an action item is done, and show it."""
    try:
        url = TypeAdapter(HttpUrl).validate_python(evidence)
    except ValidationError:
        fail(f"{evidence!r} is not a link; evidence is the address of a change, a dashboard or a test.", 2)
    give(item, Finish(by=by, evidence=url, note=note))


@app.command()
def verify(item: Item, by: By, holds: bool = True, note: str = "") -> None:
    """Confirm somebody else's evidence, or with --no-holds send the item back."""
    give(item, Verify(by=by, holds=holds, note=note))


@app.command()
def waive(item: Item, reason: str, by: By) -> None:
    """Decide, as an approver, that an action item will not be done."""
    give(item, Waive(by=by, reason=reason))


@app.command()
def reassign(item: Item, to: str, reason: str, by: By) -> None:
    """Propose an action item to another owner."""
    give(item, Reassign(by=by, to=to, reason=reason))


@app.command()
def extend(
    item: Item,
    until: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The new deadline, at its end in UTC")],
    reason: str,
    by: By,
) -> None:
    """Ask for more time; beyond the policy's limits an approver has to."""
    give(item, Extend(by=by, until=datetime.combine(until, time(23, 59), UTC), reason=reason))
