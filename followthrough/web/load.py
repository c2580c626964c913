"""Who carries how much, and the warning before one person carries everything."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlmodel import Session

from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.load import LoadReport, load_report
from followthrough.store.load import cases
from followthrough.web.dependencies import Authorised, OrganisationDep, Reading
from followthrough.web.rendering import page
from followthrough.web.shapes.load import ShownLoads

Days = Annotated[
    int | None, Query(ge=1, le=3660, description="How far back incidents count; else as the organisation file says")
]


router = APIRouter()


@router.get("/api/load", response_model=ShownLoads, tags=["api"], dependencies=[Authorised])
def get_load(reading: Reading, organisation: OrganisationDep, days: Days = None) -> LoadReport:
    """Who was woken, led, resolved and owns how much, and who carries more than the policy's share."""
    return _report(reading, organisation, days)


@router.get("/load", include_in_schema=False, response_class=HTMLResponse)
def show_load(request: Request, reading: Reading, organisation: OrganisationDep, days: Days = None) -> Response:
    """The same, to look at."""
    policies = organisation.policies.load
    return page(
        request,
        "load.html",
        report=_report(reading, organisation, days),
        days=days or policies.window.days,
        share=policies.hero_share,
        name=organisation.name_of,
    )


def _report(session: Session, organisation: Organisation, days: int | None) -> LoadReport:
    now = datetime.now(UTC)
    policies = organisation.policies.load
    since = now - (timedelta(days=days) if days else policies.window)
    present = as_of(organisation, now.date())
    return load_report(cases(session, since, now, present), present, policies.hero_share)
