"""How routes that wait for the engine as well read the database."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

P = ParamSpec("P")
FoundT = TypeVar("FoundT")


async def read(
    query: Callable[Concatenate[Session, P], FoundT], session: Session, *arguments: P.args, **named: P.kwargs
) -> FoundT:
    """What the query finds, in a thread.

    The connection goes back to the pool at once: the workflow that is waited for needs one to write with.
    """

    def reading() -> FoundT:
        try:
            return query(session, *arguments, **named)
        finally:
            session.close()

    return await run_in_threadpool(reading)
