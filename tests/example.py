"""The organisation file that comes with the code, read once."""

from pathlib import Path

from followthrough.organisation_file import load

EXAMPLE = load(Path("followthrough.example.yaml"))
