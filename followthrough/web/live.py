"""Whether something is new about a record, told to its page as it happens; what is new the page then asks for."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from sqlalchemy import Engine
from sqlmodel import Session

from followthrough.store.acting import written
from followthrough.web.dependencies import ActorDep, GatewayDep, served

router = APIRouter(include_in_schema=False)

LOOK_EVERY = timedelta(seconds=1)
LASTS = timedelta(minutes=1)
"""Then the browser comes again by itself, and it is asked again whether they may see it."""
MOST = 200
"""Pages that are told; the others are as they were when they were opened."""
_told: set[asyncio.Event] = set()
"""For each of them what is set once it is over."""


def end_all() -> None:
    """The service stops, and waits for its answers."""
    for over in _told:
        over.set()


@router.get("/incidents/{incident_id}/live")
async def changes(request: Request, incident_id: str, gateway: GatewayDep, actor: ActorDep) -> Response:
    """Server-sent events, each of which has how much is written down about it. Raises Unknown."""
    await gateway.incidents.seen(incident_id, actor)
    return _telling(request, incident_id)


@router.get("/items/{item_id}/live")
async def changes_of_item(request: Request, item_id: str, gateway: GatewayDep, actor: ActorDep) -> Response:
    """The same of an action item. Raises Unknown."""
    await gateway.items.seen(item_id, actor)
    return _telling(request, item_id)


def _telling(request: Request, record_id: str) -> Response:
    if len(_told) >= MOST:
        return Response(status_code=204)
    events = _events(served(request).database, record_id)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _events(database: Engine, record_id: str) -> AsyncIterator[str]:
    over, last = asyncio.Event(), ""
    _told.add(over)
    try:
        for _ in range(LASTS // LOOK_EVERY):
            now = await run_in_threadpool(_written, database, record_id)
            yield f"event: written\ndata: {now}\n\n" if now != last else ": nothing new\n\n"
            last = now
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), LOOK_EVERY.total_seconds())
                return
    finally:
        _told.discard(over)


def _written(database: Engine, record_id: str) -> str:
    with Session(database) as session:
        return written(session, record_id)
