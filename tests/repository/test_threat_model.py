"""Each line of the threat model has a test that is there."""

import ast
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

TEXT = Path("SECURITY.md").read_text()
SUBJECTS = (
    "Signing in",
    "Sessions and the browser",
    "Tokens",
    "Rights",
    "Webhooks",
    "Links in mails",
    "Anonymous notes",
    "Audit",
    "What Temporal keeps",
    "Directory",
    "Logs, files and limits",
)


def lines(text: str) -> list[tuple[str, ...]]:
    """Of all tables below the heading of the threat model, without their heads."""
    found: list[tuple[str, ...]] = []
    cells: list[str] = []
    tokens = MarkdownIt("commonmark").enable("table").parse(text[text.index("## Threat model") :])
    for token, after in pairwise(tokens):
        if token.type == "tr_open":
            cells = []
        elif token.type == "td_open":
            cells.append(after.content)
        elif token.type == "tr_close" and cells:
            found.append(tuple(cells))
    return found


def named_in(line: tuple[str, ...]) -> list[str]:
    return re.findall(r"`(test_\w+)`", line[-1])


@cache
def known() -> frozenset[str]:
    functions = (
        node.name
        for file in Path("tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return frozenset(name for name in functions if name.startswith("test_"))


def missing(line: tuple[str, ...]) -> list[str]:
    return [name for name in named_in(line) if name not in known()]


@pytest.mark.parametrize("line", lines(TEXT), ids=lambda line: line[0])
def test_each_line_says_who_what_stops_them_and_which_test_shows_it(line: tuple[str, ...]) -> None:
    who, stopped, _left, _tests = line
    assert who
    assert stopped
    assert named_in(line)
    assert missing(line) == []


def test_it_speaks_of_every_part() -> None:
    assert tuple(re.findall(r"^### (.+)$", TEXT, re.MULTILINE)) == SUBJECTS


def test_a_test_that_is_not_there_is_found() -> None:
    (line,) = lines(
        "## Threat model\n\n| Who | What | Left | Test |\n| --- | --- | --- | --- |\n| a | b | | `test_no` |"
    )
    assert missing(line) == ["test_no"]
