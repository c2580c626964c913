"""Commands that sign a terminal in and out, and one that lets somebody in while the provider is down."""

import getpass
import secrets
import socket
import webbrowser
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from time import monotonic, sleep
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import typer

from followthrough.cli.api import NOT_ALLOWED, call, fail, out, service_url
from followthrough.cli.credentials import forget_token, keep_token, kept_token
from followthrough.pkce import challenge_of

app = typer.Typer()

WITHIN = timedelta(minutes=10)
LOOKS_BACK = "<!doctype html><title>Followthrough</title><p>Go back to the terminal; this page can be closed.</p>"


class Listener(HTTPServer):
    """Waits on a port of this machine for what a browser brings back; others than who was asked are not heard."""

    timeout = 1

    def __init__(self, state: str) -> None:
        super().__init__(("127.0.0.1", 0), _Back)
        self.state = state
        self.code = ""


class _Back(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        """Takes the code."""
        given = parse_qs(urlsplit(self.path).query)
        fits = secrets.compare_digest(given.get("state", [""])[0].encode(), self.server.state.encode())
        if fits:
            self.server.code = given.get("code", [""])[0]
        self.send_response(200 if fits else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if fits:
            self.wfile.write(LOOKS_BACK.encode())

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@app.command()
def login(
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Whether a browser is on this machine; else type a code")
    ] = True,
) -> None:
    """Sign this terminal in, by a browser; `followthrough logout` ends it."""
    name = f"{getpass.getuser()}@{socket.gethostname()}"
    got = (browser and _beside(name)) or _by_code(name)
    where = keep_token(service_url(), got["token"])
    out.print(f"You are {got['person']} at {service_url()}; the token is {where}.")


@app.command()
def logout() -> None:
    """Sign this terminal out; its token lets nobody in any more."""
    if kept_token(service_url()) is None:
        out.print("This terminal is not signed in.")
        return
    try:
        call("DELETE", "/terminals/token")
    finally:
        forget_token(service_url())
    out.print("This terminal is signed out.")


@app.command("break-glass")
def break_glass(
    person: Annotated[str, typer.Argument(help="Who is to be let in, as in the organisation file")],
    reason: Annotated[str, typer.Argument(help="Why, which stays on record")],
) -> None:
    """Make a code that signs somebody in once, while the sign-in provider is down; on the service's machine."""
    from sqlmodel import Session

    from followthrough.audit import Audit
    from followthrough.cli.service import read_organisation, read_settings
    from followthrough.domain.answered.access.actor import AT_THIS_MACHINE
    from followthrough.domain.answered.access.audit import Act
    from followthrough.noting import happened
    from followthrough.store.audit_journal import NotKept
    from followthrough.store.database import migrate, open_database
    from followthrough.store.sessions import make_code

    settings = read_settings()
    if person not in read_organisation(settings)().people:
        fail(f"Nobody in the organisation is {person!r}.", NOT_ALLOWED)
    database = open_database(settings.resolved_database_url)
    migrate(database)
    audit, now = Audit(settings.data_dir, database), datetime.now(UTC)
    said = happened(AT_THIS_MACHINE, Act.SIGN_IN, "make break-glass code", now, whom=person)
    try:
        with audit.doing(said), Session(database) as session:
            code = make_code(session, person, reason, now, timedelta(hours=1))
    except NotKept as error:
        fail(str(error), NOT_ALLOWED)
    audit.settle_if_possible()
    where = f"{settings.resolved_public_url}/sign-in/code"
    out.print(f"{code}\nFor {person} at {where}, once within an hour.")


def _beside(name: str) -> dict[str, str] | None:
    """By a browser on this machine; None where there is none."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(32)
    with Listener(state) as listener:
        asked = {
            "port": listener.server_port,
            "state": state,
            "challenge": challenge_of(verifier),
            "name": name,
        }
        address = f"{service_url()}/sign-in/terminal?{urlencode(asked)}"
        if not webbrowser.open(address):
            return None
        out.print("Your browser asks whether this terminal may act as you; if it did not open:")
        typer.echo(address)
        ends = monotonic() + WITHIN.total_seconds()
        while not listener.code and monotonic() < ends:
            listener.handle_request()
        if not listener.code:
            fail("Nobody agreed in time; begin again.", NOT_ALLOWED)
        answer = {"secret": listener.code, "verifier": verifier}
    got: dict[str, str] = call("POST", "/terminals/token", body=answer, known=False)
    return got


def _by_code(name: str) -> dict[str, str]:
    """By a browser anywhere."""
    asked = call("POST", "/terminals", body={"name": name}, known=False)
    out.print(f"Open {asked['url']} in any browser, and type {asked['code']} there.")
    while True:
        sleep(asked["every"])
        answer = {"secret": asked["secret"]}
        got: dict[str, str] = call("POST", "/terminals/token", body=answer, known=False)
        if "token" in got:
            return got
