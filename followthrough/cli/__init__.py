"""The ``followthrough`` command. Of the modules beside it only the one of the command that was typed is imported."""

from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from followthrough import __version__
from followthrough.cli.reading import read_plainly

COMMANDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "Your work": {"work": ("mine",)},
    "Incidents": {
        "incidents": (
            "declare",
            "incidents",
            "show",
            "ack",
            "role",
            "severity",
            "mitigate",
            "resolve",
            "cancel",
            "propose",
        ),
        "incident_lifecycle": (
            "handover",
            "merge",
            "split",
            "reopen",
            "correct-times",
            "make-private",
            "make-open",
            "admit",
            "link-repeat",
            "unlink-repeat",
        ),
        "updates": ("draft", "update", "subscribe", "unsubscribe", "note", "timeline"),
        "postmortems": ("lint", "postmortem"),
    },
    "Action items": {
        "items": ("items", "accept", "done", "verify", "waive", "reassign", "extend"),
        "item_lifecycle": (
            "decline",
            "approve-extension",
            "refuse-extension",
            "block",
            "unblock",
            "split-item",
            "merge-item",
            "edit",
            "comment",
            "reopen-item",
        ),
        "tickets": ("look", "adopt"),
        "planning": ("estimate", "planning", "approve-planning"),
        "calendar": ("calendar",),
    },
    "Culture": {
        "culture": ("kudos", "anonymous-note", "anonymous-notes", "load", "playbook"),
        "insights": ("insights",),
        "drills": ("drill", "drills"),
        "digests": ("digest",),
    },
    "Service": {
        "work": ("people", "services", "outbox"),
        "service": (
            "serve",
            "web",
            "worker",
            "migrate",
            "search-attributes",
            "rebuild",
            "adopt-engine",
            "demo",
            "trouble",
            "send-again",
            "doctor",
        ),
        "upgrades": ("check-upgrade", "rollout", "encryption"),
        "engine": ("engine",),
        "login": ("login", "logout", "break-glass"),
        "audit": ("audit",),
        "alerts": ("alerts",),
        "webhooks": ("webhooks",),
        "directory": ("directory",),
        "tokens": ("token",),
    },
}
"""Where each is, under the heading that it has in the help."""
PLACES = {
    name: (panel, module) for panel, parts in COMMANDS.items() for module, names in parts.items() for name in names
}


class Commands(TyperGroup):
    """All of them, each imported when it is asked for."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What stands before the command."""
        read_plainly(self, ctx)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """As the help lists them."""
        return list(PLACES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """None for one that is not there."""
        if cmd_name not in PLACES:
            return None
        panel, module = PLACES[cmd_name]
        command = _built(import_module(f"{__name__}.{module}").app, cmd_name)
        command.name, command.rich_help_panel = cmd_name, panel
        read_plainly(command, command.context_class(command, parent=ctx))
        return command


def _built(part: typer.Typer, name: str) -> Any:
    """The command of a module, or all of them under one name."""
    alone = typer.Typer()
    alone.registered_commands = [one for one in part.registered_commands if _name(one) == name]
    alone.registered_groups = [one for one in part.registered_groups if one.name == name]
    built = typer.main.get_group(alone if alone.registered_commands or alone.registered_groups else part)
    return built.commands.get(name, built)


def _name(command: Any) -> str:
    return command.name or typer.main.get_command_name(command.callback.__name__)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Incident follow-up that can't be forgotten. "
    "Exit codes: 0 done, 1 refused, 2 wrong command line, 3 service not reachable, 4 no such incident or action item.",
)


def print_version(wanted: bool) -> None:
    """Ends the command."""
    if wanted:
        typer.echo(f"followthrough {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version")
    ] = False,
) -> None:
    """What is said before a command."""
