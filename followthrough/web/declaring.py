"""Declaring an incident on a page."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from followthrough.checks import NotInFile
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import what_is_wrong
from followthrough.domain.replayed.ids import page_of
from followthrough.domain.replayed.text import KEY, TITLE, URL
from followthrough.domain.replayed.values import PersonId, Refusal, Severity
from followthrough.permission import Forbidden
from followthrough.web.act_links import HEADERS
from followthrough.web.act_pages import TypedDep
from followthrough.web.bodies import NewIncident
from followthrough.web.dependencies import ActorDep, GatewayDep, OrganisationDep
from followthrough.web.keys import update_id
from followthrough.web.known import person_of
from followthrough.web.rendering import page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
KINDS = {
    "real": "It is real, and everybody may see it",
    "private": "It is real, and only who is on it sees it: for security, and for what concerns a person",
    "drill": "It is a drill: only practice, and customers hear nothing",
}
LABELS = {"title": "What is wrong", "service": "What is broken", "severity": "Severity"}
CALL = "Link to the call where you talk"


@router.get("/incidents/new")
async def write(request: Request, actor: ActorDep, organisation: OrganisationDep) -> Response:
    """The form; a link may fill it in. Raises NobodyYet."""
    return _form(request, person_of(request, actor), organisation, request.query_params)


@router.post("/incidents/new")
async def declare(
    request: Request, typed: TypedDep, actor: ActorDep, organisation: OrganisationDep, gateway: GatewayDep
) -> Response:
    """To its page; once for each form that was shown, and what is in it. Raises NobodyYet."""
    person = person_of(request, actor)
    given = {name: typed.get(name, "").strip() for name in LABELS}
    kind = typed.get("kind")
    try:
        if missing := next((label for name, label in LABELS.items() if not given[name]), None):
            raise Refusal(f"{missing}: this can't be left out.")
        new = NewIncident.model_validate(
            {
                **given,
                "by": person,
                "drill": kind == "drill",
                "private": kind == "private",
                "call": typed.get("call", "").strip() or None,
            }
        )
        key = update_id(typed.get("nonce", "")[:KEY] or None, new)
        incident = await gateway.declare(**{**new.model_dump(), "dedup_key": key}, actor=actor)
    except ValidationError as error:
        first = error.errors()[0]
        sentence = f"{(LABELS | {'call': CALL})[str(first['loc'][0])]}: {what_is_wrong(first)}."
        return _form(request, person, organisation, typed, sentence, 409)
    except (Refusal, NotInFile, Forbidden) as error:
        status = 403 if isinstance(error, Forbidden) else 409
        return _form(request, person, organisation, typed, str(error), status)
    return RedirectResponse(f"/{page_of(incident)}?said=0", 303, HEADERS)


def _form(
    request: Request,
    person: PersonId,
    organisation: Organisation,
    typed: Mapping[str, str],
    refused: str = "",
    status: int = 200,
) -> Response:
    severities: dict[str, Any] = {
        severity: f"{severity}, {policy.description}" for severity, policy in organisation.severities.items()
    }
    return page(
        request,
        "declare.html",
        status=status,
        headers=HEADERS,
        typed={"nonce": "", "title": "", "service": "", "severity": Severity.SEV3, "kind": "real", "call": "", **typed},
        refused=refused,
        labels=LABELS,
        call=CALL,
        longest_link=URL,
        longest=TITLE,
        services={"": {key: service.name for key, service in organisation.services.items()}},
        severities={"": severities},
        kinds=KINDS,
        name=organisation.name_of(person),
    )
