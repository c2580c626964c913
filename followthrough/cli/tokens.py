"""Commands about tokens for programs."""

from typing import Annotated, Any

import typer
from rich.table import Table

from followthrough.cli.api import AsJson, call, err, out, show
from followthrough.domain.answered.access.actor import Scope
from followthrough.domain.replayed.text import clean
from followthrough.web.bodies import NewToken

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke tokens for programs.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for, as timelines are to call it")],
    service: Annotated[
        bool, typer.Option("--service", help="Of a program rather than yours; administrators only")
    ] = False,
    scope: Annotated[list[Scope] | None, typer.Option(help="What it may, once or several times")] = None,
    days: Annotated[int, typer.Option(help="Until it ends")] = 90,
    as_json: AsJson = False,
) -> None:
    """Make a token; it is printed once, alone on stdout."""
    scopes = frozenset(scope) if scope else NewToken(name="usual").scopes
    made = call("POST", "/tokens", body=NewToken(name=name, service=service, scopes=scopes, days=days))
    if not as_json:
        err.print(f"Token {made['id']}, until {made['ends_at'][:10]}. Keep it; it is not shown again.", highlight=False)
    show(made, as_json, lambda made: made["token"])


@app.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """Your tokens and, for administrators, those of services."""
    show(call("GET", "/tokens"), as_json, tokens_table)


@app.command()
def revoke(token_id: Annotated[str, typer.Argument(metavar="ID", help="As `token list` says")]) -> None:
    """Let nobody in by it any more."""
    revoked = call("DELETE", f"/tokens/{token_id}")
    out.print(f"{revoked['name']} lets nobody in any more.", highlight=False)


def tokens_table(tokens: list[dict[str, Any]]) -> Table:
    """One line each."""
    drawn = Table("id", "name", "of", "may", "last used", "ends", box=None)
    for one in tokens:
        ends = f"revoked {one['revoked_at'][:10]}" if one["revoked_at"] else one["ends_at"][:10]
        used = one["used_at"][:10] if one["used_at"] else "never"
        drawn.add_row(one["id"], clean(one["name"]), one["person"] or "a service", ", ".join(one["scopes"]), used, ends)
    return drawn
