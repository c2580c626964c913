"""Commands about postmortems and their wording."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from followthrough.cli.api import (
    NOT_ALLOWED,
    WRONG_COMMAND_LINE,
    AsJson,
    By,
    call,
    fail,
    fetch,
    reworded,
    say,
    show,
    whole,
)
from followthrough.cli.incidents import give
from followthrough.cli.lookup import Incident, Person
from followthrough.cli.words import argument, option
from followthrough.domain.replayed.names import FormatName


class FileFormat(StrEnum):
    """What a postmortem can be kept as."""

    MD = "md"
    HTML = "html"
    PDF = "pdf"


class Destination(StrEnum):
    """Where a postmortem can be published."""

    CONFLUENCE = "confluence"


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


@postmortem.command()
def comments(incident: Incident, as_json: AsJson = False) -> None:
    """List what people said of the text, with the id that settles it."""
    found = whole(f"/incidents/{incident}/postmortem/comments")
    show(found, as_json, lambda rows: Text("\n".join(map(_comment, rows)) or "Nobody commented on it."))


@postmortem.command()
def comment(
    incident: Incident,
    text: str,
    by: By,
    quote: Annotated[str, typer.Option(help="The passage that it is about")] = "",
) -> None:
    """Say what you would say another way, or ask."""
    body = {"by": by or None, "text": text, "quote": quote}
    answer = call("POST", f"/incidents/{incident}/postmortem/comments", body=body, keyed=True)
    say(f"It stands beside the text, as {answer['id']}, until it is settled.")


@postmortem.command()
def settle(
    incident: Incident,
    comment_id: Annotated[str, typer.Argument(metavar="COMMENT", help="As `postmortem comments` lists it")],
    by: By,
    answer: Annotated[str, typer.Option(help="What came of it")] = "",
) -> None:
    """Say that there is nothing more to do about a comment."""
    body = {"by": by or None, "answer": answer}
    call("POST", f"/incidents/{incident}/postmortem/comments/{comment_id}", body=body, keyed=True)
    say("That comment is settled.")


@postmortem.command()
def correct(incident: Incident, file: Markdown, reason: str, by: By, override: Override = None) -> None:
    """Put another text instead of the published one; when, by whom and why stands above it."""
    body = {"by": by or None, "text": _written(file), "reason": reason, "override": override}
    call("POST", f"/incidents/{incident}/postmortem/corrections", body=body, keyed=True)
    say("It is corrected; its page says when, by whom and why, and what was changed.")


@postmortem.command()
def export(
    incident: Incident,
    by: By,
    file_format: Annotated[FileFormat, typer.Option("--format", help="Of the file")] = FileFormat.MD,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; else it is printed, a PDF only into a pipe")
    ] = None,
    to: Annotated[Destination | None, typer.Option(help="Where else it is published")] = None,
) -> None:
    """Keep the text that was handed in as a file, or publish it to Confluence."""
    if to is not None:
        body = {"by": by or None}
        say(call("POST", f"/incidents/{incident}/postmortem/confluence", body=body, keyed=True)["message"])
        return
    if file_format is FileFormat.PDF and output is None and sys.stdout.isatty():
        fail("A PDF is nothing for a terminal; name a file: --output postmortem.pdf", WRONG_COMMAND_LINE)
    content = fetch(f"/incidents/{incident}/postmortem.{file_format}")
    if output is None:
        sys.stdout.buffer.write(content)
        return
    output.write_bytes(content)
    say(f"It is in {output}.")


def _comment(row: dict[str, Any]) -> str:
    quote = f"\n  “{row['quote']}”" if row["quote"] else ""
    settled = f"\n  settled by {row['settled_by']}. {row['answer']}".rstrip() if row["settled_at"] else ""
    return f"{row['id']}  {row['by']}{quote}\n  {row['text']}{settled}"


def _written(file: typer.FileText) -> str:
    text = file.read()
    if not text.strip():
        fail("The postmortem is empty; start from its draft.", 2)
    return text
