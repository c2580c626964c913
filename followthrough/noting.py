"""Around whatever is done for somebody, it is noted who, what, and what became of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from followthrough.domain.answered.access.audit import Happened


@dataclass
class Noted:
    """What becomes known while it goes on."""

    record: str


Noting = Callable[[Happened], AbstractAsyncContextManager[Noted]]


@asynccontextmanager
async def unnoted(said: Happened) -> AsyncIterator[Noted]:
    """Keeps nothing: for scripts and tests that play alone."""
    yield Noted(said.record)
