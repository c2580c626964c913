"""The ``followthrough`` command."""

from typing import Annotated, Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from followthrough import __version__
from followthrough.cli import (
    audit,
    calendar,
    culture,
    digests,
    directory,
    drills,
    incident_lifecycle,
    incidents,
    item_lifecycle,
    items,
    login,
    planning,
    postmortems,
    service,
    tickets,
    tokens,
    updates,
)
from followthrough.cli.api import fail, out
from followthrough.domain.answered.wording import what_is_wrong


class Commands(TyperGroup):
    """What can't be sent is said like what the service refuses."""

    def invoke(self, ctx: Any) -> Any:
        """Ends with a sentence about the first thing that is wrong."""
        try:
            return super().invoke(ctx)
        except ValidationError as error:
            first = error.errors()[0]
            fail(f"{'.'.join(map(str, first['loc']))}: {what_is_wrong(first)}.", 2)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    help="Incident follow-up that can't be forgotten. "
    "Exit codes: 0 done, 1 refused, 2 wrong command line, 3 service not reachable, 4 no such incident or action item.",
)


def print_version(wanted: bool) -> None:
    """Ends the command."""
    if wanted:
        out.print(f"followthrough {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version")
    ] = False,
) -> None:
    """What is said before a command."""


PANELS = {
    "Service": (service, login),
    "Incidents": (incidents, incident_lifecycle, updates, postmortems),
    "Action items": (items, item_lifecycle, tickets, planning, calendar),
    "Culture": (culture, drills),
}
for panel, parts in PANELS.items():
    for part in parts:
        for command in (*part.app.registered_commands, *part.app.registered_groups):
            command.rich_help_panel = panel
        app.add_typer(part.app)
app.add_typer(audit.app, name="audit", rich_help_panel="Service")
app.add_typer(digests.app, name="digest", rich_help_panel="Culture")
app.add_typer(directory.app, name="directory", rich_help_panel="Service")
app.add_typer(tokens.app, name="token", rich_help_panel="Service")
