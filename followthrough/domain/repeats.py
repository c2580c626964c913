"""When an incident looks like an earlier one, and what that does to the follow-ups of the earlier one."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from pydantic import AwareDatetime
from rapidfuzz import fuzz, utils

from followthrough.domain.action_item import ActionItem, ItemStatus, Priority
from followthrough.domain.incident import Incident, Repeat
from followthrough.domain.limits import LINKS
from followthrough.domain.values import EntryKind, Message, PersonId
from followthrough.policies import RepeatPolicies

RAISED = {Priority.LOW: Priority.MEDIUM, Priority.MEDIUM: Priority.HIGH, Priority.HIGH: Priority.HIGH}


class Earlier(NamedTuple):
    """What comparing needs of an incident that was resolved before."""

    id: str
    dedup_key: str
    title: str
    service: str
    resolved_at: datetime


class FollowUp(Message):
    """An action item of an earlier incident, put in front of the Incident Commander."""

    id: str
    title: str
    owner: PersonId
    status: ItemStatus


class RepeatsFound(Message):
    """Earlier incidents that one looks like, the most alike first, and their follow-ups."""

    repeats: tuple[Repeat, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()

    def in_words(self) -> str:
        """A line for each."""
        lines = [f"{repeat.incident_id}: {repeat.because}" for repeat in self.repeats]
        return "\n".join([*lines, *(f"{it.id}, {it.status}, {it.owner}: {it.title}" for it in self.follow_ups)])


class RepeatSeen(Message):
    """Tells an action item that its incident happened again."""

    incident_id: str
    at: AwareDatetime


def find_repeats(incident: Incident, earlier: Iterable[Earlier], policies: RepeatPolicies) -> tuple[Repeat, ...]:
    """The most alike first: the same alert on the same service, then by how alike the titles are."""
    found = []
    for other in earlier:
        here = other.service == incident.service
        alike = fuzz.token_set_ratio(incident.title, other.title, processor=utils.default_process) / 100
        if here and other.dedup_key == incident.dedup_key:
            found.append((1.1, other, "the same alert on the same service"))
        elif alike >= (policies.alike if here else policies.alike_elsewhere):
            where = "the same service" if here else f"service {other.service}"
            found.append((alike, other, f"a title that is {alike:.0%} alike, on {where}"))
    found.sort(key=lambda match: (match[0], match[1].resolved_at), reverse=True)
    return tuple(Repeat(incident_id=other.id, because=why) for _, other, why in found[: policies.at_most])


def repeated(item: ActionItem, seen: RepeatSeen, now: datetime) -> bool:
    """Counts the repeat against the item, raises its priority, and asks again if it is waived.

    False when it was counted before or nobody owes the item any more.
    """
    waived = item.status is ItemStatus.WAIVED
    if seen.incident_id in item.repeats or (item.settled and not waived):
        return False
    item.repeats = [*item.repeats, seen.incident_id][-LINKS:]
    raised = RAISED[item.priority]
    text = f"It happened again: {seen.incident_id}"
    if raised is not item.priority:
        text += f"; priority raised from {item.priority} to {raised}"
        item.priority = raised
    item.note(now, EntryKind.ACTION_ITEM, text)
    if waived:
        item.ask_again(now, f"It was waived, and it happened again: {seen.incident_id}")
    return True
