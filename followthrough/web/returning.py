"""Where a browser goes on once it is known who asks: back to a page of this service, and nowhere else."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from urllib.parse import urlencode, urlsplit

from fastapi import Request
from starlette.routing import compile_path

from followthrough.domain.answered.access.routes import ROUTES
from followthrough.domain.replayed.text import URL
from followthrough.web.dependencies import served

HERE = re.compile(r"/(?![/\\])[^\\\s\x00-\x1f\x7f]*")
"""A page of this service, whatever a browser makes of it."""

PATTERNS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {route: compile_path(route)[0] for route in (address.partition(" ")[2] for address in ROUTES)}
)
"""Every address that there is."""

NOWHERE = ("/sign-in", "/sign-in/callback", "/sign-out")
"""They would lead in a circle."""


def here(to: str) -> str:
    """The page, if it is one of this service that can be gone on with; else the first."""
    fits = HERE.fullmatch(to) and to.partition("?")[0] not in NOWHERE and len(to) <= URL
    return to if fits else "/"


def page_asked(request: Request) -> str:
    """The page that was asked for, or that has the form which was sent; the first of all where neither is known."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method in ("GET", "HEAD"):
        return here(asked)
    return next((here(page) for page in (*_referrer(request), asked) if _is_page(page.partition("?")[0])), "/")


def _referrer(request: Request) -> Iterator[str]:
    """The page that a browser says it is on, without its host, which has to be ours."""
    ours = (request.headers.get("host"), urlsplit(served(request).settings.resolved_public_url).netloc)
    with suppress(ValueError):
        came = urlsplit(request.headers.get("referer", ""))
        if came.netloc and came.netloc in ours:
            yield came.path + (f"?{came.query}" if came.query else "")


def _is_page(path: str) -> bool:
    """Whether it can be looked at: what only takes forms may have an address that reads like that of a record."""
    fitting = {route for route, pattern in PATTERNS.items() if pattern.fullmatch(path)}
    return bool(fitting) and all(f"GET {route}" in ROUTES for route in fitting)


def sign_in_link(to: str) -> str:
    """To come back to that page."""
    return f"/sign-in?{urlencode({'to': here(to)})}"
