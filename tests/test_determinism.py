"""What workflows run asks no clock, draws nothing, does no I/O, and shares nothing that changes.

Workers do without the SDK's sandbox, whose copy of our modules for each workflow took half of its memory. This looks
at the source instead, of ``workflows`` and all of ``domain``.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FILES = sorted(
    {*Path("workflows").rglob("*.py"), *Path("followthrough/domain").rglob("*.py")} - {Path("workflows/turns.py")}
)

BANNED = {
    **dict.fromkeys(["datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today"], "asks the clock"),
    **dict.fromkeys(["datetime.date.today", "time"], "asks the clock"),
    **dict.fromkeys(["random", "secrets", "uuid.uuid1", "uuid.uuid4", "uuid.uuid7", "uuid.getnode"], "draws"),
    **dict.fromkeys(["os", "io", "pathlib", "shutil", "tempfile", "glob", "fileinput", "sqlite3"], "does I/O"),
    **dict.fromkeys(["socket", "ssl", "select", "selectors", "http", "urllib.request", "smtplib"], "does I/O"),
    **dict.fromkeys(["httpx", "requests", "aiohttp", "jira", "sendgrid", "sqlalchemy", "sqlmodel"], "does I/O"),
    **dict.fromkeys(["platform", "locale", "getpass", "sys"], "asks the machine"),
    **dict.fromkeys(["threading", "multiprocessing", "concurrent", "subprocess", "signal"], "runs beside the workflow"),
    **dict.fromkeys(["asyncio.to_thread", "asyncio.run", "asyncio.create_subprocess_exec"], "runs beside the workflow"),
    **dict.fromkeys(["asyncio.create_subprocess_shell", "asyncio.open_connection"], "does I/O"),
    "asyncio.sleep": "sleeps by the clock outside workflows; workflow.sleep never does",
    **dict.fromkeys(["asyncio.wait", "asyncio.as_completed"], "goes through a set; workflow has one that does not"),
    **dict.fromkeys(["temporalio.workflow.unsafe.sandbox_unrestricted"], "lifts what is left of the sandbox"),
    **dict.fromkeys(["temporalio.workflow.unsafe.is_replaying"], "does something else when it replays"),
}
"""By the names that they are imported by; with one go all that are in it."""

BUILTINS = {
    **dict.fromkeys(["open", "input", "print", "breakpoint"], "does I/O"),
    **dict.fromkeys(["hash", "id"], "differs in each process"),
    **dict.fromkeys(["eval", "exec", "__import__"], "can't be looked into"),
}

CHANGING = {
    "add",
    "append",
    "appendleft",
    "clear",
    "discard",
    "extend",
    "insert",
    "pop",
    "popitem",
    "remove",
    "setdefault",
}
CHANGING |= {"sort", "update"}


def faults(source: str) -> list[str]:
    """In the order of the lines, each with the number of its own."""
    tree = ast.parse(source)
    found = {*_banned(tree), *_shared(tree), *_unordered(tree)}
    return [f"line {line}: {what}" for line, what in sorted(found)]


def _banned(tree: ast.Module) -> Iterator[tuple[int, str]]:
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            within = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                name = within + alias.name
                imported[alias.asname or alias.name] = name
                yield from _why(node, name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (name := _dotted(node)):
            first, _, rest = name.partition(".")
            if first in imported:
                yield from _why(node, f"{imported[first]}.{rest}")
        if isinstance(node, ast.Name) and node.id in BUILTINS and isinstance(node.ctx, ast.Load):
            yield node.lineno, f"{node.id} {BUILTINS[node.id]}"


def _why(node: ast.stmt | ast.expr, name: str) -> Iterator[tuple[int, str]]:
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        if (banned := ".".join(parts[:end])) in BANNED:
            yield node.lineno, f"{banned} {BANNED[banned]}"


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Attribute(value=value, attr=attr):
            return f"{before}.{attr}" if (before := _dotted(value)) else ""
        case ast.Name(id=name):
            return name
    return ""


def _shared(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Changes to what all workflows of a process have in common."""
    targets = (target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets)
    annotated = (node.target for node in tree.body if isinstance(node, ast.AnnAssign))
    common = {target.id for target in (*targets, *annotated) if isinstance(target, ast.Name)}
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        for node in ast.walk(function):
            match node:
                case ast.Global(names=names):
                    yield node.lineno, f"{', '.join(names)} is common to all workflows"
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if attr in CHANGING:
                    if name in common:
                        yield node.lineno, f"{name} is common to all workflows"
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()) if name in common:
                    yield node.lineno, f"{name} is common to all workflows"


def _unordered(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Sets have another order in each process."""
    for node in ast.walk(tree):
        match node:
            case ast.For(iter=gone_through) | ast.comprehension(iter=gone_through) if _is_set(gone_through):
                yield gone_through.lineno, "a set has no order; sort it"
            case ast.Call(func=ast.Name(id="list" | "tuple" | "enumerate"), args=[first, *_]) if _is_set(first):
                yield node.lineno, "a set has no order; sort it"
            case ast.Call(func=ast.Attribute(attr="join"), args=[first]) if _is_set(first):
                yield node.lineno, "a set has no order; sort it"


def _is_set(node: ast.expr) -> bool:
    match node:
        case ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.BinOp(left=left, right=right, op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor()):
            return _is_set(left) or _is_set(right)
    return False


def test_a_workflow_is_the_same_whenever_and_wherever_it_runs() -> None:
    assert [f"{file}, {fault}" for file in FILES for fault in faults(file.read_text())] == []


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\nat = datetime.now()",
        "from datetime import datetime as clock\nat = clock.utcnow()",
        "import datetime as dt\nat = dt.datetime.today()",
        "from datetime import date\nday = date.today()",
        "from datetime import UTC, datetime\nfrom pydantic import Field\nat = Field(default_factory=datetime.now)",
        "import time\nat = time.time()",
        "from time import monotonic",
        "def late():\n    import time as t\n    return t.time_ns()",
        "import random",
        "from random import choice",
        "import secrets",
        "import uuid\nkey = uuid.uuid4()",
        "from uuid import uuid1",
        "import os\nhome = os.environ['HOME']",
        "from os.path import exists",
        "from pathlib import Path",
        "text = open('notes').read()",
        "print('here')",
        "input()",
        "import socket",
        "import urllib.request",
        "from urllib import request",
        "import httpx",
        "from sqlalchemy import Engine",
        "import threading",
        "from concurrent.futures import ThreadPoolExecutor",
        "import subprocess",
        "import asyncio\nasync def rest():\n    await asyncio.sleep(5)",
        "from asyncio import sleep",
        "import asyncio\nasync def first(tasks):\n    await asyncio.wait(tasks)",
        "import asyncio\nasync def work():\n    await asyncio.to_thread(len, '')",
        "from temporalio import workflow\nwith workflow.unsafe.sandbox_unrestricted():\n    pass",
        "from temporalio import workflow\nagain = workflow.unsafe.is_replaying()",
        "place = hash('payments') % 7",
        "place = id(object())",
        "eval('1')",
        "number = 0\ndef count():\n    global number\n    number += 1",
        "seen = {}\ndef see(key):\n    seen[key] = True",
        "seen: list[str] = []\ndef see(key):\n    seen.append(key)",
        "seen = {}\ndef forget(key):\n    del seen[key]",
        "def names(people):\n    return [person for person in set(people)]",
        "def tell(people):\n    for person in {*people, 'ines'}:\n        pass",
        "def names(people):\n    return ', '.join({person for person in people})",
        "def names(people, others):\n    return list(set(people) - set(others))",
    ],
)
def test_what_would_make_a_replay_differ_is_found(source: str) -> None:
    assert faults(source)


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import time\nnoon = time(12)",
        "from datetime import datetime\ndef late(due: datetime, now: datetime) -> bool:\n    return now > due",
        "from temporalio import workflow\nat = workflow.now()\nkey = workflow.uuid4()",
        "from temporalio import workflow\nasync def rest():\n    await workflow.sleep(5)",
        "from temporalio import workflow\nwith workflow.unsafe.imports_passed_through():\n    import re",
        "def names(people):\n    return sorted(set(people)), len({*people})",
        "KINDS = {'a': 1}\ndef kind(name):\n    return KINDS[name]",
        "def grow():\n    seen = []\n    seen.append(1)\n    return seen",
        "class Item:\n    id: str\n    def open(self) -> str:\n        return self.id",
    ],
)
def test_what_every_replay_does_alike_is_left_alone(source: str) -> None:
    assert faults(source) == []
