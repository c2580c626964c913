"""What is counted of the database for Prometheus."""

from datetime import timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.answered.report.escalations import unanswered
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus, Moment, MomentKind, Waiver
from followthrough.domain.replayed.values import EntryKind
from followthrough.store.counts import counts
from followthrough.store.directory_tables import DirectoryRow
from followthrough.store.tables import MailState, ProjectionRow, VendorPauseRow
from tests.records import NOW, incident, item, mail
from tests.store.some_records import answers


def escalated(number: int, level: int, *, answered: bool = False, wanted: bool = False) -> ActionItem:
    kind = MomentKind.OWNER_WANTED if wanted else MomentKind.ESCALATE
    record = item(number, due_in_days=-3)
    record.reminders = [Moment(at=NOW, kind=kind, to=("carla",), level=level, because="It is late")]
    text = "Owner wanted (it is late), level 1: carla" if wanted else f"Escalated, level {level}, to carla"
    record.note(NOW, EntryKind.REMINDER if wanted else EntryKind.ESCALATION, text)
    if answered:
        record.note(NOW + timedelta(hours=1), EntryKind.DECISION, "Extended", "ana")
    return record


def waived(number: int, days: int | None) -> ActionItem:
    until = NOW + timedelta(days=days) if days is not None else None
    waiver = Waiver(reason="Too dear", by="carla", at=NOW, until=until)
    return item(number, status=ItemStatus.WAIVED, ended_at=NOW, waiver=waiver)


def test_action_items_are_told_apart_by_what_has_to_be_done_about_them(database: Engine) -> None:
    model, drill = ReadModel(database), item(8, drill=True)
    open_ones = [
        item(1),
        item(2, proposed_at=NOW - timedelta(days=8), status=ItemStatus.DONE, done_at=NOW),
        item(3, proposed_at=NOW - timedelta(days=1000), due_in_days=-1),
        escalated(4, 1),
        escalated(5, 2, answered=True),
        escalated(6, 1, wanted=True),
    ]
    for record in (*open_ones, waived(9, None), waived(10, -1), waived(11, 29), waived(12, 4000), drill):
        model.project_item(record)
    found = counts(database, NOW)
    assert found.open_items == {
        ("accepted", "7d"): 4,
        ("done", "30d"): 1,
        ("accepted", "older"): 1,
    }
    assert found.ended_items == {("waived",): 4}
    assert found.late == 4
    assert found.escalations == {("1",): 2, ("2",): 1}
    assert found.waivers == {("for good",): 1, ("over",): 1, ("30d",): 1, ("later",): 1}
    assert found.unanswered == len(unanswered(open_ones, answers(open_ones))) == 2


def test_incidents_are_told_apart_until_they_end(database: Engine) -> None:
    model = ReadModel(database)
    for record in (incident(1), incident(2), incident(3, ended_at=NOW + timedelta(days=1)), incident(4, drill=True)):
        model.project_incident(record)
    assert counts(database, NOW).incidents == {("declared", "SEV2"): 2}


def test_what_waits_and_what_is_wrong_is_counted(database: Engine) -> None:
    hour = timedelta(hours=1)
    with Session(database) as session, session.begin():
        session.add_all(
            [
                mail("a", state=MailState.SET_ASIDE),
                mail("b", state=MailState.SENT),
                ProjectionRow(
                    record_id="x", run_id="y", history_length=1, earlier_runs="", writes=1, check_at=NOW - hour
                ),
                ProjectionRow(
                    record_id="z", run_id="y", history_length=1, earlier_runs="", writes=1, check_at=NOW + hour
                ),
                VendorPauseRow(vendor="Jira", until=NOW + hour, login_lost_at=NOW),
            ]
        )
        session.merge(DirectoryRow(id=1, scim_at=NOW - hour))
    found = counts(database, NOW)
    assert found.mails == {("set aside",): 1}
    assert (found.unchecked, found.unchecked_since) == (1, NOW - hour)
    assert found.pauses == [("Jira", NOW + hour, True)]
    assert found.directory == {"scim": NOW - hour}
