"""Who carries how much, and the warning before one person carries everything."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlmodel import Session

from followthrough.domain.departures import as_of
from followthrough.domain.load import LoadReport, load_report
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from followthrough.store import queries
from followthrough.web.reading import Reading
from followthrough.web.rendering import page
from followthrough.web.security import authorised

Days = Annotated[
    int | None, Query(ge=1, le=3660, description="How far back incidents count; else as the organisation file says")
]


def load(settings: Settings, organisation: Callable[[], Organisation]) -> APIRouter:
    """The load report for programs and for browsers."""
    router = APIRouter()

    def report(session: Session, days: int | None) -> LoadReport:
        now = datetime.now(UTC)
        policies = organisation().policies.load
        since = now - (timedelta(days=days) if days else policies.window)
        return load_report(
            queries.incidents_since(session, since),
            queries.open_items(session),
            as_of(organisation(), now.date()),
            policies.hero_share,
        )

    @router.get("/api/load", tags=["api"], dependencies=[authorised(settings)])
    def get_load(reading: Reading, days: Days = None) -> LoadReport:
        """Who was woken, led, resolved and owns how much, and who carries more than the policy's share."""
        return report(reading, days)

    @router.get("/load", include_in_schema=False, response_class=HTMLResponse)
    def show_load(request: Request, reading: Reading, days: Days = None) -> Response:
        shown = organisation()
        return page(
            request,
            "load.html",
            report=report(reading, days),
            days=days or shown.policies.load.window.days,
            share=shown.policies.load.hero_share,
            name=shown.name_of,
        )

    return router
