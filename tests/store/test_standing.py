"""What an escalation says beside its action item."""

from datetime import timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.answered.item.standing import Said
from followthrough.domain.replayed.values import EntryKind
from followthrough.store.standing import standing
from followthrough.store.tables import TimelineRow
from tests.records import NOW, incident, item

DAY = timedelta(days=1)
LATE = item(1, due_in_days=-3, repeats=["inc-0000000002", "inc-0000000003", "inc-0000000004"])


def entry(number: int, kind: EntryKind, text: str, author: str | None) -> TimelineRow:
    return TimelineRow(
        record_id=LATE.id,
        number=number,
        incident_id=LATE.incident_id,
        at=NOW + timedelta(minutes=number),
        kind=kind,
        text=text,
        author=author,
    )


def test_the_owners_load_counts_what_the_reader_may_see(database: Engine) -> None:
    read_model = ReadModel(database)
    read_model.project_incident(incident(id="inc-0000000008", private=True))
    for one in (LATE, item(2, due_in_days=5), item(3, owner="ben", due_in_days=-5), item(4, drill=True)):
        read_model.project_item(one)
    read_model.project_item(item(1, id="inc-0000000008.1", incident_id="inc-0000000008", private=True, due_in_days=-9))
    with Session(database) as session:
        seen = [standing(session, LATE, reader, NOW) for reader in ("zoe", "ana")]
    assert [(one.owns, one.overdue) for one in seen] == [(2, 1), (3, 2)]


def test_a_note_is_said_before_what_else_somebody_did(database: Engine) -> None:
    with Session(database, expire_on_commit=False) as session:
        assert standing(session, LATE, "carla", NOW).said is None
        session.add(entry(1, EntryKind.ACTION_ITEM, "Accepted", "ana"))
        session.add(entry(3, EntryKind.ESCALATION, "Escalated", None))
        session.commit()
        assert standing(session, LATE, "carla", NOW).said == Said("Accepted", "ana", NOW + timedelta(minutes=1))
        session.add(entry(0, EntryKind.NOTE, "The vendor is late", "ben"))
        session.commit()
        assert standing(session, LATE, "carla", NOW).said == Said("The vendor is late", "ben", NOW)


def test_waiting_has_cost_the_repeats_after_the_deadline_that_the_reader_may_see(database: Engine) -> None:
    read_model = ReadModel(database)
    at = NOW - DAY
    for number, changes in (
        (2, {"declared_at": at, "resolved_at": at + timedelta(minutes=50)}),
        (3, {"declared_at": NOW - 9 * DAY, "resolved_at": NOW - 8 * DAY}),
        (4, {"declared_at": at, "resolved_at": at + timedelta(hours=2), "private": True}),
    ):
        read_model.project_incident(incident(id=f"inc-000000000{number}", **changes))
    with Session(database) as session:
        cost = standing(session, LATE, "zoe", NOW).cost
        assert cost == (("inc-0000000002",), timedelta(minutes=50))
        assert standing(session, item(9), "carla", NOW).cost is None
