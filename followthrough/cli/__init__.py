"""The ``followthrough`` command."""

import typer

from followthrough.cli import (
    calendar,
    choices,
    culture,
    digests,
    drills,
    incidents,
    items,
    lifecycle,
    planning,
    postmortems,
    service,
    tickets,
    updates,
)

app = typer.Typer(
    no_args_is_help=True,
    help="Incident follow-up that can't be forgotten. "
    "Exit codes: 0 done, 1 refused, 2 wrong command line, 3 service not reachable, 4 no such incident or action item.",
)
PANELS = {
    "Service": (service,),
    "Incidents": (incidents, lifecycle, updates, postmortems),
    "Action items": (items, choices, tickets, planning, calendar),
    "Culture": (culture, drills),
}
for panel, parts in PANELS.items():
    for part in parts:
        for command in (*part.app.registered_commands, *part.app.registered_groups):
            command.rich_help_panel = panel
        app.add_typer(part.app)
app.add_typer(digests.app, name="digest", rich_help_panel="Culture")
