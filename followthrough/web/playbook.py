"""Playbooks over HTTP: a page to print, Markdown, and JSON."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from followthrough.checks import NotInFile, require_service
from followthrough.domain.answered.organisation.departures import as_of
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
    now, found = datetime.now(UTC), paging.of(organisation.services, lambda service: (service,))
    here = as_of(organisation, now.date())
    return [
        ServiceLine(
            service=service_id,
            name=service.name,
            team=service.team,
            on_call=on_call(service, here.teams[service.team], now)[0],
            gaps=len(list(gaps(service_id, organisation, here))),
        )
        for service_id, service in ((service_id, here.services[service_id]) for service_id in found)
    ]


@router.get("/services", include_in_schema=False, response_class=HTMLResponse)
def list_services(request: Request, organisation: OrganisationDep) -> Response:
    """All services, and the gaps in their playbooks."""
    now = datetime.now(UTC)
    found = [playbook(service_id, organisation, now) for service_id in organisation.services]
    return page(request, "services.html", playbooks=found)


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
