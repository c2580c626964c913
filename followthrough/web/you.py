"""Who you are here, as the service sees it; and at this machine, whom you say you are."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.answered.wording import whole_span
from followthrough.domain.replayed.values import PersonId
from followthrough.local_person import choose_local_person
from followthrough.noting import happened
from followthrough.store import sessions
from followthrough.web.dependencies import ActorDep, AuditDep, OrganisationDep, Reading, SettingsDep
from followthrough.web.known import NOT_A_PERSON
from followthrough.web.rendering import page
from followthrough.web.returning import here

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/you")
def show_you(
    request: Request, actor: ActorDep, organisation: OrganisationDep, settings: SettingsDep, to: str = "/"
) -> Response:
    """Who you are and for how long, or whom you can be."""
    local = actor.door is Door.THIS_MACHINE
    people = sorted(((key, person.name) for key, person in organisation.people.items()), key=lambda one: one[1])
    return page(
        request,
        "you.html",
        people=people if local else [],
        to=here(to),
        signed_in_by="your organisation's provider" if actor.door is Door.SESSION else f"a {actor.door}",
        idle=whole_span(settings.session_idle),
        lasts=whole_span(settings.session_lasts),
    )


@router.post("/you")
def choose(
    actor: ActorDep,
    organisation: OrganisationDep,
    settings: SettingsDep,
    audit: AuditDep,
    person: Annotated[PersonId, Form()],
    to: Annotated[str, Form()] = "/",
) -> Response:
    """From now on that is who sits at this machine; back to the page from where it was asked."""
    if actor.door is not Door.THIS_MACHINE:
        raise HTTPException(403, "Who signs in is who the provider says; nobody chooses that here.")
    if person not in organisation.people:
        raise HTTPException(422, f"Nobody in the organisation is {person!r}.")
    with audit.doing(happened(actor, Act.SIGN_IN, "choose who sits here", datetime.now(UTC), whom=person)):
        choose_local_person(settings.data_dir, person)
    return RedirectResponse(here(to), 303)


@router.post("/you/sign-out-everywhere")
def sign_out_everywhere(request: Request, actor: ActorDep, reading: Reading, audit: AuditDep) -> Response:
    """In every browser, this one too."""
    person = _person(actor)
    with audit.doing(happened(actor, Act.SIGN_OUT, "sign out everywhere", datetime.now(UTC))) as noted:
        noted.details["sessions"] = str(sessions.end_all(reading, person))
    request.state.visitor = None
    return page(request, "signed-out.html")


def _person(actor: Actor) -> PersonId:
    """Raises HTTPException."""
    if actor.door not in (Door.SESSION, Door.BREAK_GLASS) or actor.person is None:
        raise HTTPException(403, NOT_A_PERSON)
    return actor.person
