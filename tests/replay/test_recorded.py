"""The recorded histories contain whatever may happen to a workflow, so that a replay that is green says something."""

import base64
import inspect
import json
import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from temporalio import activity, workflow

import activities
from followthrough.domain.replayed.incident.alert import AlertState
from followthrough.domain.replayed.incident.incident import IncidentMomentKind
from followthrough.domain.replayed.item.action_item import MomentKind
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.sprint.commands import SprintNews
from followthrough.domain.replayed.values import State
from tests.replay.record import HISTORIES
from worker import WORKFLOWS

CLOSES = {"completed", "failed", "canceled", "terminated", "timed out", "continued as new"}
BEGINS_WITH = ("alert", "reopen", "goes_on", "announced", "outgoing", "ticket_shows", "waiting")
"""What a workflow may be started with, or not."""


def wanted() -> Iterator[str]:
    """Workflows, what they begin with, how they end, updates and commands, signals, moments, mails, and activities."""
    for kind in WORKFLOWS:
        definition = workflow._Definition.must_from_class(kind)
        yield f"{definition.name} completed"
        for given in definition.arg_types or ():
            if issubclass(given, State):
                yield f"{definition.name} continued as new"
                yield from (f"{definition.name} with {name}" for name in BEGINS_WITH if name in given.model_fields)
        for update in definition.updates.values():
            yield f"{definition.name}.{update.name}"
            yield from (f"{definition.name}.{update.name}: {word}" for word in words(update.arg_types, "command"))
        yield from (f"{definition.name} hears {signal}" for signal in definition.signals)
    yield from (f"ActionItemWorkflow hears sprint_news: {word}" for word in words([SprintNews], "news"))
    yield from (f"IncidentWorkflow.receive_alert: {state}" for state in AlertState)
    yield from (f"action item's moment: {kind}" for kind in MomentKind)
    yield from (f"incident's moment: {kind}" for kind in IncidentMomentKind)
    yield from (f"mail: {kind}" for kind in NoticeKind)
    yield from (f"activity: {name}" for name in activity_names())


def words(types: Iterable[Any] | None, field: str) -> Iterator[str]:
    """Which word each member of a union has in its field."""
    for one in types or ():
        if isinstance(one, type) and issubclass(one, BaseModel):
            if field in one.model_fields:
                yield one.model_fields[field].default
        else:
            yield from words(get_args(one), field)


def activity_names() -> Iterator[str]:
    for module in pkgutil.walk_packages(activities.__path__, "activities."):
        for _, kind in inspect.getmembers(import_module(module.name), inspect.isclass):
            for _, method in inspect.getmembers(kind, inspect.isfunction):
                if (definition := activity._Definition.from_callable(method)) and definition.name:
                    yield definition.name


def recorded(path: Path) -> Iterator[str]:
    """What of it this history contains, and more."""
    events = json.loads(path.read_text())["events"]
    name, accepted = "", dict[str, list[str]]()
    tasks = [number for number, event in enumerate(events) if event["eventType"].endswith("WORKFLOW_TASK_COMPLETED")]
    for number, event in enumerate(events):
        what = event["eventType"].removeprefix("EVENT_TYPE_")
        facts: dict[str, Any] = next((value for key, value in event.items() if key.endswith("Attributes")), {})
        said = list(payloads(facts))
        for one in said:
            yield from moments(one)
        match what:
            case "WORKFLOW_EXECUTION_STARTED":
                name = facts["workflowType"]["name"]
                yield from (f"{name} with {key}" for one in said if isinstance(one, dict) for key in one if one[key])
            case "WORKFLOW_EXECUTION_UPDATE_ACCEPTED":
                update = f"{name}.{facts['acceptedRequest']['input']['name']}"
                words = [str(one.get("command") or one.get("state")) for one in said]
                accepted[event["eventId"]] = [update, *(f"{update}: {word}" for word in words)]
            case "WORKFLOW_EXECUTION_UPDATE_COMPLETED" if "success" in facts["outcome"]:
                yield from accepted[facts["acceptedEventId"]]
            case "WORKFLOW_EXECUTION_SIGNALED" if tasks and number < tasks[-1]:
                heard = f"{name} hears {facts['signalName']}"
                yield from (
                    heard,
                    *(f"{heard}: {one['news']}" for one in said if isinstance(one, dict) and "news" in one),
                )
            case "ACTIVITY_TASK_SCHEDULED":
                yield f"activity: {facts['activityType']['name']}"
                yield from (f"mail: {one['kind']}" for one in said if isinstance(one, dict) and "kind" in one)
            case "MARKER_RECORDED":
                yield from (
                    f"activity: {one['activity_type']}"
                    for one in said
                    if isinstance(one, dict) and "activity_type" in one
                )
            case _ if what.startswith("WORKFLOW_EXECUTION_"):
                how = what.removeprefix("WORKFLOW_EXECUTION_").lower().replace("_", " ")
                if how in CLOSES:
                    yield f"{name} {how}"


def payloads(value: Any) -> Iterator[Any]:
    """All that is in JSON somewhere in there."""
    if isinstance(value, list):
        for one in value:
            yield from payloads(one)
    elif isinstance(value, dict):
        if base64.b64decode(value.get("metadata", {}).get("encoding", "")) == b"json/plain":
            yield json.loads(base64.b64decode(value.get("data", "")) or b"null")
        else:
            yield from payloads(list(value.values()))


def moments(said: Any) -> Iterator[str]:
    """Those that passed, of every incident and action item in there."""
    if isinstance(said, list):
        for one in said:
            yield from moments(one)
    elif isinstance(said, dict):
        yield from (f"action item's moment: {passed['kind']}" for passed in said.get("reminders") or ())
        yield from (f"incident's moment: {passed['kind']}" for passed in said.get("moments") or ())
        yield from moments(list(said.values()))


def missing(histories: Path = HISTORIES) -> list[str]:
    found = {one for path in histories.glob("*/*.json") for one in recorded(path)}
    return [one for one in dict.fromkeys(wanted()) if one not in found]


def test_every_life_is_recorded() -> None:
    assert missing() == []
