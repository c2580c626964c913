"""Examples of what is answered, made of examples of the fields, so that each is as its schema says."""

from collections.abc import Mapping
from typing import Any, Final

from followthrough.web.examples import INCIDENT, ITEM

_EARLIER = "inc-0d93b7c21e5f4a6680aa"
_BASE = "https://followthrough.example.com"
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_DECLARED, _MINUTES_LATER, _NEXT, _DUE = (
    *("2026-11-02T09:00:00Z", "2026-11-02T09:04:00Z", "2026-11-06T09:00:00Z", "2026-11-30T17:00:00Z"),
)
_OF_FORMATS: Final[Mapping[str, Any]] = {"date-time": _DECLARED, "date": "2026-11-30", "duration": "PT4M"}
_OF_TYPES: Final[Mapping[str, Any]] = {"integer": 1, "number": 1.0, "boolean": False, "string": ""}
_NOT_YET = (
    *("accepted_at", "alert", "asked_at", "block", "broken_at", "csv_at", "disabled_at", "done_at", "duplicate_of"),
    *("ended_as", "ended_at", "extension_wanted", "failing_since", "merged_into", "mitigated_after", "mitigated_at"),
    *("on", "override", "owner_since", "owner_wanted", "paused_until", "published_at", "refuted", "refused"),
    *("reopened_at", "replaces", "resolution_proposed_at", "resolved_after", "resolved_at", "revoked_at", "sent_in"),
    *("set_aside_because", "set_aside_by", "settled_at", "settled_by", "severity_decided_by", "split_from", "through"),
    *("token_name", "from_address", "to_person", "waiver", "KnownPerson.left"),
    *("IncidentDetail.postmortem", "IncidentLine.postmortem", "IncidentNow.postmortem"),
    *("ItemDetail.due", "ItemNow.due", "ShownItem.due"),
)
_NONE_YET = (
    *("admitted", "blocks", "duplicates", "evidence", "missing", "past_roles", "problems", "proposed_repeats"),
    *("split_into", "took_in", "KnownPeople.problems", "ShownPlaybook.gaps", "Endpoint.events"),
    *("ItemDetail.repeats", "ItemNow.repeats", "ShownItem.repeats"),
)
VALUES: Final[Mapping[str, Any]] = {
    **dict.fromkeys(_NOT_YET),
    **{name: [] for name in _NONE_YET},
    "acknowledged_at": _MINUTES_LATER,
    "approvers": ["marcos"],
    "assignee": "tomas",
    "author": "ines",
    "author_name": "Inés Robles",
    "because": "The same alert, and its follow-up is open",
    "by": "ines",
    "call": "https://meet.example.com/checkout",
    "changes": ["Inés Robles has another address."],
    "code": "BCDF-GHJK",
    "declare": 'followthrough declare "What is broken" --service checkout --severity SEV2',
    "declared_by": "ines",
    "dedup_key": "checkout/errors",
    "definition": "Of the action items that were closed in the months, how many were closed by their deadline.",
    "digest": _DIGEST,
    "due": _DUE,
    "durations_in_words": {"acknowledged": "4 min"},
    "earlier": [_EARLIER],
    "email": "ines@example.com",
    "endpoint": "chat",
    "ends_at": "2027-01-31T09:00:00Z",
    "event_id": "evt-5b1f0c9d7be4a2c3",
    "every": 3,
    "explanation": "It names a person as the cause.",
    "follows": f"0:{'0' * 64}",
    "hint": "Say how anybody can see that it is done.",
    "improved": ["It was acknowledged sooner than last time."],
    "incident": INCIDENT,
    "incident_id": INCIDENT,
    "item_id": ITEM,
    "key": "ines",
    "labels": {"service": "checkout", "severity": "critical"},
    "lead": "marcos",
    "links": {"dashboard": "https://grafana.example.com/d/checkout"},
    "made_by": "ines",
    "manager": "marcos",
    "max_block_days": 30,
    "max_extension_days": 14,
    "max_waiver_days": 180,
    "members": ["ines", "tomas"],
    "message": "It will be carried out; the timeline says when it has been.",
    "month": "2026-10",
    "next_in_words": "Tomás Ferrer is reminded on Friday at 09:00.",
    "not_planned": {ITEM: "It was closed meanwhile"},
    "on_call": "ines",
    "organisation": "Example",
    "others": ["lucia"],
    "owner": "tomas",
    "part": "Incident Commander",
    "person": "ines",
    "phone": "+34 600 000 000",
    "postmortem_due": _DUE,
    "postmortem_owner": "ines",
    "previous": "0" * 64,
    "proposed_by": "ines",
    "quarter": "2026-Q4",
    "questions": ["Who would have been asked next?"],
    "quote": "The deploy",
    "reason": "The library's next release has it",
    "recipients": ["ines@example.com"],
    "record": INCIDENT,
    "record_id": INCIDENT,
    "rule": "names a person",
    "scenario": "database-full",
    "secret": "kept-by-the-terminal",
    "sentence": "Tomás forgot to renew the certificate.",
    "service": "checkout",
    "services": ["checkout"],
    "shown_from": _NEXT,
    "step": "accept",
    "subject": "Payments fail",
    "suggestion": "The certificate was not renewed; say what would have shown it in time.",
    "summary": "Error rate above 5 %",
    "team": "payments",
    "text": "The queue is draining.",
    "texts": ["Nobody dared to say that the runbook is wrong."],
    "time_zone": "Europe/Madrid",
    "title": "Payments fail",
    "to": ["tomas"],
    "to_practise": ["Tell customers within 30 minutes."],
    "token": "ft_only-an-example",
    "unit": "action items",
    "until": _DUE,
    "url": f"{_BASE}/incidents/{INCIDENT}",
    "week": "2026-W45",
    "what_to_do": "Look at its last failure, and reset it.",
    "why": "Its owner has not accepted it",
    "you": "ines",
    "About.name": "on-time",
    "About.title": "Closed on time",
    "AuditLine.act": "command",
    "AuditLine.address": "",
    "AuditLine.details": {},
    "AuditLine.id": "6f9619ff8b86d011b42d00c04fc964ff",
    "AuditLine.outcome": "done",
    "AuditLine.through": "session",
    "AuditLine.token": "",
    "AuditLine.what": "accept",
    "AuditLine.who": "a81f0c9d7be4a2c3",
    "AuditLine.whom": "",
    "Comment.answer": "",
    "Comment.id": "2f1c7a90",
    "Commented.id": "2f1c7a90",
    "Delivery.answer": "Nothing answered",
    "Delivery.type": "incident.declared",
    "Endpoint.disabled_because": "",
    "Endpoint.name": "chat",
    "Endpoint.teams": ["payments"],
    "Endpoint.url": "https://chat.example.com/hooks/followthrough",
    "FileInUse.file": "/etc/followthrough/followthrough.yaml",
    "Found.id": INCIDENT,
    "Found.status": "declared",
    "Found.ticket": None,
    "ItemLine.id": ITEM,
    "ItemLine.ticket": "PAY-412",
    "ItemLine.title": "Page when the queue is deeper than 1,000 for 5 minutes",
    "KnownPerson.name": "Inés Robles",
    "KnownPerson.teams": ["payments"],
    "KnownTeam.key": "payments",
    "KnownTeam.name": "Payments",
    "MadeToken.id": "c0ffee12",
    "MadeToken.name": "Weekly report",
    "MailLine.answer": None,
    "MailLine.key": f"{ITEM}/1",
    "MailLine.kind": "item-proposed",
    "MonthlyPreview.text": "In October 3 incidents were declared.",
    "ServiceLine.name": "Checkout",
    "ShownAddress.address": "lucia@example.com",
    "ShownAddress.person": "lucia",
    "ShownAddress.reason": "550 5.1.1 unknown",
    "ShownAlert.source": "Alertmanager",
    "ShownAlertWithoutRoute.source": "Alertmanager",
    "ShownApproval.items": [ITEM],
    "ShownColumn.label": "Closed on time",
    "ShownColumn.name": "on_time",
    "ShownContact.name": "Inés Robles",
    "ShownDrawing.labels": ["Oct 2026"],
    "ShownDrawing.title": "Closed on time, by month",
    "ShownIncidentPlan.on_call": ["ines"],
    "ShownInsight.name": "on-time",
    "ShownInsight.rows": [["2026-10"]],
    "ShownInsight.title": "Closed on time",
    "ShownPage.problem": "",
    "ShownPlanningLine.id": ITEM,
    "ShownPlanningLine.ticket": "PAY-412",
    "ShownPlaybook.audiences": ["customers", "executives", "internal"],
    "ShownPlaybook.name": "Checkout",
    "ShownPlaybook.roles": {"Incident Commander": "Leads, decides, and does nothing else."},
    "ShownPlaybook.stages": ["investigating", "identified", "monitoring", "resolved"],
    "ShownPlaybook.team": "Payments",
    "ShownPlaybook.turns": "On call takes turns of 7 days; this is the order on 2026-11-02.",
    "ShownPlaybook.values": ["We look for causes, not for the guilty."],
    "ShownProgress.planned": [ITEM],
    "ShownRepeat.incident_id": _EARLIER,
    "ShownRepeatLine.items": [f"{_EARLIER}.1"],
    "ShownScore.expected": ["customers", "internal"],
    "ShownScore.met": ["internal"],
    "ShownSeries.name": "on time",
    "ShownSeverity.acknowledge": "Within 5 minutes",
    "ShownSeverity.means": "Customers can't use what they pay for",
    "ShownSeverity.postmortem": "Within 5 working days",
    "ShownSeverity.updates": "To customers every hour",
    "ShownSprint.name": "Payments 23",
    "ShownSprintPlan.people": ["marcos", "ines", "tomas"],
    "ShownSummary.id": ITEM,
    "ShownTicket.key": "PAY-412",
    "ShownTicket.url": "https://example.atlassian.net/browse/PAY-412",
    "ShownTicketReport.status": "To Do",
    "ShownTrouble.key": f"stuck/{INCIDENT}",
    "ShownTrouble.sentence": f"The workflow of {INCIDENT} is stuck.",
    "TokenLine.id": "c0ffee12",
    "TokenLine.name": "Weekly report",
    "Verified.last": f"1:{_DIGEST}",
    "Verified.why": "",
    "Waiting.id": ITEM,
    "WaitingTerminal.url": f"{_BASE}/sign-in/terminal/code",
}
"""By a field's name, or by its schema's and its own where it is another thing there."""


class Examples:
    """Of the schemas of a description."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def of(self, schema: Mapping[str, Any]) -> Any:
        """One that is as the schema says."""
        if "$ref" in schema:
            return self._named(schema["$ref"].split("/")[-1])
        if "anyOf" in schema:
            return self.of(schema["anyOf"][0])
        if "enum" in schema:
            return schema["enum"][0]
        if schema["type"] == "array":
            return [self.of(schema["items"])]
        if schema["type"] == "object":
            names = schema.get("propertyNames")
            return {self.of(names): self.of(schema["additionalProperties"])} if names else {}
        return _OF_FORMATS.get(schema.get("format", "")) or _OF_TYPES[schema["type"]]

    def _named(self, name: str) -> Any:
        schema = self._schemas[name]
        if "properties" not in schema:
            return self.of(schema)
        return {field: self._field(name, field, said) for field, said in schema["properties"].items()}

    def _field(self, owner: str, name: str, schema: Mapping[str, Any]) -> Any:
        if (key := f"{owner}.{name}") in VALUES:
            return VALUES[key]
        if "examples" in schema:
            return schema["examples"][0]
        return schema["const"] if "const" in schema else VALUES[name] if name in VALUES else self.of(schema)
