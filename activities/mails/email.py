"""Sends what a notice says: each person gets a mail of their own, or what can wait is put in their inbox."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import TypedDict

from sqlmodel import Session, col, or_, select
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.mails.mailer import NOBODY_ABOVE, WHOLE, Envelope, Mailer, tried_for
from activities.mails.transport import MOST_RECIPIENTS
from followthrough.domain.answered.access.privacy import NOBODY, on
from followthrough.domain.answered.item.standing import Standing
from followthrough.domain.answered.mail.daily import deadline_of
from followthrough.domain.answered.mail.late import LATE, outlived
from followthrough.domain.answered.mail.times import gather_time
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import Audience, Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.mail.waiting import WaitingMail
from followthrough.domain.replayed.values import PersonId
from followthrough.mail.render import render
from followthrough.store import queries
from followthrough.store.privacy import sees
from followthrough.store.standing import postmortem_text, standing
from followthrough.store.tables import MailRow, MailState
from workflows.messages.mail import Asked, MissedMail, Notice, PutInInbox


class Beside(TypedDict, total=False):
    """What ``render`` is given of the read model."""

    standing: Standing
    text: str


Addressed = tuple[Envelope, list[str]]
"""A mail that is to be made, and where it goes."""


class Email:
    """Activities that may be retried; a refusal is not, and its message says what to do."""

    def __init__(self, mailer: Mailer, put_in_inbox: Callable[[PersonId, PutInInbox], None]) -> None:
        self._mailer = mailer
        self._put_in_inbox = put_in_inbox

    @activity.defn
    def send_notice(self, notice: Notice) -> None:
        """Sends each person a mail and all plain addresses one; a mail that was sent before is not sent again.

        What can wait is put in the person's inbox. All are tried before an error is raised, whose details are the
        mails to people that were refused.
        """
        organisation = as_of(self._mailer.organisation(), notice.at.date())
        errors: list[ApplicationError] = []
        for envelope, recipients in self._addressed(notice, organisation):
            try:
                self._send(notice, envelope, recipients, organisation)
            except ApplicationError as error:
                errors.append(error)
        if errors:
            first = min(errors, key=lambda error: error.non_retryable)
            raise ApplicationError(
                first.message,
                *(detail for error in errors for detail in error.details),
                type=first.type,
                non_retryable=first.non_retryable,
                next_retry_delay=first.next_retry_delay,
            )

    @activity.defn
    def asked_for(self, key: str) -> Asked | None:
        """How a mail that was set aside is made; None when it was made already."""
        with Session(self._mailer.database) as session:
            mail = session.get(MailRow, key)
            return Asked.model_validate(mail.request) if mail is not None and mail.request is not None else None

    @activity.defn
    def send_again(self, key: str) -> None:
        """A mail that was made and set aside. Raises ApplicationError when it is set aside again."""
        with Session(self._mailer.database, expire_on_commit=False) as session:
            mail = session.get(MailRow, key, options=WHOLE)
        if mail is not None:
            waited = self._mailer.organisation().policies.mails.set_aside_after
            self._mailer.send(mail, "It has no recipients.", waited=waited)
            self._mailer.sent_in(key)

    def _send(self, notice: Notice, envelope: Envelope, recipients: list[str], organisation: Organisation) -> None:
        """Unless it can wait for the reader's daily mail, or is so late that it asks for nothing any more."""
        mailer, reader = self._mailer, envelope.person
        late = notice.waited + tried_for() >= LATE
        with mailer.making(notice, envelope):
            hidden = self._hidden(notice, reader)
            beside = {} if hidden else self._beside(notice, reader)
            rendered = render(
                notice, organisation, mailer.public_url, mailer.links, reader, hidden=hidden, late=late, **beside
            )
        mail = envelope.mail(rendered, recipients)
        kind = notice.undelivered.kind if notice.undelivered else notice.kind
        if late and self._outlived(notice, mail):
            mailer.leave_out(mail)
        elif reader is None or kind in organisation.policies.mails.urgent:
            mailer.send(mail, _nobody(notice), waited=notice.waited)
        else:
            self._gather(notice, mail, reader, organisation)

    def _outlived(self, notice: Notice, mail: MailRow) -> bool:
        """As the read model has now what it is about; what it does not have is sent."""
        record: ActionItem | Incident | None
        with Session(self._mailer.database) as session:
            if notice.item is not None:
                record = queries.action_item(session, notice.item.id)
            else:
                record = queries.incident(session, notice.incident_id)
        return record is not None and outlived(
            _waiting(notice, mail), notice.to, notice.text, notice.shown.holder, record
        )

    def _hidden(self, notice: Notice, reader: PersonId | None) -> bool:
        """Whether it is about something private, and to people who are not on it."""
        record = notice.record
        if not record.private or reader in on(record):
            return False
        with Session(self._mailer.database) as session:
            return not sees(session, record.id, reader or NOBODY)

    def _beside(self, notice: Notice, reader: PersonId | None) -> Beside:
        """What it says that is not in its record."""
        with Session(self._mailer.database) as session:
            if notice.kind is NoticeKind.ITEM_ESCALATION and notice.item is not None:
                return {"standing": standing(session, notice.item, reader or NOBODY, notice.at)}
            if notice.kind is NoticeKind.POSTMORTEM_TO_REVIEW:
                return {"text": postmortem_text(session, notice.incident_id)}
        return {}

    def _gather(self, notice: Notice, mail: MailRow, reader: PersonId, organisation: Organisation) -> None:
        """As of now, or of the notice when that is later: then its workflow was fast-forwarded."""
        with Session(self._mailer.database) as session, session.begin():
            earlier = session.get(MailRow, mail.key)
            if earlier is not None and earlier.state.done:
                return
            if earlier is None:
                mail.state = MailState.GATHERED
                session.merge(mail)
        now = max(notice.at, datetime.now(UTC))
        due = gather_time(now, reader, organisation)
        self._put_in_inbox(reader, PutInInbox(mail=_waiting(notice, mail), due=due, wait=due - now))

    def _addressed(self, notice: Notice, organisation: Organisation) -> Iterator[Addressed]:
        """Not to people who are not in the organisation file any more; one to nobody when there is nobody else."""
        to = self._above(notice, notice.undelivered, organisation) if notice.undelivered else notice.to
        readers = [person for person in dict.fromkeys(to) if person in organisation.people]
        for person in readers:
            yield _envelope(notice, notice.mail_key(person), person), [organisation.people[person].email]
        addresses = _addresses(notice, organisation)
        if addresses:
            yield from self._parts(notice, addresses)
        elif not readers:
            yield _envelope(notice, notice.mail_key(None)), []

    def _parts(self, notice: Notice, addresses: list[str]) -> Iterator[Addressed]:
        """A mail for as many addresses as a transport takes at once; none for those that one was sent to before."""
        key = notice.mail_key(None)
        with Session(self._mailer.database) as session:
            of_notice = col(MailRow.key) == key, col(MailRow.key).startswith(f"{key}/part-", autoescape=True)
            sent = [mail for mail in session.exec(select(MailRow).where(or_(*of_notice))) if mail.state.done]
        had = {address for mail in sent for address in mail.recipients}
        waiting, taken = [address for address in addresses if address not in had], {mail.key for mail in sent}
        free = (part for number in count(1) if (part := _part(key, number)) not in taken)
        for start in range(0, len(waiting), MOST_RECIPIENTS):
            yield _envelope(notice, next(free)), waiting[start : start + MOST_RECIPIENTS]

    def _above(self, notice: Notice, missed: MissedMail, organisation: Organisation) -> tuple[PersonId, ...]:
        team = organisation.team(notice.record.team, notice.record.service)
        above = self._mailer.above(missed.person, team, organisation)
        return (above,) if above else ()


def _envelope(notice: Notice, key: str, reader: PersonId | None = None) -> Envelope:
    item_id = notice.item.id if notice.item else None
    return Envelope(key, notice.kind, reader, notice.at, notice.incident_id, item_id)


def _waiting(notice: Notice, mail: MailRow) -> WaitingMail:
    record = notice.record
    return WaitingMail(
        key=mail.key,
        kind=notice.kind,
        subject=mail.subject.replace(f"[{record.id}] ", "", 1),
        incident_id=notice.incident_id,
        item_id=mail.item_id,
        status=record.status,
        owner=notice.item.owner if notice.item else None,
        deadline=deadline_of(record),
        at=notice.at,
    )


def _addresses(notice: Notice, organisation: Organisation) -> list[str]:
    """The plain ones, each once; none of people who get a mail of their own or unsubscribed.

    Of a private incident they hear what somebody chooses to tell them, and nothing else.
    """
    people, service = organisation.people, organisation.services.get(notice.record.service)
    addresses = [to for to in notice.to if to not in people and "@" in to]
    if notice.record.private and notice.kind is not NoticeKind.STAKEHOLDER_UPDATE:
        return []
    if service and notice.audience and not _customers_in_drill(notice):
        addresses += service.subscribers.get(notice.audience, ())
    unsubscribed = notice.incident.unsubscribed if notice.incident else ()
    others = {people[person].email.lower() for person in (*notice.to, *unsubscribed) if person in people}
    once = {address.lower(): address for address in addresses}
    return [address for lower, address in once.items() if lower not in others]


def _part(key: str, number: int) -> str:
    return key if number == 1 else f"{key}/part-{number}"


def _customers_in_drill(notice: Notice) -> bool:
    return notice.record.drill and notice.audience is Audience.CUSTOMERS


def _nobody(notice: Notice) -> str:
    if _customers_in_drill(notice):
        return "Customers hear nothing of a drill."
    if notice.undelivered:
        return NOBODY_ABOVE
    return (
        "It is for nobody who is in the organisation file and still there; add the person, "
        f"or subscribers to the service {notice.record.service}."
    )
