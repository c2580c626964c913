"""What waits to be chained, in a file of this machine's own: it can be written whatever befalls the database."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from followthrough.domain.answered.access.audit import Happened
from followthrough.private_files import private_database

BUSY_FOR = 10
"""Seconds that one process may wait for another one's write, which takes some milliseconds."""
AT_ONCE = 500


class NotKept(Exception):
    """Nothing can be audited here, so nothing is done; the message is the sentence for whoever asked."""


class Journal:
    """Kept over a crash; several processes may use one. Raises NotKept when the disk takes no more."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._writing = threading.Lock()
        self._opened: sqlite3.Connection | None = None
        if file.exists():
            private_database(file)

    def put(self, *said: Happened) -> None:
        """Instead of what was put by their ids before; all or nothing."""
        rows = [(one.id, one.model_dump_json(), one.at.timestamp(), one.outcome is not None) for one in said]
        with self._writing_to() as opened:
            opened.executemany("INSERT OR REPLACE INTO waiting (id, document, at, ended) VALUES (?, ?, ?, ?)", rows)

    def ended(self, broken_off_before: datetime) -> list[Happened]:
        """The oldest first; with those that are under way for so long that whoever did them is gone.

        What only a newer version can read waits for one.
        """
        query = "SELECT document FROM waiting WHERE ended OR at < ? ORDER BY at LIMIT ?"
        rows = self._execute(query, (broken_off_before.timestamp(), AT_ONCE))
        return [said for (document,) in rows if (said := _read(document))]

    def remove(self, said: Iterable[Happened]) -> None:
        """They are chained. One that ended meanwhile, after all, goes too: it is chained as it was."""
        ids = json.dumps([one.id for one in said])
        self._execute("DELETE FROM waiting WHERE id IN (SELECT value FROM json_each(?))", (ids,))

    def _execute(self, statement: str, values: Iterable[object]) -> list[tuple[str]]:
        with self._writing_to() as opened:
            return opened.execute(statement, tuple(values)).fetchall()

    @contextmanager
    def _writing_to(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._writing:
                self._opened = self._opened or self._open()
                with self._opened:
                    yield self._opened
        except (sqlite3.Error, OSError) as error:
            raise NotKept(f"The audit can't be kept ({error}), so nothing was done; try again in a moment.") from error

    def _open(self) -> sqlite3.Connection:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        private_database(self._file)
        opened = sqlite3.connect(self._file, timeout=BUSY_FOR, check_same_thread=False)
        opened.execute("PRAGMA journal_mode = WAL")
        opened.execute("PRAGMA synchronous = FULL")
        with opened:
            opened.execute(
                "CREATE TABLE IF NOT EXISTS waiting "
                "(id TEXT PRIMARY KEY, document TEXT NOT NULL, at REAL NOT NULL, ended INTEGER NOT NULL)"
            )
        return opened


def _read(document: str) -> Happened | None:
    try:
        return Happened.model_validate_json(document)
    except ValidationError:
        return None
