"""Which of several processes with the same database leads: does what one alone should do."""

import fcntl
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from followthrough.store.database import sqlite_file

LEAD_LOCK = 0x466F6C6D
"""Any number, the same in every process: who holds it on PostgreSQL leads."""


class Lead(Protocol):
    """Held by one process at a time, and free again when that ends, however it does."""

    def taken(self) -> bool:
        """Whether it is held here, now: from before, or taken just now."""

    def give_up(self) -> None:
        """Lets another process take it."""


def lead_of(database: Engine) -> Lead:
    """Of all processes that have this database."""
    if database.dialect.name == "postgresql":
        return _AdvisoryLock(database)
    file = sqlite_file(database.url)
    return _LockedFile(file.with_name(f"{file.name}-lead")) if file else _Alone()


class _Alone:
    """A database in memory has one process."""

    def taken(self) -> bool:
        return True

    def give_up(self) -> None:
        pass


class _LockedFile:
    def __init__(self, file: Path) -> None:
        self._path = file
        self._file: IO[bytes] | None = None
        self._turn = threading.Lock()

    def taken(self) -> bool:
        with self._turn:
            if self._file is None:
                file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "rb")
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    file.close()
                    return False
                self._file = file
            return True

    def give_up(self) -> None:
        with self._turn:
            if self._file is not None:
                self._file.close()
                self._file = None


class _AdvisoryLock:
    """It is the session's, so it is free once the connection is gone."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._turn = threading.Lock()

    def taken(self) -> bool:
        with self._turn:
            try:
                if self._connection is not None:
                    self._connection.execute(text("SELECT 1"))
                    return True
                connection = self._database.connect().execution_options(isolation_level="AUTOCOMMIT")
                if connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LEAD_LOCK}).scalar_one():
                    self._connection = connection
                    return True
                connection.close()
            except SQLAlchemyError:
                self._let_go()
            return False

    def give_up(self) -> None:
        with self._turn:
            self._let_go()

    def _let_go(self) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):  # a pool would keep the session, and with it the lock
                self._connection.invalidate()
                self._connection.close()
            self._connection = None
