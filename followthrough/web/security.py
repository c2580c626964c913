"""Who may talk to the service, and what browsers may do with its pages."""

import re
from ipaddress import ip_address
from urllib.parse import unquote_plus, urlsplit

from fastapi import HTTPException, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from followthrough.domain.replayed.text import LABEL, clean, cut
from followthrough.settings import Settings
from followthrough.web.errors import answer

MIB = 1024 * 1024
CODEC = "/codec/"
"""Where Temporal's UI has payloads decrypted, as many as its page shows."""
BODY_LIMITS = {"/webhooks/": 20 * MIB, "/api/directory/": 5 * MIB, CODEC: 8 * MIB, "": MIB}
"""Bytes, by how the address begins, the first that fits: a storm of alerts comes as one body."""

LONGEST_ADDRESS = 4_000
"""Characters of a path with its query, of which every parameter is a part."""

PROBED = ("/healthz", "/readyz")
"""They tell nothing, and who probes names the machine as it likes."""

FOR_ALL = "/static/"
"""What is there is the same for everybody; what any other address answers is kept neither by a browser, which somebody
else may sit at next, nor on the way.
"""

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
FORWARDED = (
    "forwarded",
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-",
    "x-envoy-",
    "true-client-ip",
    "cf-",
)
"""How headers begin that proxies add."""
OF_PROXIES = "1.0"
"""The HTTP that nginx speaks when it is told nothing else, and no browser does."""

ANONYMOUS = re.compile(r"GET /incidents/[^/]+/anonymous|POST (/api)?/incidents/[^/]+/anonymous")
"""Where nobody is to know who asks."""
NEEDED = (
    b"host",
    b"accept",
    b"content-type",
    b"content-length",
    b"transfer-encoding",
    b"origin",
    b"sec-fetch-site",
)
"""All that is left there of a request's headers."""

PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def on_this_machine(request: Request) -> bool:
    """Whether who asks sits at the machine itself: no proxy stands between, whatever its address is."""
    forwarded = any(name == "via" or name.startswith(FORWARDED) for name in request.headers)
    forwarded = forwarded or request.scope["http_version"] == OF_PROXIES
    return not forwarded and _loopback(request.client and request.client.host) and _loopback(_name(request.headers))


def asked_by_ui(request: Request, settings: Settings) -> bool:
    """Whether it comes from a page of Temporal's UI, to the one place that is there for that."""
    return request.scope["path"].startswith(CODEC) and request.headers.get("origin") == (settings.temporal_ui or None)


def _loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _name(headers: Headers) -> str:
    """The host that was asked for, without its port."""
    return re.sub(r":\d+$", "", headers.get("host", "").lower()).strip("[]")


class Guard:
    """The door, the same for every address.

    Only the service's own names lead here, other sites' pages change nothing, and bodies are no larger than their
    address needs. Of who writes an anonymous note nothing comes further than here: no cookie, token or address.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._public = urlsplit(settings.resolved_public_url)
        self._hosts = {"localhost", "127.0.0.1", "::1", settings.host.lower(), self._public.hostname, *settings.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wraps the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        received, limit = 0, next(size for path, size in BODY_LIMITS.items() if scope["path"].startswith(path))

        async def receive_no_more_than_allowed() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413, f"The body is larger than {limit // MIB} MiB; send less.")
            return message

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in PAGE_HEADERS.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith(FOR_ALL):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if ANONYMOUS.fullmatch(f"{scope['method']} {scope['path']}"):
            kept = [header for header in scope["headers"] if header[0] in NEEDED]
            scope = {**scope, "client": None, "headers": kept}
        request = Request(scope)
        if refusal := self._refusal(request):
            await answer(request, *refusal)(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive_no_more_than_allowed, send_with_headers)

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        """Status and sentence; None for who may come in."""
        host = _name(request.headers)
        if host not in self._hosts and request.scope["path"] not in PROBED:
            advice = "set FOLLOWTHROUGH_PUBLIC_URL to the address people use, or add the name to FOLLOWTHROUGH_HOSTS."
            return 400, f"This service is not called {cut(host, LABEL)}; {advice}"
        address = f"{request.scope['path']}?{unquote_plus(request.scope['query_string'].decode('latin-1'))}"
        if len(address) > LONGEST_ADDRESS:
            return 400, f"The address has {len(address)} characters, and may have {LONGEST_ADDRESS}."
        if clean(address) != address or "\n" in address:
            return 400, "The address holds characters that nothing here has in its name."
        if (
            request.method not in SAFE_METHODS
            and self._elsewhere(request.headers)
            and not asked_by_ui(request, self._settings)
        ):
            return 403, "This was sent from a page that is not from here; open the page here and send it again."
        return None

    def _elsewhere(self, headers: Headers) -> bool:
        """Whether a page of another site sent it; programs say neither. Browsers leave the first out without TLS."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None:
            return site not in ("same-origin", "none")
        return origin is not None and origin.partition("://")[2] not in (self._public.netloc, headers.get("host"))
