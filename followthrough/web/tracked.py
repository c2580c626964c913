"""Gives each request an id, which its answer and what is logged of it have, and a span where traces are made."""

import re
from uuid import uuid4

from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from followthrough.logs import request_id
from followthrough.web.security import ANONYMOUS, PROBED

HEADER = "X-Request-ID"
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""What a proxy may have called it."""

tracer = trace.get_tracer("followthrough")


class Tracked:
    """Around everything else, but for where nobody is to know who asks: there is nothing of those requests."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wraps the application."""
        if scope["type"] != "http" or ANONYMOUS.fullmatch(f"{scope['method']} {scope['path']}"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        named = given if GIVEN.fullmatch(given) else uuid4().hex
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = named
            await send(message)

        token = request_id.set(named)
        try:
            if scope["path"] in PROBED:
                await self._app(scope, receive, send_with_id)
                return
            with tracer.start_as_current_span(scope["method"], kind=SpanKind.SERVER, record_exception=False) as span:
                await self._app(scope, receive, send_with_id)
                route = getattr(scope.get("route"), "path", "")  # as it is written: an address may be a secret
                span.update_name(f"{scope['method']} {route}".strip())
                span.set_attributes({"http.response.status_code": status, "http.route": route, "request": named})
                if status >= 500:
                    span.set_status(StatusCode.ERROR)
        finally:
            request_id.reset(token)
