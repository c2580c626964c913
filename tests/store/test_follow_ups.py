"""The list of all action items: in the order that was chosen, a page after the other, for these eyes."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.replayed.item.action_item import OPEN, ItemStatus, Kind, Priority
from followthrough.domain.replayed.ticket.ticket import Ticket
from followthrough.domain.replayed.values import Severity
from followthrough.store.cursors import NoSuchPlace
from followthrough.store.follow_ups import Sort, counts, page_of_items
from followthrough.store.queries import hidden_items
from followthrough.store.saved_views import MOST_VIEWS, forget_view, save_view, views_of
from tests.records import NOW, incident, item

STATUSES = (ItemStatus.CLOSED, ItemStatus.DONE, ItemStatus.ACCEPTED, ItemStatus.PROPOSED)


@pytest.fixture
def session(database: Engine) -> Session:
    """Items of each status, some without a deadline and some that are equal in what they are ordered by."""
    model = ReadModel(database)
    for number, (status, priority, days) in enumerate(product(STATUSES, Priority, (-2, 3, None)), start=1):
        record = item(
            number,
            title=f"Title {number % 5}",
            owner=("ana", "ben")[number % 2],
            status=status,
            priority=priority,
            severity=list(Severity)[number % 4],
            proposed_at=NOW - timedelta(hours=number % 7),
            ended_at=None if status in OPEN else NOW,
            **({"plan": None} if days is None else {"due_in_days": days}),
        )
        model.project_item(record)
    return Session(database)


def read(session: Session, **wanted: Any) -> list[Any]:
    """All pages."""
    found, after = [], None
    for _ in range(100):
        page = page_of_items(session, NOW, after=after, limit=4, **wanted)
        found += [one.item for one in page.items]
        after = page.after
        if after is None:
            return found
    raise AssertionError("It does not end")


@pytest.mark.parametrize(("sort", "descending"), [*product(Sort, (False, True))])
def test_pages_have_each_item_once_in_the_order_that_was_chosen(session: Session, sort: Sort, descending: bool) -> None:
    with session:
        found = read(session, sort=sort, descending=descending)
    assert len({one.id for one in found}) == len(found) == 36
    groups = [0 if one.status in STATUSES[2:] else 1 if one.status is ItemStatus.DONE else 2 for one in found]
    assert groups == sorted(groups)
    values_of: dict[Sort, Callable[[Any], Any]] = {
        Sort.DUE: lambda one: one.due_at,
        Sort.PRIORITY: lambda one: list(Priority).index(one.priority),
        Sort.SEVERITY: lambda one: one.severity,
        Sort.TITLE: lambda one: one.title,
        Sort.OWNER: lambda one: one.owner,
        Sort.PROPOSED: lambda one: one.proposed_at,
    }
    value = values_of[sort]
    for group in range(3):
        values = [value(one) for one, its in zip(found, groups, strict=True) if its == group and value(one)]
        assert values == sorted(values, reverse=descending)


def test_a_page_goes_on_where_the_last_one_ended_whatever_came_before_it_meanwhile(session: Session) -> None:
    with session:
        first = page_of_items(session, NOW, sort=Sort.TITLE, limit=4)
        session.execute(text("UPDATE action_item SET title = 'A' WHERE id = :id"), {"id": "inc-0000000001.36"})
        session.execute(text("DELETE FROM action_item WHERE id = :id"), {"id": first.items[-1].item.id})
        ids = [one.item.id for one in first.items]
        rest = [one.item.id for one in page_of_items(session, NOW, sort=Sort.TITLE, after=first.after, limit=99).items]
    assert not {*ids} & {*rest}
    assert len(rest) >= 31


@pytest.mark.parametrize(
    "after", ["x", "W10", "WzAsIG51bGwsICJhIl0", "Wzk5LCAiYSIsICJhIl0", "WzAsICJhIiwgImEiXQ", "é", "-1"]
)
def test_a_place_that_no_page_gave_is_none(session: Session, after: str) -> None:
    with session, pytest.raises(NoSuchPlace):
        page_of_items(session, NOW, after=after)


@pytest.mark.parametrize(
    ("filters", "number"),
    [
        ({"status": ItemStatus.DONE}, 9),
        ({"status": (ItemStatus.DONE, ItemStatus.PROPOSED)}, 18),
        ({"priority": (Priority.HIGH,)}, 12),
        ({"severity": (Severity.SEV1, Severity.SEV2)}, 18),
        ({"owner": "ana"}, 18),
        ({"late": True}, 6),
        ({"late": False}, 30),
        ({"kind": (Kind.PROCESS,)}, 0),
        ({"team": "nobody"}, 0),
        ({"service": "nothing"}, 0),
        ({"incident_id": "inc-0000000001"}, 36),
        ({"words": ("TITLE", "le 3")}, 7),
        ({"words": ("%",)}, 0),
    ],
)
def test_each_filter_leaves_what_fits_and_it_is_counted(session: Session, filters: dict[str, Any], number: int) -> None:
    with session:
        assert len(read(session, **filters)) == sum(counts(session, NOW, None, **filters).seen.values()) == number


def test_words_are_found_in_ids_tickets_and_incidents_but_not_in_what_these_eyes_may_not_read(database: Engine) -> None:
    model = ReadModel(database)
    model.project_incident(incident(2, title="Cards fail"))
    model.project_incident(incident(1, title="Merger talks leak", private=True, declared_by="dora"))
    model.project_item(
        item(1, incident_id="inc-0000000002", ticket=Ticket(key="PAY-77", url="https://jira.example.com/1"))
    )
    model.project_item(item(2, title="Lock the Merger drive", owner="ana", proposed_by="ben"))
    with Session(database) as session:

        def found(eyes: str | None, *words: str) -> list[str]:
            seen = read(session, words=words, seen_by=eyes)
            assert sum(counts(session, NOW, eyes, words=words).seen.values()) == len(seen)
            assert hidden_items(session, NOW, eyes, words=words) == 0
            return [one.id[-1] for one in seen]

        assert found(None, "CARDS") == found(None, "pay-77") == found("zoe", "0000000001.1") == ["1"]
        assert found("dora", "merger", "talks") == found(None, "talks") == ["2"]
        assert found("ben", "drive") == ["2"]
        assert found("ben", "talks") == found("zoe", "merger") == found("zoe", "drive") == []
        assert hidden_items(session, NOW, "zoe", incident_id="inc-0000000001") == 0
        assert counts(session, NOW, "zoe").hidden == hidden_items(session, NOW, "zoe") == 1


def test_the_few_that_have_words_are_not_looked_for_among_all_of_a_status(session: Session) -> None:
    statements: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        statements.append((statement, parameters))

    event.listen(session.get_bind(), "before_cursor_execute", note)
    assert read(session, words=("le 3",))
    event.remove(session.get_bind(), "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN" if session.get_bind().dialect.name == "sqlite" else "EXPLAIN"
    with session:
        raw = session.connection().connection.cursor()
        for statement, parameters in statements:
            raw.execute(f"{explain} {statement}", parameters)
            assert "ix_action_item_by" not in "\n".join(str(row[-1]) for row in raw.fetchall())


def test_views_are_a_persons_own_and_few(database: Engine) -> None:
    with Session(database) as session:
        assert save_view(session, "ana", "Late", "late=true")
        assert save_view(session, "ana", "Late", "late=true&team=payments")
        assert save_view(session, "ben", "Late", "owner=ben")
        forget_view(session, "ben", "Nothing")
        assert [one.query for one in views_of(session, "ana")] == ["late=true&team=payments"]
        for number in range(MOST_VIEWS - 1):
            assert save_view(session, "ana", f"{number}", "")
        assert not save_view(session, "ana", "One more", "")
        assert save_view(session, "ana", "Late", "")
        forget_view(session, "ana", "Late")
        assert "Late" not in [one.name for one in views_of(session, "ana")]
        assert [one.name for one in views_of(session, "ben")] == ["Late"]


def test_words_of_a_description_are_found_as_it_is_now_and_not_by_whom_it_is_hidden_from(database: Engine) -> None:
    model, secret = ReadModel(database), incident(2, private=True)
    model.project_incident(secret)
    described = item(1, description="Say it in the *Lighthouse* channel")
    model.project_item(described)
    model.project_item(item(id=f"{secret.id}.1", incident_id=secret.id, description="the lighthouse, too"))
    with Session(database) as session:
        assert len(read(session, words=["lightHOUSE", "queue"])) == 2
        assert [one.id for one in read(session, words=["lighthouse"], seen_by="eve")] == [described.id]
        model.project_item(item(1, description="Say it in the channel of 100%"))
        assert [one.id for one in read(session, words=["lighthouse"], seen_by="eve")] == []
        assert [one.id for one in read(session, words=["100%"])] == [described.id]
        assert read(session, words=["10_%"]) == []
