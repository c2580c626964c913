"""Commands about what can become of an action item besides being done."""

from datetime import datetime
from typing import Annotated

import typer

from followthrough.cli.api import WRONG_COMMAND_LINE, AsJson, By, call, fail, say, show
from followthrough.cli.items import DAY, end_of, give
from followthrough.cli.lookup import Item, item_id
from followthrough.cli.words import option
from followthrough.domain.replayed.names import Kind, Priority

app = typer.Typer()


@app.command()
def decline(item: Item, reason: str, by: By) -> None:
    """Say that you are not the one to do it; your team's lead finds somebody else."""
    give(item, "decline", "Your team's lead is asked for another owner.", by, reason=reason)


@app.command()
def approve_extension(item: Item, by: By) -> None:
    """Give the owner, as an approver, the time that was asked for."""
    give(item, "approve extension", "The owner has the time that was asked for.", by)


@app.command()
def refuse_extension(item: Item, reason: str, by: By) -> None:
    """Leave the deadline, as an approver, where it is."""
    give(item, "refuse extension", "The deadline stays where it is.", by, reason=reason)


@app.command()
def block(
    item: Item,
    reason: str,
    by: By,
    on: Annotated[str | None, typer.Option(help="The action item that it waits for", parser=item_id)] = None,
    until: Annotated[datetime | None, typer.Option(formats=DAY, help="The day until which it waits")] = None,
) -> None:
    """Say that an action item has to wait, for another one or until a date."""
    if on is None and until is None:
        fail("Say what it waits for: --until a day, or --on an action item like inc-7f3a9c21d0.2.", WRONG_COMMAND_LINE)
    day = end_of(until, item) if until else None
    said = f"It waits for {on}; nobody is reminded meanwhile." if on else "It waits; nobody is reminded meanwhile."
    give(item, "block", said, by, reason=reason, on=on, until=day)


@app.command()
def unblock(item: Item, by: By) -> None:
    """Say that an action item does not have to wait any more."""
    give(item, "unblock", "It does not wait any more.", by)


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
        fail('Give at least two parts, each like --part "ines: Alert on queue depth".', WRONG_COMMAND_LINE)
    parts = [{"owner": owner, "title": title} for owner, title in pairs]
    answer = call("POST", f"/items/{item}/commands", body={"command": "split", "by": by, "parts": parts}, keyed=True)
    if as_json:
        show(answer, True, str)
        return
    new = answer["split_into"][-len(pairs) :]
    say(f"{answer['id']} is split into {', '.join(new)}.")
    say("Each owner accepts or declines their part.")


@app.command()
def merge_item(
    item: Item,
    into: Annotated[str, typer.Argument(help="The action item that goes on for both", parser=item_id)],
    by: By,
) -> None:
    """Merge an action item into another one that is the same."""
    give(item, "merge", f"{into} goes on for both.", by, into=into)


@app.command()
def edit(
    item: Item,
    by: By,
    title: str | None = None,
    description: Annotated[str | None, typer.Option(help="More about it; empty, it has none any more")] = None,
    kind: Annotated[Kind | None, option(Kind)] = None,
    priority: Annotated[Priority | None, option(Priority)] = None,
) -> None:
    """Change how an action item is worded or filed; what is left out stays."""
    fields = {"title": title, "description": description, "kind": kind, "priority": priority}
    given = {name: value for name, value in fields.items() if value is not None}
    if not given:
        fail("Say what is to be changed: --title, --description, --kind or --priority.", WRONG_COMMAND_LINE)
    give(item, "edit", "It is changed, and its ticket follows.", by, **given)


@app.command()
def comment(item: Item, text: str, by: By) -> None:
    """Say something about an action item, which stays in its story."""
    give(item, "comment", "It is in its story.", by, text=text)


@app.command()
def reopen_item(item: Item, reason: str, by: By) -> None:
    """Reopen a closed or waived action item, when its evidence was wrong or the incident came again."""
    give(item, "reopen", "Its owner is asked for it again.", by, reason=reason)
