"""What the numbers say over months: pages, drawings, files and JSON of the same measures."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator

from followthrough.domain.answered.insights.cells import in_words
from followthrough.domain.answered.insights.insight import (
    DEFINITIONS,
    DRAWN,
    EVERY_ROW,
    MOST_ROWS,
    TITLES,
    Cell,
    Column,
    Insight,
    Kind,
    Name,
    Place,
)
from followthrough.domain.answered.insights.scope import MOST_MONTHS, Scope
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.digest import TREND, Month
from followthrough.domain.replayed.text import KEY
from followthrough.domain.replayed.values import Severity
from followthrough.plots import svg
from followthrough.store.cursors import NoSuchPlace, place_in, written
from followthrough.store.insights import recorded
from followthrough.store.telling import tell
from followthrough.web.dependencies import Authorised, Exported, OrganisationDep, Reading
from followthrough.web.paging import LINKED, Cursor, PagingDep, link_next
from followthrough.web.rendering import page
from followthrough.web.shapes.insights import ShownInsight
from followthrough.web.shapes.shape import Shape
from followthrough.web.spreadsheets import lines

router = APIRouter()
api = APIRouter(prefix="/api/insights", tags=["api"], dependencies=[Authorised])


class About(Shape):
    """A measure that may be asked for."""

    name: Name
    """As in its address."""
    title: str
    """As its page has it."""
    definition: str
    """What exactly it measures, in a sentence."""


class Shown(NamedTuple):
    """A cell of a page; ``urls`` are where each word of it leads, if it leads anywhere."""

    label: str
    text: str
    urls: tuple[tuple[str, str], ...] = ()


PAGES = {Kind.INCIDENT: "incidents", Kind.ITEM: "items"}
SVG_HEADERS = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'; sandbox"}
Chosen = Annotated[str, Query(max_length=KEY)]


def _scope(
    reading: Reading,
    organisation: OrganisationDep,
    team: Chosen = "",
    service: Chosen = "",
    severity: Annotated[Severity | None, BeforeValidator(lambda given: given or None), Query()] = None,
    months: Annotated[int, Query(ge=1, le=MOST_MONTHS, description="The last of them is this one")] = TREND,
) -> Scope:
    """Raises HTTPException 422 for a team or service that nobody knows, of which each measure would say nothing."""
    if team and team not in organisation.teams and not recorded(reading, "team", team):
        raise HTTPException(422, f'There is no team "{team}" in the organisation file or in any record.')
    if service and service not in organisation.services and not recorded(reading, "service", service):
        raise HTTPException(422, f'There is no service "{service}" in the organisation file or in any record.')
    return Scope(now=datetime.now(UTC), months=months, team=team or None, service=service or None, severity=severity)


ScopeDep = Annotated[Scope, Depends(_scope)]


def _insight(name: Name, scope: ScopeDep, reading: Reading, organisation: OrganisationDep) -> Insight:
    return tell(reading, organisation, name, scope)


InsightDep = Annotated[Insight, Depends(_insight)]


@api.get("", responses=LINKED)
def list_insights(paging: PagingDep) -> list[About]:
    """What may be asked for, by name."""
    found = paging.of(Name, lambda name: (name,))
    return [About(name=name, title=TITLES[name], definition=DEFINITIONS[name]) for name in found]


@api.get("/{name}", response_model=ShownInsight, responses=LINKED)
def get_insight(
    request: Request,
    response: Response,
    name: Name,
    scope: ScopeDep,
    reading: Reading,
    organisation: OrganisationDep,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = MOST_ROWS,
) -> Insight:
    """Its rows, and what is drawn of them. Private incidents are counted, and have no row.

    What lists records (`waivers`, `not-done`, `held`) has a page of them, and its numbers are of all. What counts has
    all its rows, for there is one for each month, severity, team or level.
    """
    insight = tell(reading, organisation, name, scope, limit, _place_in(cursor) if cursor else None)
    if last := insight.last:
        link_next(request, response, written([last.at and last.at.isoformat(), last.id]))
    return insight


@router.get("/insights", include_in_schema=False, response_class=HTMLResponse)
def show_insights(request: Request, scope: ScopeDep, organisation: OrganisationDep) -> Response:
    """All of them; the drawings come as they are scrolled to."""
    measures = [(name, TITLES[name], DEFINITIONS[name], name in DRAWN) for name in Name]
    return page(request, "insights.html", measures=measures, **_chosen(scope, organisation))


@router.get("/insights/{name}.svg", include_in_schema=False)
def draw_insight(insight: InsightDep) -> Response:
    """Its drawing, or one that says that there is none."""
    return Response(svg(insight.drawing), media_type="image/svg+xml", headers=SVG_HEADERS)


@router.get("/insights/{name}.csv", include_in_schema=False, dependencies=[Exported])
def export_insight(name: Name, scope: ScopeDep, reading: Reading, organisation: OrganisationDep) -> Response:
    """All its rows for a spreadsheet, which calculates nothing of what somebody typed."""
    insight = tell(reading, organisation, name, scope, EVERY_ROW)
    file = lines([[column.name for column in insight.columns], *insight.rows])
    headers = {"Content-Disposition": f'attachment; filename="{insight.name}.csv"'}
    return Response(file, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/insights/{name}", include_in_schema=False, response_class=HTMLResponse)
def show_insight(request: Request, insight: InsightDep, scope: ScopeDep, organisation: OrganisationDep) -> Response:
    """One of them, with its table."""
    rows = [list(_shown(insight.columns, row, organisation)) for row in insight.rows]
    return page(request, "insight.html", insight=insight, rows=rows, **_chosen(scope, organisation))


def _chosen(scope: Scope, organisation: Organisation) -> dict[str, Any]:
    filters = {"team": scope.team or "", "service": scope.service or "", "severity": scope.severity or ""}
    return {
        "filters": filters | {"months": scope.months},
        "organisation": organisation,
        "severities": list(Severity),
        "most_months": MOST_MONTHS,
        "this_month": f"{scope.now:%Y-%m}",
        "last_month": str(Month.before(scope.now)),
    }


def _shown(columns: tuple[Column, ...], row: tuple[Cell, ...], organisation: Organisation) -> Iterator[Shown]:
    for column, text in zip(columns, in_words(columns, row, organisation), strict=True):
        pages = PAGES.get(column.kind)
        yield Shown(column.label, text, tuple((one, f"/{pages}/{one}") for one in text.split()) if pages else ())


def _place_in(cursor: str) -> Place:
    """Raises NoSuchPlace."""
    match place_in(cursor):
        case [str() | None as at, str() as record_id]:
            try:
                return Place(None if at is None else datetime.fromisoformat(at).astimezone(UTC), record_id)
            except (ValueError, OverflowError):
                raise NoSuchPlace from None
    raise NoSuchPlace


router.include_router(api)
