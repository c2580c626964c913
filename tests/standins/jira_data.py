"""What the stand-in Jira keeps, and how it searches that."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

SUMMARY, TEXT = 255, 32_767
"""Characters that Jira takes, as Java counts them."""

Answer = tuple[int, Any]
Route = tuple[str, str, Callable[..., Answer]]
"""Method, path, and what answers; it takes query or body, and what the path's groups match."""


@dataclasses.dataclass
class Issue:
    """What is kept of one issue; ``fields`` as they were sent."""

    id: int
    key: str
    fields: dict[str, Any]
    status: str = "To Do"
    properties: dict[str, Any] = dataclasses.field(default_factory=dict)
    links: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    comments: list[Any] = dataclasses.field(default_factory=list)
    commenters: dict[int, str] = dataclasses.field(default_factory=dict)
    """Accounts of those who wrote comments, by number from 1; without one it was Followthrough."""
    changelog: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    created: datetime = dataclasses.field(default_factory=lambda: datetime.now(UTC))
    updated: datetime = dataclasses.field(default_factory=lambda: datetime.now(UTC))
    former_keys: list[str] = dataclasses.field(default_factory=list)
    hidden: bool = False
    """Its security level keeps it from us."""

    def log(self, by: dict[str, Any], *fields: str) -> None:
        """What changed, in the order of Data Center: the latest last."""
        items = [{"field": field, "fieldtype": "jira"} for field in fields]
        self.changelog.append(
            {"id": str(len(self.changelog) + 1), "author": by, "created": stamp(self.updated), "items": items}
        )

    @property
    def project(self) -> str:
        return self.key.rpartition("-")[0]


@dataclasses.dataclass
class Sprint:
    """``issues`` are keys."""

    id: int
    name: str
    state: str = "future"
    start: datetime | None = None
    end: datetime | None = None
    issues: list[str] = dataclasses.field(default_factory=list)
    origin: int | None = None
    """The board that it is of, when a board lists it that isn't."""


@dataclasses.dataclass
class Transition:
    """``screen`` are its fields by id; see ``screen_field``."""

    name: str
    to: str
    screen: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)


class Refusal(Exception):
    """Becomes Jira's error answer."""

    def __init__(self, status: int, message: str = "", **fields: str) -> None:
        self.answer = status, {"errorMessages": [message] if message else [], "errors": fields}


def stamp(at: datetime) -> str:
    """A time as Jira writes it, without a colon in the zone."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}{at:%z}"


def length(text: str) -> int:
    """In the characters of Java."""
    return len(text.encode("utf-16-le")) // 2


def check_required(screen: Mapping[str, Mapping[str, Any]], fields: Mapping[str, Any]) -> None:
    """Raises Refusal for a field that has to be given and is not."""
    for field_id, field in screen.items():
        required = field["required"] and not field["hasDefaultValue"] and field_id != "reporter"
        if required and not fields.get(field_id):
            raise Refusal(400, **{field_id: f"{field['name']} is required."})


def check_known(screen: Mapping[str, Mapping[str, Any]], fields: Mapping[str, Any]) -> None:
    """Raises Refusal for a field that is not on the screen, and for a value that it does not allow."""
    for name, value in fields.items():
        if name not in screen:
            raise Refusal(
                400, **{name: f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."}
            )
        allowed = screen[name].get("allowedValues", [])
        for one in value if isinstance(value, list) else [value]:
            if allowed and one not in allowed:
                raise Refusal(400, **{name: f"Specify a valid value for {name}"})


def screen_field(
    field_id: str,
    name: str,
    kind: str,
    *,
    required: bool = False,
    default: bool = False,
    allowed: Iterable[str] = (),
    **schema: str,
) -> dict[str, Any]:
    """A field as createmeta describes it."""
    by = "value" if "option" in (kind, schema.get("items")) else "name"
    return {
        "fieldId": field_id,
        "key": field_id,
        "name": name,
        "required": required,
        "hasDefaultValue": default,
        "operations": ["set"],
        "schema": {"type": kind, **schema},
        **({"allowedValues": [{by: value} for value in allowed]} if allowed else {}),
    }


def usual_screen(cloud: bool) -> dict[str, dict[str, Any]]:
    """The fields on the screen for new tickets, by id."""
    fields = [
        screen_field("project", "Project", "project", required=True),
        screen_field("issuetype", "Issue Type", "issuetype", required=True),
        screen_field("summary", "Summary", "string", required=True),
        screen_field("description", "Description", "string"),
        screen_field("reporter", "Reporter", "user", required=True),
        screen_field("assignee", "Assignee", "user"),
        screen_field("labels", "Labels", "array", items="string"),
        screen_field("duedate", "Due date", "date"),
        screen_field("priority", "Priority", "priority", allowed=("Highest", "High", "Medium", "Low", "Lowest")),
        screen_field("components", "Components", "array", items="component", allowed=("queue", "refunds")),
    ]
    if cloud:
        fields.append(screen_field("parent", "Parent", "issuelink"))
    else:
        custom = "com.pyxis.greenhopper.jira:gh-epic-link"
        fields.append(screen_field("customfield_10008", "Epic Link", "any", custom=custom))
    return {field["fieldId"]: field for field in fields}


def search(jql: str, issues: list[Issue], categories: Mapping[str, str]) -> list[Issue]:
    """What this much of JQL finds: labels, keys, minutes since the last change, a status category, two orders."""
    condition, _, order = jql.partition(" ORDER BY ")
    for clause in condition.split(" AND "):
        if match := re.fullmatch(r'labels = "?([^ "]+)"?', clause):
            issues = [issue for issue in issues if match[1] in issue.fields.get("labels", [])]
        elif match := re.fullmatch(r"key in \(([^)]+)\)", clause):
            issues = [_by_key(key, issues) for key in match[1].split(", ")]
        elif match := re.fullmatch(r'updated >= "-([1-9][0-9]*)m"', clause):
            since = datetime.now(UTC) - timedelta(minutes=int(match[1]))
            issues = [issue for issue in issues if issue.updated >= since]
        elif clause == "statusCategory = 2":
            issues = [issue for issue in issues if categories[issue.status] == "new"]
        else:
            raise Refusal(400, f"Error in the JQL Query: {jql}")
    orders = {
        "": lambda issue: issue.id,
        "created ASC": lambda issue: issue.created,
        "updated DESC": lambda issue: -issue.updated.timestamp(),
    }
    return sorted(issues, key=orders[order])


def _by_key(key: str, issues: list[Issue]) -> Issue:
    for issue in issues:
        if key in (issue.key, *issue.former_keys):
            return issue
    raise Refusal(400, f"An issue with key '{key}' does not exist for field 'key'.")
