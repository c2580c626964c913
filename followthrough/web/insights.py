"""What the numbers say over months: pages, drawings, files and JSON of the same measures."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, BeforeValidator
from sqlmodel import Session

from followthrough.domain.answered.insights import told
from followthrough.domain.answered.insights.insight import (
    DEFINITIONS,
    DRAWN,
    TITLES,
    Cell,
    Column,
    Insight,
    Kind,
    Name,
)
from followthrough.domain.answered.insights.measures import OF_INCIDENTS, OF_ITEMS, Duration, accepted_risks
from followthrough.domain.answered.insights.scope import MOST_MONTHS, By, Scope
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.digest import TREND
from followthrough.domain.answered.wording import span_to_the_minute
from followthrough.domain.replayed.text import KEY
from followthrough.domain.replayed.values import Severity
from followthrough.store import insights
from followthrough.web.dependencies import Authorised, Exported, OrganisationDep, Reading
from followthrough.web.paging import LINKED, PagingDep
from followthrough.web.plots import SVG_HEADERS, svg
from followthrough.web.rendering import page
from followthrough.web.shapes.insights import ShownInsight
from followthrough.web.spreadsheets import lines

router = APIRouter()
api = APIRouter(prefix="/api/insights", tags=["api"], dependencies=[Authorised])


class About(BaseModel):
    """A measure that may be asked for."""

    name: Name
    title: str
    definition: str


class Shown(NamedTuple):
    """A cell of a page; ``urls`` are where each word of it leads, if it leads anywhere."""

    label: str
    text: str
    urls: tuple[tuple[str, str], ...] = ()


Chosen = Annotated[str, Query(max_length=KEY)]


def _scope(
    team: Chosen = "",
    service: Chosen = "",
    severity: Annotated[Severity | None, BeforeValidator(lambda given: given or None), Query()] = None,
    months: Annotated[int, Query(ge=1, le=MOST_MONTHS, description="The last of them is this one")] = TREND,
) -> Scope:
    return Scope(now=datetime.now(UTC), months=months, team=team or None, service=service or None, severity=severity)


ScopeDep = Annotated[Scope, Depends(_scope)]


def _insight(name: Name, scope: ScopeDep, reading: Reading, organisation: OrganisationDep) -> Insight:
    match name:
        case Name.ON_TIME:
            return told.tell_on_time(insights.on_time(reading, scope), scope)
        case Name.OPEN_AGES:
            return told.tell_ages(insights.ages(reading, scope))
        case Name.STEPS:
            return _durations(name, OF_ITEMS, reading, scope)
        case Name.RESPONSE:
            return _durations(name, OF_INCIDENTS, reading, scope)
        case Name.POSTMORTEMS:
            return _durations(name, (Duration.PUBLISH,), reading, scope)
        case Name.ESCALATIONS:
            return told.tell_escalations(insights.escalated(reading, scope))
        case Name.WAIVERS:
            return told.tell_waivers(accepted_risks(insights.accepted_risks(reading, scope), scope))
        case Name.REPEATS:
            return told.tell_repeats(insights.repeats(reading, scope), scope)
        case Name.NOT_DONE:
            return told.tell_price(insights.prices(reading, organisation, scope), scope)
        case Name.HELD:
            return told.tell_held(insights.held(reading, scope), scope)


def _durations(name: Name, durations: tuple[Duration, ...], session: Session, scope: Scope) -> Insight:
    found = {what: insights.spreads(session, what, scope) for what in durations}
    return told.tell_durations(name, found, scope)


InsightDep = Annotated[Insight, Depends(_insight)]


@api.get("", responses=LINKED)
def list_insights(paging: PagingDep) -> list[About]:
    """What may be asked for, by name."""
    found = paging.of(Name, lambda name: (name,))
    return [About(name=name, title=TITLES[name], definition=DEFINITIONS[name]) for name in found]


@api.get("/{name}", response_model=ShownInsight)
def get_insight(insight: InsightDep) -> Insight:
    """Its rows, and what is drawn of them. Private incidents are counted, and have no row."""
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
def export_insight(insight: InsightDep) -> Response:
    """Its rows for a spreadsheet, which calculates nothing of what somebody typed."""
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
    }


def _shown(columns: tuple[Column, ...], row: tuple[Cell, ...], organisation: Organisation) -> Iterator[Shown]:
    for column, cell in zip(columns, row, strict=True):
        text = "" if cell is None else str(cell)
        match column.kind:
            case Kind.INCIDENT | Kind.ITEM:
                pages = "items" if column.kind is Kind.ITEM else "incidents"
                yield Shown(column.label, text, tuple((one, f"/{pages}/{one}") for one in str(cell).split()))
            case Kind.MINUTES if isinstance(cell, int):
                yield Shown(column.label, span_to_the_minute(timedelta(minutes=cell)))
            case Kind.PERCENT if cell is not None:
                yield Shown(column.label, f"{cell} %")
            case Kind.PERSON if cell:
                yield Shown(column.label, organisation.name_of(text))
            case _ if column.name == "of" and By.TEAM.value in row and text in organisation.teams:
                yield Shown(column.label, organisation.teams[text].name)
            case _:
                yield Shown(column.label, text)


router.include_router(api)
