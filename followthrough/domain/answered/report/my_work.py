"""What waits for one person, and what they wait for."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from followthrough.domain.answered import choices
from followthrough.domain.answered.choices import Choice
from followthrough.domain.answered.incident.choices import PUBLISH_POSTMORTEM, PUBLISH_WITHOUT_ITEMS
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import span
from followthrough.domain.replayed.incident.incident import ONGOING, Incident, IncidentStatus
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.postmortem.postmortem import ReviewState
from followthrough.domain.replayed.values import PersonId


class Wanted(StrEnum):
    """Of a person, the most urgent first."""

    ROLE = "role"
    LATE = "late"
    OWNER = "owner wanted"
    EXTENSION = "more time"
    ACCEPT = "to accept"
    VERIFY = "to verify"
    PLANNING = "to plan"
    REVIEW = "to review"
    ANSWER = "to answer"
    PUBLISH = "to publish"
    POSTMORTEM = "postmortem"
    DO = "to do"


STEPS: Mapping[Wanted, tuple[Choice, ...]] = MappingProxyType(
    {
        Wanted.ROLE: (choices.ACKNOWLEDGE,),
        Wanted.LATE: (choices.ACCEPT, choices.FINISH, choices.EXTEND),
        Wanted.OWNER: (choices.REASSIGN, choices.WAIVE),
        Wanted.EXTENSION: (choices.APPROVE_EXTENSION, choices.REFUSE_EXTENSION),
        Wanted.ACCEPT: (choices.ACCEPT, choices.DECLINE),
        Wanted.VERIFY: (choices.HOLDS, choices.DOES_NOT_HOLD),
        Wanted.REVIEW: (choices.APPROVE_POSTMORTEM, choices.RETURN_POSTMORTEM),
        Wanted.PUBLISH: (PUBLISH_POSTMORTEM, PUBLISH_WITHOUT_ITEMS),
        Wanted.DO: (choices.FINISH, choices.UNBLOCK),
    }
)
"""What it asks to choose from, as far as that is open to them."""


LAST = datetime.max.replace(tzinfo=UTC)
"""Where what is due at no time stands among what is."""


class Task(NamedTuple):
    """Something that is wanted of somebody; ``because`` says it in a sentence without its end."""

    wanted: Wanted
    record: ActionItem | Incident
    because: str
    by: datetime | None = None

    @property
    def until(self) -> datetime | None:
        """When it is wanted by; a role and a look at evidence are wanted at once."""
        return None if self.wanted in (Wanted.ROLE, Wanted.VERIFY) else self.by

    @property
    def place(self) -> tuple[datetime, str]:
        """Among others that are as urgent, the same at any time."""
        return self.by or LAST, self.record.id

    def late(self, now: datetime) -> bool:
        """Whether that has passed, also where somebody else is late."""
        if isinstance(self.record, ActionItem):
            return self.record.late(now)
        return self.until is not None and self.until < now


class WaitsFor(NamedTuple):
    """Something that others do for somebody."""

    record: ActionItem | Incident
    because: str


def tasks(
    person: PersonId,
    items: Iterable[ActionItem],
    incidents: Iterable[Incident],
    unanswered: Mapping[str, int],
    here: Organisation,
    now: datetime,
) -> list[Task]:
    """The most urgent first, and of equal ones what is due first, then what is due at no time.

    ``unanswered`` has how many comments of others on their postmortem of an incident are not settled.
    """
    found = [
        *(task for item in items for task in _of_item(person, item, here, now)),
        *(task for incident in incidents for task in _of_incident(person, incident, here)),
        *(_of_comments(incident, unanswered[incident.id]) for incident in incidents if incident.id in unanswered),
    ]
    urgency = list(Wanted)
    return sorted(found, key=lambda task: (urgency.index(task.wanted), *task.place))


def _of_item(person: PersonId, item: ActionItem, here: Organisation, now: datetime) -> Iterator[Task]:
    """What is wanted of them most."""
    name = here.name_of
    if item.settled:
        return
    if item.owner_wanted and person == here.team(item.team, item.service).lead:
        yield Task(Wanted.OWNER, item, f"Another owner is wanted: {item.owner_wanted.because}", item.due_at)
    elif item.extension_wanted and person in item.approvers:
        asked = item.extension_wanted
        yield Task(Wanted.EXTENSION, item, f"{name(asked.by)} asks for time: {asked.reason}", item.due_at)
    elif item.status is ItemStatus.DONE and person in item.approvers and person != item.evidence[-1].by:
        yield Task(Wanted.VERIFY, item, f"{name(item.evidence[-1].by)} says that it is done", item.done_at)
    elif person == item.owner and item.status is not ItemStatus.DONE:
        yield _of_owner(item, here, now)


def _of_owner(item: ActionItem, here: Organisation, now: datetime) -> Task:
    if item.late(now):
        past = f"It is {span(now - item.due_at)} late" if item.due_at and item.due_at < now else "It is late"
        return Task(Wanted.LATE, item, past, item.due_at)
    if item.status is ItemStatus.PROPOSED:
        return Task(Wanted.ACCEPT, item, f"{here.name_of(item.proposed_by)} proposed it to you", item.deadline)
    waits = f"It waits: {item.block.reason}" if item.block else "You accepted it"
    return Task(Wanted.DO, item, waits, item.due_at)


def _of_incident(person: PersonId, incident: Incident, here: Organisation) -> Iterator[Task]:
    roles = [one.role for one in incident.roles if one.person == person and one.acknowledged_at is None]
    if incident.status in ONGOING and roles:
        yield Task(Wanted.ROLE, incident, f"You are asked to be its {roles[0]}", incident.declared_at)
    if incident.status is not IncidentStatus.RESOLVED:
        return
    written, due = incident.postmortem, incident.plan.postmortem_due if incident.plan else None
    if written and written.state is ReviewState.WAITING and person != written.by:
        if any(holder.person == person for holder in incident.roles):
            yield Task(Wanted.REVIEW, incident, f"{here.name_of(written.by)} wrote its postmortem", due)
    elif incident.postmortem_owner == person:
        yield _of_postmortem(incident, written.state if written else None, due)


def _of_comments(incident: Incident, number: int) -> Task:
    wait = "1 comment on its postmortem waits" if number == 1 else f"{number} comments on its postmortem wait"
    return Task(Wanted.ANSWER, incident, f"{wait} for an answer")


def _of_postmortem(incident: Incident, state: ReviewState | None, due: datetime | None) -> Task:
    if state is ReviewState.APPROVED:
        return Task(Wanted.PUBLISH, incident, "Its postmortem is approved and can be published", due)
    if state is ReviewState.WAITING and not (incident.plan and incident.plan.review_required):
        return Task(Wanted.PUBLISH, incident, "Its postmortem can be published, although nobody has reviewed it", due)
    because = {
        None: "You owe its postmortem",
        ReviewState.WAITING: "Your postmortem waits for its review",
        ReviewState.RETURNED: "Changes to your postmortem are asked for",
    }[state]
    return Task(Wanted.POSTMORTEM, incident, because, due)


def waits_for(
    person: PersonId, items: Iterable[ActionItem], incidents: Iterable[Incident], here: Organisation
) -> list[WaitsFor]:
    """Decisions and work of others on what is theirs."""
    found = [WaitsFor(item, because) for item in items if (because := _waited_for(person, item, here))]
    for incident in incidents:
        written = incident.postmortem if incident.status is IncidentStatus.RESOLVED else None
        if written and written.by == person and written.state is ReviewState.WAITING:
            found.append(WaitsFor(incident, "Somebody has to review your postmortem"))
    return found


def _waited_for(person: PersonId, item: ActionItem, here: Organisation) -> str:
    if item.settled:
        return ""
    others = " or ".join(here.name_of(one) for one in item.approvers if one != person)
    if item.status is ItemStatus.DONE and item.evidence[-1].by == person:
        return f"{others or 'Somebody'} has to look at your evidence"
    if item.extension_wanted and item.extension_wanted.by == person:
        return f"{others or 'Somebody'} has to decide on the time that you asked for"
    if item.block and item.block.on and item.owner == person:
        return f"It waits for {item.block.on}"
    if item.status is ItemStatus.PROPOSED and item.proposed_by == person != item.owner:
        return f"{here.name_of(item.owner)} has to accept it"
    return ""
