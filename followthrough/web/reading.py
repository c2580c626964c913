"""How a request reads the database."""

from collections.abc import Callable, Iterator
from typing import Annotated, Concatenate, ParamSpec, TypeVar

from fastapi import Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

P = ParamSpec("P")
FoundT = TypeVar("FoundT")


def _session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.database) as session:
        yield session


Reading = Annotated[Session, Depends(_session)]
"""A session on ``app.state.database``; it connects when it is first used."""

Offset = Annotated[int, Query(ge=0, le=1_000_000_000)]
"""How many rows come before the page."""


async def read(
    query: Callable[Concatenate[Session, P], FoundT], session: Session, *arguments: P.args, **named: P.kwargs
) -> FoundT:
    """What the query finds, in a thread. For routes that wait for the engine as well.

    The connection goes back to the pool at once: the workflow that is waited for needs one to write with.
    """

    def reading() -> FoundT:
        try:
            return query(session, *arguments, **named)
        finally:
            session.close()

    return await run_in_threadpool(reading)
