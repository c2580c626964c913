"""Playbooks over HTTP: a page to print, Markdown, and JSON."""

from collections.abc import Callable
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from followthrough.domain.playbook import Playbook, markdown, playbook
from followthrough.domain.values import ServiceId
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from followthrough.web.errors import Unknown
from followthrough.web.rendering import page
from followthrough.web.security import authorised


def playbooks(settings: Settings, organisation: Callable[[], Organisation]) -> APIRouter:
    """One for each service, always as the organisation file is now."""
    router = APIRouter()

    def made(service_id: ServiceId) -> Playbook:
        if service_id not in organisation().services:
            known = ", ".join(sorted(organisation().services))
            raise Unknown(f"The organisation file has no service {service_id!r}; it has {known}.")
        return playbook(service_id, organisation(), datetime.now(UTC))

    @router.get("/api/services/{service_id}/playbook", tags=["api"], dependencies=[authorised(settings)])
    def get_playbook(service_id: ServiceId) -> Playbook:
        """Who does what for a service, and which gaps there are."""
        return made(service_id)

    @router.get("/services", include_in_schema=False, response_class=HTMLResponse)
    def list_services(request: Request) -> Response:
        return page(request, "services.html", playbooks=[made(service_id) for service_id in organisation().services])

    @router.get("/services/{service_id}/playbook", include_in_schema=False, response_class=HTMLResponse)
    def show_playbook(request: Request, service_id: ServiceId) -> Response:
        made_on = datetime.now(UTC)
        url = settings.resolved_public_url
        return page(request, "playbook.html", playbook=made(service_id), made_on=made_on, url=url)

    @router.get("/services/{service_id}/playbook.md", include_in_schema=False, response_class=PlainTextResponse)
    def show_markdown(service_id: ServiceId) -> Response:
        return PlainTextResponse(markdown(made(service_id)), media_type="text/markdown")

    return router
