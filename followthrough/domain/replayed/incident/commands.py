"""What people tell an incident.

A command's ``apply`` either changes the incident or raises ``Refusal`` and leaves it as it was.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from followthrough.domain.replayed.ids import item_id
from followthrough.domain.replayed.incident.correction import CorrectTimes
from followthrough.domain.replayed.incident.incident import (
    ONGOING,
    Audience,
    Incident,
    IncidentStatus,
    ItemSummary,
    Role,
    SentUpdate,
    UpdateStage,
)
from followthrough.domain.replayed.incident.kudos import GiveKudos
from followthrough.domain.replayed.incident.lifecycle import HandOver, LinkRepeat, Merge, Reopen, Split, UnlinkRepeat
from followthrough.domain.replayed.incident.privacy import Admit, ChangePrivacy
from followthrough.domain.replayed.incident.roles import give
from followthrough.domain.replayed.incident.subscriptions import Subscribe, Unsubscribe
from followthrough.domain.replayed.item.action_item import ActionItem, Kind, Priority
from followthrough.domain.replayed.limits import ACTION_ITEMS
from followthrough.domain.replayed.postmortem.commands import (
    AssignPostmortem,
    ChooseFormat,
    Publish,
    ReviewPostmortem,
    SubmitPostmortem,
)
from followthrough.domain.replayed.text import Label, Note, Reason, ReasonIfAny, Title
from followthrough.domain.replayed.times import LONG_AGO, YEAR, Time
from followthrough.domain.replayed.values import EntryKind, PersonId, Refusal, Request, Severity


class AssignRole(Request):
    """Somebody gets a role; Incident Commander and Comms Lead, which one person has, also from who had it."""

    command: Literal["assign role"] = "assign role"
    by: PersonId | None = None
    role: Role
    person: PersonId
    note: ReasonIfAny = ""

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when the person already holds a role."""
        incident.require(*ONGOING, to="given roles")
        only = self.role is not Role.RESOLVER
        holder = next((holder for holder in incident.roles if only and holder.role is self.role), None)
        give(incident, self.role, self.person, now, by=self.by, instead_of=holder)
        text = f"{self.role.value}: {self.person}" + (f", taking over from {holder.person}" if holder else "")
        incident.note(now, EntryKind.ROLE, f"{text}: {self.note}" if self.note else text, self.by)


class Acknowledge(Request):
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


class ChangeSeverity(Request):
    """Raise or lower the severity."""

    command: Literal["change severity"] = "change severity"
    by: PersonId
    severity: Severity
    reason: Reason

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when nothing would change or the incident is over."""
        incident.require(*ONGOING, to="given another severity")
        if self.severity is incident.severity:
            raise Refusal(f"Incident {incident.id} is already {self.severity}.")
        incident.note(now, EntryKind.SEVERITY, f"{incident.severity} to {self.severity}: {self.reason}", self.by)
        incident.severity = self.severity
        incident.severity_decided_by = self.by


class SendUpdate(Request):
    """Tell an audience where things stand."""

    command: Literal["send update"] = "send update"
    by: PersonId
    stage: UpdateStage
    audience: Audience
    text: Note

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal once the incident has ended."""
        incident.require(*ONGOING, IncidentStatus.RESOLVED, IncidentStatus.PUBLISHED, to="updated on")
        sent = SentUpdate(stage=self.stage, audience=self.audience, text=self.text, by=self.by, at=now)
        incident.updates = [update for update in incident.updates if update.audience is not self.audience] + [sent]
        incident.note(
            now, EntryKind.UPDATE, f"{self.stage.value.capitalize()}, to {self.audience.value}: {self.text}", self.by
        )


class AddNote(Request):
    """A line for the timeline, marked when it is a decision; ``at`` is for what happened earlier."""

    command: Literal["note"] = "note"
    by: PersonId
    text: Note
    decision: bool = False
    at: Time | None = None

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal for a time that is yet to come, or of many years ago."""
        if self.at is not None and self.at > now:
            raise Refusal(f"{self.at:%Y-%m-%d %H:%M %Z} is yet to come; the timeline has what happened.")
        if self.at is not None and now - self.at > LONG_AGO:
            raise Refusal(f"{self.at:%Y-%m-%d} is more than {LONG_AGO // YEAR} years ago; say in the text when it was.")
        incident.note(self.at or now, EntryKind.DECISION if self.decision else EntryKind.NOTE, self.text, self.by)


class Mitigate(Request):
    """Users are no longer hurt; the cause may still be there."""

    command: Literal["mitigate"] = "mitigate"
    by: PersonId
    summary: Reason

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal unless the incident is declared."""
        incident.require(IncidentStatus.DECLARED, to="mitigated")
        incident.status = IncidentStatus.MITIGATED
        incident.mitigated_at = now
        incident.mitigation = self.summary
        incident.note(now, EntryKind.STATUS, f"Mitigated: {self.summary}", self.by)


class Resolve(Request):
    """It is over."""

    command: Literal["resolve"] = "resolve"
    by: PersonId
    summary: Reason

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal unless the incident is ongoing."""
        incident.require(*ONGOING, to="resolved")
        incident.resolve(now, self.summary, self.by)


class Cancel(Request):
    """It was a false alarm."""

    command: Literal["cancel"] = "cancel"
    by: PersonId
    reason: Reason

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when it is over or has action items, which must not be forgotten."""
        incident.require(*ONGOING, to="cancelled")
        if incident.items:
            raise Refusal(f"Incident {incident.id} has action items; resolve it instead, so that they are followed up.")
        incident.status = IncidentStatus.CANCELLED
        incident.ended_at = now
        incident.note(now, EntryKind.STATUS, f"Cancelled, a false alarm: {self.reason}", self.by)


class ProposeItem(Request):
    """A follow-up with one named owner."""

    command: Literal["propose action item"] = "propose action item"
    by: PersonId
    title: Title
    owner: PersonId
    kind: Kind = Kind.PREVENT
    priority: Priority = Priority.MEDIUM
    missing: tuple[Label, ...] = Field(
        (), max_length=100, description="What keeps it from being checkable; the API fills it in"
    )
    hints: tuple[Label, ...] = Field((), max_length=100, description="What could not be checked; the API fills it in")

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal once the incident has ended."""
        incident.require(*ONGOING, IncidentStatus.RESOLVED, IncidentStatus.PUBLISHED, to="given action items")
        if len(incident.items) >= ACTION_ITEMS:
            raise Refusal(
                f"Incident {incident.id} has {ACTION_ITEMS} action items, as many as one can have; split it, "
                "and the new one can have more."
            )
        new_id = item_id(incident.id, len(incident.items) + 1)
        incident.items.append(ItemSummary(id=new_id, title=self.title, owner=self.owner))
        incident.note(now, EntryKind.ACTION_ITEM, f"{new_id} for {self.owner}: {self.title}", self.by)
        for sentence in self.missing:
            incident.note(now, EntryKind.ACTION_ITEM, f"{new_id} is taken, although it misses: {sentence}")
        for sentence in self.hints:
            incident.note(now, EntryKind.ACTION_ITEM, f"{new_id}: {sentence}")

    def proposed(self, incident: Incident, now: datetime) -> ActionItem:
        """The new action item, after ``apply``."""
        return ActionItem(
            id=incident.items[-1].id,
            incident_id=incident.id,
            title=self.title,
            kind=self.kind,
            priority=self.priority,
            severity=incident.severity,
            service=incident.service,
            team=incident.team,
            owner=self.owner,
            proposed_by=self.by,
            proposed_at=now,
            drill=incident.drill,
            private=incident.private,
            declared_at=incident.declared_since,
            resolved_at=incident.resolved_since,
            published_at=incident.published_at,
        )


IncidentCommand = Annotated[
    AssignRole
    | Acknowledge
    | ChangeSeverity
    | SendUpdate
    | Subscribe
    | Unsubscribe
    | AddNote
    | Mitigate
    | Resolve
    | Cancel
    | ProposeItem
    | ChooseFormat
    | AssignPostmortem
    | SubmitPostmortem
    | ReviewPostmortem
    | Publish
    | HandOver
    | Merge
    | Split
    | Reopen
    | LinkRepeat
    | UnlinkRepeat
    | GiveKudos
    | ChangePrivacy
    | Admit
    | CorrectTimes,
    Field(discriminator="command"),
]
