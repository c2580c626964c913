"""Addresses that take no mail."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel
from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.values import PersonId
from followthrough.store.tables import BouncedAddressRow, MailRow, MailState


class ProblemAddress(BaseModel):
    """An address of the organisation file that takes no mail; without a ``person`` it is a subscriber's."""

    person: PersonId | None
    address: str
    reason: str
    at: AwareDatetime


def addresses(organisation: Organisation) -> dict[str, PersonId | None]:
    """All that mails go to, in lower case; those without a person are subscribers'."""
    owners: dict[str, PersonId | None] = {
        address.lower(): None
        for service in organisation.services.values()
        for of_audience in service.subscribers.values()
        for address in of_audience
    }
    return owners | {person.email.lower(): key for key, person in organisation.people.items()}


def problem_addresses(session: Session, organisation: Organisation) -> list[ProblemAddress]:
    """What somebody has to correct, oldest first; not what is out of the organisation file by now."""
    owners = addresses(organisation)
    rows = session.exec(select(BouncedAddressRow).order_by(col(BouncedAddressRow.at)))
    return [
        ProblemAddress(person=owners[row.address], address=row.address, reason=row.reason, at=row.at)
        for row in rows
        if row.address in owners
    ]


def people_without_mail(session: Session, organisation: Organisation) -> set[PersonId]:
    """Whom no mail reaches."""
    return {found.person for found in problem_addresses(session, organisation) if found.person}


def mail_by_reference(session: Session, reference: str) -> MailRow | None:
    """None for mails that others sent through the same account."""
    return session.exec(select(MailRow).where(MailRow.reference == reference)).first()


def mail_delivered(session: Session, mail: MailRow) -> None:
    """With what it is the daily mail of; a bounce may follow, and what bounced stays so."""
    arrived = or_(col(MailRow.key) == mail.key, col(MailRow.sent_in) == mail.key)
    before = col(MailRow.state).in_([MailState.QUEUED, MailState.SENT])
    session.execute(update(MailRow).where(arrived, before).values(state=MailState.DELIVERED))


def record_problem_address(session: Session, address: str, reason: str, at: datetime) -> None:
    """It takes no more mail."""
    session.merge(BouncedAddressRow(address=address.lower(), reason=reason, at=at))


def forget_problem_address(session: Session, address: str, at: datetime) -> None:
    """It took mail then; what it did not take later stays."""
    row = session.get(BouncedAddressRow, address.lower())
    if row is not None and row.at <= at:
        session.delete(row)
