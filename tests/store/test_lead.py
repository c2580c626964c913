"""One process of those that have a database leads, and another one once that has ended."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from sqlalchemy import Engine, text

from followthrough import leading
from followthrough.leading import while_leading
from followthrough.store.database import open_database
from followthrough.store.lead import LEAD_LOCK, lead_of
from tests.waiting import eventually

LEADS = """
import sys, time
from followthrough.store.database import open_database
from followthrough.store.lead import lead_of
lead = lead_of(open_database(sys.argv[1]))
print(lead.taken(), flush=True)
time.sleep(600)
"""


def test_one_leads_until_it_gives_up(database: Engine, database_url: str) -> None:
    other = open_database(database_url)
    one, two = lead_of(database), lead_of(other)
    assert [one.taken(), one.taken(), two.taken()] == [True, True, False]
    one.give_up()
    assert [two.taken(), one.taken()] == [True, False]
    two.give_up()
    other.dispose()


def test_who_is_killed_leads_no_more(database: Engine, database_url: str) -> None:
    with subprocess.Popen([sys.executable, "-c", LEADS, database_url], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "True\n"
            assert not lead_of(database).taken()
        finally:
            process.send_signal(signal.SIGKILL)
    lead = lead_of(database)
    while not lead.taken():
        time.sleep(0.1)  # PostgreSQL sees by and by that nobody is there
    lead.give_up()


def test_who_lost_its_connection_leads_no_more(database: Engine, database_url: str) -> None:
    if database.dialect.name != "postgresql":
        pytest.skip("a file has no connection")
    lead = lead_of(database)
    assert lead.taken()
    with (other := open_database(database_url)).begin() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = :lock"),
            {"lock": LEAD_LOCK},
        )
    other.dispose()
    assert not lead.taken()
    assert lead.taken()
    lead.give_up()


async def test_the_work_goes_over_to_another(
    database: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leading, "LOOK_EVERY", 0.05)
    at_work: list[str] = []

    def work(name: str) -> Callable[[], AbstractAsyncContextManager[None]]:
        @asynccontextmanager
        async def worked() -> AsyncIterator[None]:
            at_work.append(name)
            try:
                yield
            finally:
                at_work.remove(name)

        return worked

    other = open_database(database_url)
    async with while_leading(other, work("two")):
        await eventually(lambda: at_work == ["two"])
        async with while_leading(database, work("one")):
            await asyncio.sleep(0.2)
            assert at_work == ["two"]
    async with while_leading(database, work("one")):
        await eventually(lambda: at_work == ["one"])
    assert at_work == []
    other.dispose()
