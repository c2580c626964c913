"""The embedded engine's database as a file: copied, and made small again."""

import os
import sqlite3
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import NamedTuple

from followthrough.engine import EngineError, locked_log


class Sizes(NamedTuple):
    """In bytes."""

    before: int
    after: int


def back_up(database: Path, to: Path) -> int:
    """A whole copy in a file of its own, as of one moment, whether the engine runs or not; gives its size.

    Raises EngineError.
    """
    _require(database)
    try:
        os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise EngineError(f"{to} can't be made ({error.strerror}); name a file that is not there yet.") from error
    try:
        with closing(sqlite3.connect(database, timeout=60)) as connection:
            connection.execute("VACUUM INTO ?", (str(to),))
        with closing(sqlite3.connect(to)) as copy:
            [[found]] = copy.execute("PRAGMA quick_check(1)")
    except sqlite3.Error as error:
        to.unlink()
        raise EngineError(f"{database} could not be copied ({error}).") from error
    if found != "ok":
        raise EngineError(f"The copy {to} is damaged, as {database} may be ({found}).")
    return to.stat().st_size


async def compact(database: Path) -> Sizes:
    """Gives back the room of what the engine has forgotten. Raises EngineError, also while a service uses it."""
    _require(database)
    async with AsyncExitStack() as stack:
        await locked_log(stack, database)
        return _compacted(database)


def _compacted(database: Path) -> Sizes:
    before = _size(database)
    try:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise EngineError(f"{database} could not be compacted, and is as it was ({error}).") from error
    return Sizes(before, _size(database))


def _size(database: Path) -> int:
    """With what is not in the file itself yet."""
    log = database.with_name(f"{database.name}-wal")
    return database.stat().st_size + (log.stat().st_size if log.exists() else 0)


def _require(database: Path) -> None:
    if not database.exists():
        raise EngineError(
            f"There is no {database}; set FOLLOWTHROUGH_DATA_DIR to the folder of the service that has its own engine."
        )
