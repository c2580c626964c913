"""Who did what, for administrators and auditors: as a page, for log systems, and verified."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse

from followthrough.domain.answered.access.audit import Act, Link, Outcome
from followthrough.domain.replayed.ids import is_incident, is_item, page_of
from followthrough.domain.replayed.text import KEY, LABEL
from followthrough.domain.replayed.times import Time
from followthrough.domain.replayed.values import PersonId
from followthrough.noting import happened
from followthrough.store.audit import Line, Wanted, following, newest, verified
from followthrough.store.cursors import written
from followthrough.web.dependencies import (
    ActorDep,
    AuditDep,
    Authorised,
    OrganisationDep,
    Reading,
)
from followthrough.web.filters import DayIfAny, between
from followthrough.web.paging import LINKED, Cursor, link_next, number_in
from followthrough.web.reading import read
from followthrough.web.rendering import page
from followthrough.web.shapes.service import AuditLine
from followthrough.web.shapes.shape import Shape

PAGE_LENGTH = 50
Limit = Annotated[int, Query(ge=1, le=1_000)]
Number = Annotated[int, Query(ge=0, le=2**31 - 1, description="Of an entry, instead of `cursor`")]


class Verified(Shape):
    """What the chain follows on and where it ends, as NUMBER:DIGEST; or the first entry that is wrong, and why."""

    follows: str
    """The entry before the first that is kept, as NUMBER:DIGEST."""
    last: str | None
    """The last entry, as NUMBER:DIGEST; null where one is wrong. Kept elsewhere, it can be asked for later."""
    entries: int
    """How many were looked at and follow on each other; 0 where one is wrong."""
    broken_at: int | None
    """Number of the first entry that is wrong; null where none is."""
    why: str
    """A sentence about what is wrong; empty where nothing is."""


class Erased(Shape):
    """How many pseudonyms went: of the person, and of their tokens and addresses."""

    pseudonyms: int
    """How many no longer lead to anybody."""


def _wanted(
    who: Annotated[PersonId, Query(max_length=KEY)] = "",
    what: Annotated[str, Query(max_length=LABEL, description="An act, or the name of a command")] = "",
    record: Annotated[str, Query(max_length=KEY, description="With its action items")] = "",
    since: Time | None = None,
    until: Time | None = None,
) -> Wanted:
    return Wanted(who, what, record, since, until)


Text = Annotated[str, Query(max_length=LABEL)]
WantedDep = Annotated[Wanted, Depends(_wanted)]

router = APIRouter()
api = APIRouter(prefix="/api/audit", tags=["api"], dependencies=[Authorised])


@api.get("", operation_id="list_audit", response_model=list[AuditLine], responses=LINKED)
def list_entries(
    request: Request,
    response: Response,
    reading: Reading,
    audit: AuditDep,
    wanted: WantedDep,
    limit: Limit = 100,
    before: Number | None = None,
    after: Number | None = None,
    cursor: Cursor = None,
) -> list[Line]:
    """The newest first; with ``after`` those above that number, the oldest first. ``before`` goes on to older ones."""
    audit.settle_if_possible()
    begin = number_in(cursor) if cursor else None
    if after is not None:
        lines = following(reading, wanted, limit + 1, after if begin is None else begin)
    else:
        lines = newest(reading, wanted, limit + 1, before if begin is None else begin)
    link_next(request, response, written(lines[limit - 1].number) if len(lines) > limit else None)
    return lines[:limit]


@router.get("/audit", include_in_schema=False, response_class=HTMLResponse)
def show_entries(
    request: Request,
    reading: Reading,
    audit: AuditDep,
    organisation: OrganisationDep,
    who: Text = "",
    what: Text = "",
    record: Text = "",
    since: DayIfAny = None,
    until: DayIfAny = None,
    before: Number | None = None,
) -> Response:
    """The newest first, with names where they are known."""
    audit.settle_if_possible()
    wanted = Wanted(who, what, record, *between(request, since, until))
    lines = newest(reading, wanted, PAGE_LENGTH + 1, before)
    filters = {"who": who, "what": what, "record": record, "since": str(since or ""), "until": str(until or "")}
    return page(
        request,
        "audit.html",
        lines=lines[:PAGE_LENGTH],
        further=lines[PAGE_LENGTH - 1].number if len(lines) > PAGE_LENGTH else None,
        filters=filters,
        acts=list(Act),
        organisation=organisation,
        page_of=page_of,
        is_record=lambda record: is_incident(record) or is_item(record),
    )


@api.get("/verify", operation_id="verify_audit")
async def verify_chain(
    reading: Reading,
    audit: AuditDep,
    last: Annotated[str | None, Query(pattern=r"^\d{1,9}:[0-9a-f]{64}$", description="What was the last once")] = None,
) -> Verified:
    """Whether every entry is as it was written, and none is missing."""
    await asyncio.to_thread(audit.settle_if_possible)
    number, _, digest = (last or "").partition(":")
    verdict = await read(verified, reading, Link(int(number), digest) if last else None)
    return Verified(
        follows=str(verdict.follows),
        last=verdict.last and str(verdict.last),
        entries=verdict.last.number - verdict.follows.number if verdict.last else 0,
        broken_at=verdict.broken and verdict.broken.number,
        why=str(verdict.broken or ""),
    )


@api.delete("/people/{person}", operation_id="erase_from_audit")
async def erase(person: PersonId, audit: AuditDep, actor: ActorDep) -> Erased:
    """Nothing leads from the audit to the person any more; its entries stay."""
    erasure = happened(actor, Act.ERASURE, "erase", datetime.now(UTC)).model_copy(update={"outcome": Outcome.DONE})
    pseudonyms = await asyncio.to_thread(audit.erase, person, erasure)
    if not pseudonyms:
        raise HTTPException(404, f"The audit knows nobody by the name {person!r}.")
    return Erased(pseudonyms=pseudonyms)


router.include_router(api)
