"""The end of what a whole run of tests uses."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

UsedT = TypeVar("UsedT")


@asynccontextmanager
async def ended_in_time(used: AbstractAsyncContextManager[UsedT], within: float = 180) -> AsyncIterator[UsedT]:
    """What does not end within so many seconds is left to the end of the process, with a warning that says where.

    All tests have passed by then or not, and those of shutdowns are among them.
    """
    yield await used.__aenter__()
    ending = asyncio.ensure_future(used.__aexit__(None, None, None))
    if (await asyncio.wait({ending}, timeout=within))[0]:
        ending.result()
    else:
        where = " > ".join(_awaited(getattr(used, "gen", ending.get_coro())))
        warnings.warn(f"This did not end in {within} s: {where}", stacklevel=1)


def _awaited(by: Any) -> list[str]:
    """The outermost first, each with its line."""
    found = []
    while frame := getattr(by, "cr_frame", None) or getattr(by, "ag_frame", None) or getattr(by, "gi_frame", None):
        found.append(f"{frame.f_code.co_qualname}:{frame.f_lineno}")
        by = getattr(by, "cr_await", None) or getattr(by, "ag_await", None) or getattr(by, "gi_yieldfrom", None)
    return found
