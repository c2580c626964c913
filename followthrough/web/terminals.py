"""How `followthrough login` gets a token: by a browser beside the terminal, or one anywhere.

Beside it, the browser brings a one-time code to a port of this machine, which only the terminal that began can change
for a token. Elsewhere, somebody types in a browser what the terminal shows.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from followthrough.domain.answered.access.actor import Actor, Door
from followthrough.domain.answered.access.audit import Act, Outcome
from followthrough.domain.answered.access.token_rules import PERSONAL_SCOPES
from followthrough.domain.replayed.text import KEY, Title
from followthrough.domain.replayed.values import PersonId
from followthrough.noting import happened
from followthrough.pkce import challenge_of
from followthrough.store import tokens
from followthrough.web.accepted import Said
from followthrough.web.access import bearer, without_sign_in
from followthrough.web.bodies import NewTerminal, TerminalAnswer
from followthrough.web.dependencies import ActorDep, AuditDep, Reading, SettingsDep, newcomer, served
from followthrough.web.problems import TOO_OFTEN
from followthrough.web.rendering import page
from followthrough.web.security import PAGE_HEADERS
from followthrough.web.shapes.shape import Shape

ANSWERED_WITHIN = timedelta(minutes=10)
TOKEN_LASTS = timedelta(days=90)
ASK_EVERY = 3
"""Seconds between two looks of a terminal for its answer."""
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Without vowels, so that a code is no word, and without what looks like something else."""

LET_IN = "let a terminal in"

Port = Annotated[int, Query(ge=1024, le=65535)]
Text = Annotated[str, Query(min_length=1, max_length=KEY)]


class WaitingTerminal(Shape):
    """What a terminal shows (``code``, ``url``), and keeps (``secret``) to ask for its token every few seconds."""

    secret: str
    """To ask for the token with; the terminal alone knows it."""
    code: str
    """What a person types in the browser."""
    url: str
    """The page where they do."""
    every: int
    """Seconds between two looks for the token."""


class TerminalToken(Shape):
    """The token of a terminal."""

    token: str
    """To be sent as a bearer token; it is shown once."""
    person: PersonId
    """Who it acts as."""


router = APIRouter()
pages = APIRouter(prefix="/sign-in/terminal", include_in_schema=False, default_response_class=HTMLResponse)
api = APIRouter(prefix="/api/terminals", tags=["api"])


@pages.get("")
def ask_beside(
    request: Request, actor: ActorDep, port: Port, state: Text, challenge: Text, name: Annotated[Title, Query()]
) -> Response:
    """Whether the terminal on this machine may act as who is signed in."""
    _person(actor)
    csp = PAGE_HEADERS["Content-Security-Policy"].replace("form-action", f"form-action http://127.0.0.1:{port}")
    fields = {"port": port, "state": state, "challenge": challenge, "name": name}
    headers = {"Content-Security-Policy": csp}
    return page(request, "terminal.html", headers=headers, name=name, fields=fields, action="/sign-in/terminal")


@pages.post("")
def agree_beside(
    actor: ActorDep,
    reading: Reading,
    audit: AuditDep,
    port: Annotated[int, Form(ge=1024, le=65535)],
    state: Annotated[str, Form(max_length=KEY)],
    challenge: Annotated[str, Form(max_length=KEY)],
    name: Annotated[Title, Form()],
) -> Response:
    """Brings the code to the terminal."""
    person, now = _person(actor), datetime.now(UTC)
    with audit.doing(happened(actor, Act.SIGN_IN, LET_IN, now)):
        code = tokens.bring_to_terminal(reading, name, person, challenge, now, ANSWERED_WITHIN)
    return RedirectResponse(f"http://127.0.0.1:{port}/?{urlencode({'code': code, 'state': state})}", 303)


@pages.get("/code")
def ask_code(request: Request, actor: ActorDep) -> Response:
    """What the terminal shows."""
    _person(actor)
    return page(request, "terminal-code.html", refused="")


@pages.post("/code")
def take_code(
    request: Request,
    actor: ActorDep,
    reading: Reading,
    audit: AuditDep,
    code: Annotated[str, Form(max_length=KEY)],
    agreed: Annotated[bool, Form()] = False,
) -> Response:
    """Says which terminal that is; sent again with ``agreed``, that one gets its token."""
    served(request).codes.count(request)
    person, now, written = _person(actor), datetime.now(UTC), _as_shown(code)
    said = happened(actor, Act.SIGN_IN, LET_IN, now)
    waiting = tokens.waiting_terminal(reading, written, now)
    if waiting is None:
        audit.note(said.model_copy(update={"outcome": Outcome.REFUSED}))
        refused = "No terminal waits with that code; look at it again, or begin anew with followthrough login."
        return page(request, "terminal-code.html", status=404, refused=refused)
    if not agreed:
        fields = {"code": written, "agreed": "true"}
        return page(request, "terminal.html", name=waiting.name, fields=fields, action="/sign-in/terminal/code")
    with audit.doing(said):
        tokens.agree(reading, written, person, now)
    return page(request, "terminal-agreed.html")


@api.post("", operation_id="begin_terminal", status_code=201, responses=TOO_OFTEN)
@without_sign_in
def begin(request: Request, new: NewTerminal, reading: Reading, settings: SettingsDep) -> WaitingTerminal:
    """A terminal without a browser beside it."""
    served(request).tries.count(request)
    secret, letters = secrets.token_urlsafe(32), "".join(secrets.choice(LETTERS) for _ in range(8))
    code = f"{letters[:4]}-{letters[4:]}"
    tokens.ask_for_terminal(reading, secret, new.name, datetime.now(UTC), ANSWERED_WITHIN, code=code)
    url = f"{settings.resolved_public_url}/sign-in/terminal/code"
    return WaitingTerminal(secret=secret, code=code, url=url, every=ASK_EVERY)


@api.post(
    "/token",
    operation_id="get_terminal_token",
    response_model=TerminalToken,
    responses={202: {"model": Said, "description": "Nobody has agreed yet"}, **TOO_OFTEN},
)
@without_sign_in
def answer(request: Request, given: TerminalAnswer, reading: Reading) -> Response:
    """The token, once; 202 while nobody has agreed yet."""
    behind, now = served(request), datetime.now(UTC)
    behind.tries.count(request)
    row = tokens.terminal(reading, given.secret, now)
    if row is not None and row.person is None:
        return JSONResponse({"message": "Nobody has agreed yet."}, 202)
    with behind.audit.doing(happened(newcomer(request, Door.TOKEN), Act.SIGN_IN, "sign in a terminal", now)) as noted:
        if row is None or row.person is None:
            sentence = "This has been answered, or took too long; begin again with `followthrough login`."
            raise HTTPException(403, sentence)
        person, name = row.person, row.name
        if row.challenge is not None and row.challenge != challenge_of(given.verifier):
            noted.whom = person
            raise HTTPException(403, "Another terminal asked for this; begin again with `followthrough login`.")
        if not tokens.take_terminal(reading, row):
            raise HTTPException(403, "This has been answered; begin again with `followthrough login`.")
        made, token = tokens.make(reading, name, person, PERSONAL_SCOPES, person, now, now + TOKEN_LASTS)
        noted.person, noted.record = person, made.id
    return JSONResponse({"token": token, "person": person})


@api.delete("/token", operation_id="end_terminal_token")
def end(request: Request, actor: ActorDep, reading: Reading, audit: AuditDep) -> Said:
    """The token that this is sent with lets nobody in any more."""
    now = datetime.now(UTC)
    row = tokens.known(reading, bearer(request) or "", now)
    if row is None or actor.door is not Door.TOKEN:
        raise HTTPException(403, "Only a person's token is given back like this.")
    name = row.name
    with audit.doing(happened(actor, Act.SIGN_OUT, "sign out a terminal", now, record=row.id)):
        tokens.revoke(reading, row, now)
    return Said(message=f"{name} lets nobody in any more.")


router.include_router(pages)
router.include_router(api)


def _as_shown(code: str) -> str:
    letters = "".join(letter for letter in code.upper() if letter in LETTERS)
    return f"{letters[:4]}-{letters[4:]}"


def _person(actor: Actor) -> PersonId:
    """Who may let a terminal act as them. Raises HTTPException 403."""
    if actor.door is Door.THIS_MACHINE:
        raise HTTPException(403, "At this machine nobody has to sign in; stop `followthrough login` with Ctrl-C.")
    if actor.person is None or actor.door is not Door.SESSION:
        raise HTTPException(403, "Only who is signed in in this browser lets a terminal act as them.")
    return actor.person
