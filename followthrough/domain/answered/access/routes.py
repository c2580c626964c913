"""What each address asks for, whoever comes to it. One that is not here is refused, and a test is red."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from followthrough.domain.answered.access.rights import PAGES, Right


class Open(StrEnum):
    """Where nobody is asked who they are, or what they send says for what."""

    EVERYBODY = "everybody, without signing in"
    SECRET = "whoever has the webhook's secret"  # noqa: S105 -- no secret
    LINK = "whoever has the link"
    COMMAND = "whoever may give that command"


ASKS_NOBODY = frozenset({Open.EVERYBODY, Open.SECRET, Open.LINK})
DECIDED_HERE = frozenset({*PAGES.rights, Right.SEND_DIGEST, Right.SEND_AGAIN})
"""By who somebody is to the whole service; all else is about a record or a team, and decided where that is known."""

_ADDRESSES: Mapping[Open | Right, tuple[str, ...]] = {
    Open.EVERYBODY: (
        "GET /healthz",
        "GET /readyz",
        "GET /incidents/{incident_id}/anonymous",
        "POST /incidents/{incident_id}/anonymous",
        "POST /api/incidents/{incident_id}/anonymous",
    ),
    Open.SECRET: (
        "POST /webhooks/alertmanager",
        "POST /webhooks/pagerduty",
        "POST /webhooks/generic",
        "POST /webhooks/jira",
        "POST /webhooks/sendgrid",
    ),
    Open.LINK: (
        "GET /act/{token}",
        "POST /act/{token}",
        "GET /decide/{token}",
        "GET /unsubscribe/{token}",
        "POST /unsubscribe/{token}",
        "GET /people/{person}/deadlines.ics",
    ),
    Open.COMMAND: ("POST /api/incidents/{incident_id}/commands", "POST /api/items/{item_id}/commands"),
    Right.DECLARE: ("POST /api/incidents",),
    Right.APPROVE_PLANNING: ("POST /api/planning/{team}",),
    Right.START_DRILL: ("POST /api/drills",),
    Right.SEND_DIGEST: ("POST /api/digests/{which}/send",),
    Right.SEND_AGAIN: ("POST /api/mails/send-again",),
    Right.LOOK_AT_TICKET: ("POST /api/items/{item_id}/ticket",),
    Right.READ: (
        "GET /",
        "GET /incidents/{incident_id}",
        "GET /incidents/{incident_id}/postmortem",
        "GET /incidents/{incident_id}/timeline.json",
        "GET /incidents/{incident_id}/timeline.md",
        "GET /items",
        "GET /items/{item_id}",
        "GET /items/{item_id}/deadline.ics",
        "GET /services",
        "GET /services/{service_id}/playbook",
        "GET /services/{service_id}/playbook.md",
        "GET /planning",
        "GET /planning/{team}",
        "GET /drills",
        "GET /api/incidents",
        "GET /api/incidents/{incident_id}",
        "GET /api/incidents/{incident_id}/anonymous",
        "GET /api/incidents/{incident_id}/draft",
        "GET /api/incidents/{incident_id}/postmortem/draft",
        "GET /api/incidents/{incident_id}/timeline.json",
        "GET /api/incidents/{incident_id}/timeline.md",
        "GET /api/items",
        "GET /api/items/{item_id}",
        "GET /api/services/{service_id}/playbook",
        "GET /api/planning/{team}",
        "GET /api/drills",
        "POST /api/blameless",
    ),
    Right.READ_MAILS: ("GET /outbox", "GET /outbox/{key:path}", "GET /api/mails"),
    Right.READ_DIGESTS: (
        "GET /digests",
        "GET /digests/weekly/{person}",
        "GET /digests/monthly",
        "GET /api/digests/weekly/{person}",
        "GET /api/digests/monthly",
    ),
    Right.READ_LOAD: ("GET /load", "GET /api/load"),
    Right.SEE_TROUBLES: (
        "GET /trouble",
        "GET /alerts",
        "GET /api/troubles",
        "GET /api/troubles/counts",
        "GET /api/mails/unreachable",
        "GET /api/organisation-file",
    ),
    Right.CALENDAR: ("GET /api/people/{person}/calendar", "DELETE /api/people/{person}/calendar"),
}
ROUTES: Mapping[str, Open | Right] = MappingProxyType(
    {address: asks for asks, addresses in _ADDRESSES.items() for address in addresses}
)
"""By method and path; HEAD asks for what GET does."""
