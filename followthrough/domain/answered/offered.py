"""What somebody is offered on a page: what the state of a record makes possible, and the table of rights lets them do.

The gateway decides again when it is chosen.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.may import may
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import Right, right_of
from followthrough.domain.answered.choices import Choice
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import PersonId

RecordT = TypeVar("RecordT", Incident, ActionItem)


class Possible(NamedTuple, Generic[RecordT]):
    """A choice, and whether it would not be refused now; what depends on what is typed is not known yet."""

    choice: Choice
    now: Callable[[RecordT, PersonId, datetime], bool]


def offered(
    possible: Iterable[Possible[RecordT]], record: RecordT, actor: Actor, about: About, at: datetime
) -> list[Choice]:
    """In their order; nothing while other workflows are being asked for the record, or for nobody."""
    if actor.person is None or _under_way(record):
        return []
    person = actor.person
    return [
        one.choice
        for one in possible
        if one.now(record, person, at) and may(right(one.choice, record.id), actor, person, about) is None
    ]


def right(choice: Choice, record_id: str) -> Right:
    """What has to be allowed for it."""
    return right_of(choice.command.model_fields["command"].default, record_id)


def _under_way(record: Incident | ActionItem) -> bool:
    """One that waits for another may have the other's answer, which the read model hears of with the next change."""
    if isinstance(record, ActionItem):
        return record.under_way is not None and record.block is None
    return bool(record.merging_into or record.merged_into)
