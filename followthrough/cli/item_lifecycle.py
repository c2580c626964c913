"""Commands about what can become of an action item besides being done."""

from datetime import datetime
from typing import Annotated

import typer
from pydantic import ValidationError

from followthrough.cli.api import AsJson, By, call, fail, show
from followthrough.cli.items import DAY, Item, end_of, give
from followthrough.domain.replayed.item.commands import ApproveExtension, Decline, RefuseExtension
from followthrough.domain.replayed.item.lifecycle import BlockItem, MergeItem, Part, ReopenItem, SplitItem, Unblock

app = typer.Typer()


@app.command()
def decline(item: Item, reason: str, by: By) -> None:
    """Say that you are not the one to do it; your team's lead finds somebody else."""
    give(item, Decline(by=by, reason=reason))


@app.command()
def approve_extension(item: Item, by: By) -> None:
    """Give the owner, as an approver, the time that was asked for."""
    give(item, ApproveExtension(by=by))


@app.command()
def refuse_extension(item: Item, reason: str, by: By) -> None:
    """Leave the deadline, as an approver, where it is."""
    give(item, RefuseExtension(by=by, reason=reason))


@app.command()
def block(
    item: Item,
    reason: str,
    by: By,
    on: Annotated[str | None, typer.Option(help="The action item that it waits for")] = None,
    until: Annotated[datetime | None, typer.Option(formats=DAY, help="The day until which it waits")] = None,
) -> None:
    """Say that an action item has to wait, for another one or until a date."""
    if on is None and until is None:
        fail("Say what it waits for: --until a day, or --on an action item like inc-7f3a9c21d0.2.", 2)
    give(item, BlockItem(by=by, reason=reason, on=on, until=end_of(until, item) if until else None))


@app.command()
def unblock(item: Item, by: By) -> None:
    """Say that an action item does not have to wait any more."""
    give(item, Unblock(by=by))


@app.command()
def split_item(
    item: Item,
    part: Annotated[list[str], typer.Option(help="OWNER: TITLE of a part; at least two of them")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Split an action item into parts that have an owner each."""
    pairs = [(owner.strip(), title.strip()) for owner, _, title in (each.partition(":") for each in part)]
    if len(pairs) < 2 or not all(map(all, pairs)):
        fail('Give at least two parts, each like --part "ines: Alert on queue depth".', 2)
    command = SplitItem(by=by, parts=tuple(Part(owner=owner, title=title) for owner, title in pairs))
    answer = call("POST", f"/items/{item}/commands", body=command, keyed=True)
    new = answer["split_into"][-len(pairs) :]
    show(answer, as_json, lambda it: f"{it['id']} is split into {', '.join(new)}.")


@app.command()
def merge_item(
    item: Item, into: Annotated[str, typer.Argument(help="The action item that goes on for both")], by: By
) -> None:
    """Merge an action item into another one that is the same."""
    try:
        command = MergeItem(by=by, into=into)
    except ValidationError:
        fail(f"{into!r} is no action item's id; ids look like inc-7f3a9c21d0.1.", 2)
    give(item, command)


@app.command()
def reopen_item(item: Item, reason: str, by: By) -> None:
    """Reopen a closed or waived action item, when its evidence was wrong or the incident came again."""
    give(item, ReopenItem(by=by, reason=reason))
