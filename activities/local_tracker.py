"""Tickets and sprints in the service's own database, for organisations without Jira."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.tracker import TicketState, TicketStatus, TrackerRefused, describe, due_day, team_of
from followthrough.domain.action_item import ActionItem, Sprint, Ticket
from followthrough.domain.ticket_text import closing_comment, plain_text
from followthrough.organisation import Organisation
from followthrough.store.tables import LocalSprintRow, LocalTicketRow

RowT = TypeVar("RowT", bound=SQLModel)


class LocalTracker:
    """What is written is found at once; a unique item keeps two attempts from making two tickets."""

    index_lag = timedelta(0)

    def __init__(self, database: Engine, organisation: Callable[[], Organisation], public_url: str) -> None:
        self._database = database
        self._organisation = organisation
        self._public_url = public_url

    def find(self, item_id: str) -> Ticket | None:
        """See ``Tracker``."""
        with Session(self._database) as session:
            row = session.exec(_of_item(item_id)).one_or_none()
            return self._ticket(row) if row else None

    def create(self, item: ActionItem) -> Ticket:
        """See ``Tracker``. Made at the same time by somebody else, it is that one."""
        organisation = self._organisation()
        row = LocalTicketRow(
            item_id=item.id,
            team=item.team,
            summary=item.title,
            description=plain_text(describe(item, organisation, self._public_url)),
            status=TicketState.TO_DO,
            assignee=item.owner,
            due=due_day(item, organisation),
        )
        with Session(self._database) as session:
            return self._ticket(_found_or_added(session, _of_item(item.id), row))

    def link_back(self, ticket: Ticket, item: ActionItem) -> None:
        """See ``Tracker``. The ticket's address is its action item's page."""

    def update(self, ticket: Ticket, item: ActionItem) -> None:
        """See ``Tracker``."""
        with Session(self._database) as session:
            row = _row(session, ticket)
            row.assignee = item.owner
            row.due = due_day(item, self._organisation())
            if item.ended and row.status != TicketState.DONE:
                row.status = TicketState.DONE
                row.description += f"\n\n{plain_text(closing_comment(item))}"
            session.commit()

    def status(self, ticket: Ticket) -> TicketStatus:
        """See ``Tracker``."""
        with Session(self._database) as session:
            row = session.get(LocalTicketRow, _id(ticket))
            if row is None:
                return TicketStatus(ticket=ticket, state=TicketState.GONE)
            return TicketStatus(
                ticket=ticket, state=TicketState(row.status), status=row.status, assignee=row.assignee, due=row.due
            )

    def next_sprint(self, team: str, at: datetime) -> Sprint | None:
        """See ``Tracker``. A sprint starts with its planning."""
        found = team_of(self._organisation(), team)
        if found.sprints is None:
            return None
        zone, length = ZoneInfo(found.time_zone), timedelta(weeks=found.sprints.weeks)
        passed = max(0, (at.astimezone(zone).date() - found.sprints.first_day) // length)
        first_day = found.sprints.first_day + passed * length
        if datetime.combine(first_day, found.sprints.planning, zone) <= at:
            first_day += length
        row = LocalSprintRow(
            team=team,
            name=f"{found.name}, sprint of {first_day}",
            first_day=first_day,
            end=datetime.combine(first_day + length, time(), zone),
        )
        same = select(LocalSprintRow).where(LocalSprintRow.team == team, LocalSprintRow.first_day == first_day)
        with Session(self._database) as session:
            row = _found_or_added(session, same, row)
            return Sprint.model_validate(row, from_attributes=True)

    def add_to_sprint(self, sprint: Sprint, ticket: Ticket) -> None:
        """See ``Tracker``."""
        with Session(self._database) as session:
            _row(session, ticket).sprint_id = sprint.id
            session.commit()

    def _ticket(self, row: LocalTicketRow) -> Ticket:
        return Ticket(key=f"FT-{row.id}", url=f"{self._public_url}/items/{row.item_id}")


def _of_item(item_id: str) -> SelectOfScalar[LocalTicketRow]:
    return select(LocalTicketRow).where(LocalTicketRow.item_id == item_id)


def _id(ticket: Ticket) -> int:
    return int(ticket.key.removeprefix("FT-"))


def _row(session: Session, ticket: Ticket) -> LocalTicketRow:
    row = session.get(LocalTicketRow, _id(ticket))
    if row is None:
        raise TrackerRefused(f"Ticket {ticket.key} was deleted.")
    return row


def _found_or_added(session: Session, same: SelectOfScalar[RowT], row: RowT) -> RowT:
    """The row that is there, also when somebody else adds it at this moment, or else this new one."""
    found = session.exec(same).one_or_none()
    if found is not None:
        return found
    session.add(row)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return session.exec(same).one()
    return row
