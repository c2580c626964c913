"""A postmortem as a file: its text in Markdown, a page that needs nothing beside it and prints well, or a PDF."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.postmortem_document import corrected_sentence, document
from followthrough.store.postmortems import Corrected, corrected
from followthrough.web.dependencies import ActorDep, Authorised, Exported, GatewayDep, OrganisationDep, Reading
from followthrough.web.postmortems import MarkdownResponse
from followthrough.web.reading import read
from followthrough.web.rendering import page

router = APIRouter()
FILE = "/incidents/{incident_id}/postmortem"


class PdfResponse(Response):
    """Pages."""

    media_type = "application/pdf"


async def _written(incident_id: str, gateway: GatewayDep, actor: ActorDep, reading: Reading) -> Corrected:
    """Raises Unknown, and HTTPException where no text was handed in."""
    incident = await gateway.incidents.seen(incident_id, actor)
    if incident.postmortem is None:
        raise HTTPException(404, f"No postmortem of {incident_id} was handed in yet; its page has the draft.")
    return await read(corrected, reading, incident)


WrittenDep = Annotated[Corrected, Depends(_written)]


@router.get(f"{FILE}.md", dependencies=[Exported], include_in_schema=False)
@router.get(
    f"/api{FILE}.md",
    operation_id="get_postmortem_markdown",
    tags=["api"],
    dependencies=[Exported, Authorised],
    response_class=MarkdownResponse,
)
async def as_markdown(written: WrittenDep) -> Response:
    """As it was handed in, or corrected."""
    text = written.incident.postmortem.text if written.incident.postmortem else ""
    return MarkdownResponse(f"{text}\n", headers=_file(written, "md"))


@router.get(f"{FILE}.html", dependencies=[Exported], include_in_schema=False)
@router.get(
    f"/api{FILE}.html",
    operation_id="get_postmortem_html",
    tags=["api"],
    dependencies=[Exported, Authorised],
    response_class=HTMLResponse,
)
async def as_html(request: Request, written: WrittenDep, organisation: OrganisationDep) -> Response:
    """With who wrote, reviewed and corrected it, and its action items."""
    return page(
        request,
        "postmortem-file.html",
        headers=_file(written, "html"),
        incident=written.incident,
        corrections=written.corrections,
        corrected_sentence=corrected_sentence,
        name=organisation.name_of,
    )


@router.get(f"{FILE}.pdf", dependencies=[Exported], include_in_schema=False)
@router.get(
    f"/api{FILE}.pdf",
    operation_id="get_postmortem_pdf",
    tags=["api"],
    dependencies=[Exported, Authorised],
    response_class=PdfResponse,
)
async def as_pdf(written: WrittenDep, organisation: OrganisationDep) -> Response:
    """The same as pages."""
    return PdfResponse(await run_in_threadpool(_pdf, written, organisation), headers=_file(written, "pdf"))


def _pdf(written: Corrected, organisation: Organisation) -> bytes:
    from followthrough.pdf import pdf  # most processes make none

    return pdf(document(written.incident, written.corrections, organisation.name_of))


def _file(written: Corrected, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="postmortem-{written.incident.id}.{ending}"'}
