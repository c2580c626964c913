from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import HttpUrl
from sqlalchemy import Engine
from sqlmodel import Session, select

from activities.local_tracker import LocalTracker
from activities.tracker import TicketState, TrackerRefused
from followthrough.domain.action_item import Evidence, ItemStatus, Ticket
from followthrough.store.tables import LocalTicketRow
from tests.records import NOW, item
from tests.tracking import PUBLIC_URL, organisation


@pytest.fixture
def tracker(database: Engine) -> LocalTracker:
    return LocalTracker(database, organisation, PUBLIC_URL)


def test_an_item_has_one_ticket_however_often_and_concurrently_it_is_created(tracker: LocalTracker) -> None:
    assert tracker.find(item().id) is None
    with ThreadPoolExecutor(8) as pool:
        tickets = set(pool.map(lambda _: tracker.create(item()), range(8)))
    assert tickets == {tracker.find(item().id)} == {tracker.create(item())}
    assert tickets.pop().url == f"{PUBLIC_URL}/items/{item().id}"


def test_owner_deadline_and_end_are_followed(tracker: LocalTracker, database: Engine) -> None:
    ticket = tracker.create(item())
    tracker.update(ticket, item(owner="ben", due_in_days=20))
    status = tracker.status(ticket)
    assert (status.state, status.assignee, str(status.due)) == (TicketState.TO_DO, "ben", "2026-03-22")
    evidence = Evidence(url=HttpUrl("https://git.example.com/change/7"), by="ben", at=NOW)
    closed = item(status=ItemStatus.CLOSED, ended_at=NOW, evidence=[evidence])
    tracker.update(ticket, closed)
    tracker.update(ticket, closed)
    assert tracker.status(ticket).state is TicketState.DONE
    with Session(database) as session:
        description = session.exec(select(LocalTicketRow.description)).one()
    assert description.count("Closed, evidence: https://git.example.com/change/7") == 1


def test_a_deleted_ticket_is_gone(tracker: LocalTracker) -> None:
    ticket = Ticket(key="FT-4711", url="")
    assert tracker.status(ticket).state is TicketState.GONE
    with pytest.raises(TrackerRefused, match="FT-4711 was deleted"):
        tracker.update(ticket, item())


@pytest.mark.parametrize(
    ("at", "first_day"),
    [
        (datetime(2025, 6, 1, tzinfo=UTC), "2026-01-12"),
        (datetime(2026, 1, 12, 8, 59, tzinfo=UTC), "2026-01-12"),
        (datetime(2026, 1, 12, 9, 0, tzinfo=UTC), "2026-01-26"),
        (datetime(2026, 3, 30, 7, 59, tzinfo=UTC), "2026-04-06"),
        (datetime(2026, 4, 6, 7, 59, tzinfo=UTC), "2026-04-06"),
        (datetime(2026, 4, 6, 8, 0, tzinfo=UTC), "2026-04-20"),
    ],
)
def test_the_next_sprint_is_the_first_whose_planning_is_to_come(
    tracker: LocalTracker, at: datetime, first_day: str
) -> None:
    sprint = tracker.next_sprint("payments", at)
    assert sprint is not None
    assert sprint.name == f"Payments, sprint of {first_day}"
    assert tracker.next_sprint("payments", at) == sprint
    assert sprint.end is not None
    assert sprint.end - at > timedelta(days=13)


def test_a_sprint_is_made_once_and_takes_tickets(tracker: LocalTracker, database: Engine) -> None:
    ticket = tracker.create(item())
    with ThreadPoolExecutor(8) as pool:
        (sprint,) = set(pool.map(lambda _: tracker.next_sprint("payments", NOW), range(8)))
    assert sprint is not None
    tracker.add_to_sprint(sprint, ticket)
    with Session(database) as session:
        assert session.exec(select(LocalTicketRow.sprint_id)).one() == sprint.id


def test_a_team_without_sprints_has_no_next_one(tracker: LocalTracker) -> None:
    assert tracker.next_sprint("platform", NOW) is None
