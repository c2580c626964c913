"""An incident: what it knows. ``incident_commands`` has what people tell it."""

from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, Field

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
    NO_POSTMORTEM_OWED = "no postmortem owed"


class IncidentMoment(Message):
    """The next time something must happen, and who is told.

    ``level`` counts escalations from 1; ``subject`` is a role or an audience, ``holder`` who has that role.
    """

    at: AwareDatetime
    kind: IncidentMomentKind
    level: int = 0
    subject: str = ""
    holder: PersonId | None = None
    to: tuple[PersonId, ...] = ()


class IncidentPlan(Message):
    """What the organisation file asks of this incident next.

    ``on_call`` are those to ask for a role, in order, without who holds one.
    """

    on_call: tuple[PersonId, ...] = ()
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
    def reviewed(self) -> bool:
        """The postmortem is published, or the incident was resolved for a while and owes none."""
        return self.status is IncidentStatus.PUBLISHED or (
            self.status is IncidentStatus.RESOLVED
            and any(moment.kind is IncidentMomentKind.NO_POSTMORTEM_OWED for moment in self.moments)
        )

    @property
    def ended(self) -> bool:
        """Closed or cancelled."""
        return self.status in (IncidentStatus.CLOSED, IncidentStatus.CANCELLED)

    @property
    def upcoming(self) -> IncidentMoment | None:
        """The next moment; none once the incident has ended."""
        return self.plan.next if self.plan and not self.ended else None

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

    def item_ended(self, now: datetime, item_id: str, at: datetime, waived: bool) -> None:
        """Records that an action item is closed or waived; a second report of the same changes nothing."""
        for index, item in enumerate(self.items):
            if item.id == item_id and item.ended_at is None:
                self.items[index] = item.model_copy(update={"ended_at": at, "waived": waived})
                self.note(now, EntryKind.ACTION_ITEM, f"{item_id} {'waived' if waived else 'closed'}")
        self.close_if_done(now)

    def close_if_done(self, now: datetime) -> None:
        """Closes the incident when it is reviewed and every action item has ended."""
        if self.reviewed and all(item.ended_at for item in self.items):
            self.status = IncidentStatus.CLOSED
            self.ended_at = max([now, *(item.ended_at for item in self.items if item.ended_at)])
            self.note(self.ended_at, EntryKind.STATUS, "Closed: every action item is closed or waived")
