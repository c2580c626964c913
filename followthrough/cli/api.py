"""The service's API as the commands use it, and what they print."""

import json
import os
import time
from collections.abc import Callable
from typing import Annotated, Any, NoReturn
from uuid import uuid4

import httpx
import typer
from httpx import codes
from pydantic import BaseModel
from rich.console import Console

from followthrough.cli.credentials import token_for
from followthrough.domain.replayed.text import clean, clean_all
from followthrough.web.bodies import PRIVATE

out = Console(markup=False, emoji=False)
err = Console(stderr=True, markup=False, emoji=False)

AGAIN_AFTER, LONGEST_WAIT = 5, 30
"""Seconds."""

NOT_ALLOWED, UNREACHABLE, NOT_FOUND = 1, 3, 4
"""Exit codes beside 0 and Typer's own 2 for a wrong command line."""


def service_url() -> str:
    """Of the service that commands speak to."""
    return os.environ.get("FOLLOWTHROUGH_URL", "http://127.0.0.1:8080").rstrip("/")


By = Annotated[
    str,
    typer.Option(
        "--by",
        envvar="FOLLOWTHROUGH_USER",
        default_factory=str,
        show_default=False,
        help="Who you are, as in the organisation file; left out, it is who signed in with `followthrough login`, or "
        "was chosen at this machine",
    ),
]
"""Empty where the service has to know it."""
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts")]


def fail(message: str, code: int) -> NoReturn:
    """Ends the command with a sentence on stderr."""
    err.print(clean(message), style="red", highlight=False)
    raise typer.Exit(code)


def call(
    method: str,
    path: str,
    *,
    body: BaseModel | None = None,
    known: bool = True,
    keyed: bool = False,
    **params: str | int | bool | None,
) -> Any:
    """Asks the API and gives its JSON, or the text it answers instead of that, fit for a terminal.

    Ends the command when the service refuses or can't be reached, or has accepted a command without its result.
    ``known=False`` keeps the token back, which could tell who asks; what takes a key, ``keyed``, is tried again.
    """
    url = service_url()
    token = token_for(url) if known else None
    request = httpx.Request(
        method,
        f"{url}/api{path}",
        json=body.model_dump(mode="json") if body else None,
        params={name: value for name, value in params.items() if value is not None},
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )
    if keyed:
        request.headers["Idempotency-Key"] = uuid4().hex
    try:
        response = _send(request, again=3 if keyed else 0)
    except httpx.TransportError:
        fail(f"No service answers at {url}; start it with `make up` or set FOLLOWTHROUGH_URL.", UNREACHABLE)
    if keyed and response.status_code == codes.ACCEPTED:
        err.print(clean(response.json()["message"]), highlight=False)
        raise typer.Exit
    if response.is_success:
        if (hidden := response.headers.get(PRIVATE, "0")) != "0":
            err.print(clean(f"And {hidden} private, seen by those who are on them."), highlight=False)
        is_json = response.headers["Content-Type"] == "application/json"
        return clean_all(response.json() if is_json else response.text)
    try:
        answer = clean_all(response.json())
        message = answer["error"]
        for finding in answer.get("findings", ()):
            err.print(reworded(finding), highlight=False)
        for line in answer.get("lines", ()):
            err.print(line, highlight=False)
    except (ValueError, KeyError):
        message = f"The service at {url} answered {response.status_code}."
    exits = {404: NOT_FOUND, 503: UNREACHABLE}
    fail(message, exits.get(response.status_code, NOT_ALLOWED))


def _send(request: httpx.Request, again: int) -> httpx.Response:
    """The answer, asked for as often ``again`` as there was none. Raises httpx.TransportError."""
    with httpx.Client(timeout=30) as client:
        for _ in range(again):
            try:
                response = client.send(request)
            except (httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError):
                wait = AGAIN_AFTER
            else:
                if response.status_code != codes.SERVICE_UNAVAILABLE:
                    return response
                asked = response.headers.get("Retry-After", "")
                wait = min(int(asked), LONGEST_WAIT) if asked.isdecimal() else AGAIN_AFTER
            err.print(f"The service does not answer; trying again in {wait} seconds.", highlight=False)
            time.sleep(wait)
        return client.send(request)


def reworded(finding: dict[str, Any]) -> str:
    """A sentence that blames, why it does, and how to say it."""
    return f"“{finding['sentence']}”\n  {finding['explanation']}\n  {finding['suggestion']}\n"


def show(answer: Any, as_json: bool, render: Callable[[Any], Any]) -> None:
    """Prints an answer as JSON, or as ``render`` draws it."""
    if as_json:
        typer.echo(json.dumps(answer, indent=2))
    else:
        out.print(render(answer))
