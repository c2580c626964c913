"""Commands that hand a role over, that merge, split and reopen incidents, and that link repeats."""

from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime, ConfigDict

from followthrough.domain.replayed.ids import IncidentId, incident_id
from followthrough.domain.replayed.incident.alert import Alert, Heard
from followthrough.domain.replayed.incident.incident import (
    ONGOING,
    BeforeMerge,
    Incident,
    IncidentMomentKind,
    IncidentStatus,
    ItemSummary,
    Repeat,
    RoleHolder,
    SentUpdate,
    Subscription,
)
from followthrough.domain.replayed.incident.privacy import people_on
from followthrough.domain.replayed.incident.roles import give
from followthrough.domain.replayed.limits import ACTION_ITEMS, LINKS, MERGED_ALERTS, PARTS, UNDONE
from followthrough.domain.replayed.text import TITLE, Key, Note, Reason, Title, cut
from followthrough.domain.replayed.values import EntryKind, Message, PersonId, Refusal, Request, Severity


class HandOver(Request):
    """Somebody gives their role to another person, who has to acknowledge it, with what they need to know."""

    command: Literal["hand over"] = "hand over"
    by: PersonId
    person: PersonId
    note: Note

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when the one has no role or the other has one."""
        incident.require(*ONGOING, to="handed over")
        leaver = next((holder for holder in incident.roles if holder.person == self.by), None)
        if leaver is None:
            raise Refusal(f"{self.by} holds no role in incident {incident.id} to hand over.")
        give(incident, leaver.role, self.person, now, by=self.by, instead_of=leaver)
        text = f"{leaver.role.value} handed over from {self.by} to {self.person}: {self.note}"
        incident.note(now, EntryKind.ROLE, text, self.by)


class Merge(Request):
    """It is the same as another incident, which continues."""

    command: Literal["merge"] = "merge"
    by: PersonId
    into: IncidentId

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when there is nothing to merge any more; the other is asked after this."""
        incident.require(*ONGOING, IncidentStatus.RESOLVED, to="merged into another")
        if self.into == incident.id:
            raise Refusal(f"Incident {incident.id} can't be merged into itself; name the one that continues.")
        incident.merging_into = self.into
        incident.note(now, EntryKind.STATUS, f"To be merged into {self.into}", self.by)


class Split(Request):
    """A part of it becomes an incident of its own; service and severity stay the same unless they are given."""

    command: Literal["split"] = "split"
    by: PersonId
    title: Title
    reason: Reason
    service: Key | None = None
    severity: Severity | None = None

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal once its postmortem is published."""
        incident.require(*ONGOING, IncidentStatus.RESOLVED, to="split")
        if len(incident.split_into) == PARTS:
            raise Refusal(f"Incident {incident.id} was split {PARTS} times already; declare a new one instead.")
        new_id = incident_id(f"split/{incident.id}/{len(incident.split_into) + 1}")
        incident.split_into.append(new_id)
        incident.note(now, EntryKind.STATUS, f"Split off {new_id}, {self.title}: {self.reason}", self.by)

    def split_off(self, incident: Incident, now: datetime) -> Incident:
        """The new incident, after ``apply``; its team is still that of the first."""
        return Incident(
            id=incident.split_into[-1],
            dedup_key=f"split/{incident.id}/{len(incident.split_into)}",
            title=self.title,
            service=self.service or incident.service,
            team=incident.team,
            severity=self.severity or incident.severity,
            declared_at=now,
            declared_by=self.by,
            drill=incident.drill,
            private=incident.private,
            admitted=people_on(incident) if incident.private else [],
            split_from=incident.id,
        )


class Reopen(Request):
    """It was not over after all."""

    command: Literal["reopen"] = "reopen"
    by: PersonId
    reason: Reason

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when it is ongoing or was merged.

        Who had a role has it again and has to acknowledge it; a postmortem has to be reviewed again.
        """
        over = (IncidentStatus.RESOLVED, IncidentStatus.PUBLISHED, IncidentStatus.CLOSED, IncidentStatus.CANCELLED)
        incident.require(*over, to="reopened")
        incident.status = IncidentStatus.DECLARED
        incident.reopened_at = now
        incident.mitigated_at = incident.resolved_at = incident.resolution_proposed_at = None
        incident.resolved_said_at = incident.published_at = incident.ended_at = None
        incident.acknowledged_before = incident.acknowledged_at
        if incident.postmortem is not None:
            incident.postmortem = incident.postmortem.model_copy(update={"review": None})
        incident.roles = [
            holder.model_copy(
                update={"at": now, "acknowledged_at": now if holder.person == self.by else None, "before": ()}
            )
            for holder in incident.roles
        ]
        incident.moments = [
            moment for moment in incident.moments if moment.kind is not IncidentMomentKind.NO_POSTMORTEM_OWED
        ]
        incident.note(now, EntryKind.STATUS, f"Reopened: {self.reason}", self.by)


class Continued(Message):
    """What an incident that is merged hands to the one that continues it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    status: IncidentStatus
    severity: Severity
    title: str
    drill: bool
    declared_at: AwareDatetime
    dedup_key: str
    inherited_keys: tuple[str, ...]
    firing: tuple[str, ...]
    heard: dict[str, Heard]
    alert: Alert | None
    declared_by: PersonId | None
    severity_decided_by: PersonId | None
    items: tuple[ItemSummary, ...]
    """Those that go along."""
    subscriptions: tuple[Subscription, ...]
    roles: tuple[RoleHolder, ...]
    updates: tuple[SentUpdate, ...]
    """Their beginnings."""
    private: bool = False
    admitted: tuple[PersonId, ...] = ()
    """Of a private one, everybody who is on it."""
    question: str = ""

    @classmethod
    def of(cls, incident: Incident) -> Self:
        """As the incident is now."""
        updates = (update.model_copy(update={"text": cut(update.text, TITLE)}) for update in incident.updates)
        going = [item for item in incident.items if item.goes_along]
        known = people_on(incident) if incident.private else []
        return cls.model_validate(
            incident.model_copy(update={"items": going, "updates": [*updates], "admitted": known})
        )


def take_in(incident: Incident, other: Continued, now: datetime) -> bool:
    """Continues another incident in this one; False when it did so before.

    Its alerts and subscribers belong here from now on, its open action items are followed here, the worse severity
    counts, and its roles end. Raises Refusal when this incident can't continue it.
    """
    if other.id in incident.took_in:
        return False
    over = (IncidentStatus.RESOLVED,) if other.status is IncidentStatus.RESOLVED else ()
    incident.require(*ONGOING, *over, to=f"merged with {other.id}, which is {other.status.value}")
    if incident.drill != other.drill:
        raise Refusal(f"One of {incident.id} and {other.id} is a drill; a drill can't be merged with a real incident.")
    if incident.private != other.private:
        raise Refusal(
            f"One of {incident.id} and {other.id} is private; a private incident is merged with one that is, too."
        )
    keys = [*incident.inherited_keys, other.dedup_key, *other.inherited_keys]
    if len(keys) > MERGED_ALERTS or len(incident.items) + len(other.items) > ACTION_ITEMS:
        raise Refusal(
            f"Incident {incident.id} and {other.id} are too large to be one: together they may have {MERGED_ALERTS} "
            f"kinds of alerts and {ACTION_ITEMS} action items; link them with a note instead."
        )
    before = BeforeMerge(
        id=other.id,
        severity=incident.severity,
        severity_decided_by=incident.severity_decided_by,
        resolution_proposed_at=incident.resolution_proposed_at,
        subscriptions=tuple(wanted for wanted in other.subscriptions if wanted in incident.subscriptions),
        admitted=tuple(incident.admitted),
    )
    incident.before_merges = [*incident.before_merges, before][-UNDONE:]
    incident.took_in.append(other.id)
    incident.inherited_keys = keys
    incident.items += other.items
    incident.admitted = list(dict.fromkeys([*incident.admitted, *other.admitted]))
    incident.subscriptions += [wanted for wanted in other.subscriptions if wanted not in incident.subscriptions]
    incident.firing = list(dict.fromkeys([*incident.firing, *other.firing]))
    incident.heard = {**other.heard, **incident.heard}
    incident.alert = incident.alert or other.alert
    if other.firing:
        incident.resolution_proposed_at = None
    roles = [f"{holder.role.value}: {holder.person}" for holder in other.roles]
    updates = [f"last update to {update.audience.value}: {update.text}" for update in other.updates]
    known = "; ".join([f"declared {other.declared_at:%Y-%m-%d %H:%M} UTC", *roles, *updates])
    incident.note(now, EntryKind.STATUS, f"Took in {other.id}, {other.severity} {other.title} ({known})")
    if other.severity < incident.severity:
        incident.note(now, EntryKind.SEVERITY, f"{incident.severity} to {other.severity}: that of {other.id}")
        incident.severity = other.severity
        incident.severity_decided_by = other.severity_decided_by or other.declared_by
    return True


def give_back(incident: Incident, other: Continued, now: datetime) -> None:
    """Undoes ``take_in``, here or where this incident was merged into: the other one goes on by itself after all."""
    keys, items = {other.dedup_key, *other.inherited_keys}, {item.id for item in other.items}
    if not keys & {*incident.inherited_keys}:
        return
    incident.inherited_keys = [key for key in incident.inherited_keys if key not in keys]
    incident.firing = [key for key in incident.firing if key not in keys]
    incident.heard = {key: heard for key, heard in incident.heard.items() if key not in keys}
    incident.items = [item for item in incident.items if item.id not in items]
    incident.took_in = [one for one in incident.took_in if one != other.id]
    if incident.alert is not None and incident.alert.dedup_key in keys:
        incident.alert = None
    if before := next((one for one in incident.before_merges if one.id == other.id), None):
        incident.resolution_proposed_at = incident.resolution_proposed_at or before.resolution_proposed_at
        theirs = [wanted for wanted in other.subscriptions if wanted not in before.subscriptions]
        incident.subscriptions = [wanted for wanted in incident.subscriptions if wanted not in theirs]
        only_theirs = {*other.admitted} - {*before.admitted}
        incident.admitted = [person for person in incident.admitted if person not in only_theirs]
        if incident.severity is other.severity and before is incident.before_merges[-1]:
            incident.severity, incident.severity_decided_by = before.severity, before.severity_decided_by
        incident.before_merges.remove(before)
    text = f"Does not continue {other.id} after all, which waited for an answer; severity {incident.severity}"
    incident.note(now, EntryKind.STATUS, text)
    incident.close_if_done(now)


def end_merge(incident: Incident, refusal: str | None, now: datetime) -> None:
    """What comes of a merge once the other incident has answered."""
    into, incident.merging_into = incident.merging_into, None
    if refusal is not None:
        incident.note(now, EntryKind.STATUS, f"Not merged into {into}: {refusal}")
        return
    incident.merged_into = into
    incident.status = IncidentStatus.MERGED
    incident.ended_at = now
    incident.note(now, EntryKind.STATUS, f"Merged into {into}, which continues")


class LinkRepeat(Request):
    """A person sees that it happened before; the follow-ups of then count it against them."""

    command: Literal["link repeat"] = "link repeat"
    by: PersonId
    of: IncidentId
    reason: Reason

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal for itself and for one that is linked already."""
        if self.of == incident.id:
            raise Refusal(f"Incident {incident.id} can't repeat itself; name the earlier one.")
        if any(repeat.incident_id == self.of for repeat in incident.repeats):
            raise Refusal(f"Incident {incident.id} is linked to {self.of} already.")
        if len(incident.repeats) >= LINKS:
            raise Refusal(
                f"Incident {incident.id} is linked to {LINKS} earlier ones; unlink one that it does not repeat."
            )
        incident.repeats.append(Repeat(incident_id=self.of, because=self.reason))
        incident.proposed_repeats = [one for one in incident.proposed_repeats if one.incident_id != self.of]
        incident.note(now, EntryKind.NOTE, f"Repeats {self.of}: {self.reason}", self.by)


class UnlinkRepeat(Request):
    """It only looks like an earlier one: a link is taken back with its effects, a proposal is dismissed."""

    command: Literal["unlink repeat"] = "unlink repeat"
    by: PersonId
    of: IncidentId
    reason: Reason

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when it is neither linked nor proposed."""
        known = [*incident.repeats, *incident.proposed_repeats]
        if all(repeat.incident_id != self.of for repeat in known):
            raise Refusal(f"Incident {incident.id} is not linked to {self.of}.")
        incident.repeats = [repeat for repeat in incident.repeats if repeat.incident_id != self.of]
        incident.proposed_repeats = [one for one in incident.proposed_repeats if one.incident_id != self.of]
        incident.note(now, EntryKind.NOTE, f"Does not repeat {self.of}: {self.reason}", self.by)
