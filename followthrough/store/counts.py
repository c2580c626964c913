"""How much there is of what, for whoever watches the service: a few sums, of drills nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    SQLColumnExpression,
    and_,
    case,
    func,
    select,
    text,
)
from sqlmodel import col

from followthrough.domain.replayed.item.action_item import OPEN, ItemStatus
from followthrough.store.directory_tables import DirectoryRow
from followthrough.store.open_items import has_no_answer, is_open, late_now
from followthrough.store.tables import (
    ActionItemRow,
    IncidentRow,
    MailRow,
    MailState,
    ProjectionRow,
    VendorPauseRow,
)

DAYS = (7, 30, 90, 365)
"""By which ages, and what is left of waivers, are told apart."""
AGES = (*(f"{days}d" for days in DAYS), "older")
ENDS = ("over", *(f"{days}d" for days in DAYS), "later", "for good")
WAITING = (MailState.GATHERED, MailState.QUEUED, MailState.SET_ASIDE)
"""Mails that may still go out: few of all."""
LONGEST = "5s"
"""That PostgreSQL takes for each of them."""

Sums = Mapping[tuple[str, ...], int]
"""By the values of what they are told apart by."""


class Pause(NamedTuple):
    """Until when a vendor wants to be left alone, and whether it does not know us."""

    vendor: str
    until: datetime
    login_lost: bool


class Counts(NamedTuple):
    """``open_items`` are by status and age, ``incidents`` by status and severity."""

    open_items: Sums
    ended_items: Sums
    late: int
    escalations: Sums
    unanswered: int
    waivers: Sums
    incidents: Sums
    mails: Sums
    unchecked: int
    unchecked_since: datetime | None
    """When the oldest row was written that was not compared with its workflow yet."""
    pauses: Sequence[Pause]
    directory: Mapping[str, datetime]
    """When it was heard last, by the way in which."""


def counts(database: Engine, now: datetime) -> Counts:
    """Raises DBAPIError when the database does not answer, or takes too long for it."""
    with database.connect() as connection:
        if database.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL statement_timeout = '{LONGEST}'"))
        return _counted(connection, now)


def _counted(connection: Connection, now: datetime) -> Counts:
    status, level, real = col(ActionItemRow.status), col(ActionItemRow.escalation_level), ~col(ActionItemRow.drill)
    open_now = and_(real, is_open())
    escalated = and_(open_now, level > 0)
    check_at = col(ProjectionRow.check_at)
    unchecked, since = connection.execute(select(func.count(), func.min(check_at)).where(check_at <= now)).one()
    pauses = select(
        col(VendorPauseRow.vendor), col(VendorPauseRow.until), col(VendorPauseRow.login_lost_at).isnot(None)
    )
    heard = connection.execute(select(col(DirectoryRow.scim_at), col(DirectoryRow.csv_at))).first() or (None, None)
    return Counts(
        open_items=_sums(connection, status, _age(now), where=open_now),
        ended_items=_sums(connection, status, where=and_(real, status.not_in(OPEN))),
        late=_sum(connection, and_(open_now, late_now(now))),
        escalations=_sums(connection, level, where=escalated),
        unanswered=_sum(connection, and_(open_now, has_no_answer())),
        waivers=_sums(connection, _left_of_waiver(now), where=and_(real, status == ItemStatus.WAIVED)),
        incidents=_sums(
            connection,
            col(IncidentRow.status),
            col(IncidentRow.severity),
            where=and_(~col(IncidentRow.drill), col(IncidentRow.ended_at).is_(None)),
        ),
        mails=_sums(connection, col(MailRow.state), where=col(MailRow.state).in_(WAITING)),
        unchecked=unchecked,
        unchecked_since=since,
        pauses=[Pause._make(row) for row in connection.execute(pauses)],
        directory={way: at for way, at in zip(("scim", "csv"), heard, strict=True) if at is not None},
    )


def _sum(connection: Connection, where: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(ActionItemRow).where(where)).scalar_one()


def _sums(connection: Connection, *by: SQLColumnExpression[Any], where: ColumnElement[bool] | None = None) -> Sums:
    labelled: list[ColumnElement[Any]] = [column.label(f"by_{number}") for number, column in enumerate(by)]
    query: Select[Any] = select(*labelled, func.count()).group_by(*labelled)
    rows = connection.execute(query if where is None else query.where(where))
    return {tuple(str(value) for value in row[:-1]): row[-1] for row in rows}


def _age(now: datetime) -> ColumnElement[str]:
    *younger, oldest = AGES
    proposed_at = col(ActionItemRow.proposed_at)
    ages = zip(DAYS, younger, strict=True)
    return case(*((proposed_at > now - timedelta(days=days), name) for days, name in ages), else_=oldest)


def _left_of_waiver(now: datetime) -> ColumnElement[str]:
    until = col(ActionItemRow.waived_until)
    over, *soon, later, for_good = ENDS
    coming = ((until < now + timedelta(days=days), name) for days, name in zip(DAYS, soon, strict=True))
    return case((until.is_(None), for_good), (until < now, over), *coming, else_=later)
