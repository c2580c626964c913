"""Asks for the next moment of a record."""

from typing import Generic, TypeVar

from pydantic import AwareDatetime

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import Fence, Message

PlanT = TypeVar("PlanT")


class PlanItem(Message):
    """Asks for an action item's deadlines and next moment, as of ``at``, and to write what comes of it."""

    item: ActionItem
    at: AwareDatetime
    fence: Fence = Fence()


class PlanIncident(Message):
    """Asks for an incident's next moment, as of ``at``, and to write what comes of it."""

    incident: Incident
    at: AwareDatetime
    fence: Fence = Fence()


class PlansTaken(Message, Generic[PlanT]):
    """The plans that were taken in one after the other, none once it has ended; ``version`` is what was written.

    ``at`` is that of the request, for a replay's own time is another after a local activity.
    """

    plans: tuple[PlanT, ...]
    version: int
    at: AwareDatetime
