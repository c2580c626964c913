"""Every event that the paging activity sends, sent by the real client, against PagerDuty's document."""

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from temporalio.testing import ActivityEnvironment

from activities.paging import Paging
from followthrough.domain.replayed.incident.incident import Incident, Paged, Role, RoleHolder
from followthrough.domain.replayed.incident.paging import PageAction, ToPage
from followthrough.domain.replayed.values import Severity
from followthrough.settings import Settings
from tests.notices import ORGANISATION, PUBLIC_URL
from tests.records import NOW, incident
from tests.standins.pagerduty import ROUTING_KEY, PagerDutyStandIn
from tests.standins.server import CONTRACTS
from workflows.messages.page import SendPage

pytestmark = pytest.mark.skipif(
    not CONTRACTS, reason="FOLLOWTHROUGH_CONTRACTS does not name the folder with PagerDuty's API document"
)


def send(pagerduty: PagerDutyStandIn, database: Engine, action: PageAction, record: Incident) -> None:
    about = Paged(role=Role.INCIDENT_COMMANDER, person="ben", at=NOW)
    key = f"followthrough/{record.id}/Incident Commander"
    asked = SendPage(page=ToPage(key=key, action=action, about=about), incident=record, at=NOW)
    settings = Settings(
        pagerduty_routing_key=SecretStr(ROUTING_KEY), pagerduty_events_url=pagerduty.url, public_url=PUBLIC_URL
    )
    ActivityEnvironment().run(Paging(settings, lambda: ORGANISATION, database).send_page, asked)


def asked(severity: Severity = Severity.SEV1, *, private: bool = False) -> Incident:
    ben = RoleHolder(role=Role.INCIDENT_COMMANDER, person="ben", at=NOW, before=("ana",))
    return incident(severity=severity, roles=[ben], private=private)


def test_every_event_is_as_documented(database: Engine) -> None:
    with PagerDutyStandIn() as pagerduty:
        for severity in Severity:
            for action in PageAction:
                send(pagerduty, database, action, asked(severity))
        for action in PageAction:
            send(pagerduty, database, action, asked(private=True))
        assert pagerduty.told == [*PageAction] * 5
        assert pagerduty.events[0] == {
            "routing_key": ROUTING_KEY,
            "event_action": "trigger",
            "dedup_key": "followthrough/inc-0000000001/Incident Commander",
            "client": "Followthrough",
            "client_url": f"{PUBLIC_URL}/incidents/inc-0000000001",
            "links": [],
            "payload": {
                "summary": "Followthrough asks for Incident Commander: SEV1 Payments fail",
                "timestamp": "2026-03-02T09:00:00+00:00",
                "severity": "critical",
                "source": "checkout",
                "component": "Checkout",
                "group": "payments",
                "class": "Incident Commander",
                "custom_details": {
                    "incident": "inc-0000000001",
                    "asked": "Ben Lee",
                    "not acknowledged by": "Ana Ruiz",
                    "to acknowledge": f"{PUBLIC_URL}/incidents/inc-0000000001",
                },
            },
        }
        of_severities = [event["payload"]["severity"] for event in pagerduty.events[::3]]
        assert of_severities == ["critical", "error", "warning", "info", "critical"]
        assert pagerduty.events[1] == {
            "routing_key": ROUTING_KEY,
            "event_action": "acknowledge",
            "dedup_key": "followthrough/inc-0000000001/Incident Commander",
        }


def test_a_page_for_a_private_incident_says_only_that_it_is_one(database: Engine) -> None:
    with PagerDutyStandIn() as pagerduty:
        send(pagerduty, database, PageAction.TRIGGER, asked(private=True))
        (event,) = pagerduty.events
    assert event["payload"]["summary"] == "Followthrough asks for Incident Commander: SEV1 Private incident"
    assert "Payments" not in str(event)
    assert "heckout" not in str(event)
