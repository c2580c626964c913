"""Who may talk to the service, and what browsers may do with its pages."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from fastapi import HTTPException, Request, params
from fastapi.responses import JSONResponse
from pydantic import SecretStr
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from followthrough.settings import Settings

MAX_BODY = 1024 * 1024

PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def require_bearer(request: Request, token: SecretStr) -> None:
    """Raises HTTPException 401 unless the request carries the token."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        raise HTTPException(
            401,
            "The bearer token is missing or wrong; send it as Authorization: Bearer TOKEN.",
            {"WWW-Authenticate": "Bearer"},
        )


def signed(body: bytes, scheme: str, signatures: str, secrets: Sequence[SecretStr]) -> bool:
    """Whether one of the signatures is ``scheme`` and an HMAC-SHA256 with one of the secrets, in hexadecimal.

    There are two of each while they are rotated.
    """
    keys = (secret.get_secret_value().encode() for secret in secrets)
    expected = [(scheme + hmac.new(key, body, hashlib.sha256).hexdigest()).encode() for key in keys]
    given = [signature.strip().encode() for signature in signatures.split(",")]
    return any(hmac.compare_digest(one, other) for one in expected for other in given)


def authorised(settings: Settings) -> params.Depends:
    """A dependency of routes that ask for the API's token where one is set."""

    def check(request: Request) -> None:
        if settings.api_token is not None:
            require_bearer(request, settings.api_token)

    return params.Depends(check)


def own_pages(settings: Settings) -> params.Depends:
    """A dependency of routes that take forms from the service's own pages only."""
    public = urlsplit(settings.resolved_public_url).netloc

    def check(request: Request) -> None:
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "null")
        elsewhere = origin != "null" and urlsplit(origin).netloc not in (public, request.headers.get("host"))
        if elsewhere if site is None else site not in ("same-origin", "none"):
            raise HTTPException(403, "This form was sent from a page that is not from here; open the link again.")

    return params.Depends(check)


class Guard:
    """Takes no large bodies, and answers only to the service's own names, so that no other leads a browser here."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = {
            "localhost",
            "127.0.0.1",
            "[::1]",
            settings.host,
            urlsplit(settings.resolved_public_url).hostname,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wraps the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        received = 0

        async def receive_no_more_than_allowed() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY:
                raise HTTPException(413, "The body is larger than 1 MiB; send less.")
            return message

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in PAGE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        host = re.sub(r":\d+$", "", Headers(scope=scope).get("host", "").lower())
        if host in self._hosts:
            await self._app(scope, receive_no_more_than_allowed, send_with_headers)
        else:
            sentence = f"This service is not called {host}; set FOLLOWTHROUGH_PUBLIC_URL to the address people use."
            await JSONResponse({"error": sentence}, 400)(scope, receive, send_with_headers)
