"""What the year knows of itself, in a file: after being killed it goes on from there."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS act (record TEXT PRIMARY KEY, at REAL NOT NULL, what TEXT NOT NULL, times INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS act_at ON act (at);
CREATE TABLE IF NOT EXISTS lane (number INTEGER PRIMARY KEY, incident TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fired (schedule TEXT PRIMARY KEY, at REAL NOT NULL, times INTEGER NOT NULL, last TEXT);
CREATE TABLE IF NOT EXISTS run (
    run_id TEXT PRIMARY KEY, workflow_id TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL,
    events INTEGER NOT NULL, bytes INTEGER NOT NULL, actions INTEGER NOT NULL, largest INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS refusal (what TEXT NOT NULL, sentence TEXT NOT NULL, times INTEGER NOT NULL,
    PRIMARY KEY (what, sentence));
"""


@dataclass(frozen=True)
class Act:
    """Somebody intends to do something with a record, which before it begins is ``lane/`` and its number."""

    record: str
    at: datetime
    what: str
    times: int = 0


@dataclass(frozen=True)
class Run:
    """What one run of a workflow came to; without what only moving its clock made."""

    run_id: str
    workflow_id: str
    kind: str
    status: str
    events: int
    bytes: int
    actions: int
    largest: int


class Kept:
    """Of one year; ``commit`` makes what was said last."""

    def __init__(self, file: Path) -> None:
        self._file = sqlite3.connect(file, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.executescript(TABLES)
        self._file.execute("BEGIN")

    def commit(self) -> None:
        """From here on a year that was killed goes on."""
        self._file.execute("COMMIT")
        self._file.execute("BEGIN")

    def fact(self, name: str, default: Any = None) -> Any:
        """As it was noted last."""
        row = self._file.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def note(self, name: str, value: Any) -> None:
        """Instead of what it was."""
        self._file.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, json.dumps(value)))

    def add(self, name: str, value: float) -> None:
        """To what it was."""
        self.note(name, self.fact(name, 0) + value)

    def acts_until(self, at: datetime) -> list[Act]:
        """Whose time has come."""
        return self._acts("WHERE at <= ? ORDER BY at", at.timestamp())

    def next_act(self) -> datetime | None:
        """When somebody does something."""
        first = self._acts("ORDER BY at LIMIT 1")
        return first[0].at if first else None

    def acting(self) -> set[str]:
        """Records with which somebody intends something."""
        return {record for (record,) in self._file.execute("SELECT record FROM act")}

    def intend(self, act: Act) -> None:
        """Instead of what was intended with that record."""
        values = (act.record, act.at.timestamp(), act.what, act.times)
        self._file.execute("INSERT OR REPLACE INTO act VALUES (?, ?, ?, ?)", values)

    def done(self, record: str) -> None:
        """Nothing more is intended."""
        self._file.execute("DELETE FROM act WHERE record = ?", (record,))

    def began(self, lane: int, incident: str) -> None:
        """As that incident."""
        self._file.execute("INSERT OR REPLACE INTO lane VALUES (?, ?)", (lane, incident))

    def lanes(self) -> dict[int, str]:
        """Those that have begun."""
        return dict(self._file.execute("SELECT number, incident FROM lane"))

    def fired(self) -> dict[str, tuple[datetime, int, str | None]]:
        """When each schedule did last, how often, and the workflow that it started."""
        rows = self._file.execute("SELECT schedule, at, times, last FROM fired")
        return {schedule: (datetime.fromtimestamp(at, UTC), times, last) for schedule, at, times, last in rows}

    def fire(self, schedule: str, at: datetime, workflow_id: str | None) -> None:
        """Once more, or for the first time without a workflow."""
        times = self.fired()[schedule][1] + 1 if workflow_id else 0
        self._file.execute(
            "INSERT OR REPLACE INTO fired VALUES (?, ?, ?, ?)", (schedule, at.timestamp(), times, workflow_id)
        )

    def measured(self, run: Run) -> None:
        """Once; a run that goes on is measured again."""
        self._file.execute("INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?)", astuple(run))

    def has_ended(self, run_id: str) -> bool:
        """It was measured after its end."""
        query = "SELECT 1 FROM run WHERE run_id = ? AND status != 'RUNNING'"
        return self._file.execute(query, (run_id,)).fetchone() is not None

    def runs(self) -> Iterable[Run]:
        """All that were measured."""
        return [Run(*row) for row in self._file.execute("SELECT * FROM run")]

    def refused(self, what: str, sentence: str) -> None:
        """Somebody was told that it is not possible."""
        insert = "INSERT INTO refusal VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1"
        self._file.execute(insert, (what, sentence))

    def refusals(self) -> dict[tuple[str, str], int]:
        """How often."""
        return {(what, said): times for what, said, times in self._file.execute("SELECT * FROM refusal")}

    def _acts(self, rest: str, *values: Any) -> list[Act]:
        rows = self._file.execute(f"SELECT record, at, what, times FROM act {rest}", values)
        return [Act(record, datetime.fromtimestamp(at, UTC), what, times) for record, at, what, times in rows]
