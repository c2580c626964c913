"""``python -m followthrough``."""

from followthrough.cli import app

app(prog_name="followthrough")
