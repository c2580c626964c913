"""Users and groups of a directory by SCIM, one by one and in pages."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from followthrough.store.directory_tables import DirectoryGroupRow, DirectoryUserRow

RowT = TypeVar("RowT", DirectoryUserRow, DirectoryGroupRow)


def existing(kind: type[RowT]) -> SelectOfScalar[RowT]:
    """All that there are, the oldest first; who was deleted or came by CSV is no user of SCIM's."""
    query = select(kind).order_by(col(kind.created_at), col(kind.id))
    return query.where(col(DirectoryUserRow.user_name).is_not(None)) if kind is DirectoryUserRow else query


def found(session: Session, kind: type[RowT], resource_id: str) -> RowT | None:
    """The one with that id."""
    return session.exec(existing(kind).where(kind.id == resource_id)).one_or_none()


def named(session: Session, kind: type[RowT], column: str, value: str) -> Sequence[RowT]:
    """Those that may have this value, which counts without its case."""
    known: Any = getattr(kind, column)
    return session.exec(existing(kind).where(known == (value if column == "external_id" else value.casefold()))).all()


def everything(session: Session, kind: type[RowT]) -> Sequence[RowT]:
    """For what no index answers."""
    return session.exec(existing(kind)).all()


def part(session: Session, kind: type[RowT], start: int, count: int) -> tuple[int, Sequence[RowT]]:
    """How many there are, and those of a page."""
    total = session.exec(select(func.count()).select_from(existing(kind).order_by(None).subquery())).one()
    return total, session.exec(existing(kind).offset(start).limit(count)).all()
