"""The service's API as the commands use it, and what they print."""

import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NoReturn
from uuid import uuid4

import httpx
import typer
from httpx import codes
from rich.console import Console, RenderableType

from followthrough.cli.credentials import token_for
from followthrough.domain.replayed.plain_text import clean, clean_all
from followthrough.headers import PRIVATE

out = Console(markup=False, emoji=False, highlight=False)
err = Console(stderr=True, markup=False, emoji=False, highlight=False)

AGAIN_AFTER, LONGEST_WAIT = 5, 30
"""Seconds."""

NOT_ALLOWED, WRONG_COMMAND_LINE, UNREACHABLE, NOT_FOUND = 1, 2, 3, 4
"""Exit codes beside 0; the second is Typer's own."""


def service_url() -> str:
    """Of the service that commands speak to."""
    return os.environ.get("FOLLOWTHROUGH_URL", "http://127.0.0.1:8080").rstrip("/")


def completing() -> bool:
    """Whether a shell asks what could be typed next."""
    return "_FOLLOWTHROUGH_COMPLETE" in os.environ


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


def say(sentence: str) -> None:
    """On stdout, in one piece: terminals wrap it, and what is piped on has each sentence in a line."""
    out.print(clean(sentence), soft_wrap=True)


def fail(message: str, code: int) -> NoReturn:
    """Ends the command with a sentence on stderr."""
    err.print(clean(message), style="red", soft_wrap=True)
    raise typer.Exit(code)


def call(
    method: str,
    path: str,
    *,
    body: Mapping[str, Any] | None = None,
    known: bool = True,
    keyed: bool = False,
    **params: str | int | bool | list[str] | None,
) -> Any:
    """Asks the API and gives its JSON, or the text it answers instead of that, fit for a terminal.

    Ends the command when the service refuses or can't be reached, or has accepted a command without its result.
    What is None in ``body`` is left out of it. ``known=False`` keeps the token back, which could tell who asks; what
    takes a key, ``keyed``, is tried again.
    """
    return _read(_called(method, path, body, params, known=known, keyed=keyed))


def whole(path: str, part: str = "", **params: str | int | bool | None) -> Any:
    """A list with all its pages, as ``call`` gives the first; ``part`` names it where it stands within the answer."""
    response = _called("GET", path, None, params, known=True, keyed=False)
    found = _read(response)
    rows = found[part] if part else found
    while further := response.links.get("next"):
        cursor = httpx.URL(further["url"]).params["cursor"]
        response = _called("GET", path, None, {**params, "cursor": cursor}, known=True, keyed=False)
        rows += _read(response)[part] if part else _read(response)
    return found


def fetch(path: str, **params: str | int | None) -> bytes:
    """A file, as it is. Ends the command as ``call`` does."""
    return _called("GET", path, None, params, known=True, keyed=False).content


def _called(
    method: str, path: str, body: Mapping[str, Any] | None, params: Mapping[str, Any], *, known: bool, keyed: bool
) -> httpx.Response:
    url = service_url()
    request = _request(method, f"{url}/api{path}", body, params, token_for(url) if known else None)
    if keyed:
        request.headers["Idempotency-Key"] = uuid4().hex
    try:
        response = _send(request, again=3 if keyed else 0)
    except httpx.TransportError:
        fail(f"No service answers at {url}; start it with `make up` or set FOLLOWTHROUGH_URL.", UNREACHABLE)
    if keyed and response.status_code == codes.ACCEPTED and "Location" in response.headers:
        err.print(clean(response.json()["message"]), soft_wrap=True)
        raise typer.Exit
    if response.is_success:
        if (hidden := response.headers.get(PRIVATE, "0")) != "0":
            err.print(clean(f"And {hidden} private, seen by those who are on them."), soft_wrap=True)
        return response
    try:
        answer = clean_all(response.json())
        message = answer["error"]
        for finding in answer.get("findings", ()):
            err.print(reworded(finding))
        for line in answer.get("lines", ()):
            err.print(line, soft_wrap=True)
    except (ValueError, KeyError):
        message = f"The service at {url} answered {response.status_code}."
    exits = {404: NOT_FOUND, 503: UNREACHABLE}
    fail(message, exits.get(response.status_code, NOT_ALLOWED))


def ask_quietly(path: str, **params: str) -> Any:
    """For what is typed: an answer at once, or None."""
    url = service_url()
    try:
        with _client(url, timeout=2) as client:
            response = client.send(_request("GET", f"{url}/api{path}", None, params, token_for(url)))
    except httpx.TransportError:
        return None
    return _read(response) if response.is_success else None


def _request(
    method: str, url: str, body: Mapping[str, Any] | None, params: Mapping[str, Any], token: str | None
) -> httpx.Request:
    return httpx.Request(
        method,
        url,
        json=None if body is None else {name: value for name, value in body.items() if value is not None},
        params={name: value for name, value in params.items() if value is not None},
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )


def _read(response: httpx.Response) -> Any:
    is_json = response.headers.get("Content-Type") == "application/json"
    return clean_all(response.json() if is_json else response.text)


def _client(url: str, timeout: float) -> httpx.Client:
    """Reads which certificates are good only where one is shown, for that takes a while."""
    return httpx.Client(timeout=timeout, verify=url.startswith("https:"))


def _send(request: httpx.Request, again: int) -> httpx.Response:
    """The answer, asked for as often ``again`` as there was none. Raises httpx.TransportError."""
    with _client(str(request.url), timeout=30) as client:
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
            err.print(f"The service does not answer; trying again in {wait} seconds.", soft_wrap=True)
            time.sleep(wait)
        return client.send(request)


def reworded(finding: dict[str, Any]) -> str:
    """A sentence that blames, why it does, and how to say it."""
    return f"“{finding['sentence']}”\n  {finding['explanation']}\n  {finding['suggestion']}\n"


def draw(drawn: RenderableType) -> None:
    """As wide as the terminal; elsewhere as wide as it is."""
    out.print(drawn, soft_wrap=not out.is_terminal, crop=False)


def show(answer: Any, as_json: bool, render: Callable[[Any], RenderableType]) -> None:
    """Prints an answer as JSON, or as ``render`` draws it."""
    if as_json:
        typer.echo(json.dumps(answer, indent=2))
    else:
        draw(render(answer))
