"""Deadlines, reminders and the ladder of an action item, past and to come, in the order of their times."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from followthrough.domain.answered.item.course import course
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.item.action_item import WORKED_ON, ActionItem, ItemStatus
from followthrough.web.next_moment import deed

PAST_SHOWN = 4
WIDTH, EDGE, APART = 640, 16, 24
"""Of the picture, in its own units; the last is how near to each other two may be."""


class Step(NamedTuple):
    """One of them; ``kind`` is ``passed``, ``deadline`` or ``coming``."""

    at: datetime
    kind: str
    text: str


def steps(item: ActionItem, here: Organisation, now: datetime) -> list[Step]:
    """Nothing once it has ended; ``here`` is without those who left."""
    if item.ended or item.plan is None:
        return []
    passed = [Step(moment.at, "passed", deed(moment, here.name_of)) for moment in item.reminders[-PAST_SHOWN:]]
    coming = [Step(moment.at, "coming", deed(moment, here.name_of)) for moment in course(item, here, now)]
    deadlines = [Step(item.due_at, "deadline", "Deadline")] if item.due_at and item.status in WORKED_ON else []
    if item.status is ItemStatus.PROPOSED:
        deadlines.append(Step(item.plan.accept_by, "deadline", "To be accepted by"))
    return sorted([*passed, *deadlines, *coming], key=lambda step: (step.at, step.kind != "deadline"))


class Mark(NamedTuple):
    """Something on the line of time; ``kind`` is that of a step, or ``now``, and ``number`` its place in the list."""

    x: int
    kind: str
    number: int


def picture(shown: Sequence[Step], now: datetime) -> list[Mark]:
    """The steps and now, from left to right as far apart as their times, but so that each can be told from the next.

    Nothing for a single step, which is no course.
    """
    if len(shown) < 2:
        return []
    at = [(step.at, step.kind, number) for number, step in enumerate(shown, start=1)]
    places = sorted([*at, (now, "now", 0)], key=lambda place: place[0])
    begin, whole = places[0][0], max(places[-1][0] - places[0][0], timedelta(seconds=1))
    free = WIDTH - 2 * EDGE - APART * (len(places) - 1)
    return [
        Mark(EDGE + round(free * ((time - begin) / whole)) + APART * place, kind, number)
        for place, (time, kind, number) in enumerate(places)
    ]
