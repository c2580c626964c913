"""Commands about postmortems and their wording."""

from typing import Annotated

import typer
from rich.text import Text

from followthrough.cli.api import NOT_ALLOWED, AsJson, By, call, fail, reworded, show
from followthrough.cli.incidents import Incident, give
from followthrough.domain.replayed.postmortem.commands import (
    AssignPostmortem,
    ChooseFormat,
    Publish,
    ReviewPostmortem,
    SubmitPostmortem,
)
from followthrough.domain.replayed.postmortem.postmortem import FormatName
from followthrough.web.bodies import Prose

app = typer.Typer()
postmortem = typer.Typer(no_args_is_help=True, help="Write, review and publish an incident's postmortem.")
app.add_typer(postmortem, name="postmortem")

Markdown = Annotated[typer.FileText, typer.Argument(metavar="FILE", help="A Markdown file, or - for standard input")]
Override = Annotated[str | None, typer.Option(help="Why sentences that blame may stay; goes on the timeline")]


@app.command()
def lint(file: Markdown, as_json: AsJson = False) -> None:
    """Find sentences that blame people, in any text in English. Exits with 1 when there are some."""
    findings = call("POST", "/blameless", body=Prose(text=file.read()))
    show(findings, as_json, lambda found: Text("\n".join(map(reworded, found)) or "Nothing in it blames a person."))
    if findings:
        raise typer.Exit(NOT_ALLOWED)


@postmortem.command()
def draft(
    incident: Incident,
    format_name: Annotated[FormatName | None, typer.Option("--format", help="Default: the incident's")] = None,
) -> None:
    """Print a draft in Markdown, filled from the timeline."""
    typer.echo(call("GET", f"/incidents/{incident}/postmortem/draft", format=format_name), nl=False)


@postmortem.command("format")
def choose_format(
    incident: Incident, format_name: Annotated[FormatName, typer.Argument(metavar="FORMAT")], by: By
) -> None:
    """Choose another form than the one whose turn it is."""
    give(incident, ChooseFormat(by=by, format=format_name))


@postmortem.command()
def assign(incident: Incident, to: str, reason: str, by: By) -> None:
    """Give the postmortem to another owner."""
    give(incident, AssignPostmortem(by=by, to=to, reason=reason))


@postmortem.command()
def submit(incident: Incident, file: Markdown, by: By, override: Override = None) -> None:
    """Hand a text in for review by somebody else."""
    give(incident, SubmitPostmortem(by=by, text=_written(file), override=override))


@postmortem.command()
def approve(incident: Incident, by: By, note: str = "") -> None:
    """Approve the text that somebody else submitted."""
    give(incident, ReviewPostmortem(by=by, note=note))


@postmortem.command("return")
def return_(incident: Incident, note: Annotated[str, typer.Argument(help="What to change")], by: By) -> None:
    """Ask the author for changes."""
    give(incident, ReviewPostmortem(by=by, approved=False, note=note))


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
    give(incident, Publish(by=by, text=text, no_items_because=no_items_because, override=override))


def _written(file: typer.FileText) -> str:
    text = file.read()
    if not text.strip():
        fail("The postmortem is empty; start from its draft.", 2)
    return text
