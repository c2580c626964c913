from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import HttpUrl
from sqlalchemy import Engine
from sqlmodel import Session, select

from activities.tickets.local import LocalTracker
from activities.tickets.tracker import SprintState, TicketState
from activities.vendors import VendorRefused
from followthrough.domain.replayed.item.action_item import Evidence, ItemStatus
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.ticket.ticket import Ticket
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
    tracker.update(tracker.status(ticket), item(owner="ben", due_in_days=20))
    status = tracker.status(ticket)
    assert (status.state, status.assignee, str(status.due)) == (TicketState.TO_DO, "ben", "2026-03-22")
    evidence = Evidence(url=HttpUrl("https://git.example.com/change/7"), by="ben", at=NOW)
    closed = item(status=ItemStatus.CLOSED, ended_at=NOW, evidence=[evidence])
    tracker.update(tracker.status(ticket), closed)
    tracker.update(tracker.status(ticket), closed)
    assert tracker.status(ticket).state is TicketState.DONE
    with Session(database) as session:
        description = session.exec(select(LocalTicketRow.description)).one()
    assert description.count("Closed, evidence: https://git.example.com/change/7") == 1


def test_the_ticket_of_an_item_that_is_open_again_is_opened_and_says_why(
    tracker: LocalTracker, database: Engine
) -> None:
    ticket = tracker.create(item())
    tracker.update(
        tracker.status(ticket), item(status=ItemStatus.SPLIT, split_into=["inc-0000000001.1.1", "inc-0000000001.1.2"])
    )
    for _ in range(2):
        tracker.reopen(tracker.status(ticket), item(asked_because="The waiver has expired: No time"))
    assert tracker.status(ticket).state is TicketState.TO_DO
    with Session(database) as session:
        description = session.exec(select(LocalTicketRow.description)).one()
    assert "Split into inc-0000000001.1.1, inc-0000000001.1.2" in description
    assert description.count("The waiver has expired: No time") == 1


def test_a_deleted_ticket_is_gone(tracker: LocalTracker) -> None:
    ticket = Ticket(key="FT-4711", url="")
    assert tracker.status(ticket).state is TicketState.GONE
    with pytest.raises(VendorRefused, match="FT-4711 was deleted"):
        tracker.update(tracker.status(ticket), item())


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


def test_a_sprint_is_planned_begins_and_ends(tracker: LocalTracker, database: Engine) -> None:
    planned = [tracker.create(item(number)) for number in (1, 2)]
    sprint = tracker.next_sprint("payments", NOW)
    assert sprint is not None
    assert sprint.end is not None
    tracker.plan_sprint(sprint, planned)
    with Session(database) as session:
        assert list(session.exec(select(LocalTicketRow.sprint_id))) == [sprint.id, sprint.id]
    running, over = sprint.end - timedelta(days=7), sprint.end
    states = [tracker.sprint_state(sprint, at) for at in (NOW, running, over)]
    assert states == [SprintState.FUTURE, SprintState.ACTIVE, SprintState.CLOSED]
    assert tracker.sprint_state(Sprint(id=4711, name="Gone"), NOW) is SprintState.GONE


def test_the_same_words_are_said_once(tracker: LocalTracker, database: Engine) -> None:
    ticket = tracker.create(item())
    for words in ("First", "Second", "Second"):
        tracker.comment(ticket, words)
    with Session(database) as session:
        assert session.exec(select(LocalTicketRow.description)).one().endswith("First\n\nSecond")


def test_there_is_nothing_to_adopt(tracker: LocalTracker) -> None:
    with pytest.raises(VendorRefused, match="Without Jira there are no tickets to adopt"):
        tracker.adopt("PAY-1", item())
