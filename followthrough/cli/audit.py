"""Commands about who did what."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer

from followthrough.cli.api import NOT_ALLOWED, AsJson, call, draw, fail, say, show
from followthrough.cli.drawing import table

app = typer.Typer(invoke_without_command=True)

AT_ONCE = 1_000
"""Entries that are asked for by one request."""

Moment = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="In UTC")]


@app.callback()
def list_entries(
    context: typer.Context,
    who: Annotated[str | None, typer.Option(help="A person, as in the organisation file")] = None,
    what: Annotated[str | None, typer.Option(help='Like "sign-in", or a command like "waive"')] = None,
    record: Annotated[str | None, typer.Option(help="An incident with its action items, or one of these")] = None,
    since: Moment = None,
    until: Moment = None,
    limit: Annotated[int, typer.Option(min=1, max=AT_ONCE, help="Without --json")] = 50,
    after: Annotated[int, typer.Option(min=0, help="With --json: the number of the last entry that you have")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print all, a line of JSON each, the oldest first")] = False,
) -> None:
    """List who did what, the newest first; or verify the list, or erase a person from it."""
    if context.invoked_subcommand:
        return
    wanted: dict[str, Any] = {"who": who, "what": what, "record": record, "since": _utc(since), "until": _utc(until)}
    if not as_json:
        lines = [
            {**line, "about": line["to_person"] or line["record"]}
            for line in call("GET", "/audit", limit=limit, **wanted)
        ]
        draw(table(("number", "at", "person", "what", "about", "outcome", "through", "from_address"), lines))
        return
    while lines := call("GET", "/audit", limit=AT_ONCE, after=after, **wanted):
        for line in lines:
            typer.echo(json.dumps(line))
        after = lines[-1]["number"]


@app.command()
def verify(
    known: Annotated[str | None, typer.Option(help="What this command said before, NUMBER:DIGEST")] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether every entry is as it was written and none is missing. Exits with 1 when that is not so."""
    verdict = call("GET", "/audit/verify", last=known)
    show(verdict, as_json, _in_words)
    if verdict["broken_at"] is not None:
        raise typer.Exit(NOT_ALLOWED)


@app.command()
def erase(
    person: Annotated[str, typer.Argument(help="As in the organisation file, also when they are not in it any more")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Let nothing lead from the audit to a person any more, for good; what they did stays, as somebody's."""
    if not (yes or typer.confirm(f"Nobody will find out any more what {person} did. Go on?")):
        fail("Nothing was erased.", NOT_ALLOWED)
    call("DELETE", f"/audit/people/{quote(person, safe='')}")
    say(f"{person} is erased from the audit; every entry stays.")


def _utc(at: datetime | None) -> str | None:
    return at.replace(tzinfo=UTC).isoformat() if at else None


def _in_words(verdict: dict[str, Any]) -> str:
    if verdict["broken_at"] is not None:
        return f"The audit is broken. {verdict['why']}"
    return (
        f"{verdict['entries']} entries, each as it was written. "
        f"Keep this elsewhere, and give it with --known next time:\n{verdict['last']}"
    )
