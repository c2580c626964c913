"""Tokens for programs: of people, and of services. Each is shown once."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import AwareDatetime
from sqlmodel import Session

from followthrough.audit import Audit
from followthrough.domain.answered.access.actor import Actor, Door, Scope
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.answered.access.token_rules import PERSONAL_SCOPES, why_no_token, why_not_revoke
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.text import Title
from followthrough.domain.replayed.values import PersonId, Refusal
from followthrough.noting import happened
from followthrough.permission import Forbidden
from followthrough.store import tokens
from followthrough.store.access_tables import TokenRow
from followthrough.web.bodies import NewToken
from followthrough.web.dependencies import ActorDep, AuditDep, Authorised, OrganisationDep, Reading
from followthrough.web.keys import Key, update_id
from followthrough.web.paging import LINKED, PagingDep, in_time
from followthrough.web.problems import REFUSED
from followthrough.web.rendering import page
from followthrough.web.shapes.shape import Shape

MADE_BEFORE = "With this key a token was made, which is not shown again; if it was lost, revoke it with"


class TokenLine(Shape):
    """A token without its secret; ``person`` is null for a service's, ``made_by`` for whoever was at the machine."""

    id: str
    """What it is called in its address; no secret."""
    name: str
    """What it is for, as timelines call it."""
    person: PersonId | None
    """Whose it is; null for a service's."""
    scopes: list[Scope]
    """What may be done with it."""
    made_by: PersonId | None
    """Null for whoever was at the machine."""
    made_at: AwareDatetime
    """When it was made."""
    ends_at: AwareDatetime
    """From then on it is refused."""
    used_at: AwareDatetime | None
    """When it was used last; null where it never was."""
    revoked_at: AwareDatetime | None
    """From when on it is refused; null where nobody revoked it."""


class MadeToken(TokenLine):
    """A new token, with what nobody is shown again."""

    token: str
    """The secret, to be sent as a bearer token; it is shown once."""


router = APIRouter()
pages = APIRouter(prefix="/tokens", include_in_schema=False, default_response_class=HTMLResponse)
api = APIRouter(prefix="/api/tokens", tags=["api"], dependencies=[Authorised])


@api.get("", responses=LINKED)
def list_tokens(actor: ActorDep, organisation: OrganisationDep, reading: Reading, paging: PagingDep) -> list[TokenLine]:
    """One's own and, for administrators, those of services; also those that have ended. The newest first."""
    found = paging.of(_seen(actor, organisation, reading), lambda row: (in_time(row.made_at), row.id), last_first=True)
    return [TokenLine.model_validate(row.model_dump()) for row in found]


@api.post("", status_code=201, responses=REFUSED)
def make_token(
    new: NewToken,
    actor: ActorDep,
    organisation: OrganisationDep,
    reading: Reading,
    audit: AuditDep,
    key: Key = None,
) -> MadeToken:
    """The answer has the token; keep it, for it is not shown again, also not with its key, which makes no other."""
    return _make(new, actor, organisation, reading, audit, key)


@api.delete("/{token_id}")
def revoke_token(
    token_id: str, actor: ActorDep, organisation: OrganisationDep, reading: Reading, audit: AuditDep
) -> TokenLine:
    """From now on it lets nobody in."""
    return TokenLine.model_validate(_revoke(token_id, actor, organisation, reading, audit).model_dump())


@pages.get("")
def show_tokens(request: Request, actor: ActorDep, organisation: OrganisationDep, reading: Reading) -> Response:
    """One's own, and a form for another."""
    return _page(request, actor, organisation, reading)


@pages.post("")
def take_form(
    request: Request,
    actor: ActorDep,
    organisation: OrganisationDep,
    reading: Reading,
    audit: AuditDep,
    name: Annotated[Title, Form()],
    scopes: Annotated[frozenset[Scope], Form(min_length=1)],
    days: Annotated[int, Form(ge=1, le=366)],
    service: Annotated[bool, Form()] = False,
) -> Response:
    """Shows the new token, this once."""
    new = NewToken(name=name, scopes=scopes, days=days, service=service)
    return _page(request, actor, organisation, reading, made=_make(new, actor, organisation, reading, audit))


@pages.post("/{token_id}/revoke")
def revoke_by_form(
    token_id: str, actor: ActorDep, organisation: OrganisationDep, reading: Reading, audit: AuditDep
) -> Response:
    """From now on it lets nobody in."""
    _revoke(token_id, actor, organisation, reading, audit)
    return RedirectResponse("/tokens", 303)


router.include_router(pages)
router.include_router(api)


def _make(
    new: NewToken, actor: Actor, organisation: Organisation, session: Session, audit: Audit, key: str | None = None
) -> MadeToken:
    """Raises Forbidden, and Refusal where there is one by that key."""
    now, person = datetime.now(UTC), None if new.service else actor.person
    token_id = update_id(key and f"{actor.door} {actor.person} {actor.name} {key}", new)
    ends_at = now + timedelta(days=new.days)
    with audit.doing(happened(actor, Act.TOKEN, "make token", now)) as noted:
        noted.details.update(
            {
                "of": "a service" if new.service else "a person",
                "may": ", ".join(sorted(new.scopes)),
                "until": ends_at.date().isoformat(),
            }
        )
        if wrong := why_no_token(actor, new.scopes, organisation.administrators, service=new.service):
            raise Forbidden(wrong)
        if token_id and session.get(TokenRow, token_id):
            raise Refusal(f"{MADE_BEFORE} `followthrough token revoke {token_id}`, and make another with a new key.")
        row, token = tokens.make(session, new.name, person, new.scopes, actor.person, now, ends_at, token_id)
        noted.record = row.id
    return MadeToken(**row.model_dump(), token=token)


def _revoke(token_id: str, actor: Actor, organisation: Organisation, session: Session, audit: Audit) -> TokenRow:
    """Raises Forbidden, or HTTPException 404."""
    row, now = session.get(TokenRow, token_id), datetime.now(UTC)
    if row is None:
        raise HTTPException(404, f"There is no token {token_id}; `followthrough token list` lists them.")
    whom = None if row.person == actor.person else row.person
    with audit.doing(happened(actor, Act.TOKEN, "revoke token", now, whom=whom, record=row.id)):
        if wrong := why_not_revoke(actor, row.person, organisation.administrators):
            raise Forbidden(wrong)
        tokens.revoke(session, row, now)
    session.refresh(row)
    return row


def _seen(actor: Actor, organisation: Organisation, session: Session) -> list[TokenRow]:
    own = tokens.tokens_of(session, actor.person) if actor.person else []
    return [*own, *(tokens.tokens_of(session, None) if _administers(actor, organisation) else [])]


def _administers(actor: Actor, organisation: Organisation) -> bool:
    return actor.door is Door.THIS_MACHINE or actor.person in organisation.administrators


def _page(
    request: Request, actor: Actor, organisation: Organisation, session: Session, made: MadeToken | None = None
) -> Response:
    return page(
        request,
        "tokens.html",
        tokens=_seen(actor, organisation, session),
        made=made,
        now=datetime.now(UTC),
        scopes=list(Scope),
        usual=(Scope.READ, Scope.COMMAND),
        of_services=list(frozenset(Scope) - PERSONAL_SCOPES),
        administers=_administers(actor, organisation),
        name=organisation.name_of,
    )
