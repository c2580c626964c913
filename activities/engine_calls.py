"""How activities call the workflow engine: from their threads, and many workflows at once."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from followthrough.engine_errors import if_known

ANSWER_WITHIN = 30
"""Seconds."""

AT_ONCE = 20
"""Workflows that are told at once."""

T = TypeVar("T")


def wait_for(call: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
    """In a thread, for a call of the client, which belongs to the loop.

    Raises ApplicationError while the engine does not answer.
    """
    try:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(call, ANSWER_WITHIN), loop).result(ANSWER_WITHIN)
    except (RPCError, TimeoutError):
        raise ApplicationError("The workflow engine does not answer.", type="EngineUnavailable") from None


async def tell_all(tell: Callable[[T], Awaitable[None]], those: Iterable[T]) -> None:
    """Whose workflow does not run needs no news. Raises RPCError."""
    hands = asyncio.Semaphore(AT_ONCE)

    async def tell_one(one: T) -> None:
        async with hands:
            with if_known():
                await tell(one)

    await asyncio.gather(*(tell_one(one) for one in those))
