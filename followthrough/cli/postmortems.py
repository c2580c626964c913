"""Commands about postmortems and their wording."""

from typing import Annotated

import typer
from rich.text import Text

from followthrough.cli.api import NOT_ALLOWED, AsJson, By, call, fail, reworded, show
from followthrough.cli.incidents import give
from followthrough.cli.lookup import Incident, Person
from followthrough.cli.words import argument, option
from followthrough.domain.replayed.names import FormatName

app = typer.Typer()
postmortem = typer.Typer(no_args_is_help=True, help="Write, review and publish an incident's postmortem.")
app.add_typer(postmortem, name="postmortem")

Markdown = Annotated[typer.FileText, typer.Argument(metavar="FILE", help="A Markdown file, or - for standard input")]
Override = Annotated[str | None, typer.Option(help="Why sentences that blame may stay; goes on the timeline")]


@app.command()
def lint(file: Markdown, as_json: AsJson = False) -> None:
    """Find sentences that blame people, in any text in English. Exits with 1 when there are some."""
    findings = call("POST", "/blameless", body={"text": file.read()})
    show(findings, as_json, lambda found: Text("\n".join(map(reworded, found)) or "Nothing in it blames a person."))
    if findings:
        raise typer.Exit(NOT_ALLOWED)


@postmortem.command()
def draft(
    incident: Incident,
    format_name: Annotated[
        FormatName | None, option(FormatName, "--format", help_text="Default: the incident's")
    ] = None,
) -> None:
    """Print a draft in Markdown, filled from the timeline."""
    typer.echo(call("GET", f"/incidents/{incident}/postmortem/draft", format=format_name), nl=False)


@postmortem.command("format")
def choose_format(incident: Incident, format_name: Annotated[FormatName, argument(FormatName)], by: By) -> None:
    """Choose another form than the one whose turn it is."""
    give(incident, "choose postmortem format", f"Its form is {format_name}.", by, format=format_name)


@postmortem.command()
def assign(incident: Incident, to: Person, reason: str, by: By) -> None:
    """Give the postmortem to another owner."""
    give(incident, "assign postmortem", f"{to} owes the postmortem.", by, to=to, reason=reason)


@postmortem.command()
def submit(incident: Incident, file: Markdown, by: By, override: Override = None) -> None:
    """Hand a text in for review by somebody else."""
    text = _written(file)
    give(incident, "submit postmortem", "Somebody else reviews it.", by, text=text, override=override)


@postmortem.command()
def approve(incident: Incident, by: By, note: str = "") -> None:
    """Approve the text that somebody else submitted."""
    give(incident, "review postmortem", "The text is approved; its author publishes it.", by, approved=True, note=note)


@postmortem.command("return")
def return_(incident: Incident, note: Annotated[str, typer.Argument(help="What to change")], by: By) -> None:
    """Ask the author for changes."""
    give(incident, "review postmortem", "Its author is asked for changes.", by, approved=False, note=note)


@postmortem.command()
def publish(
    incident: Incident,
    by: By,
    file: Annotated[
        typer.FileText | None,
        typer.Argument(metavar="FILE", help="Where no review is required; default: the submitted"),
    ] = None,
    no_items_because: Annotated[str | None, typer.Option(help="Why nothing has to be followed up")] = None,
    override: Override = None,
) -> None:
    """Publish the reviewed postmortem, with its action items."""
    text = _written(file) if file else None
    said = "It is published, with its action items."
    give(incident, "publish postmortem", said, by, text=text, no_items_because=no_items_because, override=override)


def _written(file: typer.FileText) -> str:
    text = file.read()
    if not text.strip():
        fail("The postmortem is empty; start from its draft.", 2)
    return text
