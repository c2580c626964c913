"""An incident: what it knows, and the commands people give it.

A command's ``apply`` either changes the incident or raises ``Refusal`` and leaves it as it was.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from followthrough.domain.action_item import Kind, Priority
from followthrough.domain.values import EntryKind, Message, PersonId, Record, Refusal, Severity


class IncidentStatus(StrEnum):
    """Where an incident is; CLOSED and CANCELLED are its two ends."""

    DECLARED = "declared"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    PUBLISHED = "postmortem published"
    CLOSED = "closed"
    CANCELLED = "cancelled"


ONGOING = (IncidentStatus.DECLARED, IncidentStatus.MITIGATED)
"""Something is still broken; alerts belong to this incident and stakeholders are waiting."""


class Role(StrEnum):
    """Nobody holds two."""

    INCIDENT_COMMANDER = "Incident Commander"
    COMMS_LEAD = "Comms Lead"
    RESOLVER = "Resolver"


class Audience(StrEnum):
    """Who an update is for."""

    CUSTOMERS = "customers"
    EXECUTIVES = "executives"
    INTERNAL = "internal"


class UpdateStage(StrEnum):
    """What an update says about the state of the work."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


class AlertState(StrEnum):
    """What a pager says of an alert."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Alert(Message):
    """A paging alert, from whichever pager. ``dedup_key`` is the pager's own, prefixed with its name."""

    dedup_key: str = Field(min_length=1)
    source: str
    state: AlertState
    title: str = Field(min_length=1)
    summary: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    url: str | None = None
    at: AwareDatetime


class IncidentMomentKind(StrEnum):
    """Why an incident wakes up."""

    ROLE_NOT_ACKNOWLEDGED = "role not acknowledged"
    UPDATE_DUE = "update due"
    UPDATE_MISSED = "update missed"
    POSTMORTEM_DUE_SOON = "postmortem due soon"
    POSTMORTEM_OVERDUE = "postmortem overdue"


class IncidentMoment(Message):
    """The next time something must happen, and who is told.

    ``level`` counts escalations from 1; ``subject`` is a role or an audience.
    """

    at: AwareDatetime
    kind: IncidentMomentKind
    level: int = 0
    subject: str = ""
    to: tuple[PersonId, ...] = ()


class IncidentPlan(Message):
    """What the organisation file asks of this incident next."""

    postmortem_due: AwareDatetime | None
    auto_resolve: bool
    next: IncidentMoment | None


class RoleHolder(Message):
    """Who holds a role, and whether they said so themselves."""

    role: Role
    person: PersonId
    at: AwareDatetime
    acknowledged_at: AwareDatetime | None = None


class SentUpdate(Message):
    """A stakeholder update."""

    stage: UpdateStage
    audience: Audience
    text: str
    by: PersonId
    at: AwareDatetime


class Postmortem(Message):
    """What was learned. Markdown."""

    text: str
    by: PersonId
    at: AwareDatetime


class ItemSummary(Message):
    """What the incident knows of one of its action items."""

    id: str
    title: str
    owner: PersonId
    ended_at: AwareDatetime | None = None
    waived: bool = False


class Incident(Record):
    """Everything known about one incident. All times are aware, in UTC."""

    dedup_key: str
    title: str
    service: str
    team: str
    severity: Severity
    declared_at: AwareDatetime
    declared_by: PersonId | None = None
    """None when a pager did."""
    drill: bool = False
    status: IncidentStatus = IncidentStatus.DECLARED
    mitigated_at: AwareDatetime | None = None
    resolved_at: AwareDatetime | None = None
    resolution_proposed_at: AwareDatetime | None = None
    """When the pager said that the alert is over; people decide whether the incident is."""
    published_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    plan: IncidentPlan | None = None
    alerts: int = 0
    """How many deliveries of its alert it has seen."""
    roles: list[RoleHolder] = Field(default_factory=list)
    updates: list[SentUpdate] = Field(default_factory=list)
    """The last update for each audience."""
    postmortem: Postmortem | None = None
    items: list[ItemSummary] = Field(default_factory=list)
    moments: list[IncidentMoment] = Field(default_factory=list)
    """Moments that have passed, so that none comes twice."""

    @property
    def ended(self) -> bool:
        """Closed or cancelled."""
        return self.status in (IncidentStatus.CLOSED, IncidentStatus.CANCELLED)

    def holder(self, role: Role) -> PersonId | None:
        """Who holds the role, the first of them for Resolvers."""
        return next((holder.person for holder in self.roles if holder.role is role), None)

    def require(self, *statuses: IncidentStatus, to: str) -> None:
        """Raises Refusal unless the incident is in one of ``statuses``."""
        if self.status not in statuses:
            allowed = " or ".join(status.value for status in statuses)
            raise Refusal(f"Incident {self.id} is {self.status.value}; only one that is {allowed} can be {to}.")

    def receive(self, alert: Alert, now: datetime) -> bool:
        """Takes a delivery of an alert in; False when it is not this incident's (any more)."""
        if self.status not in ONGOING or alert.dedup_key != self.dedup_key:
            return False
        self.alerts += 1
        if alert.state is AlertState.RESOLVED:
            self.resolution_proposed_at = now
            self.note(now, EntryKind.ALERT, f"{alert.source} says that the alert is over: {alert.title}")
            if self.plan is not None and self.plan.auto_resolve:
                self.resolve(now, "The alert is over", None)
        elif self.resolution_proposed_at is not None:
            self.resolution_proposed_at = None
            self.note(now, EntryKind.ALERT, f"{alert.source} fires again: {alert.title}")
        elif self.alerts == 1:
            self.note(now, EntryKind.ALERT, f"{alert.source} fires: {alert.title}")
        return True

    def resolve(self, now: datetime, summary: str, by: PersonId | None) -> None:
        """Marks the incident as resolved."""
        self.mitigated_at = self.mitigated_at or now
        self.resolved_at = now
        self.status = IncidentStatus.RESOLVED
        self.note(now, EntryKind.STATUS, f"Resolved: {summary}", by)

    def close_if_done(self, now: datetime) -> None:
        """Closes the incident when its postmortem is published and every action item has ended."""
        if self.status is IncidentStatus.PUBLISHED and all(item.ended_at for item in self.items):
            self.status = IncidentStatus.CLOSED
            self.ended_at = max([now, *(item.ended_at for item in self.items if item.ended_at)])
            self.note(self.ended_at, EntryKind.STATUS, "Closed: every action item is closed or waived")


class AssignRole(Message):
    """Somebody takes a role; Incident Commander and Comms Lead are handed over by it."""

    command: Literal["assign role"] = "assign role"
    by: PersonId | None = None
    role: Role
    person: PersonId
    note: str = ""

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when the person already holds a role."""
        incident.require(*ONGOING, to="given roles")
        for holder in incident.roles:
            if holder.person == self.person:
                raise Refusal(f"{self.person} is already {holder.role.value}; nobody holds two roles in one incident.")
        if self.role is not Role.RESOLVER:
            incident.roles = [holder for holder in incident.roles if holder.role is not self.role]
        incident.roles.append(
            RoleHolder(
                role=self.role, person=self.person, at=now, acknowledged_at=now if self.by == self.person else None
            )
        )
        note = f": {self.note}" if self.note else ""
        incident.note(now, EntryKind.ROLE, f"{self.role.value}: {self.person}{note}", self.by)


class Acknowledge(Message):
    """A role holder says: I have it."""

    command: Literal["acknowledge"] = "acknowledge"
    by: PersonId

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when the person holds no role that waits for it."""
        incident.require(*ONGOING, to="acknowledged")
        for index, holder in enumerate(incident.roles):
            if holder.person == self.by and holder.acknowledged_at is None:
                incident.roles[index] = holder.model_copy(update={"acknowledged_at": now})
                incident.note(now, EntryKind.ROLE, f"{holder.role.value} acknowledged", self.by)
                return
        raise Refusal(f"{self.by} holds no role in incident {incident.id} that waits to be acknowledged.")


class ChangeSeverity(Message):
    """Raise or lower the severity."""

    command: Literal["change severity"] = "change severity"
    by: PersonId
    severity: Severity
    reason: str = Field(min_length=1)

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when nothing would change or the incident is over."""
        incident.require(*ONGOING, to="given another severity")
        if self.severity is incident.severity:
            raise Refusal(f"Incident {incident.id} is already {self.severity}.")
        incident.note(now, EntryKind.SEVERITY, f"{incident.severity} to {self.severity}: {self.reason}", self.by)
        incident.severity = self.severity


class SendUpdate(Message):
    """Tell an audience where things stand."""

    command: Literal["send update"] = "send update"
    by: PersonId
    stage: UpdateStage
    audience: Audience
    text: str = Field(min_length=1)

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal once the incident has ended."""
        incident.require(*ONGOING, IncidentStatus.RESOLVED, to="updated on")
        sent = SentUpdate(stage=self.stage, audience=self.audience, text=self.text, by=self.by, at=now)
        incident.updates = [update for update in incident.updates if update.audience is not self.audience] + [sent]
        incident.note(
            now, EntryKind.UPDATE, f"{self.stage.value.capitalize()}, to {self.audience.value}: {self.text}", self.by
        )


class AddNote(Message):
    """A line for the timeline, marked when it is a decision."""

    command: Literal["note"] = "note"
    by: PersonId
    text: str = Field(min_length=1)
    decision: bool = False

    def apply(self, incident: Incident, now: datetime) -> None:
        """Always taken."""
        incident.note(now, EntryKind.DECISION if self.decision else EntryKind.NOTE, self.text, self.by)


class Mitigate(Message):
    """Users are no longer hurt; the cause may still be there."""

    command: Literal["mitigate"] = "mitigate"
    by: PersonId
    summary: str = Field(min_length=1)

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal unless the incident is declared."""
        incident.require(IncidentStatus.DECLARED, to="mitigated")
        incident.status = IncidentStatus.MITIGATED
        incident.mitigated_at = now
        incident.note(now, EntryKind.STATUS, f"Mitigated: {self.summary}", self.by)


class Resolve(Message):
    """It is over."""

    command: Literal["resolve"] = "resolve"
    by: PersonId
    summary: str = Field(min_length=1)

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal unless the incident is ongoing."""
        incident.require(*ONGOING, to="resolved")
        incident.resolve(now, self.summary, self.by)


class Cancel(Message):
    """It was a false alarm."""

    command: Literal["cancel"] = "cancel"
    by: PersonId
    reason: str = Field(min_length=1)

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when it is over or has action items, which must not be forgotten."""
        incident.require(*ONGOING, to="cancelled")
        if incident.items:
            raise Refusal(f"Incident {incident.id} has action items; resolve it instead, so that they are followed up.")
        incident.status = IncidentStatus.CANCELLED
        incident.ended_at = now
        incident.note(now, EntryKind.STATUS, f"Cancelled, a false alarm: {self.reason}", self.by)


class ProposeItem(Message):
    """A follow-up with one named owner."""

    command: Literal["propose action item"] = "propose action item"
    by: PersonId
    title: str = Field(min_length=1, max_length=200)
    owner: PersonId
    kind: Kind = Kind.PREVENT
    priority: Priority = Priority.MEDIUM

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal once the incident has ended."""
        incident.require(*ONGOING, IncidentStatus.RESOLVED, IncidentStatus.PUBLISHED, to="given action items")
        item_id = f"{incident.id}.{len(incident.items) + 1}"
        incident.items.append(ItemSummary(id=item_id, title=self.title, owner=self.owner))
        incident.note(now, EntryKind.ACTION_ITEM, f"{item_id} for {self.owner}: {self.title}", self.by)


class Publish(Message):
    """The postmortem, after review."""

    command: Literal["publish postmortem"] = "publish postmortem"
    by: PersonId
    text: str = Field(min_length=1)

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal unless the incident is resolved."""
        incident.require(IncidentStatus.RESOLVED, to="given a postmortem")
        incident.postmortem = Postmortem(text=self.text, by=self.by, at=now)
        incident.published_at = now
        incident.status = IncidentStatus.PUBLISHED
        incident.note(
            now, EntryKind.POSTMORTEM, f"Postmortem published with {len(incident.items)} action items", self.by
        )


IncidentCommand = Annotated[
    AssignRole
    | Acknowledge
    | ChangeSeverity
    | SendUpdate
    | AddNote
    | Mitigate
    | Resolve
    | Cancel
    | ProposeItem
    | Publish,
    Field(discriminator="command"),
]
