"""Which layer imports which, and that what workflows run stands where what replays stands."""

import ast
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

REPLAYED, ANSWERED = "followthrough.domain.replayed", "followthrough.domain.answered"
SHARED = ("followthrough.queues", "followthrough.refusals")
"""Names that workflows and activities both use."""

LAYERS: dict[str, tuple[str, ...]] = {
    "followthrough/domain/replayed": (REPLAYED,),
    "followthrough/domain/answered": (REPLAYED, ANSWERED),
    "workflows/messages": (REPLAYED, "workflows.messages"),
    "workflows": (REPLAYED, *SHARED, "workflows", "activities"),
    "activities": (
        "followthrough",
        "activities",
        "workflows.messages",
        "workflows.signals",
        "workflows.search_attributes",
    ),
    "followthrough/store": (
        "followthrough.store",
        "followthrough.domain",
        "followthrough.private_files",
        "workflows.messages",
    ),
    "followthrough/mail": ("followthrough", "workflows.messages"),
    "followthrough": ("followthrough", "workflows", "activities", "worker"),
}
"""What the modules of a folder may import of ours. The first folder that has a module counts."""

NOT_OF_THE_WEB = ("fastapi", "starlette", "followthrough.web", "followthrough.cli")
PLAIN = ("pydantic", "pydantic_core", "pytimeparse2")
"""All that what replays needs beside the standard library; each is pinned."""

FILES = [path for folder in ("followthrough", "workflows", "activities") for path in sorted(Path(folder).rglob("*.py"))]


def inside(folder: str) -> list[Path]:
    return [path for path in FILES if path.is_relative_to(folder)]


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and module, with what is taken from a package counted as its module where it is one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                for alias in names:
                    inner = Path(*module.split("."), alias.name)
                    is_module = inner.is_dir() or inner.with_suffix(".py").exists()
                    yield node.lineno, f"{module}.{alias.name}" if is_module else module


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def ours(module: str) -> bool:
    return within(module, "followthrough", "workflows", "activities", "worker")


def wrong(paths: list[Path], is_wrong: Callable[[str], bool]) -> list[str]:
    return [f"{path}:{line}: {module}" for path in paths for line, module in imports(path) if is_wrong(module)]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_module_imports_only_what_its_layer_may(layer: str) -> None:
    paths = [path for path in FILES if layer == next(folder for folder in LAYERS if path.is_relative_to(folder))]
    assert paths
    assert wrong(paths, lambda module: ours(module) and not within(module, *LAYERS[layer])) == []


def test_rules_know_neither_the_engine_nor_the_database_nor_the_web() -> None:
    outside = ("temporalio", "sqlmodel", "sqlalchemy", "fastapi", "starlette", "jira", "sendgrid", "httpx", "requests")
    assert wrong(inside("followthrough/domain"), lambda module: within(module, *outside)) == []


def test_what_replays_needs_little_that_others_may_change() -> None:
    def foreign(module: str) -> bool:
        return not ours(module) and module.split(".")[0] not in sys.stdlib_module_names and not within(module, *PLAIN)

    assert wrong(inside("followthrough/domain/replayed"), foreign) == []


def test_workflows_name_activities_and_call_none() -> None:
    assert [place for path in inside("workflows") for place in called_activities(path)] == []


def called_activities(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    froms = (
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and within(str(node.module), "activities")
    )
    names = {alias.asname or alias.name for node in froms for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            parts = (part.id for part in ast.walk(node.func) if isinstance(part, ast.Name))
            yield from (f"{path}:{node.lineno}: {name}" for name in parts if name in names)


def test_the_way_into_the_workflows_knows_no_http() -> None:
    way_in = [Path("followthrough/gateway.py"), Path("followthrough/records.py")]
    assert wrong(way_in, lambda module: within(module, *NOT_OF_THE_WEB)) == []
