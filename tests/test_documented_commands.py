"""Every command that pages, mails and documents tell people to type is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.core import TyperGroup

from followthrough.cli import app

PLACES = ("*.md", "docs/**/*.md", "followthrough/mail/templates/*.j2", "followthrough/web/templates/*.html")
FOR_OPERATORS = {"audit", "break-glass", "doctor", "login"}
TYPED = re.compile(r"(?:`|<code>|^    |bin/)followthrough ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", re.MULTILINE)


def typed() -> Iterator[tuple[str, str, str]]:
    for path in sorted(path for place in PLACES for path in Path().glob(place)):
        for command, argument in TYPED.findall(path.read_text()):
            yield str(path), command, argument


def test_commands_that_are_written_down_exist() -> None:
    commands = typer.main.get_group(app)
    context = commands.context_class(commands)

    def exists(command: str, argument: str) -> bool:
        group = commands.get_command(context, command)
        if not isinstance(group, TyperGroup):
            return group is not None
        return argument in group.commands or (not argument and group.invoke_without_command)

    assert [one for one in sorted(set(typed())) if not exists(*one[1:])] == []


def test_pages_have_buttons_for_what_is_not_for_operators_alone() -> None:
    assert {command for path, command, _ in typed() if path.endswith(".html")} == FOR_OPERATORS
