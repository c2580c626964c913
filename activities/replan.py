"""Finds the action items that a change makes plan otherwise, and lets them, and no others, hear of it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlmodel import Session
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.engine_calls import tell_all
from followthrough.domain.answered.item.schedule import plans_anew
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.fingerprint import fingerprint
from followthrough.store import plans, queries
from workflows.messages.incident import IncidentNews
from workflows.signals import ToItem

BATCH = 100


class Replan:
    """An activity that may be repeated: who planned already is not told again."""

    def __init__(self, client: Client, database: Engine, organisation: Callable[[], Organisation]) -> None:
        self._client = client
        self._database = database
        self._organisation = organisation

    @activity.defn
    async def replan(self, made_of: str) -> int:
        """How many were told to plan again; ``made_of`` is the fingerprint of what plans have to be of, or empty.

        An attempt goes on where the last one was. Raises ApplicationError where this worker knows another file or other
        rules than that, while the engine does not answer, and when the worker stops.
        """
        after, told = next(iter(activity.info().heartbeat_details), ("", 0))
        if made_of and not after:
            await asyncio.to_thread(plans.begin, self._database, made_of, datetime.now(UTC))
        while batch := await asyncio.to_thread(self._next, made_of, after):
            wanted = [planned for planned, anew in batch if anew]
            await tell_all(self._tell, wanted)
            after, told = batch[-1][0].item.id, told + len(wanted)
            activity.heartbeat((after, told))
            if activity.is_worker_shutdown():
                raise ApplicationError(
                    "The worker stops; another one goes on.",
                    type="WorkerStops",
                    category=ApplicationErrorCategory.BENIGN,
                )
        if made_of:
            await asyncio.to_thread(plans.finish, self._database, made_of, datetime.now(UTC))
        return told

    def _next(self, made_of: str, after: str) -> list[tuple[queries.Planned, bool]]:
        """A batch, each with whether it has to hear."""
        organisation, now = self._organisation(), datetime.now(UTC)
        if made_of and fingerprint(organisation, now.date()) != made_of:
            raise ApplicationError(
                "The organisation file or the version of this worker is not the one that plans are to be made of; "
                "another worker may have it.",
                type="OtherRules",
            )
        with Session(self._database) as session:
            batch = queries.planned_items(session, now, after=after, limit=BATCH)
        return [(planned, _plans_anew(planned, organisation)) for planned in batch]

    async def _tell(self, planned: queries.Planned) -> None:
        news = IncidentNews(resolved_at=planned.resolved_at, published_at=planned.published_at)
        await self._client.get_workflow_handle(planned.item.id).signal(ToItem.plan_changed, news)


def _plans_anew(planned: queries.Planned, organisation: Organisation) -> bool:
    """As the item would with what it may have to know of its incident."""
    item = planned.item
    knows = {
        "resolved_at": planned.resolved_at or item.resolved_at,
        "published_at": planned.published_at or item.published_at,
    }
    return plans_anew(item.model_copy(update=knows), as_of(organisation, planned.now.date()), planned.now)
