"""What waits for you, and whom and what there is."""

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from followthrough.cli.api import AsJson, By, call, show, whole
from followthrough.cli.drawing import from_now, table
from followthrough.cli.lookup import incident_id, people
from followthrough.cli.record_words import STEPS
from followthrough.cli.words import option
from followthrough.domain.replayed.names import MailState

app = typer.Typer()


@app.command()
def mine(by: By, as_json: AsJson = False) -> None:
    """What waits for you, the most urgent first, and how to go on with each."""
    show(whole("/mine", by=by or None), as_json, drawn_work)


def drawn_work(waiting: list[dict[str, Any]]) -> RenderableType:
    """Two lines each: what it is, and the command."""
    if not waiting:
        return "Nothing waits for you."
    return Group(*(line for one in waiting for line in _lines(one)))


def _lines(one: dict[str, Any]) -> list[str]:
    by = "to accept by" if one["wanted"] == "to accept" else "due"
    until = f"; {by} {from_now(one['until'])}" if one["until"] else ""
    mark = "DRILL " if one["drill"] else ""
    look = "postmortem comments {id}" if one["wanted"] == "to answer" else "show {id}"
    return [
        f"{one['id']}  {mark}{one['title']}",
        f"  {one['why']}{until}",
        f"  followthrough {STEPS.get(one['step'], look)}".format(id=one["id"]),
    ]


@app.command("people")
def list_people(as_json: AsJson = False) -> None:
    """Who there is, with manager and teams; the first column is what commands take."""
    columns = ("person", "manager", "teams", "left", "name")
    answer = whole("/people", "people")
    show(answer, as_json, lambda it: table(columns, [{**one, "person": one["key"]} for one in it["people"]]))


@app.command("services")
def list_services(as_json: AsJson = False) -> None:
    """Which services there are, whose each is, and who is on call for it."""
    columns = ("service", "team", "on_call", "gaps", "name")
    show(whole("/services"), as_json, lambda rows: table(columns, rows))


@app.command()
def outbox(
    incident: Annotated[str | None, typer.Option(help="Only about this one", parser=incident_id)] = None,
    person: Annotated[str | None, typer.Option(help="Only to them", autocompletion=people)] = None,
    state: Annotated[MailState | None, option(MailState, help_text="Only those that are so")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    as_json: AsJson = False,
) -> None:
    """List mails, the newest first, and what became of them; `send-again` sends one again."""
    found = call("GET", "/mails", incident_id=incident, person=person, state=state, limit=limit)
    columns = ("key", "at", "state", "person", "answer", "subject")
    show(found, as_json, lambda rows: table(columns, rows))
