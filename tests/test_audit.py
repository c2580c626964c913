"""What is audited is written down before it is done, whatever befalls the database or the process."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session
from starlette.exceptions import HTTPException
from temporalio.exceptions import WorkflowAlreadyStartedError

from followthrough import audit as module
from followthrough.audit import BROKEN_OFF_AFTER, JOURNAL_FILE, Audit, audit_kept
from followthrough.checks import NotInFile
from followthrough.domain.answered.access.actor import AT_THIS_MACHINE, Actor, Door, Scope
from followthrough.domain.answered.access.audit import Act, Happened, Outcome
from followthrough.domain.replayed.values import Refusal
from followthrough.noting import happened
from followthrough.oidc import ProviderDown
from followthrough.organisation_file import OrganisationFile
from followthrough.permission import Forbidden
from followthrough.records import EndedMeanwhile, NotYet, Unknown
from followthrough.store import audit as chain
from followthrough.store.audit import Line, Wanted
from followthrough.store.audit_journal import Journal, NotKept
from followthrough.store.database import migrate, open_database
from tests.waiting import eventually

EXAMPLE = Path("followthrough.example.yaml")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(engine)
    yield engine
    engine.dispose()


def now() -> datetime:
    return datetime.now(UTC)


def said(what: str = "waive", **more: Any) -> Happened:
    return Happened(
        **{"id": uuid4().hex, "at": now(), "act": Act.COMMAND, "what": what, "person": "ana", "record": "inc-1"} | more
    )


def lines(database: Engine) -> list[Line]:
    with Session(database) as session:
        return chain.newest(session, Wanted(), limit=100)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, Outcome.DONE),
        (NotYet("inc-1"), Outcome.ACCEPTED),
        (Forbidden("You may not."), Outcome.FORBIDDEN),
        (Refusal("It is closed."), Outcome.REFUSED),
        (NotInFile("Nobody is called so."), Outcome.REFUSED),
        (Unknown("There is none."), Outcome.REFUSED),
        (WorkflowAlreadyStartedError("drill", "drill"), Outcome.REFUSED),
        (HTTPException(403, "Ask somebody."), Outcome.REFUSED),
        (ProviderDown("It is down."), Outcome.REFUSED),
        (EndedMeanwhile("It ended."), Outcome.UNKNOWN),
        (TimeoutError(), Outcome.UNKNOWN),
        (asyncio.CancelledError(), Outcome.UNKNOWN),
    ],
    ids=lambda given: type(given).__name__,
)
async def test_an_entry_says_what_became_of_it(
    tmp_path: Path, database: Engine, error: BaseException | None, outcome: Outcome
) -> None:
    audit = Audit(tmp_path, database)
    with contextlib.nullcontext() if error is None else pytest.raises(type(error)):
        async with audit.noting(said()):
            if error:
                raise error
    audit.settle(now())
    assert [line.outcome for line in lines(database)] == [outcome]


async def test_what_a_command_is_about_may_be_known_only_at_its_end(tmp_path: Path, database: Engine) -> None:
    audit = Audit(tmp_path, database)
    async with audit.noting(said("declare", record="")) as noted:
        noted.record = "inc-7"
    audit.settle(now())
    assert [line.record for line in lines(database)] == ["inc-7"]


def test_what_waits_for_no_loop_is_written_down_before_it_begins_as_well(tmp_path: Path, database: Engine) -> None:
    audit, journal = Audit(tmp_path, database), Journal(tmp_path / JOURNAL_FILE)
    with contextlib.suppress(Forbidden), audit.doing(said("make token", person=None, act=Act.TOKEN)) as noted:
        (begun,) = journal.ended(now() + BROKEN_OFF_AFTER)
        assert (begun.what, begun.outcome) == ("make token", None)
        noted.person, noted.whom, noted.record, noted.details["until"] = "ana", "wei", "0a1b", "2026-12-31"
        raise Forbidden("You may not.")
    audit.settle(now())
    (line,) = lines(database)
    assert (line.person, line.to_person, line.record, line.outcome) == ("ana", "wei", "0a1b", Outcome.FORBIDDEN)
    assert line.details == {"until": "2026-12-31"}


async def test_a_locked_database_neither_delays_nor_fails_a_command(tmp_path: Path, database: Engine) -> None:
    audit = Audit(tmp_path, database)
    with database.begin() as locking:
        locking.execute(text("BEGIN EXCLUSIVE"))
        async with audit.noting(said()):
            pass
        audit.note(said("signed in", act=Act.SIGN_IN))
    assert lines(database) == []
    audit.settle(now())
    assert [line.what for line in lines(database)] == ["signed in", "waive"]


async def test_what_waits_is_chained_by_whoever_comes_after_a_crash(tmp_path: Path, database: Engine) -> None:
    crashed = Journal(tmp_path / JOURNAL_FILE)
    crashed.put(said("done", outcome=Outcome.DONE))
    crashed.put(said("broke off", at=now() - BROKEN_OFF_AFTER))
    crashed.put(said("goes on in another process"))
    Audit(tmp_path, database).settle(now())
    assert {line.what: line.outcome for line in lines(database)} == {
        "broke off": Outcome.UNKNOWN,
        "done": Outcome.DONE,
    }
    Audit(tmp_path, database).settle(now() + 2 * BROKEN_OFF_AFTER)
    assert lines(database)[0].what == "goes on in another process"


def test_what_was_chained_before_a_crash_is_not_chained_again(tmp_path: Path, database: Engine) -> None:
    audit, one = Audit(tmp_path, database), said(outcome=Outcome.DONE)
    chain.record(database, [one])
    audit.note(one)
    audit.settle(now())
    assert len(lines(database)) == 1


async def test_nothing_is_done_that_can_not_be_written_down(tmp_path: Path, database: Engine) -> None:
    (tmp_path / "no folder").write_text("")
    audit = Audit(tmp_path / "no folder", database)
    with pytest.raises(NotKept, match="so nothing was done"):
        async with audit.noting(said()):
            pytest.fail("It was done")


async def test_a_command_is_answered_as_it_ended_when_the_disk_fills_meanwhile(
    tmp_path: Path, database: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: Journal, _said: Happened) -> None:
        raise NotKept("The disk is full.")

    audit = Audit(tmp_path, database)
    with monkeypatch.context() as patch:
        async with audit.noting(said()):
            patch.setattr(Journal, "put", full)
    assert "The disk is full." in caplog.text
    audit.settle(now() + 2 * BROKEN_OFF_AFTER)
    assert [line.outcome for line in lines(database)] == [Outcome.UNKNOWN]


def test_only_the_services_own_user_reads_what_waits(tmp_path: Path, database: Engine) -> None:
    Audit(tmp_path, database).note(said())
    files = list(tmp_path.glob(f"{JOURNAL_FILE}*"))
    assert files
    assert [file for file in files if file.stat().st_mode & 0o077] == []
    with closing(sqlite3.connect(tmp_path / JOURNAL_FILE)) as journal:
        assert journal.execute("SELECT count(*) FROM waiting").fetchone() == (1,)


@pytest.mark.parametrize(
    ("actor", "by", "who"),
    [
        (AT_THIS_MACHINE, "ines", "ines"),
        (AT_THIS_MACHINE, None, None),
        (Actor(person="ana", door=Door.SESSION), "ines", "ana"),
        (Actor(person="ana", door=Door.TOKEN, name="laptop"), None, "ana"),
        (Actor(person=None, door=Door.SERVICE_TOKEN, name="pager"), "ines", "ines"),
        (Actor(person=None, door=Door.SERVICE_TOKEN, scopes=frozenset({Scope.COMMAND})), "ines", None),
        (Actor(person="ana", door=Door.MAIL_LINK), "ines", "ana"),
    ],
)
def test_who_did_it_is_who_is_proven_or_whom_a_believed_one_names(
    actor: Actor, by: str | None, who: str | None
) -> None:
    noted = happened(actor, Act.COMMAND, "waive", now(), by=by)
    assert (noted.person, noted.through, noted.token) == (who, actor.door, actor.name)


async def test_the_organisation_file_old_entries_and_what_waits_are_looked_after(
    tmp_path: Path, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("LOOK_EVERY", 0.01), ("LOOKS_AT_FILE", 1), ("LOOKS_AT_AGE", 1)):
        monkeypatch.setattr(module, name, value)
    file = tmp_path / "followthrough.yaml"
    edit(file, "")
    chain.record(database, [said("old", at=now() - timedelta(days=800))])
    audit = Audit(tmp_path, database)
    async with audit_kept(audit, OrganisationFile(file)):
        await eventually(lambda: lines(database), lambda found: any(line.act == Act.PRUNING for line in found))
        edit(file, "\n# another one\n")
        audit.note(said())
        await eventually(lambda: lines(database), lambda found: len(changes(found)) == 2)
        await eventually(lambda: lines(database), lambda found: any(line.what == "waive" for line in found))
    newer, older = changes(lines(database))
    assert newer.details["before"] == older.details["after"] != newer.details["after"]
    assert "old" not in {line.what for line in lines(database)}


def edit(file: Path, more: str) -> None:
    file.write_text(EXAMPLE.read_text() + more)


def changes(found: list[Line]) -> list[Line]:
    return [line for line in found if line.act == Act.ORGANISATION_FILE]


async def test_a_database_that_is_away_is_warned_of_once_and_the_audit_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY", 0.01)
    engine = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    audit = Audit(tmp_path, engine)
    audit.note(said())
    async with audit_kept(audit, OrganisationFile(EXAMPLE)):
        await eventually(lambda: caplog.text, lambda text: JOURNAL_FILE in text)
        migrate(engine)
        await eventually(lambda: lines(engine), lambda found: any(line.what == "waive" for line in found))
    assert caplog.text.count(JOURNAL_FILE) == 1
    engine.dispose()
