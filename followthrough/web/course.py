"""Deadlines, reminders and the ladder of an action item, past and to come, in the order of their times."""

from datetime import datetime
from typing import NamedTuple

from followthrough.domain.answered.item.course import course
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.item.action_item import WORKED_ON, ActionItem, ItemStatus
from followthrough.web.next_moment import deed

PAST_SHOWN = 4


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
