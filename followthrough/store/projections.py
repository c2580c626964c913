"""Who may write a record to the read model: of two, the one whose workflow is further.

A workflow writes before its task counts, and a task that does not count is done again, maybe otherwise and elsewhere.
"""

from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, update
from sqlalchemy.sql.dml import ReturningInsert
from sqlmodel import Session, col, select

from followthrough.domain.replayed.values import Fence
from followthrough.store.database import insert_for
from followthrough.store.tables import ProjectionRow

AT_ONCE = 1_000
"""Records that are checked before those are looked for that were written meanwhile."""
RUNS_KEPT = 50
"""Runs of a record, the latest, that are known to be over."""


def claim(session: Session, record_id: str, fence: Fence, now: datetime) -> bool:
    """Whether this is the latest that is known of the record; either way the workflow is asked afterwards.

    In one run a longer history wins, and the last writer at the same length. Another run wins unless a later one has
    written since: after a reset or a reopening the history is shorter. Until the end of the transaction nobody else
    writes the record.
    """
    row = ProjectionRow(record_id=record_id, **fence.model_dump(), earlier_runs="", writes=1, check_at=now)
    run_id, length = session.connection().execute(_claim(session.get_bind().dialect.name), row.model_dump()).one()
    return (run_id, length) == (fence.run_id, fence.history_length)


def reclaim(session: Session, record_id: str, fence: Fence, writes: int) -> bool:
    """Whether nobody has written the record since it had this number of ``writes``; it is checked then."""
    row = ProjectionRow(record_id=record_id, **fence.model_dump(), earlier_runs="", writes=writes + 1, check_at=None)
    statement = _reclaim(session.get_bind().dialect.name)
    return session.connection().execute(statement, row.model_dump()).first() is not None


def writes(session: Session, record_id: str) -> int:
    """How often the record was written."""
    return session.exec(select(ProjectionRow.writes).where(ProjectionRow.record_id == record_id)).first() or 0


def runs(session: Session) -> dict[str, str]:
    """The run that wrote each record last, by the record's id."""
    return dict(session.exec(select(ProjectionRow.record_id, ProjectionRow.run_id)).all())


def to_check(session: Session, now: datetime) -> list[tuple[str, int]]:
    """Records whose workflow is to be asked, the oldest first, with how often they were written."""
    check_at = col(ProjectionRow.check_at)
    query = select(ProjectionRow.record_id, ProjectionRow.writes).where(check_at <= now).order_by(check_at)
    return list(session.exec(query.limit(AT_ONCE)))


def check_again(session: Session, record_id: str, writes: int, at: datetime | None) -> None:
    """Its workflow could not be asked: at another time, or never. What was written meanwhile is checked in any case."""
    mine = and_(col(ProjectionRow.record_id) == record_id, col(ProjectionRow.writes) == writes)
    session.connection().execute(update(ProjectionRow).where(mine).values(check_at=at))


@cache
def _claim(dialect: str) -> ReturningInsert[str, int]:
    insert = insert_for(dialect)(ProjectionRow)
    new, same_run = insert.excluded, col(ProjectionRow.run_id) == insert.excluded.run_id
    later = or_(
        and_(same_run, ProjectionRow.history_length <= new.history_length),
        and_(~same_run, ~col(ProjectionRow.earlier_runs).contains(new.run_id)),
    )
    return insert.on_conflict_do_update(
        index_elements=["record_id"],
        set_={
            "run_id": case((later, new.run_id), else_=ProjectionRow.run_id),
            "history_length": case((later, new.history_length), else_=ProjectionRow.history_length),
            "earlier_runs": case((and_(later, ~same_run), _with_last_run()), else_=ProjectionRow.earlier_runs),
            "writes": ProjectionRow.writes + 1,
            "check_at": new.check_at,
        },
    ).returning(col(ProjectionRow.run_id), col(ProjectionRow.history_length))


@cache
def _reclaim(dialect: str) -> ReturningInsert[str]:
    insert = insert_for(dialect)(ProjectionRow)
    same_run = col(ProjectionRow.run_id) == insert.excluded.run_id
    return insert.on_conflict_do_update(
        index_elements=["record_id"],
        set_={**insert.excluded, "earlier_runs": case((same_run, ProjectionRow.earlier_runs), else_=_with_last_run())},
        where=col(ProjectionRow.writes) == insert.excluded.writes - 1,
    ).returning(col(ProjectionRow.record_id))


def _with_last_run() -> ColumnElement[str]:
    runs = col(ProjectionRow.run_id) + " " + col(ProjectionRow.earlier_runs)
    return func.substr(runs, 1, RUNS_KEPT * len(f"{UUID(int=0)} "))
