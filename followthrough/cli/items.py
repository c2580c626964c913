"""Commands about action items."""

from datetime import datetime
from typing import Annotated, Any

import typer
from pydantic import HttpUrl, TypeAdapter, ValidationError

from followthrough.cli.api import AsJson, By, call, fail, out, show
from followthrough.cli.incidents import table
from followthrough.domain.replayed.item.action_item import EvidenceKind
from followthrough.domain.replayed.item.commands import Accept, Extend, Finish, ItemCommand, Reassign, Verify, Waive

app = typer.Typer()
Item = Annotated[str, typer.Argument(metavar="ITEM", help="Its id, for example inc-7f3a9c21d0.1")]
DAY = ["%Y-%m-%d"]


def give(item: str, command: ItemCommand) -> dict[str, Any]:
    """Gives a command, prints where the action item is afterwards, and gives that."""
    answer: dict[str, Any] = call("POST", f"/items/{item}/commands", body=command, keyed=True)
    out.print(f"{answer['id']} is {answer['status']}.", highlight=False)
    return answer


def end_of(day: datetime, item: str) -> datetime:
    """The end of the working day where the item's team is."""
    from followthrough.domain.answered.organisation.calendar import end_of_working_day

    return end_of_working_day(day.date(), call("GET", f"/items/{item}")["time_zone"])


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
    kind: Annotated[EvidenceKind | None, typer.Option(help="What the link leads to")] = None,
) -> None:
    """Say that an action item is done, and show it."""
    try:
        url = TypeAdapter(HttpUrl).validate_python(evidence)
    except ValidationError:
        fail(f"{evidence!r} is not a link; evidence is the address of a change, a dashboard or a test.", 2)
    give(item, Finish(by=by, evidence=url, evidence_kind=kind, note=note))


@app.command()
def verify(item: Item, by: By, holds: bool = True, note: str = "") -> None:
    """Confirm somebody else's evidence, or with --no-holds send the item back."""
    give(item, Verify(by=by, holds=holds, note=note))


@app.command()
def waive(
    item: Item,
    reason: str,
    by: By,
    until: Annotated[
        datetime | None, typer.Option(formats=DAY, help="When it is asked again; default: as late as is allowed")
    ] = None,
) -> None:
    """Decide, as an approver, that an action item will not be done."""
    give(item, Waive(by=by, reason=reason, until=end_of(until, item) if until else None))


@app.command()
def reassign(item: Item, to: str, reason: str, by: By) -> None:
    """Propose an action item to another owner."""
    give(item, Reassign(by=by, to=to, reason=reason))


@app.command()
def extend(
    item: Item,
    until: Annotated[datetime, typer.Argument(formats=DAY, help="The new deadline, 17:00 where its team is")],
    reason: str,
    by: By,
) -> None:
    """Take more time; beyond the policy's limits an approver is asked."""
    if give(item, Extend(by=by, until=end_of(until, item), reason=reason))["extension_wanted"]:
        out.print("An approver is asked for that much time; until one decides, the deadline stays.")
