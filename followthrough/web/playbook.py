"""Playbooks over HTTP: a page to print, Markdown, and JSON."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from followthrough.checks import NotInFile, require_service
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation, Service
from followthrough.domain.answered.organisation.rota import on_call
from followthrough.domain.answered.report.playbook import Playbook, gaps, markdown, playbook
from followthrough.domain.replayed.values import PersonId, ServiceId, TeamId
from followthrough.records import Unknown
from followthrough.web.dependencies import Authorised, Exported, OrganisationDep, SettingsDep
from followthrough.web.paging import LINKED, PagingDep
from followthrough.web.rendering import page
from followthrough.web.shapes.shape import Shape
from followthrough.web.shapes.texts import ShownPlaybook


class ServiceLine(Shape):
    """A service in a list; ``gaps`` counts what is missing in its playbook."""

    service: ServiceId
    """Its key in the organisation file."""
    name: str
    """As people call it."""
    team: TeamId
    """Key of the team whose it is."""
    on_call: PersonId
    """Who is asked first today."""
    gaps: int
    """How many sentences its playbook has about what is missing."""


class Listed(NamedTuple):
    """A service without those who left."""

    id: ServiceId
    service: Service
    asked_first: PersonId
    """Today."""
    gaps: Sequence[str]
    """What is missing in its playbook."""


router = APIRouter()


def _playbook(service_id: ServiceId, organisation: OrganisationDep) -> Playbook:
    try:
        require_service(service_id, organisation)
    except NotInFile as error:
        raise Unknown(str(error)) from None
    return playbook(service_id, organisation, datetime.now(UTC))


PlaybookDep = Annotated[Playbook, Depends(_playbook)]
"""Of the service that the address names, as the organisation file is now."""


@router.get(
    "/api/services/{service_id}/playbook",
    response_model=ShownPlaybook,
    tags=["api"],
    dependencies=[Authorised, Exported],
)
def get_playbook(found: PlaybookDep) -> Playbook:
    """Who does what for a service, and which gaps there are."""
    return found


@router.get("/api/services", operation_id="list_services", responses=LINKED, tags=["api"], dependencies=[Authorised])
def list_services_as_json(organisation: OrganisationDep, paging: PagingDep) -> list[ServiceLine]:
    """Each service by its key, and who is on call for it now."""
    found = _listed(paging.of(organisation.services, lambda service: (service,)), organisation)
    return [
        ServiceLine(
            service=one.id, name=one.service.name, team=one.service.team, on_call=one.asked_first, gaps=len(one.gaps)
        )
        for one in found
    ]


@router.get("/services", include_in_schema=False, response_class=HTMLResponse)
def list_services(request: Request, organisation: OrganisationDep) -> Response:
    """All services, and the gaps in their playbooks."""
    return page(
        request,
        "services.html",
        services=_listed(organisation.services, organisation),
        teams=organisation.teams,
        name=organisation.name_of,
    )


def _listed(ids: Iterable[ServiceId], organisation: Organisation) -> list[Listed]:
    now = datetime.now(UTC)
    here = as_of(organisation, now.date())
    found = []
    for service_id in ids:
        service = here.services[service_id]
        asked_first, *_ = on_call(service, here.teams[service.team], now)
        found.append(Listed(service_id, service, asked_first, list(gaps(service_id, organisation, here))))
    return found


@router.get("/services/{service_id}/playbook", include_in_schema=False, response_class=HTMLResponse)
def show_playbook(request: Request, found: PlaybookDep, settings: SettingsDep) -> Response:
    """To print."""
    url = settings.resolved_public_url
    return page(request, "playbook.html", playbook=found, made_on=datetime.now(UTC), url=url)


@router.get(
    "/services/{service_id}/playbook.md",
    include_in_schema=False,
    response_class=PlainTextResponse,
    dependencies=[Exported],
)
def show_markdown(found: PlaybookDep) -> Response:
    """To keep elsewhere."""
    return PlainTextResponse(markdown(found), media_type="text/markdown")
