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
    KNOWN = "everybody who is signed in"


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
        "GET /sign-in",
        "GET /sign-in/callback",
        "GET /sign-in/code",
        "POST /sign-in/code",
        "POST /api/terminals",
        "POST /api/terminals/token",
    ),
    Open.KNOWN: (
        "POST /sign-out",
        "GET /you",
        "POST /you",
        "POST /you/sign-out-everywhere",
        "GET /tokens",
        "POST /tokens",
        "POST /tokens/{token_id}/revoke",
        "GET /api/tokens",
        "POST /api/tokens",
        "DELETE /api/tokens/{token_id}",
        "GET /sign-in/terminal",
        "POST /sign-in/terminal",
        "GET /sign-in/terminal/code",
        "POST /sign-in/terminal/code",
        "DELETE /api/terminals/token",
    ),
    Right.READ_AUDIT: ("GET /audit", "GET /api/audit", "GET /api/audit/verify"),
    Right.ERASE_FROM_AUDIT: ("DELETE /api/audit/people/{person}",),
    Right.READ_PAYLOADS: ("POST /codec/decode", "POST /codec/encode"),
    Right.IMPORT_DIRECTORY: ("POST /api/directory/import", "POST /api/directory/let-leave", "POST /people/let-leave"),
    Open.SECRET: (
        "POST /webhooks/alertmanager",
        "POST /webhooks/pagerduty",
        "POST /webhooks/generic",
        "POST /webhooks/jira",
        "POST /webhooks/sendgrid",
        "GET /scim/v2/ServiceProviderConfig",
        "GET /scim/v2/ResourceTypes",
        "GET /scim/v2/ResourceTypes/{name}",
        "GET /scim/v2/Schemas",
        "GET /scim/v2/Schemas/{urn}",
        "POST /scim/v2/.search",
        "POST /scim/v2/Users/.search",
        "POST /scim/v2/Groups/.search",
        "GET /scim/v2/Users",
        "GET /scim/v2/Groups",
        "POST /scim/v2/Users",
        "POST /scim/v2/Groups",
        "GET /scim/v2/Users/{resource_id}",
        "GET /scim/v2/Groups/{resource_id}",
        "PUT /scim/v2/Users/{resource_id}",
        "PUT /scim/v2/Groups/{resource_id}",
        "PATCH /scim/v2/Users/{resource_id}",
        "PATCH /scim/v2/Groups/{resource_id}",
        "DELETE /scim/v2/Users/{resource_id}",
        "DELETE /scim/v2/Groups/{resource_id}",
    ),
    Open.LINK: (
        "GET /act/{token}",
        "POST /act/{token}",
        "GET /decide/{token}",
        "GET /unsubscribe/{token}",
        "POST /unsubscribe/{token}",
        "GET /people/{person}/deadlines.ics",
    ),
    Open.COMMAND: (
        "POST /api/incidents/{incident_id}/commands",
        "POST /api/items/{item_id}/commands",
        "POST /items/{item_id}/do/{choice}",
        "POST /incidents/{incident_id}/do/{choice}",
        "POST /incidents/{incident_id}/postmortem/edit",
        "POST /incidents/{incident_id}/postmortem/comments",
        "POST /incidents/{incident_id}/postmortem/comments/{comment_id}",
        "POST /incidents/{incident_id}/postmortem/correct",
        "POST /incidents/{incident_id}/postmortem/confluence",
        "POST /api/incidents/{incident_id}/postmortem/comments",
        "POST /api/incidents/{incident_id}/postmortem/comments/{comment_id}",
        "POST /api/incidents/{incident_id}/postmortem/corrections",
        "POST /api/incidents/{incident_id}/postmortem/confluence",
        "POST /incidents/{incident_id}/update",
    ),
    Right.DECLARE: ("POST /api/incidents", "POST /incidents/new"),
    Right.APPROVE_PLANNING: ("POST /api/planning/{team}",),
    Right.START_DRILL: ("POST /api/drills",),
    Right.SEND_DIGEST: ("POST /api/digests/{which}/send",),
    Right.SEND_AGAIN: ("POST /api/mails/send-again",),
    Right.LOOK_AT_TICKET: ("POST /api/items/{item_id}/ticket",),
    Right.READ: (
        "GET /",
        "GET /incidents",
        "GET /incidents/{incident_id}",
        "GET /incidents/{incident_id}/postmortem",
        "GET /incidents/{incident_id}/postmortem/edit",
        "GET /incidents/{incident_id}/postmortem.html",
        "GET /incidents/{incident_id}/postmortem.md",
        "GET /incidents/{incident_id}/postmortem.pdf",
        "GET /incidents/{incident_id}/postmortem/correct",
        "GET /incidents/{incident_id}/timeline.json",
        "GET /incidents/{incident_id}/timeline.md",
        "GET /items",
        "GET /items/{item_id}",
        "GET /items/{item_id}/deadline.ics",
        "GET /items/{item_id}/do/{choice}",
        "GET /incidents/{incident_id}/do/{choice}",
        "GET /incidents/{incident_id}/update",
        "GET /incidents/{incident_id}/live",
        "GET /incidents/new",
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
        "GET /api/incidents/{incident_id}/postmortem/comments",
        "GET /api/incidents/{incident_id}/postmortem.html",
        "GET /api/incidents/{incident_id}/postmortem.md",
        "GET /api/incidents/{incident_id}/postmortem.pdf",
        "GET /api/incidents/{incident_id}/timeline.json",
        "GET /api/incidents/{incident_id}/timeline.md",
        "GET /api/items",
        "GET /api/items/{item_id}",
        "GET /api/find",
        "GET /api/mine",
        "GET /api/services",
        "GET /api/services/{service_id}/playbook",
        "GET /api/planning/{team}",
        "GET /api/drills",
        "GET /people",
        "GET /api/people",
        "POST /api/blameless",
        "POST /api/quality",
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
