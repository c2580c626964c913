"""Lists for programs: each page goes on where the one before it ended, and what was written since then is all there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.store import listing
from followthrough.store.cursors import NoSuchPlace
from followthrough.store.queries import mail_kinds
from tests.records import NOW, incident, item, mail

INCIDENTS = [f"inc-000000000{number}" for number in range(5)]


def walked(page: Callable[[str | None], tuple[list[Any], str | None]]) -> list[Any]:
    found, cursor = [], None
    while True:
        rows, cursor = page(cursor)
        assert len(rows) <= 2
        found += rows
        if cursor is None:
            return found


@pytest.fixture
def filled(database: Engine) -> Engine:
    model = ReadModel(database)
    for number, key in enumerate(INCIDENTS):
        model.project_incident(incident(id=key, dedup_key=key, declared_at=NOW + timedelta(minutes=number // 2)))
        model.project_item(item(id=f"{key}.1", incident_id=key))
    with Session(database) as session, session.begin():
        session.add_all(
            mail(f"{key}/mail", at=NOW + timedelta(minutes=number // 2)) for number, key in enumerate(INCIDENTS)
        )
    return database


def test_pages_of_incidents_are_the_newest_first_and_together_everything(filled: Engine) -> None:
    with Session(filled) as session:

        def page(cursor: str | None) -> tuple[list[str], str | None]:
            found = listing.page_of_incidents(session, cursor=cursor, limit=2, seen_by=None)
            return [one.id for one, _ in found.incidents], found.next

        assert walked(page) == INCIDENTS[::-1]


def test_pages_of_mails_are_the_newest_first_and_together_everything(filled: Engine) -> None:
    with Session(filled) as session:

        def page(cursor: str | None) -> tuple[list[str], str | None]:
            found = listing.page_of_mails(session, cursor=cursor, limit=2)
            return [one.key for one in found.mails], found.next

        order = [4, 2, 3, 0, 1]
        assert walked(page) == [f"{INCIDENTS[number]}/mail" for number in order]


def test_what_was_written_since_then_comes_in_that_order(filled: Engine) -> None:
    model = ReadModel(filled)
    since = datetime.now(UTC)
    for key in (INCIDENTS[3], INCIDENTS[1], INCIDENTS[4]):
        model.project_incident(incident(id=key, dedup_key=key, version=2))
        model.project_item(item(id=f"{key}.1", incident_id=key, version=2))
    with Session(filled) as session:

        def incidents(cursor: str | None) -> tuple[list[str], str | None]:
            found = listing.page_of_incidents(session, since=since, cursor=cursor, limit=2, seen_by=None)
            assert all(at is not None and at >= since for _, at in found.incidents)
            return [one.id for one, _ in found.incidents], found.next

        def items(cursor: str | None) -> tuple[list[str], str | None]:
            found = listing.page_of_lines(session, NOW, since=since, cursor=cursor, limit=2, seen_by=None)
            return [one.incident_id for one in found.items], found.next

        assert walked(incidents) == walked(items) == [INCIDENTS[3], INCIDENTS[1], INCIDENTS[4]]


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJ4IiwgMV0", "bnVsbA", "W1td", "%", "é", "Wy" + "Wx" * 900])
def test_a_place_that_no_page_gave_is_refused(filled: Engine, cursor: str) -> None:
    with Session(filled) as session:
        for ask in (
            lambda: listing.page_of_incidents(session, cursor=cursor, limit=2, seen_by=None),
            lambda: listing.page_of_lines(session, NOW, cursor=cursor, limit=2, seen_by=None),
            lambda: listing.page_of_lines(session, NOW, since=NOW, cursor=cursor, limit=2, seen_by=None),
            lambda: listing.page_of_mails(session, cursor=cursor, limit=2),
        ):
            with pytest.raises(NoSuchPlace):
                ask()


def test_each_kind_is_named_once_of_which_there_are_mails(database: Engine) -> None:
    with Session(database) as session:
        assert mail_kinds(session) == []
        session.add_all(mail(f"{kind}/{number}", kind=kind) for kind in ("weekly", "daily") for number in range(3))
        session.flush()
        assert mail_kinds(session) == ["daily", "weekly"]
