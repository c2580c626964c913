"""Who asks. Every route needs somebody who is known, unless it says that it does not."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from followthrough.domain.answered.access.actor import AT_THIS_MACHINE, Actor, Door, Scope
from followthrough.domain.answered.access.audit import Act
from followthrough.domain.answered.organisation.departures import is_here
from followthrough.local_person import local_person
from followthrough.noting import happened
from followthrough.settings import Settings
from followthrough.store import sessions, tokens
from followthrough.web.dependencies import address_of, served
from followthrough.web.security import SAFE_METHODS, asked_by_ui, on_this_machine

EndpointT = TypeVar("EndpointT", bound=Callable[..., Any])

MOST_FIELDS = 10_000
"""A planning has three for each action item."""
CSRF_HEADER, CSRF_FIELD = "x-csrf-token", "csrf"
BROWSER_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
NOT_SET_UP = (
    "This service can be reached from elsewhere than its own machine, and does not know yet how people sign in; "
    "whoever runs it sets FOLLOWTHROUGH_OIDC_ISSUER and FOLLOWTHROUGH_OIDC_CLIENT_ID, as docs/sign-in.md says."
)
SIGN_IN = "Sign in first, in a terminal with `followthrough login`, or send a token as Authorization: Bearer TOKEN."
WRONG_TOKEN = "This token is unknown, has ended or was revoked; make another with `followthrough token create`."  # noqa: S105
OLD_FORM = "This form is from before you signed in; open its page again and send it from there."

SHARED_TOKEN = Actor(person=None, door=Door.SERVICE_TOKEN, name="the shared API token")

_open: set[Callable[..., Any]] = set()


def without_sign_in(endpoint: EndpointT) -> EndpointT:
    """Marks a route that everybody may use: it proves by itself who asks, or does not have to know."""
    _open.add(endpoint)
    return endpoint


def is_open(endpoint: Callable[..., Any]) -> bool:
    """Whether everybody may use it."""
    return endpoint in _open


@dataclass(frozen=True)
class Visitor:
    """What pages show of who asks, and in which time zone; ``csrf`` goes into their forms."""

    actor: Actor
    name: str
    zone: str
    csrf: str = ""


def at_this_machine(request: Request, settings: Settings) -> bool:
    """Whether whoever asks sits at the machine of a service that is there for nobody else."""
    return not settings.oidc_issuer and not settings.public_url and on_this_machine(request)


def bearer(request: Request) -> str | None:
    """The token that the request carries."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def cookie_name(settings: Settings) -> str:
    """Browsers take one with the prefix from this host alone, over TLS."""
    return "__Host-followthrough" if encrypted(settings) else "followthrough"


def encrypted(settings: Settings) -> bool:
    """Whether browsers reach the service over TLS."""
    return settings.resolved_public_url.startswith("https://")


async def require_actor(request: Request) -> None:
    """Before each route that is not marked ``without_sign_in``. Raises HTTPException 401 or 403."""
    if _sends_form(request):
        await request.form(max_fields=MOST_FIELDS)  # first, so that what was typed is in the answer to whoever may not
    if not is_open(request.scope["route"].endpoint):
        visitor = await _visitor(request)
        actor = visitor.actor.model_copy(update={"address": address_of(request)})
        request.state.visitor = replace(visitor, actor=actor)


async def _visitor(request: Request) -> Visitor:
    settings = served(request).settings
    if (token := bearer(request)) is not None:
        actor = await run_in_threadpool(_by_token, request, token)
        return Visitor(actor, _name(request, actor), _zone(request, actor))
    if at_this_machine(request, settings):
        return _local(request)
    secret = request.cookies.get(cookie_name(settings), "")
    signed_in = await run_in_threadpool(_signed_in, request, secret)
    if signed_in is not None:
        csrf = _csrf(secret)
        await _require_own_form(request, csrf)
        return Visitor(signed_in, _name(request, signed_in), _zone(request, signed_in), csrf)
    if not settings.oidc_issuer:
        raise HTTPException(403, NOT_SET_UP)
    raise HTTPException(401, SIGN_IN, {"WWW-Authenticate": "Bearer"})


def _local(request: Request) -> Visitor:
    behind = served(request)
    person = local_person(behind.settings.data_dir)
    known = person if person in behind.organisation_file().people else None
    actor = AT_THIS_MACHINE.model_copy(update={"person": known})
    return Visitor(actor, _name(request, actor), _zone(request, actor))


def _by_token(request: Request, token: str) -> Actor:
    """Raises HTTPException 401."""
    shared = served(request).settings.api_token
    if shared is not None and hmac.compare_digest(token.encode(), shared.get_secret_value().encode()):
        return SHARED_TOKEN
    behind, now = served(request), datetime.now(UTC)
    with Session(behind.database) as session:
        row = tokens.known(session, token, now)
    if row is None or (row.person and not is_here(behind.organisation_file(), row.person, now.date())):
        raise HTTPException(401, WRONG_TOKEN, {"WWW-Authenticate": "Bearer"})
    scopes = frozenset(map(Scope, row.scopes))
    wanted = (Scope.READ,) if request.method in SAFE_METHODS else (Scope.COMMAND, Scope.ADMINISTER)
    if scopes.isdisjoint(wanted):
        raise HTTPException(403, f"The token {row.name!r} may not {wanted[0]}; make one with that scope.")
    door = Door.TOKEN if row.person else Door.SERVICE_TOKEN
    return Actor(person=row.person, door=door, name=row.name, scopes=scopes)


def _signed_in(request: Request, secret: str) -> Actor | None:
    """Nobody once the person has left."""
    if not secret:
        return None
    behind, now = served(request), datetime.now(UTC)
    with Session(behind.database) as session:
        row = sessions.current(session, secret, now, behind.settings.session_idle)
        if row is None:
            return None
        actor = Actor(person=row.person, door=Door(row.door), address=address_of(request))
        if not is_here(behind.organisation_file(), row.person, now.date()):
            with behind.audit.doing(happened(actor, Act.SIGN_OUT, "end sessions of who left", now)):
                sessions.end_all(session, row.person)
            return None
        return actor


def _name(request: Request, actor: Actor) -> str:
    return served(request).organisation_file().name_of(actor.person) if actor.person else actor.name


def _zone(request: Request, actor: Actor) -> str:
    return served(request).organisation_file().time_zone_of(actor.person)


def _csrf(secret: str) -> str:
    """Known to pages of the session, and to nobody who does not have its cookie."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def _sends_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith(BROWSER_FORMS)


async def _require_own_form(request: Request, csrf: str) -> None:
    """Raises HTTPException 403 for a change that no page of this session asked for."""
    if request.method in SAFE_METHODS or asked_by_ui(request, served(request).settings):
        return
    given = request.headers.get(CSRF_HEADER, "")
    if _sends_form(request):
        given = given or str((await request.form()).get(CSRF_FIELD, ""))
    if not hmac.compare_digest(given.encode(), csrf.encode()):
        raise HTTPException(403, OLD_FORM)
