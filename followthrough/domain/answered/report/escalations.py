"""Escalations that wait for an answer."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from followthrough.domain.replayed.item.action_item import ActionItem, Moment
from followthrough.domain.replayed.values import Message


class Escalation(Message):
    """The last one of an action item: ``moment`` says which level was told, whom, and when."""

    item: ActionItem
    moment: Moment


def last_told(item: ActionItem) -> Moment | None:
    """Its last escalation."""
    return max((told for told in item.reminders if told.level), key=lambda told: told.at, default=None)


def unanswered(items: Iterable[ActionItem], answers: Mapping[str, datetime]) -> list[Escalation]:
    """The highest levels first; those of items that are open and that no person touched since.

    ``answers`` are when a person last did something, by the item's id.
    """
    escalations = []
    for item in items:
        moment = last_told(item)
        if moment is None or item.settled or item.drill:
            continue
        if item.id not in answers or answers[item.id] <= moment.at:
            escalations.append(Escalation(item=item, moment=moment))
    return sorted(escalations, key=lambda one: (-one.moment.level, one.moment.at, one.item.id))
