"""What others said while a workflow did not run, from the read model, which they wrote before they said it."""

from sqlalchemy import Engine
from sqlmodel import Session
from temporalio import activity

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.store import queries
from workflows.messages.incident import IncidentNews
from workflows.messages.item import BlockOver, ItemAskedAgain, ItemEnded
from workflows.messages.missed import MissedByIncident, MissedByItem


class Missed:
    """Activities for the beginning of a run that goes on after one that ended badly."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    @activity.defn
    def missed_by_incident(self, incident: Incident) -> MissedByIncident:
        """Action items that ended, or were asked again."""
        with Session(self._database) as session:
            items = queries.items_named(session, [item.id for item in incident.items])
        pairs = [(summary, items[summary.id]) for summary in incident.items if summary.id in items]
        return MissedByIncident(
            ended=tuple(
                ItemEnded(item_id=item.id, at=item.ended_at, status=item.status)
                for summary, item in pairs
                if summary.ended_at is None and item.settled and item.ended_at is not None
            ),
            asked_again=tuple(
                ItemAskedAgain(item_id=item.id, because=item.asked_because)
                for summary, item in pairs
                if summary.ended_at is not None and not item.settled
            ),
        )

    @activity.defn
    def missed_by_item(self, item: ActionItem) -> MissedByItem:
        """What became of its incident, and of the action item that it waits for."""
        with Session(self._database) as session:
            incident = queries.incident(session, item.incident_id)
            on = queries.action_item(session, item.block.on) if item.block and item.block.on else None
        return MissedByItem(
            over=BlockOver(on=on.id, because=f"{on.id} is {on.outcome}") if on is not None and on.settled else None,
            news=incident
            and IncidentNews(
                resolved_at=incident.resolved_since,
                published_at=incident.published_at,
                private=incident.private if incident.was_private else None,
            ),
            incident_id=incident and incident.merged_into,
        )
