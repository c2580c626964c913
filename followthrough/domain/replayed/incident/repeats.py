"""What it does to the follow-ups of an earlier incident when one repeats it."""

from datetime import datetime
from itertools import pairwise

from pydantic import AwareDatetime

from followthrough.domain.replayed.incident.incident import Repeat
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus, Priority, RepeatEffect
from followthrough.domain.replayed.limits import LINKS
from followthrough.domain.replayed.values import EntryKind, Message, PersonId

RAISED = {Priority.LOW: Priority.MEDIUM, Priority.MEDIUM: Priority.HIGH, Priority.HIGH: Priority.HIGH}


class FollowUp(Message):
    """An action item of an earlier incident, put in front of the Incident Commander."""

    id: str
    incident_id: str = ""
    """Empty in histories of when everything found was linked."""
    title: str
    owner: PersonId
    status: ItemStatus


class RepeatsFound(Message):
    """Earlier incidents that one repeats or looks like, the most alike first, and their follow-ups."""

    repeats: tuple[Repeat, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()

    def in_words(self) -> str:
        """A line for each."""
        lines = [
            f"{repeat.incident_id}, {'only proposed' if repeat.proposed else 'linked'}: {repeat.because}"
            for repeat in self.repeats
        ]
        return "\n".join([*lines, *(f"{it.id}, {it.status}, {it.owner}: {it.title}" for it in self.follow_ups)])


class RepeatSeen(Message):
    """Tells an action item that its incident happened again, or that it did not after all."""

    incident_id: str
    at: AwareDatetime


def repeated(item: ActionItem, seen: RepeatSeen, now: datetime) -> bool:
    """Counts the repeat against the item, raises its priority, and asks again if it is waived.

    False when it was counted before or nobody owes the item any more.
    """
    waived = item.status is ItemStatus.WAIVED
    if seen.incident_id in item.repeats or (item.settled and not waived):
        return False
    item.repeats = [*item.repeats, seen.incident_id][-LINKS:]
    raised = RAISED[item.priority]
    effect = RepeatEffect(
        incident_id=seen.incident_id,
        priority=item.priority,
        raised=raised,
        waiver=item.waiver if waived else None,
        asked_at=now if waived else None,
    )
    item.repeat_effects.append(effect)
    text = f"It happened again: {seen.incident_id}"
    if raised is not item.priority:
        text += f"; priority raised from {item.priority} to {raised}"
        item.priority = raised
    item.note(now, EntryKind.ACTION_ITEM, text)
    if waived:
        item.ask_again(now, f"It was waived, and it happened again: {seen.incident_id}")
    return True


def taken_back(item: ActionItem, seen: RepeatSeen, now: datetime) -> bool:
    """Restores the priority and the waiver where nothing but repeats has changed them since.

    False when the repeat was not counted.
    """
    if seen.incident_id not in item.repeats:
        return False
    item.repeats.remove(seen.incident_id)
    numbers = [number for number, effect in enumerate(item.repeat_effects) if effect.incident_id == seen.incident_id]
    text = f"It did not happen again: {seen.incident_id} is another incident"
    for number in numbers:
        effect, later = item.repeat_effects[number], item.repeat_effects[number + 1 :]
        if later and effect.waiver is not None:
            later[0] = later[0].model_copy(update={"waiver": effect.waiver, "asked_at": effect.asked_at})
        priority, later = _without(effect, later, item.priority)
        if priority is not item.priority:
            text += f"; priority back from {item.priority} to {priority}"
        item.priority = priority
        item.repeat_effects[number:] = later
        if not later and _waiver_fits(item, effect, now):
            item.settle(now, ItemStatus.WAIVED)
            item.waiver = effect.waiver
            text += "; waived as before"
    item.note(now, EntryKind.ACTION_ITEM, text)
    return True


def _without(
    effect: RepeatEffect, later: list[RepeatEffect], priority: Priority
) -> tuple[Priority, list[RepeatEffect]]:
    """The priority and the later effects as if this one had not been; as they are where something else changed it."""
    chain = [effect, *later]
    if chain[-1].raised is not priority or any(one.raised is not other.priority for one, other in pairwise(chain)):
        return priority, later
    before, without = effect.priority, []
    for one in later:
        without.append(one.model_copy(update={"priority": before, "raised": RAISED[before]}))
        before = RAISED[before]
    return before, without


def _waiver_fits(item: ActionItem, effect: RepeatEffect, now: datetime) -> bool:
    """Nobody has taken the item up since it was asked again, and the waiver would not have ended by itself."""
    untouched = item.status is ItemStatus.PROPOSED and item.asked_at == effect.asked_at
    taken_up = item.owner_since or item.due or item.extension_wanted or item.block
    ends = effect.waiver.until if effect.waiver else now
    return untouched and not taken_up and (ends is None or ends > now)
