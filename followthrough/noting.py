"""Around whatever is done for somebody, it is noted who, what, and what became of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from followthrough.domain.answered.access.audit import Happened
from followthrough.domain.replayed.values import PersonId


@dataclass
class Noted:
    """What becomes known while it goes on."""

    record: str
    person: PersonId | None = None
    whom: PersonId | None = None
    details: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, said: Happened) -> Self:
        """As it is known before."""
        return cls(said.record, said.person, said.whom, {**said.details})


Noting = Callable[[Happened], AbstractAsyncContextManager[Noted]]


@asynccontextmanager
async def unnoted(said: Happened) -> AsyncIterator[Noted]:
    """Keeps nothing: for what only says what it would do, and for scripts and tests that play alone."""
    yield Noted.of(said)
