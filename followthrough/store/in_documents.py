"""What both databases can do with times, and with lists in documents, each in its own words."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, ColumnElement, TableValuedAlias, column, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session


class seconds(FunctionElement[int]):  # noqa: N801 -- as SQL writes functions
    """Of a time, in a column of its own or as a document has it: whole seconds since 1970."""

    type = BigInteger()
    inherit_cache = True


@compiles(seconds, "sqlite")
def _on_sqlite(element: seconds, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **options)}) AS INTEGER)"


@compiles(seconds, "postgresql")
def _on_postgresql(element: seconds, compiler: SQLCompiler, **options: Any) -> str:
    at = compiler.process(element.clauses, **options)
    return f"CAST(floor(EXTRACT(epoch FROM CAST({at} AS timestamptz))) AS BIGINT)"


class has_text(FunctionElement[bool]):  # noqa: N801 -- as SQL writes functions
    """Whether a text has another in it, letter by letter."""

    type = Boolean()
    inherit_cache = True


@compiles(has_text, "sqlite")
def _has_text_on_sqlite(element: has_text, compiler: SQLCompiler, **options: Any) -> str:
    return f"(instr({compiler.process(element.clauses, **options)}) > 0)"


@compiles(has_text, "postgresql")
def _has_text_on_postgresql(element: has_text, compiler: SQLCompiler, **options: Any) -> str:
    return f"(strpos({compiler.process(element.clauses, **options)}) > 0)"


def objects(session: Session, listed: ColumnElement[Any]) -> TableValuedAlias:
    """The objects of a list in a document as rows, each as ``c.value``."""
    function = func.json_array_elements if _is_postgresql(session) else func.json_each
    return function(listed).table_valued(column("value", JSON))


def words(session: Session, listed: ColumnElement[Any]) -> TableValuedAlias:
    """The strings of a list in a document as rows, each as ``c.value``."""
    function = func.json_array_elements_text if _is_postgresql(session) else func.json_each
    return function(listed).table_valued("value")


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
