"""Plans drills from the organisation file, the scenarios and the reports of earlier ones."""

from collections.abc import Callable

from sqlalchemy import Engine
from sqlmodel import Session
from temporalio import activity
from temporalio.exceptions import ApplicationError

from followthrough.domain.answered.drill.calendar import least_recent, next_start
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.drill.drill import DrillOutcome, DrillPlan
from followthrough.organisation_file import OrganisationError
from followthrough.scenarios import load_scenarios
from followthrough.store.reports import drill_reports
from workflows.messages.drill import PlanDrill


class Drills:
    """Reads the organisation file and the scenarios as they are at that moment."""

    def __init__(self, database: Engine, organisation: Callable[[], Organisation], *, encrypted: bool) -> None:
        self._database = database
        self._organisation = organisation
        self._encrypted = encrypted

    @activity.defn
    def plan_drill(self, plan: PlanDrill) -> DrillPlan | None:
        """When, on which service and with which scenario; None when there is nothing to practise with, or no wish to.

        A broken scenario file is tried again until it is corrected.
        """
        organisation, request = as_of(self._organisation(), plan.at.date()), plan.request
        team, services = organisation.teams.get(request.team), organisation.services_of(request.team)
        if team is None or not services:
            return None
        policies = organisation.drill_policies(team)
        if not policies.enabled and not request.by_hand:
            return None
        try:
            scenarios = load_scenarios(policies.scenarios)
        except OrganisationError as error:
            raise ApplicationError(str(error), type="OrganisationError") from None
        with Session(self._database) as session:
            past = drill_reports(session, team=request.team)[::-1]
        name = request.scenario or least_recent(list(scenarios), [report.scenario for report in past])
        if name not in scenarios:
            return None
        service = least_recent(services, [report.service for report in past])
        counted = [report for report in past if report.outcome is not DrillOutcome.CANCELLED]
        return DrillPlan(
            scenario_name=name,
            scenario=scenarios[name],
            service=service,
            starts_at=plan.at if request.by_hand else next_start(plan.at, team, policies),
            acknowledge_within=organisation.severities[scenarios[name].severity].acknowledge_within,
            to=(team.lead,),
            previous=counted[-1] if counted else None,
            searchable_names=not self._encrypted,
        )
