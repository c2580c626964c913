"""A narrow copy of action items, for what would have to look into all of their documents.

The database keeps it itself, by triggers of migration 0028, so that it is right whichever version writes.
"""

import json
from typing import Any

from sqlalchemy import ColumnElement, Index, Integer, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Field, SQLModel, col

from followthrough.domain.replayed.values import PersonId


class position(FunctionElement[int]):  # noqa: N801 -- as SQL writes functions
    """Where a text begins in another, letter by letter: 1 is its beginning, 0 nowhere."""

    type = Integer()
    inherit_cache = True


@compiles(position, "sqlite")
def _on_sqlite(element: position, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(position, "postgresql")
def _on_postgresql(element: position, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


def within(whole: Any, part: str) -> ColumnElement[bool]:
    """In whatever case."""
    return position(func.lower(whole), func.lower(part)) > 0


class ItemSearchRow(SQLModel, table=True):
    """Of an action item: its words in lower case, and who may have to decide about it."""

    __tablename__ = "item_search"
    __table_args__ = (Index("ix_item_search_to_decide", "status", "asks_for_time", "proposed_by", "item_id"),)

    item_id: str = Field(primary_key=True)
    incident_id: str
    status: str
    text: str
    """Its title, id, ticket and description, each in a line."""
    proposed_by: str
    approvers: str
    """As in its document."""
    asks_for_time: bool


def mentions(written: Any, person: PersonId) -> ColumnElement[bool]:
    """Whether JSON has them as a whole text, at any depth."""
    return position(written, json.dumps(person)) > 0


def approves(person: PersonId) -> ColumnElement[bool]:
    """Of the rows here."""
    return mentions(col(ItemSearchRow.approvers), person)
