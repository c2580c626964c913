"""Histories that a newer worker wrote, which adds fields, and an older one, which did not know some, replay."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel
from temporalio.client import WorkflowHistory

from followthrough.domain.replayed.values import Message, State
from followthrough.replaying import replayer
from tests.replay.test_replay import RECORDED

ADDED = {"what only a newer worker knows": [{"text": "not for this one"}]}
ADDED_SINCE_0_1 = ["question", "before_duplicates", "before_merges", "unheard", "carried_out", "reopen_id"]
"""Fields with defaults, which an older worker's messages and states do not have."""


def models(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in base.__subclasses__():
        yield model
        yield from models(model)


def holds_keys(annotation: Any) -> bool:
    """A field whose value is no object of ours, for its keys are data."""
    return get_origin(annotation) is dict or any(map(holds_keys, get_args(annotation)))


MAPS = {
    name
    for base in (Message, State)
    for model in models(base)
    for name, field in model.model_fields.items()
    if holds_keys(field.annotation)
}


def every_object(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(value, list):
        return [every_object(one, change) for one in value]
    if not isinstance(value, dict):
        return value
    inner = {
        name: {key: every_object(held, change) for key, held in one.items()}
        if name in MAPS and isinstance(one, dict)
        else every_object(one, change)
        for name, one in value.items()
    }
    return change(inner)


def every_payload(event: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Also those of local activities, which hold the payloads of their results in markers."""
    if isinstance(event, list):
        return [every_payload(one, change) for one in event]
    if not isinstance(event, dict):
        return event
    encoding = base64.b64decode(event.get("metadata", {}).get("encoding", ""))
    if encoding != b"json/plain" or "data" not in event:
        return {name: every_payload(one, change) for name, one in event.items()}
    said = every_object(json.loads(base64.b64decode(event["data"])), change)
    return {**event, "data": base64.b64encode(json.dumps(said).encode()).decode()}


def changed(path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, json.dumps(every_payload(json.loads(path.read_text()), change)))


def fields(path: Path) -> set[str]:
    found: set[str] = set()
    changed(path, lambda known: found.update(known) or known)  # type: ignore[func-returns-value]
    return found


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_what_a_newer_worker_adds_is_ignored(path: Path) -> None:
    await replayer().replay_workflow(changed(path, lambda known: {**known, **ADDED}))


@pytest.mark.parametrize("field", ADDED_SINCE_0_1)
async def test_what_an_older_worker_did_not_know_may_be_missing(field: str) -> None:
    having = [path for path in RECORDED if field in fields(path)]
    for path in having[:5]:
        await replayer().replay_workflow(
            changed(path, lambda known: {key: value for key, value in known.items() if key != field})
        )
