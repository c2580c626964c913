"""What somebody may mean by a few letters, on both databases."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.replayed.item.action_item import OPEN, ItemStatus
from followthrough.store import find
from followthrough.store.find import MOST, incidents_like, items_like
from tests.records import NOW, incident, item

OPENLY, SECRET = incident(1, title="Refunds stall"), incident(2, title="Refunds leak", private=True, declared_by="dora")


@pytest.fixture
def session(database: Engine) -> Iterator[Session]:
    """Each status has three items, and one of them is private."""
    model = ReadModel(database)
    for record in (OPENLY, SECRET, incident(3, title="Cards fail")):
        model.project_incident(record)
    for number, status in enumerate([*ItemStatus] * 3, 1):
        one = item(
            number,
            incident_id=SECRET.id if number > 2 * len(ItemStatus) else OPENLY.id,
            title=f"Test refunds {number}",
            description="By hand, at cards",
            status=status,
            proposed_at=NOW - timedelta(hours=number % 5),
            ended_at=None if status in OPEN else NOW,
        )
        model.project_item(one)
    with Session(database) as found:
        yield found


@pytest.mark.parametrize("eyes", [None, "dora", "zoe"])
@pytest.mark.parametrize("text", ["refunds", "REFUNDS 1", "inc-0000000001", "Inc-0000000001.2", "cards", "no such"])
def test_the_same_is_meant_whether_few_or_many_are_so_named(
    session: Session, monkeypatch: pytest.MonkeyPatch, text: str, eyes: str | None
) -> None:
    few = items_like(session, text, eyes)
    monkeypatch.setattr(find, "FEW", -1)
    assert items_like(session, text, eyes) == few
    assert len(few) <= MOST
    ended = [ItemStatus(hit.status) not in OPEN for hit in few]
    assert ended == sorted(ended)


def test_what_goes_on_comes_first_then_the_newest_and_nothing_for_other_eyes(session: Session) -> None:
    everything = items_like(session, "refunds", "dora")
    assert len(everything) == MOST
    assert {hit.status for hit in everything[:9]} == {*OPEN}
    openly = items_like(session, "refunds", "zoe")
    assert len(openly) == MOST
    assert sum(hit.status in OPEN for hit in openly) == 2 * len(OPEN)
    assert items_like(session, "cards", None) == []
    assert [hit.title for hit in items_like(session, "refunds 8", None)] == ["Test refunds 8"]


def test_incidents_are_meant_by_the_beginning_of_their_id_or_a_part_of_their_title(session: Session) -> None:
    assert [hit.id for hit in incidents_like(session, "REFUNDS", "dora")] == [SECRET.id, OPENLY.id]
    assert [hit.id for hit in incidents_like(session, "refunds", "zoe")] == [OPENLY.id]
    assert [hit.id for hit in incidents_like(session, SECRET.id.upper(), "dora")] == [SECRET.id]
    assert incidents_like(session, SECRET.id[1:], "dora") == incidents_like(session, "%", None) == []
