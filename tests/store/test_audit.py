"""The audit's chain: one, whoever writes it, and broken where somebody changed it."""

import contextlib
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, delete, update
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from followthrough.domain.answered.access.actor import Door
from followthrough.domain.answered.access.audit import Act, Happened, Link, Outcome
from followthrough.store import audit
from followthrough.store.audit import Line, Verdict, Wanted
from followthrough.store.audit_tables import AuditEntryRow, PseudonymRow
from followthrough.store.database import open_database
from tests.records import NOW


def command(person: str | None = "ana", what: str = "waive", record: str = "inc-0000000001.1", **more: Any) -> Happened:
    said = {
        "id": uuid4().hex,
        "act": Act.COMMAND,
        "through": Door.SESSION,
        "address": "192.0.2.7",
        "outcome": Outcome.DONE,
        "at": NOW,
    }
    return Happened(what=what, person=person, record=record, **said | more)


def lines(database: Engine, **wanted: Any) -> list[Line]:
    with Session(database) as session:
        return audit.newest(session, Wanted(**wanted), limit=1_000)


def verdict(database: Engine, known: Link | None = None) -> Verdict:
    with Session(database) as session:
        return audit.verified(session, known)


def broken(database: Engine, known: Link | None = None) -> str:
    return str(verdict(database, known).broken)


def written(write: Callable[..., None], *arguments: Any) -> None:
    """Tried again while others hold SQLite's lock for longer than one waits for it, as the service does."""
    while True:
        with contextlib.suppress(OperationalError):
            return write(*arguments)


def write_many(url: str, writer: int) -> None:
    engine = open_database(url)
    for number in range(10):
        said = [command(f"person-{number % 3}", f"{writer}/{number}/{part}") for part in range(2)]
        written(audit.record, engine, said)
        if number % 5 == 0:
            written(audit.record_file, engine, f"file {writer} {number}", NOW)
    engine.dispose()


def test_processes_that_write_at_once_make_one_chain(database: Engine, database_url: str) -> None:
    with ProcessPoolExecutor(3, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(write_many, [database_url] * 3, range(3)))
    chained = lines(database)[::-1]
    assert [line.number for line in chained] == list(range(1, len(chained) + 1))
    assert all(after.previous == before.digest for before, after in pairwise(chained))
    assert verdict(database) == Verdict(Link(0, "0" * 64), Link(66, chained[-1].digest))
    assert len({line.what for line in chained if line.act == Act.COMMAND}) == 3 * 10 * 2
    with Session(database) as session:
        assert len(session.exec(select(PseudonymRow)).all()) == 6, "one for each person, and for where each came from"


def test_what_is_written_twice_is_there_once(database: Engine) -> None:
    said = [command(), command("luis")]
    audit.record(database, said)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: written(audit.record, database, said), range(8)))
    assert [line.person for line in lines(database)] == ["luis", "ana"]


def test_an_entry_says_who_what_when_how_from_where_about_what_and_what_came_of_it(database: Engine) -> None:
    said = command(through=Door.TOKEN, token="ana's laptop", outcome=Outcome.FORBIDDEN)
    audit.record(database, [said])
    (line,) = lines(database)
    assert (line.person, line.what, line.at, line.through) == ("ana", "waive", NOW, Door.TOKEN)
    assert (line.from_address, line.token_name, line.record) == ("192.0.2.7", "ana's laptop", "inc-0000000001.1")
    assert line.outcome == Outcome.FORBIDDEN
    with Session(database) as session:
        row = session.exec(select(AuditEntryRow)).one().model_dump_json()
    assert not [name for name in ("ana", "192.0.2.7", "laptop") if name in row], "the chain holds pseudonyms"


def change(column: str, value: Any) -> Callable[[Session], object]:
    return lambda session: session.execute(
        update(AuditEntryRow).where(col(AuditEntryRow.number) == 3).values({column: value})
    )


def take_out(session: Session) -> object:
    return session.execute(delete(AuditEntryRow).where(col(AuditEntryRow.number) == 3))


def replace(session: Session) -> None:
    """As somebody would who knows how entries are digested."""
    row = session.get_one(AuditEntryRow, 3)
    row.outcome = str(Outcome.REFUSED)
    (entry,) = (one for one in audit._entries(session, Link(2, "")) if one.number == 3)
    row.digest = entry.digested()


@pytest.mark.parametrize(
    ("forge", "where"),
    [
        (change("outcome", "refused"), "Entry 3 says something else than when it was written."),
        (change("what", "accept"), "Entry 3 says something else than when it was written."),
        (change("who", "0" * 16), "Entry 3 says something else than when it was written."),
        (change("at", NOW + timedelta(microseconds=1)), "Entry 3 says something else than when it was written."),
        (change("details", {"so": "it was"}), "Entry 3 says something else than when it was written."),
        (change("digest", "f" * 64), "Entry 3 says something else than when it was written."),
        (change("previous", "f" * 64), "Entry 3 does not follow the one before it."),
        (replace, "Entry 4 does not follow the one before it."),
        (take_out, "Entry 3 is missing."),
    ],
)
def test_whoever_changes_an_entry_breaks_the_chain_there(
    database: Engine, forge: Callable[[Session], object], where: str
) -> None:
    audit.record(database, [command(what=f"command {number}") for number in range(5)])
    assert verdict(database).broken is None
    with Session(database) as session, session.begin():
        forge(session)
    assert broken(database) == where


def test_entries_that_are_cut_off_at_the_end_are_missed_by_who_knew_the_last(database: Engine) -> None:
    audit.record(database, [command(), command()])
    known = verdict(database).last
    audit.record(database, [command()])
    assert verdict(database, known).broken is None
    with Session(database) as session, session.begin():
        session.execute(delete(AuditEntryRow).where(col(AuditEntryRow.number) >= 2))
    assert verdict(database).broken is None
    assert broken(database, known) == "Entry 2 is missing: the chain went on to 2 once."
    audit.record(database, [command("luis")])
    assert verdict(database).broken is None
    assert broken(database, known) == "Entry 2 is another than the one that was known."


def test_an_erased_person_is_found_no_more_and_is_still_counted(database: Engine) -> None:
    by_ana = [command(), command(through=Door.TOKEN, token="ana's laptop"), command(address="192.0.2.8")]
    audit.record(database, [*by_ana, command("luis"), command(None, through=Door.SERVICE_TOKEN, token="pager")])
    before = verdict(database).last
    assert audit.erase(database, "ana", command("luis", act=Act.ERASURE, what="erase", record="")) == 4
    assert verdict(database, before).broken is None
    assert lines(database, who="ana") == []
    kept = lines(database)
    (pseudonym,) = {line.who for line in kept if line.number <= 3}
    assert [line.person for line in kept] == ["luis", None, "luis", None, None, None]
    assert kept[0].details == {"pseudonyms": pseudonym}
    assert {(line.from_address, line.token_name) for line in kept if line.who == pseudonym} == {(None, None)}
    assert [line.token_name for line in kept if line.number == 5] == ["pager"]
    with Session(database) as session:
        assert "ana" not in str(session.exec(select(PseudonymRow)).all())


def test_to_whom_something_was_done_is_a_pseudonym_too(database: Engine) -> None:
    let_in = command("luis", "make break-glass code", "", act=Act.SIGN_IN, whom="ana", at=NOW)
    audit.record(database, [let_in, command("ana", at=NOW + timedelta(days=1))])
    assert [line.to_person for line in lines(database, who="ana")] == [None, "ana"]
    with Session(database) as session:
        assert "ana" not in str([row.model_dump() for row in session.exec(select(AuditEntryRow))])
    assert audit.erase(database, "ana", command("luis", act=Act.ERASURE, what="erase")) == 2
    assert [line.to_person for line in lines(database)] == [None, None, None]
    audit.record(database, [command("luis", whom="wei", at=NOW + timedelta(days=1))])
    audit.prune(database, NOW + timedelta(hours=1), NOW + timedelta(days=1))
    assert lines(database)[1].to_person == "wei", "what an entry still needs is kept"


def test_who_comes_back_after_an_erasure_is_a_stranger(database: Engine) -> None:
    audit.record(database, [command()])
    audit.erase(database, "ana", command("luis", act=Act.ERASURE, what="erase"))
    audit.record(database, [command()])
    assert [line.number for line in lines(database, who="ana")] == [3]


def test_erasing_somebody_whom_nobody_knows_leaves_no_entry(database: Engine) -> None:
    assert audit.erase(database, "ana", command("luis", act=Act.ERASURE, what="erase")) == 0
    assert lines(database) == []


def test_what_is_older_than_the_policy_goes_and_the_rest_verifies(database: Engine) -> None:
    old, now = [command("old", what=str(number), at=NOW) for number in range(3)], NOW + timedelta(days=800)
    audit.record(database, [*old, command("ana", at=now), command("late", at=NOW)])
    known = verdict(database).last
    assert audit.prune(database, NOW + timedelta(days=70), now) == 3
    assert audit.prune(database, NOW + timedelta(days=70), now) == 0
    seen = verdict(database, known)
    assert (seen.broken, seen.follows.number) == (None, 3)
    pruning, *kept = lines(database)
    assert [line.number for line in kept] == [5, 4], "an old one that was chained late waits for those before it"
    assert (pruning.act, pruning.details) == (Act.PRUNING, {"entries": "3", "last": str(seen.follows)})
    with Session(database) as session:
        people = {row.person for row in session.exec(select(PseudonymRow))}
    assert people == {"ana", "late"}, "nobody is kept of whom no entry is left"
    with Session(database) as session, session.begin():
        session.execute(delete(AuditEntryRow).where(col(AuditEntryRow.number) == 4))
    assert broken(database) == "Entry 4 is missing."


def test_all_of_a_chain_can_grow_old(database: Engine) -> None:
    audit.record(database, [command(), command()])
    assert audit.prune(database, NOW + timedelta(days=1), NOW + timedelta(days=1)) == 2
    audit.record(database, [command()])
    assert [line.number for line in lines(database)] == [4, 3]
    assert verdict(database).broken is None


def test_a_change_of_the_organisation_file_is_told_once_however_many_processes_see_it(database: Engine) -> None:
    for fingerprint in ("first", "second", "first"):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _, file=fingerprint: written(audit.record_file, database, file, NOW), range(4)))
    audit.prune(database, NOW + timedelta(days=1), NOW + timedelta(days=1))
    audit.record_file(database, "first", NOW)
    audit.record_file(database, "third", NOW)
    assert lines(database)[0].details == {"before": "first", "after": "third"}
    assert [line.number for line in lines(database)] == [5, 4]


@pytest.fixture
def several(database: Engine) -> Engine:
    audit.record(
        database,
        [
            command("ana", "accept", "inc-1.1", at=NOW),
            command("luis", "note", "inc-1", at=NOW + timedelta(hours=1)),
            command("ana", "note", "inc-10", at=NOW + timedelta(hours=2)),
            command("ana", "signed in", "", act=Act.SIGN_IN, at=NOW + timedelta(hours=3)),
        ],
    )
    return database


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, [4, 3, 2, 1]),
        ({"who": "ana"}, [4, 3, 1]),
        ({"who": "nobody"}, []),
        ({"what": "command"}, [3, 2, 1]),
        ({"what": "sign-in"}, [4]),
        ({"what": "note"}, [3, 2]),
        ({"record": "inc-1"}, [2, 1]),
        ({"record": "inc-1.1"}, [1]),
        ({"record": "inc-%"}, []),
        ({"since": NOW + timedelta(hours=1), "until": NOW + timedelta(hours=3)}, [3, 2]),
        ({"who": "ana", "what": "note"}, [3]),
    ],
)
def test_entries_are_found_by_who_what_when_and_what_about(
    several: Engine, wanted: dict[str, Any], numbers: list[int]
) -> None:
    assert [line.number for line in lines(several, **wanted)] == numbers


def test_a_cursor_leads_through_all_in_both_directions(several: Engine) -> None:
    with Session(several) as session:
        assert [line.number for line in audit.newest(session, Wanted(), 2, before=4)] == [3, 2]
        assert [line.number for line in audit.following(session, Wanted(), 2, after=0)] == [1, 2]
        assert [line.number for line in audit.following(session, Wanted(who="ana"), 2, after=2)] == [3, 4]
