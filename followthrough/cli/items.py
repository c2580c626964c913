"""Commands about action items."""

from datetime import datetime
from typing import Annotated, Any, cast
from urllib.parse import urlsplit

import typer

from followthrough.cli.api import WRONG_COMMAND_LINE, AsJson, By, call, fail, say, show
from followthrough.cli.drawing import readable, table
from followthrough.cli.lookup import Item, Person, incident_id, people, services
from followthrough.cli.record_words import due, outcome
from followthrough.cli.words import option
from followthrough.domain.replayed.names import EvidenceKind, ItemStatus, Kind, Priority, Severity

app = typer.Typer()
DAY = ["%Y-%m-%d"]
AGAIN = "Can be said again, for any of several"


def give(item: str, command: str, said: str, by: str, **fields: Any) -> dict[str, Any]:
    """Gives a command, prints what changed and what comes next, and gives the action item as it is then."""
    body = {"command": command, "by": by, **fields}
    answer: dict[str, Any] = call("POST", f"/items/{item}/commands", body=body, keyed=True)
    for sentence in (said, *outcome(answer)):
        say(sentence)
    return answer


def end_of(day: datetime, item: str) -> str:
    """The end of the working day where the item's team is."""
    from followthrough.domain.answered.organisation.calendar import end_of_working_day

    return end_of_working_day(day.date(), call("GET", f"/items/{item}")["time_zone"]).isoformat()


@app.command()
def items(
    words: Annotated[
        str, typer.Argument(help="Each is in the title, the id, the ticket, the description or the incident's title")
    ] = "",
    owner: Annotated[str | None, typer.Option(autocompletion=people)] = None,
    team: str | None = None,
    service: Annotated[str | None, typer.Option(autocompletion=services)] = None,
    incident: Annotated[str | None, typer.Option(help="Its id, or a part of its title", parser=incident_id)] = None,
    status: Annotated[list[ItemStatus] | None, option(ItemStatus, help_text=AGAIN)] = None,
    severity: Annotated[list[Severity] | None, option(Severity, help_text=AGAIN)] = None,
    priority: Annotated[list[Priority] | None, option(Priority, help_text=AGAIN)] = None,
    kind: Annotated[list[Kind] | None, option(Kind, help_text=AGAIN)] = None,
    late: Annotated[bool, typer.Option("--late", "--overdue", help="Only those past their deadline")] = False,
    as_json: AsJson = False,
) -> None:
    """List action items, the most urgent first."""
    several: dict[str, list[Any] | None] = {"status": status, "severity": severity, "priority": priority, "kind": kind}
    found = call(
        "GET",
        "/items",
        owner=owner,
        team=team,
        service=service,
        incident=incident,
        late=late or None,
        words=words or None,
        **cast("dict[str, Any]", {name: [str(one) for one in given] for name, given in several.items() if given}),
    )
    columns = ("id", "status", "owner", "due", "next_at", "next_kind", "ticket", "title")
    show(found, as_json, lambda rows: table(columns, rows))


@app.command()
def accept(item: Item, by: By) -> None:
    """Take on an action item that was proposed to you."""
    give(item, "accept", "It is yours; its ticket follows.", by)


@app.command()
def done(
    item: Item,
    evidence: Annotated[str, typer.Argument(help="Link to the change, dashboard or test")],
    by: By,
    note: str = "",
    kind: Annotated[EvidenceKind | None, option(EvidenceKind, help_text="What the link leads to")] = None,
) -> None:
    """Say that an action item is done, and show it."""
    parts = urlsplit(evidence)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        sentence = f"{evidence!r} is not a link; evidence is the address of a change, a dashboard or a test."
        fail(sentence, WRONG_COMMAND_LINE)
    give(item, "done", "The evidence is on record.", by, evidence=evidence, evidence_kind=kind, note=note)


@app.command()
def verify(item: Item, by: By, holds: bool = True, note: str = "") -> None:
    """Confirm somebody else's evidence, or with --no-holds send the item back."""
    said = "The evidence holds." if holds else "The evidence does not hold, so its owner goes on."
    give(item, "verify", said, by, holds=holds, note=note)


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
    said = "It will not be done, and the reason is on record."
    answer = give(item, "waive", said, by, reason=reason, until=end_of(until, item) if until else None)
    if again := answer["waiver"] and answer["waiver"]["until"]:
        say(f"It is asked again {readable(again)}.")


@app.command()
def reassign(item: Item, to: Person, reason: str, by: By) -> None:
    """Propose an action item to another owner."""
    give(item, "reassign", f"It is proposed to {to}, who accepts or declines it.", by, to=to, reason=reason)


@app.command()
def extend(
    item: Item,
    until: Annotated[datetime, typer.Argument(formats=DAY, help="The new deadline, 17:00 where its team is")],
    reason: str,
    by: By,
) -> None:
    """Take more time; beyond the policy's limits an approver is asked."""
    wanted = end_of(until, item)
    body = {"command": "extend", "by": by, "until": wanted, "reason": reason}
    answer = call("POST", f"/items/{item}/commands", body=body, keyed=True)
    asked = answer["extension_wanted"]
    say(
        "An approver is asked for that much time; until one decides, the deadline stays."
        if asked
        else f"It is due {readable(due(answer))} now."
    )
    for sentence in outcome(answer):
        say(sentence)
