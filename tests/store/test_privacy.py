"""Who sees what of private incidents, on both databases."""

import re
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.answered.access.privacy import NOBODY
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.store import queries
from followthrough.store.listing import page_of_incidents, page_of_mails
from followthrough.store.privacy import marked, sees
from tests.records import NOW, incident, item, mail

OPEN, SECRET = incident(2), incident(private=True, declared_by="dora", admitted=["hugo"])
ITEM = item(owner="ana", proposed_by="ben")
UNPLANNED = item(2, owner="ana", proposed_by="ben", plan=None)
OPENLY = item(3, incident_id=OPEN.id)


@pytest.fixture
def session(database: Engine) -> Session:
    model = ReadModel(database)
    for record in (OPEN, SECRET):
        model.project_incident(record)
    for one in (ITEM, UNPLANNED, OPENLY):
        model.project_item(one)
    return Session(database)


@pytest.mark.parametrize(
    ("eyes", "incidents", "items"),
    [
        (None, [OPEN.id, SECRET.id], {ITEM.id, UNPLANNED.id, OPENLY.id}),
        ("dora", [OPEN.id, SECRET.id], {ITEM.id, UNPLANNED.id, OPENLY.id}),
        ("hugo", [OPEN.id, SECRET.id], {ITEM.id, UNPLANNED.id, OPENLY.id}),
        ("ana", [OPEN.id, SECRET.id], {ITEM.id, UNPLANNED.id, OPENLY.id}),
        ("ben", [OPEN.id], {ITEM.id, UNPLANNED.id, OPENLY.id}),
        ("carla", [OPEN.id], {ITEM.id, OPENLY.id}),
        ("Carla", [OPEN.id], {OPENLY.id}),
        ("zoe", [OPEN.id], {OPENLY.id}),
        (NOBODY, [OPEN.id], {OPENLY.id}),
    ],
)
def test_lists_have_what_these_eyes_may_see_and_the_rest_is_counted(
    session: Session, eyes: str | None, incidents: list[str], items: set[str]
) -> None:
    with session:
        assert [one.id for one, _ in page_of_incidents(session, seen_by=eyes).incidents] == incidents
        assert queries.hidden_incidents(session, eyes) == 2 - len(incidents)
        assert {listed.item.id for listed in queries.action_items(session, NOW, seen_by=eyes)} == items
        assert queries.hidden_items(session, NOW, eyes, owner="ana") == 3 - len(items)
        assert {one.id for one in queries.items_of(session, [SECRET.id], eyes)} == items - {OPENLY.id}
        assert [sees(session, one, eyes) for one in (SECRET.id, ITEM.id)] == [SECRET.id in incidents, ITEM.id in items]
        assert not sees(session, "inc-0000000000", eyes)


def test_who_is_let_in_is_written_anew_each_time(database: Engine, session: Session) -> None:
    ReadModel(database).project_incident(SECRET.model_copy(update={"admitted": ["zoe"]}))
    with session:
        assert (sees(session, SECRET.id, "zoe"), sees(session, SECRET.id, "hugo")) == (True, False)


def test_mails_about_it_are_seen_by_who_is_on_it_and_who_got_them(database: Engine) -> None:
    model = ReadModel(database)
    for record in (OPEN, SECRET):
        model.project_incident(record)
    model.project_item(ITEM)
    with Session(database) as session:
        for one in (
            mail("open", incident_id=OPEN.id, person="lucia"),
            mail("secret", incident_id=SECRET.id, person="marcos"),
            mail("to all", incident_id=SECRET.id),
            mail("item", incident_id=SECRET.id, item_id=ITEM.id, person="ana", sent_in="daily"),
            mail("daily", person="ana"),
            mail("item that is not there", incident_id=SECRET.id, item_id=f"{SECRET.id}.9", person="hugo"),
            mail("digest", person="nora"),
        ):
            session.add(one)
        session.commit()

        def seen(eyes: str | None) -> set[str]:
            return {one.key for one in page_of_mails(session, seen_by=eyes).mails}

        everything = {"open", "secret", "to all", "item", "daily", "item that is not there", "digest"}
        assert seen(None) == seen("dora") == everything
        assert seen("carla") == {"open", "item", "daily", "digest"}
        assert seen("marcos") == {"open", "secret", "digest"}
        assert seen(NOBODY) == {"open", "digest"}
        assert queries.mail(session, "daily", "marcos") is None
        assert queries.mail(session, "daily", "ana") is not None


def test_an_item_that_ended_before_is_private_with_its_incident(database: Engine) -> None:
    ended = item(status=ItemStatus.CLOSED, ended_at=NOW)
    ReadModel(database).project_incident(SECRET)
    with Session(database) as session:
        assert [one.private for one in marked(session, [ended, OPENLY])] == [True, False]


def asked(session: Session) -> list[tuple[str, Any]]:
    """For the lists that leave out what is private, with their parameters."""
    database, statements = session.get_bind(), list[tuple[str, Any]]()

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        statements.append((statement, parameters))

    event.listen(database, "before_cursor_execute", note)
    queries.hidden_incidents(session, "zoe")
    queries.hidden_items(session, NOW, "zoe")
    page_of_mails(session, seen_by="zoe")
    event.remove(database, "before_cursor_execute", note)
    return statements


def test_what_is_private_is_looked_up_along_indexes_and_in_no_document(session: Session) -> None:
    """On PostgreSQL, to which so few rows are as soon read whole, where that is forbidden it."""
    with session:
        statements = asked(session)
        raw = session.connection().connection.cursor()
        if session.get_bind().dialect.name == "sqlite":
            explain, whole = "EXPLAIN QUERY PLAN", r"SCAN (?!mail USING INDEX ix_mail_by_time)"
        else:
            raw.execute("SET enable_seqscan = off")
            explain, whole = "EXPLAIN", "Seq Scan"
        plans = []
        for statement, parameters in statements:
            assert "document" not in statement
            raw.execute(f"{explain} {statement}", parameters)
            plans.append("\n".join(str(row[-1]) for row in raw.fetchall()))
            assert not re.search(whole, plans[-1])
        of_incidents, of_items, of_mails = plans
        assert "ix_incident_by_privacy" in of_incidents
        assert "ix_action_item_in_incident" in of_items
        assert re.search(r"ix_mail_sent_in.*sent_in\)?(::text)? ?=", of_mails, re.DOTALL)
        for plan in (of_items, of_mails):
            assert re.search(r"item_search.*\(\(?item_id", plan, re.DOTALL)
