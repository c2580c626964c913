"""The directory as it is kept, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from followthrough.domain.answered.organisation.directory import Source
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.taking_over import Entry
from followthrough.store import directory
from followthrough.store.database import migrate, open_database
from followthrough.store.directory import KeptDirectory, change
from followthrough.store.directory_tables import DirectoryGroupRow, DirectoryUserRow
from tests.records import NOW


def add(session: Session, number: str, **said: object) -> None:
    start = {"id": number, "name": f"Person {number}", "email": f"p{number}@example.com", "names": (f"p{number}",)}
    entry = Entry.model_validate({**start, **said})
    session.merge(
        DirectoryUserRow(
            id=number,
            source=entry.source,
            document={},
            entry=entry.model_dump(mode="json"),
            person=row.person if (row := session.get(DirectoryUserRow, number)) else None,
            created_at=NOW,
            modified_at=NOW,
        )
    )


def group(session: Session, name: str, *members: str) -> None:
    document = {"displayName": name, "members": [{"value": member} for member in members]}
    session.merge(DirectoryGroupRow(id=name, name=name, document=document, created_at=NOW, modified_at=NOW))


def changed(database: Engine, file: Organisation, number: str, **said: object) -> None:
    change(database, file, NOW, Source.SCIM, lambda session: add(session, number, **said))


def test_what_is_taken_over_is_read_with_its_groups(database: Engine, organisation: Organisation) -> None:
    kept = KeptDirectory(database, look_every=0)
    assert (kept().people, kept().version) == ((), 0)
    changed(database, organisation, "1", left=date(2026, 3, 2))
    changed(database, organisation, "2", manager="1")
    change(database, organisation, NOW, Source.SCIM, lambda session: group(session, "payments", "2", "gone"))
    found = kept()
    assert [(person.key, person.manager, person.left) for person in found.people] == [
        ("p1", None, date(2026, 3, 2)),
        ("p2", "p1", None),
    ]
    assert [(one.name, one.members) for one in found.groups] == [("payments", ("p2",))]
    assert kept() is found


def test_a_change_is_seen_at_the_next_look_and_not_before(
    database: Engine, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptDirectory(database, look_every=3600)
    before = kept()
    changed(database, organisation, "1")
    assert kept() is before
    monkeypatch.setattr(kept, "_next_look", 0.0)
    assert len(kept().people) == 1


def test_what_is_not_taken_over_changes_nothing_and_is_noted_for_as_long_as_it_is(
    database: Engine, organisation: Organisation
) -> None:
    changed(database, organisation, "1")
    changed(database, organisation, "1", manager="nobody")
    with Session(database) as session:
        (noted,) = directory.problems(session)
        assert "nobody" in noted.sentence
    change(
        database,
        organisation,
        NOW + timedelta(days=1),
        Source.SCIM,
        lambda session: add(session, "2", manager="nobody"),
    )
    with Session(database) as session:
        assert [problem.since for problem in directory.problems(session)] == [NOW, NOW + timedelta(days=1)]
    changed(database, organisation, "3", names=("nobody",))
    with Session(database) as session:
        assert directory.problems(session) == []


def test_a_change_that_fails_leaves_nothing(database: Engine, organisation: Organisation) -> None:
    def fails(session: Session) -> None:
        add(session, "1")
        raise RuntimeError("the process dies")

    with pytest.raises(RuntimeError):
        change(database, organisation, NOW, Source.SCIM, fails)
    assert KeptDirectory(database)().version == 0


def test_those_who_write_at_once_do_so_one_after_the_other(database: Engine, organisation: Organisation) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: changed(database, organisation, f"{number}", names=("same",)), range(1, 13)))
    found = KeptDirectory(database)()
    assert len({person.key for person in found.people}) == 12
    assert found.version == 12


def test_when_the_directory_was_here_is_written_once_a_minute(database: Engine) -> None:
    for seconds in (0, 30, 90):
        directory.heard(database, NOW + timedelta(seconds=seconds))
    with Session(database) as session:
        assert directory.state(session).scim_at == NOW + timedelta(seconds=90)


def test_an_older_database_has_no_directory(database_url: str) -> None:
    database = open_database(database_url)
    migrate(database, "0015")
    kept = KeptDirectory(database, look_every=0)
    assert kept().people == ()
    migrate(database)
    assert kept().people == ()
    database.dispose()


def test_while_the_database_does_not_answer_the_directory_stays_as_it_was(
    database: Engine, organisation: Organisation, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(database, organisation, "1")
    kept = KeptDirectory(database, look_every=0)
    before = kept()
    elsewhere = open_database("postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setattr(kept, "_database", elsewhere)
    assert kept() is before
    assert "stays as it was" in caplog.text
