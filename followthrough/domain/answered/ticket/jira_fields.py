"""What the organisation file gives to the fields of a new Jira ticket, in the shapes that Jira takes them in."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import yaml

from followthrough.domain.answered.organisation.organisation import JiraProject
from followthrough.domain.answered.ticket.text import atlassian_document
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.values import Message, Refusal

OURS = ("project", "issuetype", "summary", "description", "labels", "reporter", "assignee", "duedate", "priority")
"""Ids of the fields that come from the action item, or that Jira fills in by itself."""

EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
"""Type of the field that leads to the parent on Data Center."""

NAMED_BY = {"option": "value", "project": "key", "issuelink": "key"} | dict.fromkeys(
    ("component", "version", "priority", "group", "issuetype", "resolution", "securitylevel"), "name"
)
"""How Jira names a value of each type of field; of other types it takes the value itself."""

DONE = ("Done", "Fixed", "Resolved")
"""Resolutions that say that it was done, the best first; after them any that does not say the contrary."""

SHOWN = 10
"""So many allowed values are listed."""


class ScreenField(Message):
    """A field on the screen for new tickets; ``required`` when Jira has no value of its own for it."""

    id: str
    name: str
    required: bool
    type: str
    items: str = ""
    """Type of the values, of an array."""
    custom: str = ""
    allowed: tuple[str, ...] = ()


def read_screen(described: Iterable[Mapping[str, Any]]) -> dict[str, ScreenField]:
    """Fields by id, from what Jira's createmeta says of them."""
    return read_transition({field["fieldId"]: field for field in described})


def read_transition(described: Mapping[str, Mapping[str, Any]]) -> dict[str, ScreenField]:
    """Fields by id, from what Jira says of the screen of a transition."""
    return {
        field_id: ScreenField(
            id=field_id,
            name=field.get("name") or field_id,
            required=bool(field.get("required")) and not field.get("hasDefaultValue", False),
            type=(field.get("schema") or {}).get("type") or "any",
            items=(field.get("schema") or {}).get("items") or "",
            custom=(field.get("schema") or {}).get("custom") or "",
            allowed=tuple(
                value.get("value") or value.get("name") or ""
                for value in field.get("allowedValues") or ()
                if isinstance(value, dict)
            ),
        )
        for field_id, field in described.items()
    }


def file_fields(
    screen: Mapping[str, ScreenField], project: JiraProject, *, cloud: bool, accounts: Mapping[str, str]
) -> dict[str, Any]:
    """Values by id of the field. ``accounts`` are people's own ids in Jira by their key in the file.

    Raises Refusal with all that has to be put right in the file or in Jira.
    """
    values: dict[str, Any] = {}
    problems = []
    if "labels" not in screen:
        problems.append("its screen for new tickets has no field Labels, by which tickets are found")
    for name, value in _given(screen, project).items():
        matches = [screen[name]] if name in screen else [f for f in screen.values() if f.name.lower() == name.lower()]
        if len(matches) != 1:
            known = ", ".join(sorted(field.name for field in screen.values()))
            ids = ", ".join(field.id for field in matches)
            problems.append(f"{name} is each of {ids}: use one of these" if ids else f"it has no {name}, only {known}")
            continue
        (field,) = matches
        problems += _not_allowed(field, value)
        values[field.id] = _shaped(field, value, cloud, accounts)
    if "priority" in screen:
        problems += _not_allowed(screen["priority"], list(project.priorities.values()))
    missing = [field for field in screen.values() if field.required and field.id not in (*OURS, *values)]
    if missing:
        problems.append(f"it {asked_for(missing, 'fields')}")
    if problems:
        raise Refusal(
            f"Tickets in Jira's project {project.project} can't be made as the organisation file says "
            f"under `jira`: {'; '.join(problems)}."
        )
    return values


def asked_for(missing: Iterable[ScreenField], setting: str) -> str:
    """Which fields are required, and the line of the organisation file that gives them."""
    listed = "; ".join(f"{field.name}{f' ({_list(field.allowed)})' if field.allowed else ''}" for field in missing)
    example = {field.name: field.allowed[0] if field.allowed else "…" for field in missing}
    line = yaml.safe_dump(example, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000)
    return f"requires {listed}: add a line like `{setting}: {line.strip()}`"


def transition_fields(
    screen: Mapping[str, ScreenField], given: Mapping[str, Any], *, cloud: bool, accounts: Mapping[str, str]
) -> dict[str, Any]:
    """Values by id of the field, for those of the ``given`` ones that the transition's screen has.

    Raises Refusal for a value that is not allowed.
    """
    values = {name: value for name, value in by_id(screen, given).items() if name in screen and value is not None}
    problems = [problem for name, value in values.items() for problem in _not_allowed(screen[name], value)]
    if problems:
        raise Refusal(f"Jira's transition can't be made as the organisation file says: {'; '.join(problems)}.")
    return {name: _shaped(screen[name], value, cloud, accounts) for name, value in values.items()}


def by_id(screen: Mapping[str, ScreenField], given: Mapping[str, Any]) -> dict[str, Any]:
    """Values by the id of their field, where they are given by its name."""
    ids = {field.name.lower(): field.id for field in screen.values()}
    return {name if name in screen else ids.get(name.lower(), name): value for name, value in given.items()}


def resolution(allowed: Sequence[str], status: ItemStatus, not_done: Sequence[str]) -> str | None:
    """The one of Jira's resolutions that says how an action item ended; None when all say that it was not done."""
    if status is ItemStatus.CLOSED:
        fitting = [*DONE, *(one for one in allowed if one not in not_done)]
    else:
        fitting = [*(["Duplicate"] if status is ItemStatus.MERGED else []), *not_done, *allowed]
    return next((one for one in fitting if one in allowed), None)


def _given(screen: Mapping[str, ScreenField], project: JiraProject) -> dict[str, Any]:
    """By id or name of the field."""
    given = dict(project.fields)
    if project.components:
        given["components"] = list(project.components)
    if project.parent:
        epic_link = next((field.id for field in screen.values() if field.custom == EPIC_LINK), "parent")
        given["parent" if "parent" in screen else epic_link] = project.parent
    return given


def _not_allowed(field: ScreenField, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    wrong = [str(one) for one in values if not isinstance(one, dict) and str(one) not in field.allowed]
    if not wrong or not field.allowed or field.type == "option-with-child":
        return []
    return [f"{field.name} can't be {', '.join(wrong)}, only {_list(field.allowed)}"]


def _list(allowed: tuple[str, ...]) -> str:
    more = len(allowed) - SHOWN
    return ", ".join(allowed[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _shaped(field: ScreenField, value: Any, cloud: bool, accounts: Mapping[str, str]) -> Any:
    """A mapping is taken as it is, for what Jira's API takes that is not known here."""
    if field.type == "array":
        values = value if isinstance(value, list) else [value]
        return [_one(field.items, one, cloud, accounts) for one in values]
    if field.type == "option-with-child" and isinstance(value, list):
        return {"value": value[0], "child": {"value": value[1]}}
    if cloud and field.custom.endswith(":textarea") and isinstance(value, str):
        return atlassian_document(((value,),))
    return _one(field.type, value, cloud, accounts)


def _one(kind: str, value: Any, cloud: bool, accounts: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return value
    if kind == "user":
        return {"accountId" if cloud else "name": accounts.get(value, value)}
    if kind in NAMED_BY:
        return {NAMED_BY[kind]: str(value)}
    if kind == "string":
        return str(value)
    return value.isoformat() if isinstance(value, date) else value
