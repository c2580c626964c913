"""Commands about incidents."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.table import Table

from followthrough.cli.api import AsJson, By, call, out, show
from followthrough.domain.answered.wording import to_the_minute
from followthrough.domain.replayed.ids import page_of
from followthrough.domain.replayed.incident.alert import in_words
from followthrough.domain.replayed.incident.commands import (
    Acknowledge,
    AssignRole,
    Cancel,
    ChangeSeverity,
    IncidentCommand,
    Mitigate,
    ProposeItem,
    Resolve,
)
from followthrough.domain.replayed.incident.incident import Role
from followthrough.domain.replayed.item.action_item import Kind, Priority
from followthrough.domain.replayed.values import Severity
from followthrough.web.bodies import NewIncident

app = typer.Typer()
Incident = Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id, for example inc-7f3a9c21d0")]


def give(incident: str, command: IncidentCommand) -> None:
    """Gives a command and prints where the incident is afterwards."""
    answer = call("POST", f"/incidents/{incident}/commands", body=command, keyed=True)
    out.print(f"{answer['id']} is {answer['status']}.", highlight=False)


@app.command()
def declare(
    title: str,
    by: By,
    service: Annotated[str, typer.Option(help="What is broken, as in the organisation file")],
    severity: Severity = Severity.SEV3,
    drill: Annotated[bool, typer.Option(help="Only practice: customers hear nothing")] = False,
    private: Annotated[bool, typer.Option(help="Only who is on it sees it")] = False,
    as_json: AsJson = False,
) -> None:
    """Declare an incident by hand; a paging alert does it by itself."""
    body = NewIncident(title=title, service=service, severity=severity, by=by, drill=drill, private=private)
    show(
        call("POST", "/incidents", body=body, keyed=True), as_json, lambda it: f"Declared {it['incident']}: {it['url']}"
    )


@app.command()
def incidents(
    status: str | None = None,
    service: str | None = None,
    team: str | None = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    as_json: AsJson = False,
) -> None:
    """List incidents, the newest first."""
    found = call("GET", "/incidents", status=status, service=service, team=team, limit=limit)
    columns = ("id", "severity", "status", "service", "declared_at", "title")
    show(found, as_json, lambda rows: table(columns, rows))


@app.command("show")
def show_one(
    record: Annotated[str, typer.Argument(help="An incident's or an action item's id")], as_json: AsJson = False
) -> None:
    """Show an incident or an action item with its timeline."""
    show(call("GET", f"/{page_of(record)}"), as_json, detail)


@app.command()
def ack(incident: Incident, by: By) -> None:
    """Acknowledge the role you were given."""
    give(incident, Acknowledge(by=by))


@app.command()
def role(incident: Incident, role: Role, person: str, by: By, note: str = "") -> None:
    """Give somebody a role; to hand yours over, see handover."""
    give(incident, AssignRole(by=by, role=role, person=person, note=note))


@app.command()
def severity(incident: Incident, severity: Severity, reason: str, by: By) -> None:
    """Raise or lower the severity."""
    give(incident, ChangeSeverity(by=by, severity=severity, reason=reason))


@app.command()
def mitigate(incident: Incident, summary: str, by: By) -> None:
    """Users are no longer hurt."""
    give(incident, Mitigate(by=by, summary=summary))


@app.command()
def resolve(incident: Incident, summary: str, by: By) -> None:
    """It is over; the follow-up begins."""
    give(incident, Resolve(by=by, summary=summary))


@app.command()
def cancel(incident: Incident, reason: str, by: By) -> None:
    """It was a false alarm."""
    give(incident, Cancel(by=by, reason=reason))


@app.command()
def propose(
    incident: Incident,
    title: str,
    owner: str,
    by: By,
    kind: Kind = Kind.PREVENT,
    priority: Priority = Priority.MEDIUM,
) -> None:
    """Propose an action item to the person who would own it."""
    give(incident, ProposeItem(by=by, title=title, owner=owner, kind=kind, priority=priority))


def table(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> RenderableType:
    """Rows as a table, or a sentence when there are none. However narrow the terminal is, ids stay whole."""
    if not rows:
        return "Nothing here."
    drawn = Table(box=None, header_style="bold")
    for column in columns:
        drawn.add_column(column.replace("_", " "), no_wrap=column == "id", overflow="fold")
    for row in rows:
        drawn.add_row(*(readable(value) for value in _marked(row, columns)))
    return drawn


def _marked(row: dict[str, Any], columns: tuple[str, ...]) -> list[Any]:
    """Its values; the title of what belongs to a drill begins with DRILL."""
    mark = "DRILL " if row.get("drill") else ""
    return [f"{mark}{row[column]}" if column == "title" else row[column] for column in columns]


def detail(record: dict[str, Any]) -> RenderableType:
    """An incident or an action item: its facts, then its timeline."""
    facts = Table(box=None, show_header=False)
    if record.get("drill"):
        facts.add_row("DRILL", "This is practice; no customer is affected.")
    for name, value in record.items():
        if isinstance(value, str | int) and not isinstance(value, bool):
            facts.add_row(name.replace("_", " "), readable(value))
    if alert := record.get("alert"):
        labels = in_words(alert["labels"]) if alert["labels"] else None
        for name, value in (("alert", alert["summary"]), ("labels", labels), ("link", alert["url"])):
            facts.add_row(name, readable(value or None))
    parts: list[RenderableType] = [facts]
    if postmortem := record.get("postmortem"):
        review = postmortem["review"] or {"approved": None, "by": "somebody else"}
        state = {None: "to be reviewed", True: "approved", False: "returned for changes"}[review["approved"]]
        parts.append(f"The postmortem, written by {postmortem['by']}, {state} by {review['by']}:")
        parts.append(Markdown(postmortem["text"]))
    if record.get("items"):
        parts.append(table(("id", "owner", "title"), record["items"]))
    parts.append(table(("at", "kind", "author", "text"), record["timeline"]))
    return Group(*parts)


def readable(value: Any) -> str:
    """A value for a table: times to the minute in UTC, which says so, nothing as a dash."""
    if value is None:
        return "-"
    text = str(value)
    if len(text) < 20 or text[10] != "T":
        return text
    try:
        return to_the_minute(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return text
