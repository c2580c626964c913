"""What came into the audit meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlmodel import Session

from followthrough.audit import Audit
from followthrough.settings import Settings
from followthrough.store.audit import Line, Wanted, following, newest


class Meanwhile(list[Line]):
    """The entries, the oldest first; they are there once the context is left."""

    def said(self) -> list[tuple[str, str | None, str]]:
        """What, who, and what came of it."""
        return [(line.what, line.person, line.outcome) for line in self]


@contextmanager
def audited(settings: Settings, database: Engine, what: str = "") -> Iterator[Meanwhile]:
    """Those of an act or command; all by default."""
    audit, found = Audit(settings.data_dir, database), Meanwhile()
    audit.settle(datetime.now(UTC))
    with Session(database) as session:
        before = newest(session, Wanted(), limit=1)
    yield found
    audit.settle(datetime.now(UTC))
    with Session(database) as session:
        found.extend(following(session, Wanted(what=what), 1_000, before[0].number if before else 0))
