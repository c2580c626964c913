"""The way into the workflows: what starts one is listed where a reader looks, and whom a command names is looked up."""

import ast
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

from followthrough import gateway
from followthrough.checks import named_in
from followthrough.domain.replayed.incident.commands import IncidentCommand
from followthrough.domain.replayed.item.commands import ItemCommand

STARTS = {"start_workflow", "execute_workflow", "execute_update_with_start_workflow", "create_schedule"}
PEOPLE = ("by", "person", "owner", "to")
COMMANDS = [*get_args(get_args(IncidentCommand)[0]), *get_args(get_args(ItemCommand)[0])]


def starts(file: Path) -> bool:
    named = (node.attr for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Attribute))
    return not STARTS.isdisjoint(named)


def test_the_gateway_says_what_starts_a_workflow() -> None:
    root = Path(gateway.__file__).parent
    outside = [*root.rglob("*.py"), *(root.parent / "activities").rglob("*.py")]
    starting = {str(file.relative_to(root.parent)).removeprefix("followthrough/") for file in outside if starts(file)}
    assert "schedules.py" in starting
    assert [name for name in sorted(starting - {"gateway.py"}) if f"`{name}`" not in str(gateway.__doc__)] == []


LOOKS = {"look_at_ticket", "running_drill", "planning", "take_another_path"}
"""Of the gateway: they change nothing, or no person asks for them."""


def test_whatever_the_gateway_does_for_somebody_is_noted() -> None:
    body = next(
        node.body for node in ast.parse(Path(gateway.__file__).read_text()).body if isinstance(node, ast.ClassDef)
    )
    public = [node for node in body if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_")]
    assert {node.name for node in public} > LOOKS
    assert [
        node.name for node in public if node.name not in LOOKS and "self._commanded(" not in ast.unparse(node)
    ] == []


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
def test_whom_a_command_names_the_organisation_file_has_to_have(kind: Any) -> None:
    fields = {name: kind.model_fields[name] for name in PEOPLE if name in kind.model_fields}
    given: dict[str, Any] = {
        name: (name,) if get_origin(field.annotation) is tuple else name for name, field in fields.items()
    }
    assert set(named_in(kind.model_construct(**given))) == set(fields)
