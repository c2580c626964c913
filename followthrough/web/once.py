"""Requests that are carried out once for each key where no workflow sees to that: their answers are kept for a day."""

import hashlib
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from fastapi import Depends, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from followthrough.store import kept_answers
from followthrough.web.dependencies import ActorDep, served
from followthrough.web.keys import Key

STILL_GOING_ON = "This is being carried out since it was asked for first; ask again in a moment, with the same key."


class Answered(Exception):
    """It was carried out before, with this answer."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(status)
        self.status, self.body = status, body


async def _begun(request: Request, actor: ActorDep, key: Key = None) -> None:
    """Raises Answered, and HTTPException 503 while it is carried out."""
    if key is None:
        return
    asked = (actor.door, actor.person, actor.name, request.method, request.url.path, request.url.query, key)
    request_id = hashlib.sha256(repr(asked).encode() + await request.body()).hexdigest()
    row = await run_in_threadpool(kept_answers.begin, served(request).database, request_id, datetime.now(UTC))
    if row is None:
        request.state.carried_out = request_id
    elif row.status is None:
        raise HTTPException(503, STILL_GOING_ON, {"Retry-After": "5"})
    else:
        raise Answered(row.status, row.body)


Once = Depends(_begun)
"""Of routes of ``OnceRoute``, behind whatever asks who may."""


class OnceRoute(APIRoute):
    """Keeps the answers of requests that ``Once`` let through; what was refused or failed is tried again."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As the framework's own."""
        carry_out = super().get_route_handler()

        async def once(request: Request) -> Response:
            response: Response | None = None
            try:
                response = await carry_out(request)
            finally:
                if request_id := getattr(request.state, "carried_out", None):
                    await run_in_threadpool(_settle, request, request_id, response)
            return response

        return once


def _settle(request: Request, request_id: str, response: Response | None) -> None:
    database = served(request).database
    if response is None or response.status_code >= 400:
        kept_answers.let_go(database, request_id)
    else:
        kept_answers.keep(database, request_id, response.status_code, bytes(response.body).decode())


def answered_before(_request: Request, before: Answered) -> Response:
    """The same answer again."""
    return Response(before.body, before.status, media_type="application/json" if before.body else None)
