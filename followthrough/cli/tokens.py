"""Commands about tokens for programs."""

from typing import Annotated, Any

import typer
from rich.console import RenderableType

from followthrough.cli.api import AsJson, call, err, say, show, whole
from followthrough.cli.drawing import readable, table
from followthrough.cli.words import option
from followthrough.domain.replayed.names import Scope

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke tokens for programs.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for, as timelines are to call it")],
    service: Annotated[
        bool, typer.Option("--service", help="Of a program rather than yours; administrators only")
    ] = False,
    scope: Annotated[list[Scope] | None, option(Scope, help_text="What it may, once or several times")] = None,
    days: Annotated[int, typer.Option(help="Until it ends")] = 90,
    as_json: AsJson = False,
) -> None:
    """Make a token; it is printed once, alone on stdout."""
    made = call("POST", "/tokens", body={"name": name, "service": service, "scopes": scope or None, "days": days})
    if not as_json:
        err.print(f"Token {made['id']}, until {made['ends_at'][:10]}. Keep it; it is not shown again.", soft_wrap=True)
    show(made, as_json, lambda made: made["token"])


@app.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """Your tokens and, for administrators, those of services."""
    show(whole("/tokens"), as_json, tokens_table)


@app.command()
def revoke(token_id: Annotated[str, typer.Argument(metavar="ID", help="As `token list` says")]) -> None:
    """Let nobody in by it any more."""
    revoked = call("DELETE", f"/tokens/{token_id}")
    say(f"{revoked['name']} lets nobody in any more.")


def tokens_table(tokens: list[dict[str, Any]]) -> RenderableType:
    """One line each."""
    rows = [
        {
            **one,
            "of": one["person"] or "a service",
            "may": one["scopes"],
            "last_used": one["used_at"] or "never",
            "ends": f"revoked {readable(one['revoked_at'])}" if one["revoked_at"] else one["ends_at"],
        }
        for one in tokens
    ]
    return table(("id", "of", "may", "last_used", "ends", "name"), rows)
