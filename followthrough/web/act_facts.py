"""What a person has to know to decide, beside the form to act by, and what is said once they did."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import span, when
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.text import REASON, cut, one_line
from followthrough.domain.replayed.values import PersonId
from followthrough.mail.context import PURPOSE
from followthrough.store.tables import TimelineRow


class Fact(NamedTuple):
    """One line, which may lead somewhere."""

    label: str
    text: str
    url: str = ""


def facts(record: ActionItem | Incident, person: PersonId, organisation: Organisation, now: datetime) -> list[Fact]:
    """With the times where the person is."""
    zone = organisation.people[person].time_zone
    if isinstance(record, Incident):
        return list(_of_incident(record, organisation, zone))
    return list(_of_item(record, organisation, zone, now))


def state(record: ActionItem | Incident, organisation: Organisation, person: PersonId | None = None) -> str:
    """Where it is, in a sentence, with the day that it is due where the person is."""
    if isinstance(record, Incident):
        return f"Incident {record.id} is {record.status}."
    zone = ZoneInfo(organisation.time_zone_of(person))
    due = f", due {record.due_at.astimezone(zone):%Y-%m-%d}" if record.due_at and not record.settled else ""
    return f"Action item {record.id} of {organisation.name_of(record.owner)} is {record.status}{due}."


def said(
    session: Session,
    number: int | None,
    record: ActionItem | Incident,
    person: PersonId | None,
    organisation: Organisation,
) -> str:
    """What the person has just done to it: the timeline's entry of that number if it is theirs, and where it is now.

    Nothing of it comes from the address, so that one which was made up says nothing that is not so.
    """
    if number is None:
        return ""
    now = state(record, organisation, person)
    entry = session.get(TimelineRow, (record.id, number))
    did = cut(one_line(entry.text), REASON).rstrip(".") if entry and entry.author == person else ""
    return f"{did}. {now}" if did else now


def _of_item(item: ActionItem, organisation: Organisation, zone: str, now: datetime) -> Iterator[Fact]:
    name = organisation.name_of
    why = f"{PURPOSE[item.kind]}, after a {item.severity} of {item.service}"
    yield Fact("Why it matters", why, f"/incidents/{item.incident_id}")
    yield Fact("Owner", f"{name(item.owner)} ({organisation.team(item.team, item.service).name})")
    if due := item.due_at:
        late = f", {span(now - due)} late" if due < now else ""
        yield Fact("Deadline", when(due, zone) + late)
    if item.plan:
        policy = item.plan.policy
        more = f"more often than {policy.max_extensions} times, or by more than {policy.max_extension_days} days"
        yield Fact("Extended", f"{item.extensions} times; {more}, an approver decides")
    if item.owner_wanted:
        yield Fact("Another owner is wanted", item.owner_wanted.because)
    if wanted := item.extension_wanted:
        yield Fact("Asked for", f"time until {when(wanted.until, zone)}, by {name(wanted.by)}: {wanted.reason}")
    if item.block:
        waits_for = f"{item.block.on}, " if item.block.on else ""
        yield Fact("Waits", f"for {waits_for}until {when(item.block.until, zone)} at most: {item.block.reason}")
    if item.waiver:
        yield Fact("Waived", item.waiver.reason)
    for shown in item.evidence:
        refuted = f"; did not hold: {shown.refuted}" if shown.refuted is not None else ""
        yield Fact("Evidence", f"{shown.url} {shown.note} ({name(shown.by)}{refuted})", str(shown.url))


def _of_incident(incident: Incident, organisation: Organisation, zone: str) -> Iterator[Fact]:
    service = organisation.services.get(incident.service)
    yield Fact("Severity", f"{incident.severity}, {organisation.severities[incident.severity].description}")
    yield Fact("Service", service.name if service else incident.service)
    yield Fact("Declared", when(incident.declared_at, zone))
    for holder in incident.roles:
        acknowledged = "" if holder.acknowledged_at else ", not acknowledged"
        yield Fact(holder.role, organisation.name_of(holder.person) + acknowledged)
    if incident.postmortem:
        by = organisation.name_of(incident.postmortem.by)
        yield Fact("Postmortem", f"by {by}", f"/incidents/{incident.id}/postmortem")
