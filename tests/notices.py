"""An organisation, and a notice of each kind about an incident or an action item of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pydantic import HttpUrl
from sqlalchemy import Engine

from activities.mails.mailer import Mailer
from activities.mails.transport import OutboxTransport, Transport
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.drill.drill import DrillOutcome, DrillReport, Score
from followthrough.domain.replayed.incident.alert import Alert, AlertState
from followthrough.domain.replayed.incident.incident import (
    Audience,
    IncidentPlan,
    IncidentStatus,
    ItemSummary,
    Repeat,
    Role,
    RoleHolder,
    SentUpdate,
    UpdateStage,
)
from followthrough.domain.replayed.item.action_item import Block, Evidence, ExtensionWanted, ItemStatus, Waiver
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.postmortem.postmortem import Postmortem, Review
from followthrough.domain.replayed.ticket.ticket import Ticket
from followthrough.domain.replayed.values import Severity
from followthrough.links import Links
from tests.records import NOW, incident, item
from workflows.messages.mail import MissedMail, Notice

FROM = "followthrough@example.com"
PUBLIC_URL = "https://followthrough.example.com"
LINKS = Links(["the secret of the tests"])
EVIDENCE = Evidence(url=HttpUrl("https://git.example.com/change/7"), note="with a test", by="ana", at=NOW)
WAIVER = Waiver(reason="The service goes away in May.", by="carla", at=NOW)

ORGANISATION = Organisation.model_validate(
    {
        "name": "Paper Plane",
        "people": {
            "ana": {"name": "Ana Ruiz", "email": "ana@example.com", "manager": "carla", "time_zone": "Europe/Madrid"},
            "ben": {"name": "Ben Lee", "email": "ben@example.com", "manager": "carla"},
            "carla": {"name": "Carla Diaz", "email": "carla@example.com", "time_zone": "America/New_York"},
        },
        "teams": {"payments": {"name": "Payments", "lead": "carla"}},
        "services": {
            "checkout": {
                "name": "Checkout",
                "team": "payments",
                "on_call": ["ana"],
                "links": {"runbook": "https://wiki.example.com/checkout"},
                "subscribers": {
                    "customers": ["shop@customer.example", "press@example.com"],
                    "internal": ["everybody@example.com"],
                },
            }
        },
        "severities": {
            severity: {
                "description": f"what {severity} means",
                "acknowledge_within": "15m",
                "updates": {"customers": "30m"},
            }
            for severity in Severity
        },
        "policies": {"mails": {"urgent": list(NoticeKind)}},
    }
)

_IN_ROLE = {"roles": [RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=NOW)]}
ALERT = Alert(
    dedup_key="alertmanager/1",
    source="Alertmanager",
    state=AlertState.FIRING,
    title="Payments fail",
    summary="12 % of *all* payments\nfail.",
    labels={"service": "checkout", "alertname": "ErrorRate"},
    url="https://prometheus.example.com/graph?g0.expr=a_b",
    at=NOW,
)
_AFTER_BEN = {"roles": [RoleHolder(role=Role.INCIDENT_COMMANDER, person="ana", at=NOW, before=("ben",))]}
_RESOLVED = {
    **_IN_ROLE,
    "postmortem_owner": "ana",
    "postmortem_format": "five-whys",
    "status": IncidentStatus.RESOLVED,
    "plan": IncidentPlan(postmortem_due=NOW + timedelta(days=5), auto_resolve=False, next=None),
}
_ITEMS = [
    ItemSummary(id="inc-0000000001.1", title="Alert on queue depth", owner="ana"),
    ItemSummary(id="inc-0000000001.2", title="Retry payments", owner="ben", ended_at=NOW, ended_as=ItemStatus.WAIVED),
]
_UPDATE = SentUpdate(
    stage=UpdateStage.IDENTIFIED, audience=Audience.CUSTOMERS, text="A queue is full.", by="ana", at=NOW
)
_POSTMORTEM = Postmortem(text="# What broke", by="ana", at=NOW)
_RETURNED = Review(by="ben", at=NOW, approved=False, note="Say what the alert showed.")
_EVIDENT = {"evidence": [EVIDENCE], "ticket": Ticket(key="PAY-1", url="https://jira.example.com/browse/PAY-1")}
_DAY = timedelta(days=1)
_BLOCK = Block(reason="The provider's new API", until=NOW + 20 * _DAY, by="ana", at=NOW)
_EXPIRING = WAIVER.model_copy(update={"until": NOW + 30 * _DAY})
DRILL = DrillReport(
    incident_id="inc-0000000001",
    team="payments",
    service="checkout",
    scenario="bad-deploy",
    title="Errors rise after a deploy",
    severity=Severity.SEV2,
    started_at=NOW,
    outcome=DrillOutcome.RESOLVED,
    acknowledged_after=timedelta(minutes=4),
    resolved_after=timedelta(minutes=40),
    roles=Score(expected=("Incident Commander", "Resolver"), met=("Incident Commander",)),
    updates=Score(expected=("internal",), met=("internal",)),
    improved=("Acknowledged after 4 min; last time it took 9 min.",),
    to_practise=("Fill every role early: nobody acknowledged Resolver.",),
    questions=("Which changes can't be rolled back?",),
)

RECORDS: dict[NoticeKind, dict[str, Any]] = {
    NoticeKind.INCIDENT_DECLARED: {"incident": _IN_ROLE | {"alert": ALERT}},
    NoticeKind.ROLE_ASSIGNED: {"incident": _IN_ROLE, "text": "The runbook is linked."},
    NoticeKind.ROLE_NOT_ACKNOWLEDGED: {
        "incident": _AFTER_BEN,
        "text": "Incident Commander",
        "to": ("ana", "ben"),
    },
    NoticeKind.ROLE_HANDED_OVER: {"incident": _AFTER_BEN, "text": "The provider calls back at ten."},
    NoticeKind.INCIDENT_MERGED: {"incident": _IN_ROLE, "text": "inc-0000000002"},
    NoticeKind.INCIDENT_REOPENED: {"incident": _IN_ROLE, "text": "It fails again."},
    NoticeKind.STAKEHOLDER_UPDATE: {
        "incident": _IN_ROLE | {"updates": [_UPDATE]},
        "text": "A queue is full.\n\nWe make room.",
        "audience": Audience.CUSTOMERS,
        "to": (),
    },
    NoticeKind.UPDATE_DUE: {"incident": _IN_ROLE | {"updates": [_UPDATE]}, "text": "customers"},
    NoticeKind.UPDATE_MISSED: {"incident": _IN_ROLE, "text": "customers"},
    NoticeKind.POSTMORTEM_ASSIGNED: {"incident": _RESOLVED, "text": "Ben is on leave."},
    NoticeKind.POSTMORTEM_TO_REVIEW: {"incident": _RESOLVED | {"postmortem": _POSTMORTEM}, "to": ("ben",)},
    NoticeKind.POSTMORTEM_REVIEWED: {
        "incident": _RESOLVED | {"postmortem": _POSTMORTEM.model_copy(update={"review": _RETURNED})},
        "text": _RETURNED.note,
    },
    NoticeKind.POSTMORTEM_REMINDER: {"incident": _RESOLVED, "at": NOW + 4 * _DAY},
    NoticeKind.POSTMORTEM_ESCALATION: {
        "incident": _RESOLVED,
        "to": ("carla", "ana"),
        "level": 1,
        "at": NOW + 8 * _DAY,
    },
    NoticeKind.POSTMORTEM_PUBLISHED: {"incident": _RESOLVED | {"items": _ITEMS}, "audience": Audience.INTERNAL},
    NoticeKind.INCIDENT_CLOSED: {"incident": _IN_ROLE | {"status": IncidentStatus.CLOSED, "items": _ITEMS}},
    NoticeKind.INCIDENT_REPEATS: {
        "incident": _IN_ROLE | {"repeats": [Repeat(incident_id="inc-0000000002", because="the same alert")]},
        "text": "inc-0000000002, linked: the same alert\ninc-0000000002.1, waived, ben: Retry payments",
    },
    NoticeKind.DRILL_REPORT: {"incident": _RESOLVED, "drill": DRILL},
    NoticeKind.ITEM_PROPOSED: {"item": {"status": ItemStatus.PROPOSED}},
    NoticeKind.ITEM_REMINDER: {"item": _EVIDENT, "at": NOW + 9 * _DAY},
    NoticeKind.ITEM_ESCALATION: {
        "item": {"extensions": 1},
        "to": ("carla", "ana"),
        "level": 2,
        "at": NOW + 13 * _DAY,
    },
    NoticeKind.ITEM_OWNER_WANTED: {
        "item": {"status": ItemStatus.PROPOSED, "moved_on": 2, "repeats": ["inc-0000000003"]},
        "to": ("carla",),
        "level": 2,
        "text": "ana declined: I don't know the queue",
        "at": NOW + 4 * _DAY,
    },
    NoticeKind.ITEM_TO_PLAN: {"item": {}, "to": ("carla",)},
    NoticeKind.ITEM_BLOCKED: {"item": {"block": _BLOCK}},
    NoticeKind.ITEM_WAIVER_ENDS: {"item": {"status": ItemStatus.WAIVED, "waiver": _EXPIRING}, "to": ("carla",)},
    NoticeKind.ITEM_TO_VERIFY: {"item": {"status": ItemStatus.DONE, **_EVIDENT}, "to": ("carla",)},
    NoticeKind.ITEM_ENDED: {"item": {"status": ItemStatus.WAIVED, "waiver": WAIVER}},
    NoticeKind.ITEM_EXTENSION_WANTED: {
        "item": {
            "extension_wanted": ExtensionWanted(
                until=NOW + 40 * _DAY, reason="The supplier delivers in April.", by="ana", at=NOW
            )
        },
        "to": ("carla",),
    },
    NoticeKind.ITEM_EXTENSION_DECIDED: {"item": {}, "text": "It can't wait for the supplier."},
    NoticeKind.ITEM_TOOK_IN: {"item": {}, "text": "inc-0000000002.4"},
    NoticeKind.ITEM_UNBLOCKED: {"item": {}, "text": "Has to wait no longer: inc-0000000001.2 is closed"},
    NoticeKind.ITEM_ASKED_AGAIN: {
        "item": {"status": ItemStatus.PROPOSED},
        "text": "The waiver has expired: The service goes away in May.",
    },
    NoticeKind.ITEM_REPEATED: {"item": {"repeats": ["inc-0000000003"]}, "text": "inc-0000000003"},
    NoticeKind.ITEM_REPEAT_TAKEN_BACK: {"item": {}, "text": "inc-0000000003"},
    NoticeKind.TICKET_CONFLICT: {
        "item": _EVIDENT,
        "text": "Ticket PAY-1 was assigned to nobody.\nThe action item keeps its owner; reassign it.",
    },
    NoticeKind.UNDELIVERED: {
        "item": {},
        "undelivered": MissedMail(
            key="inc-0000000001.1/3/item-reminder/ana",
            kind=NoticeKind.ITEM_REMINDER,
            subject="[inc-0000000001.1] Due soon: Alert on queue depth",
            person="ana",
            reason="550 5.1.1 no such user",
            record_id="inc-0000000001.1",
        ),
        "to": (),
    },
    NoticeKind.TICKET_REFUSED: {"item": {}, "text": "Jira refused a new ticket: Priority is required."},
}


def notice(kind: NoticeKind, record: dict[str, Any] | None = None, **changes: Any) -> Notice:
    """To Ana in Madrid unless the kind is for others; ``record`` changes what the notice is about."""
    given = {"key": f"inc-0000000001/3/{kind}", "kind": kind, "to": ("ana",), "at": NOW, **RECORDS[kind], **changes}
    if "item" in given:
        given["item"] = item(**given["item"] | (record or {}))
    else:
        given["incident"] = incident(**given["incident"] | (record or {}))
    return Notice.model_validate(given)


def mailer(database: Engine, organisation: Callable[[], Organisation], transport: Transport | None = None) -> Mailer:
    """Puts mails into the outbox, unless there is another transport."""
    return Mailer(database, organisation, transport or OutboxTransport(), PUBLIC_URL, LINKS, FROM)
