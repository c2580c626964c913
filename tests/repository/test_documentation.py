"""Documents lead where they say: their links, the files that they name, and the names that architecture.md has."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

CODE = ("activities", "followthrough", "workflows")
FOLDERS = (*CODE, "bench", "deploy", "docs", "tests", ".github")
DOCUMENTS = sorted(
    path for place in ("*.md", ".github/*.md", "bench/*.md", "docs/**/*.md") for path in Path().glob(place)
)
ARCHITECTURE = Path("docs/architecture.md")
PATH = re.compile(rf"(?<![\w./-])(?:{'|'.join(map(re.escape, FOLDERS))})/(?:[\w.*-]+/)*[\w.*-]*")
FILE = re.compile(r".*(/.*|\.(py|md|json|yaml|j2))")
NAME = re.compile(r"[A-Za-z_]\w*(\.\w+)*")
MAKE = re.compile(r"^make ([a-z][a-z-]*)", re.MULTILINE)
ELSEWHERE = {"followthrough/shipped", "deploy/secrets", "deploy/.env"}
"""In the wheel, or made by whoever deploys."""


@cache
def tokens(text: str) -> tuple[Token, ...]:
    blocks = MarkdownIt("commonmark").enable("table").parse(text)
    return tuple(token for block in blocks for token in (block, *(block.children or ())))


def links(text: str) -> list[str]:
    hrefs = (str(token.attrGet("href")) for token in tokens(text) if token.type == "link_open")
    return [href for href in hrefs if ":" not in href]


def headings(text: str) -> set[str]:
    """As GitHub makes anchors of them."""
    titles = (after.content for token, after in pairwise(tokens(text)) if token.type == "heading_open")
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def dead_links(document: Path, text: str) -> list[str]:
    return [href for href in links(text) if not leads_somewhere(document, text, href)]


def leads_somewhere(document: Path, text: str, href: str) -> bool:
    path, _, anchor = href.partition("#")
    target = document.parent / path if path else document
    if not target.exists():
        return False
    return not anchor or anchor in headings(target.read_text() if path else text)


def missing_files(text: str) -> list[str]:
    """Of all paths in it, and of modules in code, also by the end of their path."""
    named = [path.rstrip(".") for path in PATH.findall(text)]
    modules = [code for code in codes(text) if re.fullmatch(r"\w[\w./*-]*\.py", code)]
    gone = [path for path in named if path not in ELSEWHERE and not any(Path().glob(path.rstrip("/")))]
    return gone + [module for module in modules if not anywhere(module)]


def anywhere(module: str) -> bool:
    return any(Path().glob(module)) or any(next(Path(folder).rglob(module), None) for folder in FOLDERS)


def codes(text: str) -> Iterator[str]:
    return (token.content for token in tokens(text) if token.type in ("code_inline", "code_block", "fence"))


def missing_names(text: str) -> list[str]:
    """In each paragraph, point or cell a name stands in the file before it; before all files, it stands anywhere."""
    missing = []
    for block in tokens(text):
        file = Path()
        for code in (child.content for child in block.children or () if child.type == "code_inline"):
            if FILE.fullmatch(code):
                file = Path(code)
            elif NAME.fullmatch(code):
                known = defined(file) if file.suffix == ".py" else defined_anywhere()
                missing += [f"{file} {code}"] if code not in known else []
    return missing


@cache
def defined(file: Path) -> frozenset[str]:
    return frozenset(_defined(ast.parse(file.read_text()).body)) if file.exists() else frozenset()


@cache
def defined_anywhere() -> frozenset[str]:
    files = (file for folder in CODE for file in Path(folder).rglob("*.py"))
    return frozenset(part for file in files for name in defined(file) for part in (name, name.rpartition(".")[2]))


def _defined(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name, body=inner):
                yield name
                yield from (f"{name}.{one}" for one in _defined(inner))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_somewhere(document: Path) -> None:
    assert dead_links(document, document.read_text()) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_files_that_are_named_exist(document: Path) -> None:
    assert missing_files(document.read_text()) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_rows_stand_in_their_table(document: Path) -> None:
    blocks = [token.content for token in tokens(document.read_text()) if token.type == "inline"]
    assert [line for block in blocks for line in block.splitlines() if line.startswith("|")] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_what_make_is_told_to_make_is_there(document: Path) -> None:
    targets = re.findall(r"^([a-z][a-z-]*):", Path("Makefile").read_text(), re.MULTILINE)
    typed = {target for code in codes(document.read_text()) for target in MAKE.findall(code)}
    assert typed - set(targets) == set()


def test_names_in_the_architecture_stand_where_it_says() -> None:
    assert missing_names(ARCHITECTURE.read_text()) == []


@pytest.mark.parametrize("document", sorted(Path("docs").rglob("*.md")), ids=str)
def test_each_page_is_found_from_another(document: Path) -> None:
    others = [other for other in DOCUMENTS if other != document]
    found = {(other.parent / href.partition("#")[0]).resolve() for other in others for href in links(other.read_text())}
    assert document.resolve() in found


@pytest.mark.parametrize(
    "text",
    [
        "See [concepts](concept.md).",
        "See [concepts](concepts.md#a-drills-end).",
        "See [below](#below).\n\n## Above",
        "| |\n| --- |\n| [the rules](jira.md#the-way-there) |",
    ],
)
def test_a_link_that_leads_nowhere_is_found(text: str) -> None:
    assert dead_links(ARCHITECTURE, text)


@pytest.mark.parametrize(
    "text",
    [
        "It is in `workflows/incidents.py`.",
        "    followthrough/planning/   plans",
        "```mermaid\nflowchart LR\n    web[<b>followthrough/http/</b>]\n```",
        "`no_such_module.py` has it.",
        "It is in `followthrew/gateway.py`.",
        "Rows are in tests/refusals.",
    ],
)
def test_a_file_that_is_not_there_is_found(text: str) -> None:
    assert missing_files(text)


@pytest.mark.parametrize(
    "text",
    [
        "`workflows/incident.py` `IncidentWorkflow.end`",
        "1. It begins: `workflows/incident.py` `ActionItemWorkflow.run`",
        "| Who? | `followthrough/domain/replayed/item/tells.py` `of_commands` |\n| --- | --- |",
        "`workflows/entity.py` `Entity.settle`, `workflows/parts/mails.py` `Entity.settle`",
        "`workflows/incident.py` `Merging`",
        "`workflows/no_such_module.py` `run`",
        "`NoSuchClass` does it.",
    ],
)
def test_a_name_that_is_not_there_is_found(text: str) -> None:
    assert missing_names(text)
