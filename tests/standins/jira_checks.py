"""What the stand-in Jira does not take."""

import json
from collections.abc import Mapping, Set
from datetime import date
from typing import Any

from tests.standins.jira_contracts import document_schema
from tests.standins.jira_data import SUMMARY, TEXT, Refusal, check_known, length


def check_fields(
    fields: dict[str, Any], screen: Mapping[str, Mapping[str, Any]], unassignable: Set[str], *, cloud: bool
) -> None:
    """Raises Refusal for what Jira does not take."""
    check_known(screen, fields)
    summary, assignee = fields.get("summary", ""), fields.get("assignee")
    if "\n" in summary or "\r" in summary:
        raise Refusal(400, summary="The summary is invalid because it contains newline characters.")
    if length(summary) > SUMMARY:
        raise Refusal(400, summary=f"Summary can't exceed {SUMMARY} characters.")
    for label in fields.get("labels", []):
        if " " in label:
            raise Refusal(400, labels=f"The label '{label}' contains spaces which is invalid.")
        if len(label) > SUMMARY:
            raise Refusal(400, labels=f"The label '{label}' exceeds {SUMMARY} characters.")
    if assignee is not None:
        if set(assignee) != {"id" if cloud else "name"}:
            raise Refusal(400, assignee="Specify a valid value for assignee")
        if unassignable & set(assignee.values()):
            raise Refusal(400, assignee=f"User '{next(iter(assignee.values()))}' cannot be assigned issues.")
    if fields.get("duedate"):
        try:
            date.fromisoformat(fields["duedate"])
        except ValueError:
            raise Refusal(400, duedate="Error parsing date string") from None
    if "description" in fields:
        check_text("description", fields["description"], cloud=cloud)


def check_text(field: str, text: Any, *, cloud: bool) -> None:
    """Raises Refusal for what is too long, or in the other form."""
    if not cloud and not isinstance(text, str):
        raise Refusal(400, **{field: "Operation value must be a string"})
    if cloud and not document_schema().is_valid(text):
        raise Refusal(400, **{field: "Operation value must be an Atlassian Document"})
    stored = json.dumps(text, ensure_ascii=False, separators=(",", ":")) if cloud else text
    if length(stored) > TEXT:
        raise Refusal(
            400, **{field: f"The entered text is too long. It exceeds the allowed limit of {TEXT:,} characters."}
        )
