import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, TypeVar, overload

from sqlalchemy import Engine
from sqlmodel import Session
from sqlmodel.sql.expression import SelectOfScalar

FoundT = TypeVar("FoundT")


@overload
async def eventually(
    read: Callable[[], Awaitable[FoundT]], holds: Callable[[FoundT], object] = bool, within: float = 180
) -> FoundT: ...
@overload
async def eventually(
    read: Callable[[], FoundT], holds: Callable[[FoundT], object] = bool, within: float = 180
) -> FoundT: ...
async def eventually(read: Callable[[], Any], holds: Callable[[Any], object] = bool, within: float = 180) -> Any:
    """What is read, once it holds: for what others do in their own time and nothing here could signal.

    ``within`` is in seconds.
    """
    async with asyncio.timeout(within):
        while True:
            found = read()
            if isawaitable(found):
                found = await found
            if holds(found):
                return found
            await asyncio.sleep(0.05)


async def found_rows(database: Engine, query: SelectOfScalar[FoundT], within: float = 180) -> list[FoundT]:
    """From the database, once something is there."""

    def read() -> list[FoundT]:
        with Session(database) as session:
            return list(session.exec(query))

    return await eventually(read, within=within)
