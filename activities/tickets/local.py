"""Tickets and sprints in the service's own database, for organisations without Jira."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.tickets.tracker import SprintState, TicketHistory, TicketState, TicketStatus, describe, due_day, team_of
from activities.vendors import VendorRefused
from followthrough.domain.answered.access.privacy import title_for_all
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.ticket.text import closing_comment, plain_text, reopening_comment
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.ticket.ticket import Ticket
from followthrough.domain.replayed.values import PersonId
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

    def check(self, team: str) -> None:
        """See ``Tracker``."""
        team_of(self._organisation(), team)

    def create(self, item: ActionItem) -> Ticket:
        """See ``Tracker``. Made at the same time by somebody else, it is that one."""
        organisation = self._organisation()
        row = LocalTicketRow(
            item_id=item.id,
            team=item.team,
            summary=title_for_all(item),
            description=plain_text(describe(item, organisation, self._public_url)),
            status=TicketState.TO_DO,
            assignee=item.owner,
            due=due_day(item, organisation),
        )
        with Session(self._database) as session:
            return self._ticket(_found_or_added(session, _of_item(item.id), row))

    def link_back(self, ticket: Ticket, item: ActionItem) -> None:
        """See ``Tracker``. The ticket's address is its action item's page."""

    def update(self, found: TicketStatus, item: ActionItem, *, words: bool = False) -> None:
        """See ``Tracker``."""
        with Session(self._database) as session:
            row, organisation = _row(session, found.ticket), self._organisation()
            row.assignee = item.owner
            row.due = due_day(item, organisation)
            if words:
                row.summary = title_for_all(item)
                row.description = plain_text(describe(item, organisation, self._public_url))
            if item.settled and row.status != TicketState.DONE:
                row.status = TicketState.DONE
                row.description += f"\n\n{plain_text(closing_comment(item))}"
            session.commit()

    def reopen(self, found: TicketStatus, item: ActionItem) -> None:
        """See ``Tracker``."""
        with Session(self._database) as session:
            row = _row(session, found.ticket)
            if row.status == TicketState.DONE:
                row.status = TicketState.TO_DO
                row.description += f"\n\n{plain_text(reopening_comment(item))}"
            session.commit()

    def status(self, ticket: Ticket) -> TicketStatus:
        """See ``Tracker``."""
        with Session(self._database) as session:
            row = session.get(LocalTicketRow, _id(ticket))
            if row is None:
                return TicketStatus(ticket=ticket, state=TicketState.GONE)
            return TicketStatus(
                ticket=ticket,
                state=TicketState(row.status),
                status=row.status,
                item_id=row.item_id,
                assignee=row.assignee,
                due=row.due,
            )

    def history(self, ticket: Ticket) -> TicketHistory:
        """See ``Tracker``. Nobody changes tickets here."""
        return TicketHistory()

    def account_of(self, person: PersonId) -> str | None:
        """See ``Tracker``."""
        return person

    def statuses(self, tickets: Sequence[Ticket]) -> list[TicketStatus]:
        """See ``Tracker``."""
        return [self.status(ticket) for ticket in tickets]

    def changed_since(self, since: datetime) -> Iterator[TicketStatus]:
        """See ``Tracker``. None: tickets change only with their action items."""
        return iter(())

    def adopt(self, key_or_url: str, item: ActionItem) -> Ticket:
        """See ``Tracker``. Each ticket was made for its action item."""
        raise VendorRefused("Without Jira there are no tickets to adopt; an action item gets its own when accepted.")

    def comment(self, ticket: Ticket, text: str) -> None:
        """See ``Tracker``."""
        with Session(self._database) as session:
            row = _row(session, ticket)
            if not row.description.endswith(f"\n\n{text}"):
                row.description += f"\n\n{text}"
            session.commit()

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

    def sprint_state(self, sprint: Sprint, at: datetime) -> SprintState:
        """See ``Tracker``. A sprint starts with its planning and ends when the next one's first day begins."""
        with Session(self._database) as session:
            row = session.get(LocalSprintRow, sprint.id)
        if row is None:
            return SprintState.GONE
        team = team_of(self._organisation(), row.team)
        planning = team.sprints.planning if team.sprints else time()
        if at < datetime.combine(row.first_day, planning, ZoneInfo(team.time_zone)):
            return SprintState.FUTURE
        return SprintState.ACTIVE if at < row.end else SprintState.CLOSED

    def add_to_sprint(self, sprint: Sprint, ticket: Ticket) -> None:
        """See ``Tracker``."""
        self.plan_sprint(sprint, [ticket])

    def plan_sprint(self, sprint: Sprint, tickets: Sequence[Ticket]) -> None:
        """See ``Tracker``. Without ranks: tickets have no order here."""
        with Session(self._database) as session:
            for ticket in tickets:
                _row(session, ticket).sprint_id = sprint.id
            session.commit()

    def rank_first(self, team: str, tickets: Sequence[Ticket]) -> None:
        """See ``Tracker``. Tickets have no order here."""

    def _ticket(self, row: LocalTicketRow) -> Ticket:
        return Ticket(key=f"FT-{row.id}", url=f"{self._public_url}/items/{row.item_id}")


def _of_item(item_id: str) -> SelectOfScalar[LocalTicketRow]:
    return select(LocalTicketRow).where(LocalTicketRow.item_id == item_id)


def _id(ticket: Ticket) -> int:
    return int(ticket.key.removeprefix("FT-"))


def _row(session: Session, ticket: Ticket) -> LocalTicketRow:
    row = session.get(LocalTicketRow, _id(ticket))
    if row is None:
        raise VendorRefused(f"Ticket {ticket.key} was deleted.")
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
