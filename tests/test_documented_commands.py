"""Every command that pages, mails and documents tell people to type is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from followthrough.cli import app

PLACES = ("*.md", "docs/**/*.md", "followthrough/mail/templates/*.j2", "followthrough/web/templates/*.html")
TYPED = re.compile(r"(?:`|<code>|^    |bin/)followthrough ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", re.MULTILINE)


def typed() -> Iterator[tuple[str, str, str]]:
    for path in sorted(path for place in PLACES for path in Path().glob(place)):
        for command, argument in TYPED.findall(path.read_text()):
            yield str(path), command, argument


@pytest.mark.parametrize(("path", "command", "argument"), sorted(set(typed())))
def test_a_command_that_is_written_down_exists(path: str, command: str, argument: str) -> None:
    commands = typer.main.get_group(app).commands
    assert command in commands, path
    group = commands[command]
    if isinstance(group, TyperGroup) and (argument or not group.invoke_without_command):
        assert argument in group.commands, path
