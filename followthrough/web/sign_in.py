"""Signing in at the organisation's provider, or by a code when that is down; and signing out."""

import logging
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session

from followthrough.domain.answered.access.actor import Door
from followthrough.domain.answered.access.audit import Act, Happened
from followthrough.domain.answered.access.identity import Stranger, person_of, whom_to_ask
from followthrough.domain.answered.organisation.departures import is_here
from followthrough.domain.replayed.text import LABEL, URL, cut
from followthrough.domain.replayed.values import PersonId
from followthrough.noting import Noted, happened
from followthrough.oidc import Departure, Provider, ProviderDown, SignInFailed
from followthrough.settings import Settings
from followthrough.store import sessions
from followthrough.web.access import NOT_SET_UP, at_this_machine, cookie_name, encrypted, without_sign_in
from followthrough.web.dependencies import ActorDep, AuditDep, OrganisationDep, Reading, SettingsDep, newcomer, served
from followthrough.web.rendering import page
from followthrough.web.returning import here

logger = logging.getLogger(__name__)

BREAK_GLASS_LASTS = timedelta(hours=1)
DOWN = (
    "The sign-in provider does not answer, so nobody can sign in at the moment; whoever is signed in stays so, and "
    "links in mails work. Try again in a minute."
)
NOT_BEGUN_HERE = "This sign-in was not begun in this browser, or took too long; begin it again."

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/sign-in")
@without_sign_in
async def sign_in(request: Request, settings: SettingsDep, reading: Reading, to: str = "/") -> Response:
    """Sends the browser to the provider; afterwards it goes on with the page ``to``."""
    behind = served(request)
    if at_this_machine(request, settings):
        return RedirectResponse(f"/you?{urlencode({'to': here(to)})}", 303)
    if behind.provider is None:
        raise HTTPException(403, NOT_SET_UP)
    behind.tries.count(request)
    try:
        departure = await behind.provider.departure()
    except ProviderDown as down:
        return _down(request, down)
    browser = request.cookies.get(_flow_cookie(settings)) or secrets.token_urlsafe(32)
    await run_in_threadpool(_keep, reading, departure, browser, to)
    answer = RedirectResponse(departure.url, 303)
    _set_cookie(answer, settings, _flow_cookie(settings), browser, sessions.SIGN_IN_WITHIN)
    return answer


@router.get("/sign-in/callback")
@without_sign_in
async def come_back(
    request: Request,
    settings: SettingsDep,
    reading: Reading,
    organisation: OrganisationDep,
    state: str = "",
    code: str = "",
    error: str = "",
    iss: str = "",
) -> Response:
    """From the provider: who that is, is signed in."""
    behind = served(request)
    if behind.provider is None:
        raise HTTPException(404, "There is nothing at this address.")
    behind.tries.count(request)
    browser = request.cookies.get(_flow_cookie(settings), "")
    now = datetime.now(UTC)
    try:
        async with behind.audit.noting(_said(request, Door.SESSION, now)) as noted:
            begun = await run_in_threadpool(sessions.take_sign_in, reading, state, browser, now)
            if begun is None or not behind.provider.may_be(iss):
                noted.details["why"] = "not begun in this browser, or too late"
                raise HTTPException(400, NOT_BEGUN_HERE)
            if error or not code:
                noted.details["why"] = "not signed in at the provider"
                sentence = f"The sign-in provider did not sign you in ({cut(error or 'no code', LABEL)})."
                raise HTTPException(403, sentence)
            noted.person = await _person(behind.provider, code, begun, settings, organisation, noted)
            return await run_in_threadpool(_begin, request, settings, reading, noted.person, Door.SESSION, begun.to)
    except ProviderDown as down:
        return _down(request, down)


@router.get("/sign-in/code")
@without_sign_in
def ask_code(request: Request, to: str = "/") -> Response:
    """For a code that whoever runs the service has made, for when the provider is down."""
    return page(request, "sign-in-code.html", to=to)


@router.post("/sign-in/code")
@without_sign_in
def take_code(
    request: Request,
    settings: SettingsDep,
    reading: Reading,
    organisation: OrganisationDep,
    code: Annotated[str, Form(max_length=LABEL)],
    to: Annotated[str, Form(max_length=URL)] = "/",
) -> Response:
    """Once."""
    behind, now = served(request), datetime.now(UTC)
    behind.codes.count(request)
    with behind.audit.doing(_said(request, Door.BREAK_GLASS, now)) as noted:
        noted.person = person = sessions.use_code(reading, code.strip(), now)
        if person is None or not is_here(organisation, person, now.date()):
            sentence = "This code is unknown, has ended or was used; whoever runs the service makes another."
            raise HTTPException(403, sentence)
        logger.warning("Somebody has signed in by a break-glass code; the audit says who.")
        return _begin(request, settings, reading, person, Door.BREAK_GLASS, to)


@router.post("/sign-out")
def sign_out(request: Request, settings: SettingsDep, reading: Reading, actor: ActorDep, audit: AuditDep) -> Response:
    """In this browser; whoever is signed in at the provider stays so there."""
    if secret := request.cookies.get(cookie_name(settings)):
        with audit.doing(happened(actor, Act.SIGN_OUT, "sign out", datetime.now(UTC))):
            sessions.end(reading, secret)
    request.state.visitor = None
    answer = page(request, "signed-out.html")
    answer.delete_cookie(cookie_name(settings), secure=encrypted(settings), httponly=True, samesite="lax")
    return answer


async def _person(
    provider: Provider,
    code: str,
    begun: sessions.Begun,
    settings: Settings,
    organisation: OrganisationDep,
    noted: Noted,
) -> PersonId:
    """Raises ProviderDown, or HTTPException 403 with whom to ask."""
    try:
        claims = await provider.claims(code, begun.nonce, begun.code_verifier)
        return person_of(claims, settings.oidc_claim, organisation, datetime.now(UTC).date())
    except (Stranger, SignInFailed) as refused:
        stranger = isinstance(refused, Stranger)
        noted.details["why"] = "nobody in the organisation" if stranger else "the provider's answer does not hold"
        raise HTTPException(403, f"{refused} {whom_to_ask(organisation)}") from None


def _said(request: Request, door: Door, now: datetime) -> Happened:
    return happened(newcomer(request, door), Act.SIGN_IN, "sign in", now)


def _keep(session: Session, departure: Departure, browser: str, to: str) -> None:
    begun = sessions.Begun(nonce=departure.nonce, code_verifier=departure.code_verifier, to=here(to))
    sessions.keep_sign_in(session, departure.state, browser, begun, datetime.now(UTC))


def _begin(request: Request, settings: Settings, session: Session, person: PersonId, door: Door, to: str) -> Response:
    """A session of its own, whatever the browser had before."""
    if before := request.cookies.get(cookie_name(settings)):
        sessions.end(session, before)
    lasts = min(settings.session_lasts, BREAK_GLASS_LASTS) if door is Door.BREAK_GLASS else settings.session_lasts
    secret = sessions.begin(session, person, door, datetime.now(UTC), lasts)
    answer = RedirectResponse(here(to), 303)
    _set_cookie(answer, settings, cookie_name(settings), secret, lasts)
    return answer


def _down(request: Request, down: ProviderDown) -> Response:
    logger.warning("Nobody can sign in: %s.", down)
    headers = {"Retry-After": "60"}
    return page(request, "provider-down.html", status=503, headers=headers, sentence=DOWN)


def _flow_cookie(settings: Settings) -> str:
    return f"{cookie_name(settings)}-sign-in"


def _set_cookie(answer: Response, settings: Settings, name: str, value: str, lasts: timedelta) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()),
        secure=encrypted(settings),
        httponly=True,
        samesite="lax",
    )
