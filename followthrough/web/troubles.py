"""What whoever runs the service has to know, and mails that are sent again once that is mended."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session, col, select

from followthrough.domain.replayed.text import URL
from followthrough.store.tables import MailRow, MailState
from followthrough.troubles import Trouble, TroubleKind, counted, current
from followthrough.web.dependencies import (
    ActorDep,
    Authorised,
    GatewayDep,
    OrganisationDep,
    OrganisationFileDep,
    Reading,
)
from followthrough.web.once import Once, OnceRoute
from followthrough.web.paging import LINKED, PagingDep
from followthrough.web.problems import NOT_HERE
from followthrough.web.reading import read
from followthrough.web.rendering import page
from followthrough.web.shapes.service import ShownTrouble
from followthrough.web.shapes.shape import Shape

AT_ONCE = 200
"""Mails that are sent again by one request."""


class SentAgain(Shape):
    """How many mails are made and handed over once more; the outbox shows what becomes of each."""

    mails: int
    """How many; 0 where none waits for it."""


router = APIRouter()
api = APIRouter(prefix="/api", tags=["api"], dependencies=[Authorised], route_class=OnceRoute)


@api.get("/troubles", response_model=list[ShownTrouble], responses=LINKED)
def list_troubles(reading: Reading, file: OrganisationFileDep, paging: PagingDep) -> list[Trouble]:
    """What is wrong now, by its key."""
    return paging.of(current(reading, file, datetime.now(UTC)), lambda trouble: (trouble.key,))


@api.get("/troubles/counts")
def count_troubles(reading: Reading, file: OrganisationFileDep) -> dict[TroubleKind, int]:
    """How many there are of each kind, also those of which there is none."""
    return counted(reading, file, datetime.now(UTC))


@api.post("/mails/send-again", status_code=202, responses=NOT_HERE, dependencies=[Once])
async def send_again(
    reading: Reading,
    gateway: GatewayDep,
    actor: ActorDep,
    key: Annotated[str | None, Query(max_length=URL, description="Else all of them")] = None,
) -> SentAgain:
    """Mails that were set aside are made and handed over once more."""
    keys = await read(_set_aside, reading, key)
    if key is not None and not keys:
        raise HTTPException(404, "There is no mail that is set aside by that name; the outbox lists them.")
    await gateway.send_again(keys, actor)
    return SentAgain(mails=len(keys))


@router.post("/outbox/send-again", include_in_schema=False)
async def send_again_on_page(
    reading: Reading, gateway: GatewayDep, actor: ActorDep, key: Annotated[str, Form(max_length=URL)] = ""
) -> Response:
    """That mail, or all that are set aside."""
    sent = await send_again(reading, gateway, actor, key or None)
    return RedirectResponse(f"/outbox?again={sent.mails}" if sent.mails else "/outbox", 303)


@router.get("/trouble", include_in_schema=False)
def show_troubles(
    request: Request, reading: Reading, file: OrganisationFileDep, organisation: OrganisationDep
) -> Response:
    """What is wrong now, and who is told."""
    return page(
        request,
        "trouble.html",
        troubles=current(reading, file, datetime.now(UTC)),
        administrators=[organisation.name_of(person) for person in organisation.administrators],
    )


router.include_router(api)


def _set_aside(session: Session, key: str | None) -> list[str]:
    """The oldest first."""
    query = select(MailRow.key).where(MailRow.state == MailState.SET_ASIDE, *([MailRow.key == key] if key else ()))
    return list(session.exec(query.order_by(col(MailRow.at)).limit(AT_ONCE)))
