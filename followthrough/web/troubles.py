"""What whoever runs the service has to know, and mails that are sent again once that is mended."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel
from sqlmodel import Session, col, select
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from followthrough.domain.text import URL
from followthrough.organisation import Organisation
from followthrough.settings import Settings
from followthrough.store.tables import MailRow, MailState
from followthrough.troubles import Trouble, TroubleKind, current
from followthrough.web.incidents import ANSWER_WITHIN
from followthrough.web.reading import Reading
from followthrough.web.rendering import page
from followthrough.web.security import authorised
from workflows.messages import TASK_QUEUE
from workflows.upkeep import SendAgainWorkflow

AT_ONCE = 200
"""Mails that are sent again by one request."""


class SentAgain(BaseModel):
    """How many mails are made and handed over once more; the outbox shows what becomes of each."""

    mails: int


def troubles(settings: Settings, organisation: Callable[[], Organisation], client: Client) -> APIRouter:
    """For programs and for browsers."""
    router = APIRouter()
    api = APIRouter(prefix="/api", tags=["api"], dependencies=[authorised(settings)])

    @api.get("/troubles")
    def list_troubles(reading: Reading) -> list[Trouble]:
        """What is wrong now."""
        return current(reading, organisation, datetime.now(UTC))

    @api.get("/troubles/counts")
    def count_troubles(reading: Reading) -> dict[TroubleKind, int]:
        """How many there are of each kind, also those of which there is none."""
        counts = Counter(trouble.kind for trouble in current(reading, organisation, datetime.now(UTC)))
        return {kind: counts[kind] for kind in TroubleKind}

    @api.post("/mails/send-again", status_code=202)
    async def send_again(
        request: Request, key: Annotated[str | None, Query(max_length=URL, description="Else all of them")] = None
    ) -> SentAgain:
        """Mails that were set aside are made and handed over once more."""
        keys = await asyncio.to_thread(_set_aside, request, key)
        if key is not None and not keys:
            raise HTTPException(404, "There is no mail that is set aside by that name; the outbox lists them.")
        async with asyncio.timeout(ANSWER_WITHIN):
            for one in keys:
                await client.start_workflow(
                    SendAgainWorkflow.run,
                    one,
                    id=f"send-again/{one}",
                    task_queue=TASK_QUEUE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                )
        return SentAgain(mails=len(keys))

    @router.get("/trouble", include_in_schema=False)
    def show_troubles(request: Request, reading: Reading) -> Response:
        return page(
            request,
            "trouble.html",
            troubles=current(reading, organisation, datetime.now(UTC)),
            administrators=[organisation().name_of(person) for person in organisation().administrators],
        )

    router.include_router(api)
    return router


def _set_aside(request: Request, key: str | None) -> list[str]:
    """The oldest first."""
    query = select(MailRow.key).where(MailRow.state == MailState.SET_ASIDE, *([MailRow.key == key] if key else ()))
    with Session(request.app.state.database) as session:
        return list(session.exec(query.order_by(col(MailRow.at)).limit(AT_ONCE)))
