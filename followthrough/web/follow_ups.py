"""All action items: found, filtered, ordered, as a list, a board or a file, and lists that somebody has named.

What is done to several of them is in ``together.py`` and ``planning_together.py``.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from sqlmodel import Session

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.item.action_item import OPEN, ItemStatus
from followthrough.domain.replayed.text import one_line
from followthrough.domain.replayed.values import PersonId
from followthrough.store import queries
from followthrough.store.follow_ups import FileRow, Order, Page, Sort, counts, page_of_items, page_of_rows
from followthrough.store.privacy import private_among
from followthrough.store.queries import ListedItem
from followthrough.store.saved_views import MOST_VIEWS, forget_view, save_view, views_of
from followthrough.store.tables import VendorPauseRow
from followthrough.web.dependencies import ActorDep, AuditDep, Exported, OrganisationDep, Reading, SeenByDep, served
from followthrough.web.item_file import COLUMNS, row
from followthrough.web.item_filters import SEVERAL, Wanted, WantedDep
from followthrough.web.known import person_of
from followthrough.web.next_moment import coming
from followthrough.web.private_views import Views, ViewsDep
from followthrough.web.rendering import page
from followthrough.web.spreadsheets import lines
from followthrough.web.together import TOGETHER

PAGE_LENGTH, COLUMN_LENGTH, FILE_PIECE = 50, 15, 2_000
ON_THE_BOARD = (*OPEN, ItemStatus.CLOSED, ItemStatus.WAIVED)
LONGEST_NAME = 80

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


class Column(NamedTuple):
    """Of the board: the first of a status, and how many there are."""

    status: ItemStatus
    items: list[ListedItem]
    number: int


@router.get("/items")
def list_items(
    request: Request,
    reading: Reading,
    organisation: OrganisationDep,
    actor: ActorDep,
    seen_by: SeenByDep,
    views: ViewsDep,
    wanted: WantedDep,
) -> Response:
    """What is owed, what waits to be looked at, and what has ended."""
    return _list(request, reading, organisation, actor.person, seen_by, views, wanted)


@router.post("/items/views")
def save(
    request: Request,
    reading: Reading,
    organisation: OrganisationDep,
    actor: ActorDep,
    seen_by: SeenByDep,
    views: ViewsDep,
    query: Annotated[str, Form(max_length=3_000)] = "",
    name: Annotated[str, Form(max_length=3_000)] = "",
) -> Response:
    """Under a name, for who does so alone; the same name again means another list from now on."""
    person, wanted, named = person_of(request, actor), Wanted.written(query), one_line(name).strip()
    problem = ""
    if not named or len(named) > LONGEST_NAME:
        problem = f"Name what you see here, in {LONGEST_NAME} characters at most."
    elif not save_view(reading, person, named, wanted.query()):
        problem = f"You have {MOST_VIEWS} lists, which is as many as one can have; give one up first."
    if not problem:
        return RedirectResponse(f"/items?{wanted.query()}", 303)
    said = {"refused": problem, "named": name}
    return _list(request, reading, organisation, person, seen_by, views, wanted, status=409, **said)


@router.post("/items/views/forget")
def forget(
    request: Request,
    reading: Reading,
    actor: ActorDep,
    name: Annotated[str, Form(max_length=3_000)],
    query: Annotated[str, Form(max_length=3_000)] = "",
) -> Response:
    """One's own, and back to the list."""
    forget_view(reading, person_of(request, actor), name)
    return RedirectResponse(f"/items?{Wanted.written(query).query()}", 303)


@router.get("/items.csv", dependencies=[Exported])
def as_file(
    request: Request,
    organisation: OrganisationDep,
    actor: ActorDep,
    audit: AuditDep,
    seen_by: SeenByDep,
    wanted: WantedDep,
) -> Response:
    """All that fit, in the order of the list."""

    def pieces() -> Iterator[str]:
        after, more = None, True
        yield lines([COLUMNS])
        while more:
            with Session(served(request).database) as session:
                rows, after = _rows(session, wanted, seen_by, after)
                private = {*private_among(session, (one.id for one in rows))}
                Views(actor, audit, session).note(private)
            yield lines(row(one, organisation.name_of, private=one.id in private) for one in rows)
            more = after is not None

    headers = {"Content-Disposition": 'attachment; filename="action-items.csv"'}
    return StreamingResponse(pieces(), headers=headers, media_type="text/csv; charset=utf-8; header=present")


def _list(
    request: Request,
    reading: Session,
    organisation: Organisation,
    person: PersonId | None,
    seen_by: PersonId | None,
    views: Views,
    wanted: Wanted,
    *,
    status: int = 200,
    **said: str,
) -> Response:
    now = datetime.now(UTC)
    columns, found = list[Column](), Page([], None)
    if wanted.board:
        columns, private = _columns(reading, wanted, seen_by, now)
    else:
        found = _page(reading, wanted, seen_by, wanted.after, PAGE_LENGTH)
        private = queries.hidden_items(reading, now, seen_by, **wanted.filters)
    shown = [one.item.id for items in (found.items, *(column.items for column in columns)) for one in items]
    views.note(shown)
    return page(
        request,
        "items.html",
        status=status,
        name=organisation.name_of,
        next_moment=partial(coming, organisation=organisation, now=now, zone=request.state.visitor.zone),
        items=found.items,
        columns=columns,
        further=found.after,
        private=private,
        wanted=wanted,
        several=SEVERAL,
        together=TOGETHER,
        plans=any(person in (team.lead, *team.members) for team in organisation.teams.values()),
        person=person,
        views=views_of(reading, person) if person else [],
        opened=list(OPEN),
        organisation=organisation,
        jira=reading.get(VendorPauseRow, "Jira"),
        **{"refused": "", "named": "", **said},
    )


def _page(session: Session, wanted: Wanted, seen_by: PersonId | None, after: str | None, limit: int) -> Page:
    order = Order(wanted.sort, wanted.descending)
    found = page_of_items(
        session, datetime.now(UTC), **order._asdict(), after=after, limit=limit, seen_by=seen_by, **wanted.filters
    )
    private = {*private_among(session, (one.item.id for one in found.items))}
    return found._replace(items=[_marked(one, private) for one in found.items])


def _rows(
    session: Session, wanted: Wanted, seen_by: PersonId | None, after: str | None
) -> tuple[list[FileRow], str | None]:
    order = Order(wanted.sort, wanted.descending)
    return page_of_rows(session, FileRow, datetime.now(UTC), order, after, FILE_PIECE, seen_by, wanted.filters)


def _marked(listed: ListedItem, private: set[str]) -> ListedItem:
    """As private, also one that ended before its incident became so."""
    return listed._replace(item=listed.item.model_copy(update={"private": listed.item.id in private}))


def _columns(session: Session, wanted: Wanted, seen_by: PersonId | None, now: datetime) -> tuple[list[Column], int]:
    """Of what has ended the latest deadlines come first, unless another order was chosen; and how many are hidden."""
    asked, told = wanted.filters.get("status") or ON_THE_BOARD, queries.told_of_hidden(wanted.filters)
    wanted = wanted._replace(filters=queries.searched(session, seen_by, wanted.filters))
    numbers = counts(session, now, seen_by, **wanted.filters)
    columns = []
    for status in (status for status in ItemStatus if status in asked):
        latest = status not in OPEN and wanted.sort is Sort.DUE and not wanted.typed("sort")
        of_it = wanted._replace(
            filters={**wanted.filters, "status": status}, descending=True if latest else wanted.descending
        )
        items = _page(session, of_it, seen_by, None, COLUMN_LENGTH).items
        columns.append(Column(status, items, numbers.seen.get(status, 0)))
    return columns, numbers.hidden if told else 0
