"""Around whatever is done for somebody, it is noted who, what, and what became of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from uuid import uuid4

from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.audit import Act, Happened, Outcome
from followthrough.domain.replayed.values import PersonId


@dataclass
class Noted:
    """What becomes known while it goes on."""

    record: str
    person: PersonId | None = None
    whom: PersonId | None = None
    details: dict[str, str] = field(default_factory=dict)
    outcome: Outcome = Outcome.UNKNOWN

    @classmethod
    def of(cls, said: Happened) -> Self:
        """As it is known before."""
        return cls(said.record, said.person, said.whom, {**said.details})


Noting = Callable[[Happened], AbstractAsyncContextManager[Noted]]


def happened(
    actor: Actor,
    act: Act,
    what: str,
    now: datetime,
    *,
    by: PersonId | None = None,
    whom: PersonId | None = None,
    record: str = "",
) -> Happened:
    """What an actor does, as the one they are, or as ``by`` where that is believed."""
    return Happened(
        id=uuid4().hex,
        at=now,
        act=act,
        what=what,
        person=(by if actor.speaks_for_others else None) or actor.person,
        through=actor.door,
        token=actor.name,
        address=actor.address,
        whom=whom,
        record=record,
    )


@asynccontextmanager
async def unnoted(said: Happened) -> AsyncIterator[Noted]:
    """Keeps nothing: for what only says what it would do, and for scripts and tests that play alone."""
    yield Noted.of(said)
