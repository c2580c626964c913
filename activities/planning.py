"""Plans made from the organisation file.

They are activities so that what was decided is in the workflow's history: the rules and the file may
change while a workflow runs, and its replay still sees what it saw then.
"""

from collections.abc import Callable

from sqlalchemy import Engine
from sqlmodel import Session
from temporalio import activity

from followthrough.domain.action_item import ItemPlan
from followthrough.domain.departures import as_of
from followthrough.domain.incident import Incident, IncidentPlan
from followthrough.domain.incident_schedule import plan_incident
from followthrough.domain.item_schedule import plan_item
from followthrough.domain.repeats import FollowUp, RepeatsFound, find_repeats
from followthrough.organisation import Organisation
from followthrough.store import queries
from workflows.messages import PlanIncident, PlanItem


class Planning:
    """Reads the organisation file as it is at that moment, and the team's earlier postmortems."""

    def __init__(self, organisation: Callable[[], Organisation], database: Engine) -> None:
        self._organisation = organisation
        self._database = database

    @activity.defn
    def plan_item(self, request: PlanItem) -> ItemPlan:
        """Deadlines, limits and the next moment of an action item."""
        return plan_item(request.item, as_of(self._organisation(), request.at.date()), request.at)

    @activity.defn
    def team_of(self, service: str) -> str | None:
        """Who owns a service; None when it is not in the organisation file."""
        known = self._organisation().services.get(service)
        return known.team if known else None

    @activity.defn
    def plan_incident(self, request: PlanIncident) -> IncidentPlan:
        """Who is on call, what is asked of the postmortem, and the next moment of an incident."""
        incident, recent_formats = request.incident, []
        if incident.resolved_at is not None and incident.postmortem_owner is None:
            with Session(self._database) as session:
                recent_formats = queries.recent_formats(session, incident.team)
        organisation = as_of(self._organisation(), request.at.date())
        return plan_incident(incident, organisation, request.at, recent_formats)

    @activity.defn
    def find_repeats(self, incident: Incident) -> RepeatsFound:
        """What it repeats: the linked incidents and, unless that was looked for before, those it looks like."""
        policies = self._organisation().policies.repeats
        repeats = tuple(incident.repeats)
        with Session(self._database) as session:
            if policies.enabled and not incident.compared:
                since = incident.declared_at - policies.within
                earlier = queries.resolved_incidents(session, since, until=incident.declared_at)
                repeats += find_repeats(incident, earlier, policies)
            items = queries.items_of(session, [repeat.incident_id for repeat in repeats]) if repeats else []
        follow_ups = tuple(FollowUp.model_validate(item, from_attributes=True) for item in items)
        return RepeatsFound(repeats=repeats, follow_ups=follow_ups)
