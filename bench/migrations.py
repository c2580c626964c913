"""How long those wait who write and read while the tables are migrated, from the first revision to the newest."""

import asyncio
import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import Engine, text

from bench.report import Row, Size, count, ratio
from bench.stage import say
from followthrough.store.database import migrate, open_database
from tests.databases import NotInstalled, create_database, postgresql_server

ROWS = {Size.SMALLEST: 1_200, Size.QUICK: 100_000, Size.FULL: 100_000}
UNDISTURBED = {Size.SMALLEST: 0.2, Size.QUICK: 10.0, Size.FULL: 20.0}
"""Seconds of the baseline."""
LONGEST = 1.0
"""Seconds that nobody may wait."""

FILL = (
    """INSERT INTO incident SELECT 'inc-' || n, 'key ' || n, 'Payments fail', 'payments', 'core', 'SEV2', 'closed',
    false, now(), now(), now(), 1, json_build_object('postmortem', json_build_object('at', now(), 'by', 'erin',
    'text', repeat('The pool was too small. ', 40))) FROM generate_series(1, :rows / 5) n""",
    """INSERT INTO action_item SELECT 'inc-' || n / 5 || '.' || n, 'inc-' || n / 5, 'Raise the pool', 'prevent', 'P1',
    'SEV2', 'payments', 'core', 'erin', 'in progress', false, now(), now(), now(), 'reminder', 0, 'CORE-' || n, NULL, 1,
    json_build_object('said', repeat('The pool was too small. ', 40)) FROM generate_series(1, :rows) n""",
    """INSERT INTO mail SELECT 'mail ' || n, 'reminder', 'inc-' || n / 5, NULL, '["erin@example.com"]', 'A reminder',
    repeat('Please. ', 100), repeat('<p>Please.</p>', 100), '{}', now(), 'SENT', NULL
    FROM generate_series(1, :rows) n""",
    """INSERT INTO timeline SELECT 'inc-' || n / 5, n, 'inc-' || n / 5, now(), 'note', 'Restarted it', 'erin'
    FROM generate_series(1, :rows) n""",
)

WRITES = (
    """INSERT INTO timeline (record_id, number, incident_id, at, kind, text, author)
    VALUES ('new', :turn, 'inc-1', now(), 'note', 'Said meanwhile', 'erin')""",
    """INSERT INTO mail (key, kind, incident_id, recipients, subject, text, html, headers, at, state)
    VALUES ('new ' || :turn, 'reminder', 'inc-1', '[]', 'A reminder', 'Please', 'Please', '{}', now(), 'QUEUED')""",
    "UPDATE action_item SET version = version + 1 WHERE ticket = 'CORE-' || (:turn * 7 % :rows + 1)",
    "UPDATE incident SET version = version + 1 WHERE id = 'inc-' || (:turn * 7 % (:rows / 5) + 1)",
)
NEEDS_NO_TABLE = ("SELECT 1",)
"""Whatever it waits for, it is no lock."""
READS = (
    "SELECT id, title, document FROM action_item WHERE ticket = 'CORE-' || (:turn * 7 % :rows + 1)",
    "SELECT at, kind, text, author FROM timeline WHERE record_id = 'inc-' || (:turn * 7 % (:rows / 5) + 1)",
    "SELECT key FROM mail WHERE incident_id = 'inc-' || (:turn * 7 % (:rows / 5) + 1)",
)


async def migrations(size: Size) -> list[Row]:
    """On a PostgreSQL of its own, with many action items, mails and entries of timelines, and a fifth of incidents."""
    try:
        return await asyncio.to_thread(_migrations, size)
    except NotInstalled as missing:
        return [Row("migrations", "the longest wait", None, LONGEST, why=str(missing))]


def _migrations(size: Size) -> list[Row]:
    with postgresql_server() as server:
        database = open_database(create_database(server))
        migrate(database, "0001")
        rows = ROWS[size]
        with database.begin() as connection:
            for statement in FILL:
                connection.execute(text(statement), {"rows": rows})
        with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        say(f"Writing and reading beside {rows:,} rows.")
        with _used(database, rows, 0) as undisturbed:
            time.sleep(UNDISTURBED[size])
        say("The same while the tables are migrated.")
        with _used(database, rows, 10_000_000) as waits:
            began = time.perf_counter()
            migrate(database)
            took = time.perf_counter() - began
        database.dispose()
    why = f"the machine has a part in it: what needs no table (SELECT 1) took up to {max(waits[2]):.2f} s."
    waited = f"while {rows:,} rows are migrated in {took:.0f} s"
    return [
        Row("migrations", f"seconds, the longest write, {waited}", count(max(waits[0])), LONGEST, why=why),
        Row("migrations", f"seconds, the longest read, {waited}", count(max(waits[1])), LONGEST, why=why),
        Row("migrations", "a write, p50, beside without", ratio([waits[0]], [undisturbed[0]])),
        Row("migrations", "a write, p99, beside without", ratio([waits[0]], [undisturbed[0]], 99)),
    ]


@contextmanager
def _used(database: Engine, rows: int, first: int) -> Iterator[tuple[list[float], ...]]:
    """Seconds of each write, read, and what needs no table, each a transaction, until the context is left."""
    over = threading.Event()
    used: tuple[list[float], ...] = [], [], []

    def use(statements: tuple[str, ...], seconds: list[float]) -> None:
        for turn in itertools.count(first):
            for statement in statements:
                began = time.perf_counter()
                with database.begin() as connection:
                    of_it = {name: value for name, value in (("turn", turn), ("rows", rows)) if f":{name}" in statement}
                    connection.execute(text(statement), of_it)
                seconds.append(time.perf_counter() - began)
                if over.wait(0.002):
                    return

    with ThreadPoolExecutor(len(used)) as threads:
        using = [threads.submit(use, *each) for each in zip((WRITES, READS, NEEDS_NO_TABLE), used, strict=True)]
        try:
            yield used
        finally:
            over.set()
        for each in using:
            each.result()
