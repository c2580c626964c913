"""The ``followthrough`` command."""

import typer

from followthrough.cli import culture, drills, incidents, items, lifecycle, postmortems, service, updates

app = typer.Typer(
    no_args_is_help=True,
    help="Incident follow-up that can't be forgotten. "
    "Exit codes: 0 done, 1 refused, 2 wrong command line, 3 service not reachable, 4 no such incident or action item.",
)
for part in (service, incidents, lifecycle, updates, items, postmortems, culture, drills):
    app.add_typer(part.app)
