"""Action items in the order that somebody chose, a page at a time, each page as fast as the first.

What is worked on comes first, then what waits to be looked at, then what has ended. A page begins after the last row of
the one before it, and is read along an index for each status.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, Unpack

import sqlalchemy
from sqlalchemy import ColumnElement, SQLColumnExpression, case, tuple_, union_all
from sqlmodel import Session, col, func, select

from followthrough.domain.replayed.item.action_item import OPEN, WORKED_ON, ActionItem, ItemStatus, Priority
from followthrough.domain.replayed.values import PersonId, Severity
from followthrough.store.cursors import NoSuchPlace, place_in, written
from followthrough.store.open_items import late_now
from followthrough.store.privacy import hidden_item, marked
from followthrough.store.queries import ItemFilters, ListedItem, fitting, searched
from followthrough.store.tables import ActionItemRow, UTCDateTime

GROUPS = (WORKED_ON, (ItemStatus.DONE,), tuple(status for status in ItemStatus if status not in OPEN))


class Sort(StrEnum):
    """By what, beginning with the most pressing; with a minus before it, the other way round."""

    DUE = "due"
    PRIORITY = "priority"
    SEVERITY = "severity"
    TITLE = "title"
    OWNER = "owner"
    PROPOSED = "proposed"


RANKS: Mapping[Sort, tuple[type[Priority] | type[Severity], Any]] = MappingProxyType(
    {Sort.PRIORITY: (Priority, ActionItemRow.priority), Sort.SEVERITY: (Severity, ActionItemRow.severity)}
)
"""Those with a few values, in whose order they are read, each by deadline."""
COLUMNS: Mapping[Sort, Any] = MappingProxyType(
    {Sort.TITLE: ActionItemRow.title, Sort.OWNER: ActionItemRow.owner, Sort.PROPOSED: ActionItemRow.proposed_at}
)


class Page(NamedTuple):
    """``after`` is where the next one begins; None when this is the last."""

    items: list[ListedItem]
    after: str | None


@dataclass(frozen=True)
class _Stretch:
    """A part of the list that is read along one index; by ids where those alone order it."""

    statuses: Sequence[ItemStatus]
    column: Any
    descending: bool = False
    where: tuple[ColumnElement[bool], ...] = field(default=())


class LineRow(NamedTuple):
    """What programs are told of an action item in a list."""

    id: str
    version: int
    incident_id: str
    title: str
    kind: str
    priority: str
    severity: str
    service: str
    team: str
    owner: str
    status: str
    drill: bool
    late: bool
    owner_wanted: dict[str, Any] | None
    due: datetime | None
    next_at: datetime | None
    next_kind: str | None
    ticket: str | None
    ended_at: datetime | None
    updated_at: datetime | None


class FileRow(NamedTuple):
    """What a file has of an action item."""

    id: str
    title: str
    status: str
    late: bool
    owner: str
    team: str
    service: str
    severity: str
    priority: str
    kind: str
    incident_id: str
    proposed_at: datetime
    due: datetime | None
    ended_at: datetime | None
    ticket: str | None
    ticket_url: str | None
    drill: bool


RowT = TypeVar("RowT", LineRow, FileRow)


class Counts(NamedTuple):
    """How many these eyes see of each status, and how many of private incidents they don't."""

    seen: dict[ItemStatus, int]
    hidden: int


class Order(NamedTuple):
    """In which a list goes on."""

    sort: Sort
    descending: bool


def page_of_items(
    session: Session,
    now: datetime,
    *,
    sort: Sort = Sort.DUE,
    descending: bool = False,
    after: str | None = None,
    limit: int = 50,
    seen_by: PersonId | None = None,
    **filters: Unpack[ItemFilters],
) -> Page:
    """Raises NoSuchPlace for an ``after`` that no page of this order gave."""
    ids, further = _page_of_ids(session, now, Order(sort, descending), after, limit, seen_by, filters)
    these = col(ActionItemRow.id).in_(ids)
    read = session.exec(select(ActionItemRow.id, ActionItemRow.document, late_now(now)).where(these))
    by_id = {item_id: ListedItem(ActionItem.model_validate(known), bool(late)) for item_id, known, late in read}
    return Page([by_id[item_id] for item_id in ids if item_id in by_id], further)


def page_of_rows(
    session: Session,
    kind: type[RowT],
    now: datetime,
    order: Order,
    after: str | None,
    limit: int,
    seen_by: PersonId | None,
    filters: ItemFilters,
) -> tuple[list[RowT], str | None]:
    """The same items in the same order, without their documents, and where the next begin. Raises NoSuchPlace."""
    ids, further = _page_of_ids(session, now, order, after, limit, seen_by, filters)
    query = sqlalchemy.select(*columns_of(kind, late_now(now))).where(col(ActionItemRow.id).in_(ids))
    by_id = {row[0]: kind._make(row) for row in session.connection().execute(query)}
    return [by_id[item_id] for item_id in ids if item_id in by_id], further


def columns_of(kind: type[LineRow] | type[FileRow], is_late: ColumnElement[bool]) -> Iterator[ColumnElement[Any]]:
    """What such rows are read from, the id first."""
    document = col(ActionItemRow.document)
    beside = {
        "late": is_late,
        "ticket_url": document["ticket", "url"].as_string(),
        "owner_wanted": case((col(ActionItemRow.wants_owner), document["owner_wanted"])),
    }
    return (beside[name] if name in beside else getattr(ActionItemRow, name) for name in kind._fields)


def _page_of_ids(
    session: Session,
    now: datetime,
    order: Order,
    after: str | None,
    limit: int,
    seen_by: PersonId | None,
    filters: ItemFilters,
) -> tuple[list[str], str | None]:
    stretches = list(_stretches(order.sort, _statuses(filters), descending=order.descending))
    place = _read_place(after, stretches) if after else None
    of_any_status: ItemFilters = {**searched(session, seen_by, filters), "status": None}
    wanted = [~hidden_item(seen_by), *fitting(late_now(now), seen_by, **of_any_status)]
    status: SQLColumnExpression[str] = col(ActionItemRow.status)
    if of_any_status.get("id") is not None:
        status += ""  # of no index, for SQLite would look for a few that are known among all of a status
    found: list[tuple[int, Any, str]] = []
    for number in range(place[0] if place else 0, len(stretches)):
        begin = place[1:] if place and place[0] == number else None
        rows = session.connection().execute(_along(stretches[number], status, wanted, begin, limit + 1 - len(found)))
        found += ((number, value, item_id) for item_id, value in rows)
        if len(found) > limit:
            break
    return [item_id for *_, item_id in found[:limit]], _place(found[limit - 1]) if len(found) > limit else None


def counts(session: Session, now: datetime, seen_by: PersonId | None, **filters: Unpack[ItemFilters]) -> Counts:
    """Of those that are wanted."""
    query = (
        sqlalchemy.select(col(ActionItemRow.status), func.count())
        .where(*fitting(late_now(now), seen_by, **filters))
        .group_by(col(ActionItemRow.status))
    )
    seen, hidden = _by_status(session, query), dict[ItemStatus, int]()
    if seen_by is not None:
        hidden = _by_status(session, query.where(hidden_item(seen_by)))
    return Counts({status: number - hidden.get(status, 0) for status, number in seen.items()}, sum(hidden.values()))


def _by_status(session: Session, query: Any) -> dict[ItemStatus, int]:
    return {ItemStatus(status): number for status, number in session.connection().execute(query)}


def _statuses(filters: ItemFilters) -> Sequence[ItemStatus]:
    wanted = filters.get("status")
    if wanted is None:
        return tuple(ItemStatus)
    return (wanted,) if isinstance(wanted, ItemStatus) else wanted


def _stretches(sort: Sort, statuses: Sequence[ItemStatus], *, descending: bool) -> Iterator[_Stretch]:
    for group in GROUPS:
        chosen = [status for status in group if status in statuses]
        if not chosen:
            continue
        if sort in COLUMNS:
            yield _Stretch(chosen, COLUMNS[sort], descending)
        elif sort in RANKS:
            ranks, column = RANKS[sort]
            for rank in reversed(ranks) if descending else ranks:
                yield from _by_deadline(chosen, (col(column) == rank,), descending=False)
        else:
            yield from _by_deadline(chosen, (), descending=descending)


def _by_deadline(
    statuses: Sequence[ItemStatus], where: tuple[ColumnElement[bool], ...], *, descending: bool
) -> Iterator[_Stretch]:
    """Those without one, which are too young to have it, come last."""
    due = col(ActionItemRow.due)
    yield _Stretch(statuses, due, descending, (*where, due.is_not(None)))
    yield _Stretch(statuses, None, descending, (*where, due.is_(None)))


def _along(
    stretch: _Stretch,
    of_status: SQLColumnExpression[str],
    wanted: Sequence[ColumnElement[bool]],
    begin: tuple[Any, str] | None,
    limit: int,
) -> sqlalchemy.Select[Any]:
    """The ids and values of the next rows: so many of each status, of which the first are taken."""
    item_id = col(ActionItemRow.id)
    value = item_id if stretch.column is None else col(stretch.column)
    parts: list[sqlalchemy.Select[Any]] = []
    for status in stretch.statuses:
        part: Any = sqlalchemy.select(item_id.label("id"), value.label("value")).where(
            of_status == status, *stretch.where, *wanted
        )
        if begin is not None:
            here, there = tuple_(value, item_id), begin
            part = part.where(here < there if stretch.descending else here > there)
        ordered = (value.desc(), item_id.desc()) if stretch.descending else (value, item_id)
        parts.append(sqlalchemy.select(part.order_by(*ordered).limit(limit).subquery()))
    all_of_them = union_all(*parts).subquery()
    columns = all_of_them.c.value, all_of_them.c.id
    merged = [column.desc() if stretch.descending else column.asc() for column in columns]
    return sqlalchemy.select(all_of_them.c.id, all_of_them.c.value).order_by(*merged).limit(limit)


def _place(row: tuple[int, Any, str]) -> str:
    number, value, item_id = row
    return written([number, value.isoformat() if isinstance(value, datetime) else value, item_id])


def _read_place(cursor: str, stretches: Sequence[_Stretch]) -> tuple[int, Any, str]:
    try:
        number, value, item_id = place_in(cursor)
        column = stretches[range(len(stretches)).index(number)].column
        if not isinstance(item_id, str) or not isinstance(value, str):
            raise TypeError
        if column is not None and isinstance(column.type, UTCDateTime):
            value = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise NoSuchPlace from None
    return number, value, item_id


def named(session: Session, ids: Iterable[str], seen_by: PersonId | None) -> dict[str, ActionItem]:
    """By id, without those that are not there, or not for these eyes."""
    query = select(ActionItemRow.document).where(col(ActionItemRow.id).in_(list(ids)), ~hidden_item(seen_by))
    return {item.id: item for item in marked(session, map(ActionItem.model_validate, session.exec(query)))}
