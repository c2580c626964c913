"""An organisation at work on a Tuesday: the same in every run, for pictures and for a look at every page."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.replayed.incident.alert import Alert, AlertState
from followthrough.domain.replayed.incident.incident import (
    Audience,
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    IncidentPlan,
    IncidentStatus,
    ItemSummary,
    Repeat,
    Role,
    RoleHolder,
    SentUpdate,
    Subscription,
    UpdateStage,
)
from followthrough.domain.replayed.item.action_item import (
    ActionItem,
    Block,
    Evidence,
    ExtensionWanted,
    ItemPlan,
    ItemPolicy,
    ItemStatus,
    Kind,
    Moment,
    MomentKind,
    OwnerWanted,
    Priority,
    Waiver,
)
from followthrough.domain.replayed.postmortem.postmortem import Postmortem
from followthrough.domain.replayed.ticket.ticket import Ticket
from followthrough.domain.replayed.values import EntryKind, Severity
from followthrough.store.tables import AnonymousNoteRow, TroubleRow, UnstartedAlertRow
from tests import records

NOW = datetime(2026, 3, 3, 10, 20, tzinfo=UTC)
LED, PUBLISHED, IN_REVIEW = "inc-52b07d9e14", "inc-7f3a9c21d0", "inc-90c4e6a713"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def an_item(number: int, title: str, due_in: float, **changes: Any) -> ActionItem:
    """Of the published incident; due some days after now."""
    due = NOW + due_in * DAY
    item = records.item(
        id=f"{PUBLISHED}.{number}",
        incident_id=PUBLISHED,
        title=title,
        **{"owner": "tomas", "proposed_by": "ines"} | changes,
    )
    item.ticket = Ticket(key=f"PAY-{310 + number}", url=f"https://acme.atlassian.net/browse/PAY-{310 + number}")
    item.plan = ItemPlan(
        policy=ItemPolicy(approvers=("marcos",), verified_by_other=True, max_extensions=2, max_extension_days=14),
        accept_by=NOW + 2 * DAY,
        due=due,
        next=Moment(at=due - DAY, kind=MomentKind.REMIND_BEFORE_DEADLINE, to=(item.owner,)),
    )
    return item


EVIDENCE = Evidence.model_validate({"url": "https://git.example.com/runbooks/12", "by": "tomas", "at": NOW - DAY})


def late_item() -> ActionItem:
    """Its owner's manager has heard of it."""
    late = an_item(1, "Alert when the queue of refunds is older than 5 minutes", -3)
    assert late.plan is not None
    escalation = Moment(at=NOW + DAY, kind=MomentKind.ESCALATE, level=2, to=("nora",))
    late.plan = late.plan.model_copy(update={"next": escalation})
    late.reminders = [Moment(at=NOW - 2 * DAY, kind=MomentKind.ESCALATE, level=1, to=("marcos",))]
    late.note(NOW - 2 * DAY, EntryKind.ESCALATION, "Escalated to marcos, level 1: 1 day late")
    return late


def open_items() -> list[ActionItem]:
    """One in every situation that somebody has to decide in."""
    more_time = ExtensionWanted(
        until=NOW + 12 * DAY, reason="The vendor's API comes next week", by="ines", at=NOW - DAY / 6
    )
    declined = OwnerWanted(because="Lucía Prieto declined: she is on the migration", since=NOW - DAY)
    block = Block(reason="The new board comes first", until=NOW + 6 * DAY, by="tomas", at=NOW - DAY)
    medium = Priority.MEDIUM
    test = an_item(2, "Load-test the fallback provider every month", 18, owner="lucia", status=ItemStatus.PROPOSED)
    runbook = an_item(3, "Ship a runbook for switching providers", 4, status=ItemStatus.DONE, kind=Kind.MITIGATE)
    runbook.evidence, runbook.done_at = [EVIDENCE], NOW - DAY
    renew = an_item(4, "Renew certificates 30 days before they end, without a person", 1, owner="ines", extensions=2)
    renew.extension_wanted, renew.kind = more_time, Kind.PREVENT
    practise = an_item(5, "Practise the switch of providers with the whole team", 9, owner="lucia", priority=medium)
    practise.owner_wanted = declined
    board = an_item(6, "Show both providers' rate of errors on the board of payments", 13, priority=medium)
    board.block, board.blocked_at = block, NOW - DAY
    return [late_item(), test, runbook, renew, practise, board]


def items() -> list[ActionItem]:
    """Also those that nobody owes any more."""
    call = an_item(7, "Say in the call who decides about switching", -9, owner="lucia", status=ItemStatus.CLOSED)
    call.evidence, call.ended_at = [EVIDENCE], NOW - 8 * DAY
    retired = an_item(8, "Replace the trust store of the retired checkout", 5, status=ItemStatus.WAIVED)
    because = "The retired checkout is switched off next week."
    retired.waiver, retired.ended_at = Waiver(reason=because, by="marcos", at=NOW - 5 * DAY), NOW - 5 * DAY
    return [*open_items(), call, retired]


SINCE = NOW - 42 * MINUTE
SAID = "Refunds to cards of one bank fail. We are moving them to the other provider."
HAPPENED = (
    (42, EntryKind.ALERT, "Alertmanager fires: Refunds fail for cards of one bank", None),
    (40, EntryKind.ROLE, "Incident Commander acknowledged", "ines"),
    (31, EntryKind.NOTE, "Only refunds through the first provider fail", "tomas"),
    (24, EntryKind.UPDATE, f"Identified, to internal: {SAID}", "ines"),
    (17, EntryKind.DECISION, "We stay with the other provider until tomorrow", "ines"),
    (4, EntryKind.ROLE, "Comms Lead: lucia is asked, wei did not acknowledge it", None),
)
"""How many minutes ago, what, and by whom."""

ALERT = Alert(
    dedup_key="refunds",
    source="Alertmanager",
    state=AlertState.FIRING,
    title="Refunds fail for cards of one bank",
    summary="One refund in three fails since 09:35.",
    labels={"service": "checkout", "severity": "critical"},
    url="https://alerts.example.com/refunds",
    at=SINCE,
)


def a_role(role: Role, person: str, at: datetime, *before: str, acknowledged: bool = True) -> RoleHolder:
    """Acknowledged within a minute, or not."""
    said = at + MINUTE if acknowledged else None
    return RoleHolder(role=role, person=person, at=at, acknowledged_at=said, before=before)


def led_incident() -> Incident:
    """Users are hurt; whoever commands has said so, whoever writes to customers has not."""
    due = IncidentMoment(at=NOW + 6 * MINUTE, kind=IncidentMomentKind.UPDATE_DUE, subject="internal", to=("lucia",))
    sent = SentUpdate(
        stage=UpdateStage.IDENTIFIED, audience=Audience.INTERNAL, text=SAID, by="ines", at=NOW - 24 * MINUTE
    )
    incident = Incident(
        id=LED,
        dedup_key="refunds",
        title=ALERT.title,
        service="checkout",
        team="payments",
        severity=Severity.SEV2,
        declared_at=SINCE,
        alerts=3,
        alert=ALERT,
        roles=[
            a_role(Role.INCIDENT_COMMANDER, "ines", SINCE),
            a_role(Role.COMMS_LEAD, "lucia", NOW - 4 * MINUTE, "wei", acknowledged=False),
            a_role(Role.RESOLVER, "tomas", SINCE),
        ],
        updates=[sent],
        plan=IncidentPlan(postmortem_due=None, auto_resolve=False, next=due),
        subscriptions=[Subscription(person="grace", audience=Audience.INTERNAL)],
        proposed_repeats=[Repeat(incident_id=PUBLISHED, because="its title is alike", proposed=True)],
    )
    for minutes, kind, text, author in HAPPENED:
        incident.note(NOW - minutes * MINUTE, kind, text, author)
    return incident


def published_incident(of: Sequence[ActionItem]) -> Incident:
    """Its action items are under way."""
    begun = NOW - 41 * DAY
    return records.incident(
        id=PUBLISHED,
        title="Card payments fail",
        declared_at=begun,
        mitigated_at=begun + 35 * MINUTE,
        resolved_at=begun + 72 * MINUTE,
        published_at=NOW - 36 * DAY,
        status=IncidentStatus.PUBLISHED,
        roles=[a_role(Role.INCIDENT_COMMANDER, "ines", begun)],
        items=[ItemSummary(id=item.id, title=item.title, owner=item.owner, ended_at=item.ended_at) for item in of],
        postmortem_owner="ines",
        postmortem=Postmortem(text="# What broke\n\nA certificate ended.", by="ines", at=NOW - 37 * DAY),
    )


def incident_in_review() -> Incident:
    """Its postmortem waits for somebody who was there, and has what Markdown may have."""
    begun = NOW - 3 * DAY
    text = "# What broke\n\nTomás forgot the key.\n\n- one\n\n| a | b |\n|---|---|\n| c | d |"
    return records.incident(
        id=IN_REVIEW,
        title="Two payments for one order",
        declared_at=begun,
        mitigated_at=begun + 20 * MINUTE,
        resolved_at=begun + 50 * MINUTE,
        status=IncidentStatus.RESOLVED,
        roles=[a_role(Role.INCIDENT_COMMANDER, "tomas", begun), a_role(Role.RESOLVER, "marcos", begun)],
        postmortem_owner="tomas",
        postmortem=Postmortem(text=text, by="tomas", at=NOW - DAY),
        plan=IncidentPlan(postmortem_due=NOW + 2 * DAY, auto_resolve=False, next=None),
    )


def incidents() -> list[Incident]:
    """Those, and a private one."""
    private = records.incident(4, title="A key was published", private=True, admitted=["marcos"], declared_at=NOW - DAY)
    return [led_incident(), published_incident(items()), incident_in_review(), private]


def write_sample(database: Engine) -> None:
    """All of it, and what the pages of troubles, of alerts and of anonymous notes show."""
    model = ReadModel(database)
    for item in items():
        model.project_item(item)
    for incident in incidents():
        model.project_incident(incident)
    without_route = UnstartedAlertRow(
        dedup_key="disk",
        source="Alertmanager",
        state="firing",
        title="The disk is full",
        labels={"host": "db-3"},
        url="https://alerts.example.com/disk",
        deliveries=3,
        first_at=NOW - DAY,
        last_at=NOW,
        at=NOW,
        event="",
    )
    trouble = TroubleRow(
        key="mail set aside/1",
        kind="mail set aside",
        sentence="A mail to lucia@example.com was set aside.",
        what_to_do="followthrough send-again",
        since=NOW - DAY,
    )
    note = AnonymousNoteRow(id="a", incident_id=PUBLISHED, text="Nobody dared to switch.", batch=NOW - 35 * DAY)
    with Session(database) as session, session.begin():
        session.add_all([without_route, trouble, note])
