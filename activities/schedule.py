"""Plans made from the organisation file.

They are activities so that what was decided is in the workflow's history: the rules and the file may
change while a workflow runs, and its replay still sees what it saw then. What comes of a plan is written at once.
"""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine
from sqlmodel import Session
from temporalio import activity

from activities.read_model import ReadModel
from followthrough.domain.answered.access.privacy import discreet_item
from followthrough.domain.answered.incident.repeat_search import find_repeats
from followthrough.domain.answered.incident.schedule import plan_incident
from followthrough.domain.answered.item.schedule import plan_item
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident import moments as incident_moments
from followthrough.domain.replayed.incident.incident import Incident, IncidentPlan
from followthrough.domain.replayed.incident.repeats import FollowUp, RepeatsFound
from followthrough.domain.replayed.item import moments as item_moments
from followthrough.domain.replayed.item.action_item import ItemPlan
from followthrough.domain.replayed.postmortem.postmortem import FormatName
from followthrough.domain.replayed.values import Record
from followthrough.store import queries
from followthrough.webhook_outbox import WebhookOutbox
from workflows.messages.schedule import PlanIncident, PlanItem, PlansTaken

PlanT = TypeVar("PlanT")

AT_ONCE = 100
"""Moments that pass before the workflow is told of them."""


class Schedule:
    """Reads the organisation file as it is at that moment, and the team's earlier postmortems."""

    def __init__(
        self,
        organisation: Callable[[], Organisation],
        database: Engine,
        *,
        pager_for_all: bool = False,
        webhooks: WebhookOutbox | None = None,
    ) -> None:
        """``pager_for_all``: there is a pager also for services and teams that name none."""
        self._organisation = organisation
        self._database = database
        self._pager_for_all = pager_for_all
        self._read_model = ReadModel(database, webhooks)

    @activity.defn
    def plan_item(self, request: PlanItem) -> PlansTaken[ItemPlan]:
        """Deadlines, limits and the next moment of an action item; those that have come pass."""
        item, at = request.item, request.at
        organisation = as_of(self._organisation(), at.date())
        plans = _taken(item, lambda: plan_item(item, organisation, at), lambda plan: item_moments.take(item, plan, at))
        self._read_model.project_item(item, request.fence)
        return PlansTaken[ItemPlan](plans=plans, version=item.version, at=at)

    @activity.defn
    def team_of(self, service: str) -> str | None:
        """Who owns a service; None when it is not in the organisation file."""
        known = self._organisation().services.get(service)
        return known.team if known else None

    @activity.defn
    def plan_incident(self, request: PlanIncident) -> PlansTaken[IncidentPlan]:
        """Who is on call, what is asked of the postmortem, and the next moment; those that have come pass."""
        incident, at = request.incident, request.at
        organisation = as_of(self._organisation(), at.date())

        def planned() -> IncidentPlan:
            formats = self._recent_formats(incident)
            return plan_incident(incident, organisation, at, formats, pager_for_all=self._pager_for_all)

        plans = _taken(incident, planned, lambda plan: incident_moments.take(incident, plan, at))
        self._read_model.project_incident(incident, request.fence)
        return PlansTaken[IncidentPlan](plans=plans, version=incident.version, at=at)

    @activity.defn
    def find_repeats(self, incident: Incident) -> RepeatsFound:
        """What it repeats: the linked incidents and, unless that was looked for before, those it looks like.

        A private one is linked by people alone, for follow-ups of others would tell of it; and those of private ones go
        without their titles.
        """
        policies = self._organisation().policies.repeats
        repeats = tuple(incident.repeats)
        with Session(self._database) as session:
            if policies.enabled and not incident.compared:
                since = incident.declared_at - policies.within
                earlier = queries.resolved_incidents(session, since, until=incident.declared_at)
                found = find_repeats(incident, earlier, policies)
                repeats += tuple(one.model_copy(update={"proposed": one.proposed or incident.private}) for one in found)
            items = queries.items_of(session, [repeat.incident_id for repeat in repeats]) if repeats else []
        follow_ups = tuple(FollowUp.model_validate(discreet_item(item), from_attributes=True) for item in items)
        return RepeatsFound(repeats=repeats, follow_ups=follow_ups)

    def _recent_formats(self, incident: Incident) -> list[FormatName]:
        """Of the team's postmortems, when one is to be assigned."""
        if incident.resolved_at is None or incident.postmortem_owner is not None:
            return []
        with Session(self._database) as session:
            return queries.recent_formats(session, incident.team)


def _taken(record: Record, plan: Callable[[], PlanT], take: Callable[[PlanT], object]) -> tuple[PlanT, ...]:
    """The plans of a record, each made once the one before was taken in, until that changes nothing any more."""
    plans: list[PlanT] = []
    version: int | None = None
    while not record.ended and record.version != version and len(plans) < AT_ONCE:
        version = record.version
        plans.append(plan())
        take(plans[-1])
    return tuple(plans)
