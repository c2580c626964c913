"""A postmortem as a file: its text in Markdown, or a page that needs nothing beside it and prints well."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.web.dependencies import ActorDep, Exported, GatewayDep, OrganisationDep
from followthrough.web.postmortems import MarkdownResponse
from followthrough.web.rendering import page

router = APIRouter(include_in_schema=False)


async def _written(incident_id: str, gateway: GatewayDep, actor: ActorDep) -> Incident:
    """Raises Unknown, and HTTPException where no text was handed in."""
    incident = await gateway.incidents.seen(incident_id, actor)
    if incident.postmortem is None:
        raise HTTPException(404, f"No postmortem of {incident_id} was handed in yet; its page has the draft.")
    return incident


WrittenDep = Annotated[Incident, Depends(_written)]


@router.get("/incidents/{incident_id}/postmortem.md", dependencies=[Exported])
async def as_markdown(incident: WrittenDep) -> Response:
    """As it was handed in."""
    text = incident.postmortem.text if incident.postmortem else ""
    return MarkdownResponse(f"{text}\n", headers=_file(incident, "md"))


@router.get("/incidents/{incident_id}/postmortem.html", dependencies=[Exported], response_class=HTMLResponse)
async def as_html(request: Request, incident: WrittenDep, organisation: OrganisationDep) -> Response:
    """With who wrote and reviewed it, and its action items."""
    headers = _file(incident, "html")
    return page(request, "postmortem-file.html", headers=headers, incident=incident, name=organisation.name_of)


def _file(incident: Incident, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="postmortem-{incident.id}.{ending}"'}
