"""What is read at once is short: no function is over 50 lines and no file over 400. Migrations stay as they ran."""

import ast
from pathlib import Path

FOLDERS = ("followthrough", "workflows", "activities", "bench", "tests")
FILES = [Path("worker.py"), *(path for folder in FOLDERS for path in Path(folder).rglob("*.py"))]
TEXTS = {path: path.read_text() for path in FILES if "migrations" not in path.parts}


def test_no_file_is_long() -> None:
    assert [str(path) for path, text in TEXTS.items() if len(text.splitlines()) > 400] == []


def test_no_function_is_long() -> None:
    assert [
        f"{path}: {node.name}"
        for path, text in TEXTS.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= 50
    ] == []
