"""The ``followthrough`` command."""

import typer

from followthrough.cli import incidents, items, service

app = typer.Typer(
    no_args_is_help=True,
    help="Incident follow-up that can't be forgotten. "
    "Exit codes: 0 done, 1 refused, 2 wrong command line, 3 service not reachable, 4 no such incident or action item.",
)
for part in (service.app, incidents.app, items.app):
    app.add_typer(part)
