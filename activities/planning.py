"""Plans made from the organisation file.

They are activities so that what was decided is in the workflow's history: the rules and the file may
change while a workflow runs, and its replay still sees what it saw then.
"""

from collections.abc import Callable

from temporalio import activity

from followthrough.domain.action_item import ItemPlan
from followthrough.domain.incident import IncidentPlan
from followthrough.domain.schedule import plan_incident, plan_item
from followthrough.organisation import Organisation
from workflows.messages import PlanIncident, PlanItem


class Planning:
    """Reads the organisation file as it is at that moment."""

    def __init__(self, organisation: Callable[[], Organisation]) -> None:
        self._organisation = organisation

    @activity.defn
    def plan_item(self, request: PlanItem) -> ItemPlan:
        """Deadlines, limits and the next moment of an action item."""
        return plan_item(request.item, self._organisation(), request.at)

    @activity.defn
    def plan_incident(self, request: PlanIncident) -> IncidentPlan:
        """Who is on call, the postmortem's deadline, and the next moment of an incident."""
        return plan_incident(request.incident, self._organisation(), request.at)
