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
for part in (
    service,
    incidents,
    lifecycle,
    updates,
    items,
    choices,
    tickets,
    planning,
    calendar,
    postmortems,
    culture,
    drills,
):
    app.add_typer(part.app)
app.add_typer(digests.app, name="digest")
