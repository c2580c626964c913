from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, Table, text
from sqlmodel import Session, SQLModel

from activities.read_model import ReadModel
from followthrough.domain.replayed.incident.incident import Incident, IncidentStatus
from followthrough.domain.replayed.item.action_item import OPEN, ItemStatus, Moment, MomentKind
from followthrough.domain.replayed.postmortem.postmortem import Postmortem
from followthrough.domain.replayed.values import EntryKind, Fence
from followthrough.store import queries
from followthrough.store.database import migrate, open_database
from followthrough.store.listing import page_of_incidents
from followthrough.store.postmortems import versions
from followthrough.store.tables import IncidentRow, MailRow, MailState
from tests.records import NOW, incident, item


def test_migrations_make_exactly_the_tables_that_the_code_describes(database: Engine) -> None:
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_mails_of_an_older_database_are_kept_and_take_the_new_states(database_url: str) -> None:
    engine = open_database(database_url)
    migrate(engine, "0003")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO mail (key, kind, recipients, subject, text, html, headers, at, state) "
                "VALUES ('old', 'item-ended', '[]', '', '', '', '{}', '2026-03-02 09:00:00', 'SENT')"
            )
        )
    migrate(engine)
    with Session(engine) as session, session.begin():
        mail = session.get_one(MailRow, "old")
        assert mail.state is MailState.SENT
        mail.state = MailState.DELIVERED
    engine.dispose()


def test_postmortems_of_an_older_database_keep_their_texts(database_url: str) -> None:
    engine = open_database(database_url)
    migrate(engine, "0010")
    old = incident(postmortem=Postmortem(text="# What broke", by="ana", at=NOW))
    document = old.model_dump(mode="json", exclude={"unwritten"})
    row = IncidentRow.model_validate({**document, "document": document}).model_dump(exclude={"private"})
    with engine.begin() as connection:
        connection.execute(Table("incident", MetaData(), autoload_with=connection).insert(), row)
    migrate(engine)
    with Session(engine) as session:
        read = queries.incident(session, old.id)
        assert read is not None
        assert read.postmortem == old.postmortem
        assert [(one.text, one.by, one.at) for one in versions(session, old.id)] == [("# What broke", "ana", NOW)]
    engine.dispose()


def test_each_text_of_a_postmortem_is_kept_but_those_of_tasks_that_did_not_count(database: Engine) -> None:
    model, record = ReadModel(database), incident()
    for minutes, words in enumerate(("First", "Second", "Second, and not counted")):
        record.postmortem = Postmortem(text=words, by="ana", at=NOW + timedelta(minutes=minutes))
        for _ in range(2):
            model.project_incident(record)
    record.postmortem = Postmortem(text="Second", by="ana", at=NOW + timedelta(minutes=1))
    model.overwrite(record, Fence(), model.writes(record.id))
    with Session(database) as session:
        assert [one.text for one in versions(session, record.id)] == ["Second", "First"]


def test_processes_that_start_at_once_migrate_once(database_url: str) -> None:
    engines = [open_database(database_url) for _ in range(4)]
    with ThreadPoolExecutor(len(engines)) as pool:
        list(pool.map(migrate, engines))
    migrate(engines[0])
    for engine in engines:
        engine.dispose()


def test_what_is_projected_reads_back_as_it_was(database: Engine) -> None:
    model, record, follow_up = ReadModel(database), incident(), item()
    model.project_incident(record)
    model.project_item(follow_up)
    with Session(database) as session:
        assert queries.incident(session, record.id) == record.model_copy(update={"unwritten": []})
        assert queries.action_item(session, follow_up.id) == follow_up.model_copy(update={"unwritten": []})
        assert queries.incident(session, "inc-unknown") is None
        assert queries.action_item(session, "inc-unknown.1") is None


def written(version: int, *lines: str) -> Incident:
    """An incident of that version, with these lines on its timeline."""
    record = incident()
    record.unwritten, record.entries = [], 0
    for line in lines:
        record.note(NOW, EntryKind.NOTE, line)
    record.version = version
    return record


def shown(database: Engine) -> tuple[int, list[str]]:
    """The version of the one incident, and its timeline."""
    with Session(database) as session:
        ((found, _),) = page_of_incidents(session).incidents
        return found.version, [line.text for line in queries.timeline(session, found.id)]


def fence(run: int, history_length: int) -> Fence:
    return Fence(run_id=str(UUID(int=run)), history_length=history_length)


def test_what_a_task_wrote_that_did_not_count_gives_way_to_what_did(database: Engine) -> None:
    model = ReadModel(database)
    model.project_incident(written(4, "declared", "by nobody", "nor this"), fence(1, 5))
    model.project_incident(written(2, "declared", "by ana"), fence(1, 5))
    assert shown(database) == (2, ["declared", "by ana"])
    model.project_incident(written(4, "declared", "by nobody", "nor this"), fence(1, 4))
    assert shown(database) == (2, ["declared", "by ana"])


def test_a_later_run_wins_although_its_history_is_shorter_and_an_earlier_one_does_not_come_back(
    database: Engine,
) -> None:
    model = ReadModel(database)
    for run in (1, 2, 3):
        model.project_incident(written(9 - run, *(f"run {run}" for _ in range(4 - run))), fence(run, 90 - run))
    for late in (1, 2):
        model.project_incident(written(99, "late"), fence(late, 999))
    assert shown(database) == (6, ["run 3"])


def test_what_the_workflow_says_replaces_what_is_there_unless_that_was_written_meanwhile(database: Engine) -> None:
    model = ReadModel(database)
    model.project_incident(written(4, "declared", "closed"), fence(1, 9))
    ((record_id, writes),) = model.to_check(NOW + timedelta(days=100 * 365))
    model.overwrite(written(3, "declared"), fence(1, 6), writes)
    assert shown(database) == (3, ["declared"])
    assert model.to_check(NOW + timedelta(days=100 * 365)) == []
    model.project_incident(written(4, "declared", "mitigated"), fence(1, 9))
    model.overwrite(written(3, "declared"), fence(1, 6), writes + 1)
    assert shown(database) == (4, ["declared", "mitigated"])
    assert model.to_check(NOW + timedelta(days=100 * 365)) == [(record_id, writes + 2)]


def test_of_projections_at_once_the_furthest_stays(database: Engine) -> None:
    model = ReadModel(database)
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda length: model.project_incident(written(length, *map(str, range(length))), fence(1, length)),
                range(1, 41),
            )
        )
    assert shown(database) == (40, [str(number) for number in range(40)])


def test_an_incidents_timeline_includes_its_action_items(database: Engine) -> None:
    model = ReadModel(database)
    model.project_incident(incident(declared_at=NOW - timedelta(hours=1)))
    model.project_item(item())
    with Session(database) as session:
        assert [line.record_id for line in queries.timeline(session, incident().id)] == [incident().id, item().id]
        assert [line.text for line in queries.timeline(session, item().id)] == ["Accepted"]


def test_incidents_come_newest_first_and_page_by_page(database: Engine) -> None:
    model = ReadModel(database)
    same_time = incident(3, declared_at=incident(2).declared_at, service="search", status=IncidentStatus.RESOLVED)
    for record in (incident(1), incident(2), same_time, incident(4)):
        model.project_incident(record)
    with Session(database) as session:
        first = page_of_incidents(session, limit=2)
        second = page_of_incidents(session, cursor=first.next, limit=2)
        assert [[found.id[-1] for found, _ in page.incidents] for page in (first, second)] == [["4", "3"], ["2", "1"]]
        for filters in ({"service": "search"}, {"status": IncidentStatus.RESOLVED}):
            assert [found.id for found, _ in page_of_incidents(session, **filters).incidents] == [same_time.id]
        assert page_of_incidents(session, team="nobody").incidents == []


def test_the_latest_incident_of_an_alert_is_found(database: Engine) -> None:
    model = ReadModel(database)
    for record in (incident(2, dedup_key="am/a"), incident(1, dedup_key="am/a"), incident(3)):
        model.project_incident(record)
    assert queries.latest_incident(database, "am/a") == (incident(2).id, IncidentStatus.DECLARED)
    assert queries.latest_incident(database, "am/b") is None


def test_lists_and_digests_agree_on_what_is_late(database: Engine) -> None:
    model, records = ReadModel(database), []
    kinds = (MomentKind.REMIND_BEFORE_DEADLINE, MomentKind.ESCALATE, MomentKind.OWNER_WANTED)
    for number, (status, days, kind, level) in enumerate(product(ItemStatus, (-1, 1), kinds, (0, 1)), start=1):
        ended = None if status in OPEN else NOW
        done = NOW - timedelta(hours=1) if status is ItemStatus.DONE else None
        record = item(number, status=status, due_in_days=days, ended_at=ended, done_at=done)
        assert record.plan is not None
        moment = Moment(at=NOW + timedelta(days=31), kind=kind, level=level, to=("carla",))
        record.plan = record.plan.model_copy(update={"next": moment})
        record.reminders = [moment] if level else []
        records.append(record)
        model.project_item(record)
    with Session(database) as session:
        found = queries.action_items(session, NOW, late=True)
    assert {listed.item.id for listed in found} == {record.id for record in records if record.late(NOW)}


def test_what_was_done_after_its_deadline_was_late_in_between() -> None:
    closed = item(1, status=ItemStatus.CLOSED, due_in_days=-3, done_at=NOW - timedelta(days=1), ended_at=NOW)
    assert [closed.late(NOW - timedelta(days=days)) for days in (4, 2, 1, 0)] == [False, True, False, False]


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({}, ["1", "4", "2", "3", "5"]),
        ({"late": True}, ["1", "4"]),
        ({"late": False}, ["2", "3", "5"]),
        ({"owner": "ben"}, ["3"]),
        ({"status": ItemStatus.CLOSED}, ["5"]),
        ({"incident_id": "inc-other"}, []),
        ({"limit": 2}, ["1", "4"]),
    ],
)
def test_items_come_late_ones_first_and_ended_ones_last(
    database: Engine, filters: dict[str, object], numbers: list[str]
) -> None:
    model = ReadModel(database)
    fast_forwarded = item(4, due_in_days=30)
    assert fast_forwarded.plan is not None
    escalating = Moment(at=NOW + timedelta(days=31), kind=MomentKind.ESCALATE, level=1, to=("carla",))
    fast_forwarded.plan = fast_forwarded.plan.model_copy(update={"next": escalating})
    for record in (
        item(1, due_in_days=-1),
        item(2, due_in_days=1),
        item(3, due_in_days=5, owner="ben"),
        fast_forwarded,
        item(5, due_in_days=-3, status=ItemStatus.CLOSED, ended_at=NOW),
    ):
        model.project_item(record)
    with Session(database) as session:
        found = queries.action_items(session, NOW, **filters)  # type: ignore[arg-type]
    assert [listed.item.id[-1] for listed in found] == numbers


def test_a_postmortems_text_comes_once_and_the_latest_stays(database: Engine) -> None:
    model, record = ReadModel(database), incident()
    for minute, submitted in enumerate(("# First", "# Second")):
        record.postmortem = Postmortem(text=submitted, by="ana", at=NOW + timedelta(minutes=minute))
        record.version += 1
        model.project_incident(record)
    record.version += 1
    model.project_incident(record.lean())
    with Session(database) as session:
        read = queries.incident(session, record.id)
        assert read is not None
        assert read.postmortem is not None
        assert (read.version, read.postmortem.text) == (record.version, "# Second")
        ((listed, _),) = page_of_incidents(session).incidents
        assert listed == read
        assert "text" not in session.get_one(IncidentRow, record.id).document["postmortem"]
