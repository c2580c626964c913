"""Examples in the API's description. A test has each of them taken by the type that it is for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

INCIDENT = "inc-7f3a9c21d0b84e5fa612"
ITEM = f"{INCIDENT}.1"

PARAMETERS: Mapping[str, Any] = MappingProxyType(
    {
        "incident_id": INCIDENT,
        "item_id": ITEM,
        "comment_id": "2f1c7a90",
        "token_id": "c0ffee12",
        "team": "payments",
        "service": "checkout",
        "service_id": "checkout",
        "person": "ines",
        "owner": "tomas",
        "by": "ines",
        "which": "weekly",
        "month": "2026-10",
        "text": "queue depth",
        "words": "queue depth",
        "updated_since": "2026-11-02T09:00:00Z",
        "Idempotency-Key": "6f9619ff-8b86-d011-b42d-00c04fc964ff",
        "If-Match": '"12-1f0c9d7be4a2"',
        "If-None-Match": '"12-1f0c9d7be4a2"',
    }
)
"""By a parameter's name."""

_COMMANDS_TO_INCIDENTS = {
    "acknowledge a role": {"command": "acknowledge", "by": "ines"},
    "say what helped": {"command": "mitigate", "summary": "Rolled the release back"},
    "say what ended it": {"command": "resolve", "summary": "Error rate is normal for an hour"},
    "write it down": {"command": "note", "text": "The queue is draining", "decision": False},
    "propose an action item": {
        "command": "propose action item",
        "title": "Page when the queue is deeper than 1,000 for 5 minutes",
        "owner": "tomas",
        "kind": "detect",
        "priority": "high",
    },
}
_COMMANDS_TO_ITEMS = {
    "accept": {"command": "accept"},
    "ask for more time": {
        "command": "extend",
        "until": "2026-12-04T17:00:00+01:00",
        "reason": "The library's next release has it",
    },
    "show that it is done": {"command": "done", "evidence": "https://git.example.com/changes/42"},
    "verify": {"command": "verify", "holds": True},
    "waive until a date": {
        "command": "waive",
        "reason": "The service is switched off in March",
        "until": "2027-04-01T09:00:00+02:00",
    },
}
BODIES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "declare_incident": {
            "an incident": {"title": "Payments fail", "service": "checkout", "severity": "SEV2", "by": "ines"}
        },
        "command_incident": _COMMANDS_TO_INCIDENTS,
        "command_item": _COMMANDS_TO_ITEMS,
        "start_drill": {"the next scenario": {"team": "payments"}},
        "approve_planning": {
            "what is proposed": {"by": "marcos"},
            "these": {"by": "marcos", "items": [ITEM], "first_day": "2026-11-30"},
        },
        "check_wording": {"a sentence": {"text": "Tomás forgot to renew the certificate."}},
        "look_at_title": {"a title": {"title": "Improve monitoring"}},
        "comment_on_postmortem": {"about a sentence": {"quote": "The deploy", "text": "Which one?", "by": "ines"}},
        "correct_postmortem": {
            "another text": {"text": "# What we learned", "reason": "The time of the deploy was wrong", "by": "ines"}
        },
        "take_pagerduty_event": {
            "an incident": {
                "event": {
                    "id": "01CHECKOUT1",
                    "event_type": "incident.triggered",
                    "occurred_at": "2026-11-02T09:00:00Z",
                    "data": {
                        "id": "PCHECK1",
                        "title": "Error rate above 5 %",
                        "status": "triggered",
                        "html_url": "https://example.pagerduty.com/incidents/PCHECK1",
                        "urgency": "high",
                        "service": {"id": "PSVC001", "summary": "checkout"},
                    },
                }
            }
        },
        "take_jira_event": {
            "an issue": {
                "webhookEvent": "jira:issue_updated",
                "issue": {"key": "PAY-412", "fields": {"labels": ["incident-follow-up"]}},
            }
        },
        "take_sendgrid_events": {
            "a bounce": [
                {
                    "event": "bounce",
                    "timestamp": 1793610000,
                    "email": "lucia@example.com",
                    "sg_event_id": "Ym91bmNl",
                    "type": "bounce",
                    "reason": "550 5.1.1 unknown",
                }
            ]
        },
        "set_aside_alert": {"it is known": {"alert": "checkout/disk", "because": "The disk is replaced on Monday"}},
        "bring_back_alert": {"an alert": {"alert": "checkout/disk"}},
        "settle_comment": {"settled": {"answer": "It says so now"}},
        "publish_to_confluence": {"again": {"by": "ines"}},
        "add_anonymous_note": {"a note": {"text": "Nobody dared to say that the runbook is wrong."}},
        "make_token": {
            "for a script": {"name": "Weekly report", "scopes": ["read"], "days": 30},
            "for a service": {"name": "Chat bot", "service": True, "scopes": ["read", "command", "act for others"]},
        },
        "begin_terminal": {"a terminal": {"name": "ines@laptop"}},
        "get_terminal_token": {"the secret that it keeps": {"secret": "kept-by-the-terminal"}},
        "import_directory": {
            "what would change": {"csv": "key,name,email\nines,Inés Robles,ines@example.com\n", "dry_run": True}
        },
        "take_generic_alert": {
            "an alert": {
                "dedup_key": "checkout/errors",
                "title": "Error rate above 5 %",
                "state": "firing",
                "labels": {"service": "checkout", "severity": "critical"},
            }
        },
        "take_alertmanager_alerts": {
            "a group": {
                "version": "4",
                "groupKey": '{}:{alertname="HighErrorRate"}',
                "status": "firing",
                "groupLabels": {"alertname": "HighErrorRate"},
                "commonLabels": {"alertname": "HighErrorRate", "service": "checkout"},
                "commonAnnotations": {"summary": "Error rate above 5 %"},
                "externalURL": "http://alertmanager.example.com",
                "alerts": [
                    {
                        "status": "firing",
                        "labels": {"alertname": "HighErrorRate", "service": "checkout"},
                        "annotations": {},
                        "startsAt": "2026-11-02T09:00:00Z",
                        "endsAt": "0001-01-01T00:00:00Z",
                        "generatorURL": "",
                        "fingerprint": "c0ffee",
                    }
                ],
            }
        },
    }
)
"""By an operation's id, and by what they do."""
