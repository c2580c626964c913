"""What the dashboard shows in the tests with a browser."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.replayed.incident.incident import (
    Audience,
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    IncidentPlan,
    IncidentStatus,
    ItemSummary,
    Role,
    RoleHolder,
    SentUpdate,
    UpdateStage,
)
from followthrough.domain.replayed.item.action_item import ActionItem, Evidence, ItemStatus, Moment, MomentKind, Waiver
from followthrough.domain.replayed.postmortem.postmortem import Postmortem, Review
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.ticket.ticket import Ticket
from followthrough.domain.replayed.values import EntryKind, Severity
from tests import records

NOW = datetime.now(UTC)
POSTMORTEM = """## What happened

A **provider** changed its certificate and our trust store did not know the new one.

- 14 minutes of failed payments
- [the graph](https://graphs.example.com/1)

<script>document.title = "bad"</script>

[bad](javascript:alert(1)) <img src=x onerror="document.title='bad'">
"""


def late_item() -> ActionItem:
    late = records.item(1, due_in_days=0, owner="tomas", proposed_by="ines", proposed_at=NOW - timedelta(days=40))
    assert late.plan is not None
    escalation = Moment(at=NOW + timedelta(days=1), kind=MomentKind.ESCALATE, level=2, to=("nora",))
    late.plan = late.plan.model_copy(update={"due": NOW - timedelta(days=5, hours=1), "next": escalation})
    late.ticket = Ticket(key="PAY-311", url="https://acme.atlassian.net/browse/PAY-311")
    late.sprint = Sprint(id=7, name="Payments 24")
    late.reminders = [Moment(at=NOW - timedelta(days=4), kind=MomentKind.ESCALATE, level=1, to=("marcos",))]
    late.note(NOW - timedelta(days=4), EntryKind.ESCALATION, "Escalated to marcos, level 1: 1 day late")
    return late


def proposed_item() -> ActionItem:
    proposed = records.item(
        2, title="Load-test the fallback provider every month", status=ItemStatus.PROPOSED, owner="lucia"
    )
    assert proposed.plan is not None
    asked = Moment(at=NOW + timedelta(days=2), kind=MomentKind.REMIND_TO_ACCEPT, to=("lucia",))
    proposed.plan = proposed.plan.model_copy(update={"due": NOW + timedelta(days=20), "next": asked})
    return proposed


def closed_item() -> ActionItem:
    done = records.item(
        3,
        title="Ship a runbook for switching providers",
        status=ItemStatus.CLOSED,
        owner="tomas",
        ended_at=NOW - timedelta(days=2),
    )
    done.evidence = [
        Evidence.model_validate(
            {"url": "https://git.example.com/runbooks/12", "by": "tomas", "at": NOW - timedelta(days=3)}
        )
    ]
    return done


def waived_item() -> ActionItem:
    waived = records.item(
        4,
        title="Replace the trust store of the retired checkout",
        owner="lucia",
        status=ItemStatus.WAIVED,
        ended_at=NOW - timedelta(days=1),
    )
    waived.waiver = Waiver(
        reason="The retired checkout is switched off next week.", by="marcos", at=NOW - timedelta(days=1)
    )
    return waived


def ongoing_incident() -> Incident:
    return records.incident(
        2,
        title="Search answers with errors",
        service="storefront",
        team="platform",
        severity=Severity.SEV1,
        declared_at=NOW - timedelta(minutes=42),
        roles=[
            RoleHolder(role=Role.INCIDENT_COMMANDER, person="sam", at=NOW, acknowledged_at=NOW - timedelta(minutes=40)),
            RoleHolder(role=Role.COMMS_LEAD, person="wei", at=NOW - timedelta(minutes=4)),
        ],
        updates=[
            SentUpdate(
                stage=UpdateStage.IDENTIFIED,
                audience=Audience.CUSTOMERS,
                text="Search is slow; a fix is on its way.",
                by="wei",
                at=NOW - timedelta(minutes=9),
            )
        ],
        plan=IncidentPlan(
            postmortem_due=None,
            auto_resolve=False,
            next=IncidentMoment(
                at=NOW + timedelta(minutes=21), kind=IncidentMomentKind.UPDATE_DUE, subject="customers", to=("wei",)
            ),
        ),
        resolution_proposed_at=NOW - timedelta(minutes=1),
        alerts=3,
    )


def drill() -> Incident:
    return records.incident(
        3,
        title="Practice: the database is gone",
        service="database",
        team="platform",
        drill=True,
        declared_at=NOW - timedelta(days=3),
        status=IncidentStatus.CANCELLED,
        ended_at=NOW - timedelta(days=3),
    )


def published_incident(items: Sequence[ActionItem]) -> Incident:
    published = records.incident(
        1,
        title="Card payments fail",
        declared_at=NOW - timedelta(days=41),
        mitigated_at=NOW - timedelta(days=41),
        resolved_at=NOW - timedelta(days=41),
        published_at=NOW - timedelta(days=36),
        status=IncidentStatus.PUBLISHED,
        roles=[
            RoleHolder(role=Role.INCIDENT_COMMANDER, person="ines", at=NOW, acknowledged_at=NOW - timedelta(days=41))
        ],
        items=[ItemSummary(id=item.id, title=item.title, owner=item.owner, ended_at=item.ended_at) for item in items],
        postmortem_owner="ines",
        postmortem_format="five-whys",
        postmortem=Postmortem(
            text=POSTMORTEM,
            by="ines",
            at=NOW - timedelta(days=37),
            review=Review(by="tomas", at=NOW - timedelta(days=36), approved=True),
        ),
    )
    published.note(
        NOW - timedelta(days=41), EntryKind.STATUS, "Resolved: the new certificate is trusted everywhere", "ines"
    )
    return published


def write_records(database: Engine) -> None:
    model, late = ReadModel(database), late_item()
    items = [late, proposed_item(), closed_item(), waived_item()]
    for item in items:
        model.project_item(item)
    for incident in (published_incident(items), ongoing_incident(), drill()):
        model.project_incident(incident)
    mail = records.mail(
        f"{late.id}/9/item-escalation",
        kind="item-escalation",
        incident_id=late.incident_id,
        item_id=late.id,
        recipients=["marcos@example.com"],
        subject="Late: Alert on queue depth",
        text="Tomás owes this since Monday.",
        html='<p style="color: rgb(1, 2, 3)">Tomás owes this.</p><script>document.title = "bad"</script>',
        headers={"References": "<inc-0000000001@followthrough>"},
        at=NOW - timedelta(days=4),
        answer="202 Accepted",
    )
    with Session(database) as session, session.begin():
        session.add(mail)
