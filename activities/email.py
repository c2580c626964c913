"""Sends mails: each person gets one of their own, recorded before it is handed over and after, or put in their inbox.

SendGrid takes no idempotency key. When the first record is there and the second is not, nobody knows whether
the mail went out, and it is sent again: rarely somebody gets it twice, with the same Message-ID so that mail
clients can fold the two, but a mail is never forgotten.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from traceback import extract_tb
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel
from sqlalchemy import Engine, bindparam, or_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.mail_transport import MOST_RECIPIENTS, Transport
from activities.vendors import VendorRefused, VendorUnavailable, failure
from followthrough.domain.daily import deadline_of
from followthrough.domain.departures import as_of
from followthrough.domain.incident import Audience
from followthrough.domain.mail_times import gather_time
from followthrough.domain.text import cut, one_line
from followthrough.domain.undelivered import next_above
from followthrough.domain.values import PersonId
from followthrough.domain.waiting_mail import WaitingMail
from followthrough.links import Links
from followthrough.mail.render import Rendered, render
from followthrough.organisation import Organisation
from followthrough.store.bounces import unreachable_people
from followthrough.store.database import upsert_for
from followthrough.store.tables import MailAttachmentRow, MailRow, MailState
from followthrough.wording import without_addresses
from workflows.mail_messages import Asked, PutInInbox, Undelivered
from workflows.messages import Notice

AT_ONCE = timedelta(seconds=1)


class Address(NamedTuple):
    """A mail's key, who reads it, and where it goes; nobody reads one to plain addresses."""

    key: str
    reader: PersonId | None
    recipients: list[str]


NOBODY_ABOVE = "There is nobody above whom a mail reaches; correct the addresses in the organisation file."


class Email:
    """Activities that may be retried; a refusal is not, and its message says what to do."""

    def __init__(
        self,
        database: Engine,
        organisation: Callable[[], Organisation],
        transport: Transport,
        public_url: str,
        links: Links,
        mail_from: str,
        put_in_inbox: Callable[[PersonId, PutInInbox], None],
    ) -> None:
        self._database = database
        self._organisation = organisation
        self._transport = transport
        self._public_url = public_url
        self._links = links
        self._mail_from = mail_from
        self._put_in_inbox = put_in_inbox

    @activity.defn
    def send_notice(self, notice: Notice) -> None:
        """Sends each person a mail and all plain addresses one; a mail that was sent before is not sent again.

        What can wait is put in the person's inbox. All are tried before an error is raised, whose details are the
        mails to people that were refused.
        """
        organisation = as_of(self._organisation(), notice.at.date())
        errors: list[ApplicationError] = []
        for address in self._addressed(notice, organisation):
            try:
                self._send(notice, address, organisation)
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
        with Session(self._database) as session:
            mail = session.get(MailRow, key)
            return Asked.model_validate(mail.request) if mail is not None and mail.request is not None else None

    @activity.defn
    def send_again(self, key: str) -> None:
        """A mail that was made and set aside. Raises ApplicationError when it is set aside again."""
        with Session(self._database, expire_on_commit=False) as session:
            mail = session.get(MailRow, key, options=(selectinload(MailRow.attachments),))  # type: ignore[arg-type]  # SQLModel types a relationship as its value
        if mail is not None:
            self.send(mail, "It has no recipients.", waited=self._organisation().policies.mails.set_aside_after)
            with Session(self._database) as session, session.begin():
                gathered = (col(MailRow.sent_in) == key, col(MailRow.state) == MailState.GATHERED)
                session.execute(update(MailRow).where(*gathered).values(state=MailState.SENT))

    @contextmanager
    def making(
        self,
        asked: BaseModel,
        *,
        key: str,
        kind: str,
        person: PersonId | None,
        at: datetime,
        incident_id: str | None = None,
        item_id: str | None = None,
    ) -> Iterator[None]:
        """Trying again does not mend what can't be made: it is set aside with what ``asked`` for it.

        Raises ApplicationError then.
        """
        try:
            yield
        except (SQLAlchemyError, ApplicationError):
            raise
        except Exception as error:
            place = extract_tb(error.__traceback__)[-1]
            words = without_addresses(cut(one_line(str(error)), LABEL))
            why = (
                f"It can't be made: {type(error).__name__} in {Path(place.filename).name}, line {place.lineno}: {words}"
            )
            mail = MailRow(
                key=key,
                kind=kind,
                person=person,
                recipients=[],
                subject=f"{kind} ({key})",
                text="",
                html="",
                headers={},
                at=at,
                state=MailState.SET_ASIDE,
                incident_id=incident_id,
                item_id=item_id,
            )
            request = Asked(activity=activity.info().activity_type, argument=asked.model_dump(mode="json"))
            raise self._set_aside(mail, why, request) from None

    def send(self, mail: MailRow, nobody: str, *, waited: timedelta = timedelta(0)) -> None:
        """Sends it unless that was done before; ``nobody`` is what to say when it has no recipients.

        It is set aside when it can't be handed over for too long, with what it ``waited`` before this was asked for.
        Raises ApplicationError; when the mail is to a person and refused or set aside, with the ``Undelivered`` as a
        detail.
        """
        if activity.is_worker_shutdown():
            raise ApplicationError("The worker stops; another one sends it.", type="Stopping", next_retry_delay=AT_ONCE)
        with activity.shield_thread_cancel_exception():
            self._hand_over(mail, nobody, waited)

    def _hand_over(self, mail: MailRow, nobody: str, waited: timedelta) -> None:
        """Also when the worker is told to stop, until what came of it is recorded."""
        if not self._queue(mail):
            return
        try:
            if not mail.recipients:
                raise VendorRefused(nobody)
            answer = self._transport.send(mail, self._mail_from)
        except VendorUnavailable as error:
            info = activity.info()
            waited += info.current_attempt_scheduled_time - info.scheduled_time
            if waited >= self._organisation().policies.mails.set_aside_after:
                raise self._set_aside(mail, str(error)) from None
            raise failure(error, "Mail") from None
        except VendorRefused as error:
            self._record(mail, MailState.REFUSED, str(error))
            raise failure(error, "Mail", *_missed(mail, str(error))) from None
        self._record(mail, MailState.SENT, answer)

    def _send(self, notice: Notice, address: Address, organisation: Organisation) -> None:
        """Unless it can wait for the reader's daily mail."""
        key, reader, _ = address
        with self.making(
            notice,
            key=key,
            kind=notice.kind,
            person=reader,
            at=notice.at,
            incident_id=notice.incident_id,
            item_id=notice.item.id if notice.item else None,
        ):
            mail = self._mail(notice, organisation, address)
        kind = notice.undelivered.kind if notice.undelivered else notice.kind
        if reader is None or kind in organisation.policies.mails.urgent:
            self.send(mail, _nobody(notice), waited=notice.waited)
        else:
            self._gather(notice, mail, reader, organisation)

    def _set_aside(self, mail: MailRow, why: str, request: Asked | None = None) -> ApplicationError:
        """To be raised; nothing happens to one that was sent before."""
        if self._queue(mail):
            with Session(self._database) as session, session.begin():
                session.execute(
                    update(MailRow)
                    .where(col(MailRow.key) == mail.key)
                    .values(state=MailState.SET_ASIDE, answer=why, request=request and request.model_dump(mode="json"))
                )
        return ApplicationError(why, *_missed(mail, why), type="MailSetAside", non_retryable=True)

    def _gather(self, notice: Notice, mail: MailRow, reader: PersonId, organisation: Organisation) -> None:
        """As of now, or of the notice when that is later: then its workflow was fast-forwarded."""
        with Session(self._database) as session, session.begin():
            earlier = session.get(MailRow, mail.key)
            if earlier is not None and earlier.state.done:
                return
            if earlier is None:
                mail.state = MailState.GATHERED
                session.merge(mail)
        now = max(notice.at, datetime.now(UTC))
        due = gather_time(now, reader, organisation)
        self._put_in_inbox(reader, PutInInbox(mail=_waiting(notice, mail), due=due, wait=due - now))

    def _addressed(self, notice: Notice, organisation: Organisation) -> Iterator[Address]:
        """Not to people who are not in the organisation file any more; one to nobody when there is nobody else."""
        to = self._above(notice, notice.undelivered, organisation) if notice.undelivered else notice.to
        readers = [person for person in dict.fromkeys(to) if person in organisation.people]
        for person in readers:
            yield Address(notice.mail_key(person), person, [organisation.people[person].email])
        addresses = _addresses(notice, organisation)
        if addresses:
            yield from self._parts(notice, addresses)
        elif not readers:
            yield Address(notice.mail_key(None), None, [])

    def _parts(self, notice: Notice, addresses: list[str]) -> Iterator[Address]:
        """A mail for as many addresses as a transport takes at once; none for those that one was sent to before."""
        key = notice.mail_key(None)
        with Session(self._database) as session:
            of_notice = col(MailRow.key) == key, col(MailRow.key).startswith(f"{key}/part-", autoescape=True)
            sent = [mail for mail in session.exec(select(MailRow).where(or_(*of_notice))) if mail.state.done]
        had = {address for mail in sent for address in mail.recipients}
        waiting, taken = [address for address in addresses if address not in had], {mail.key for mail in sent}
        free = (part for number in count(1) if (part := _part(key, number)) not in taken)
        for start in range(0, len(waiting), MOST_RECIPIENTS):
            yield Address(next(free), None, waiting[start : start + MOST_RECIPIENTS])

    def _above(self, notice: Notice, missed: Undelivered, organisation: Organisation) -> tuple[PersonId, ...]:
        team = organisation.team(notice.record.team, notice.record.service)
        with Session(self._database) as session:
            above = next_above(missed.person, team, organisation, unreachable_people(session, organisation))
        return (above,) if above else ()

    def _mail(self, notice: Notice, organisation: Organisation, address: Address) -> MailRow:
        return MailRow(
            key=address.key,
            kind=notice.kind,
            incident_id=notice.incident_id,
            item_id=notice.item.id if notice.item else None,
            person=address.reader,
            recipients=address.recipients,
            at=notice.at,
            **render(notice, organisation, self._public_url, self._links, address.reader)._asdict(),
        )

    def _queue(self, mail: MailRow) -> bool:
        """False when it was sent before."""
        with self._database.begin() as connection:
            earlier = connection.execute(_STATE, {"of": mail.key}).scalar()
            if earlier is not None and earlier.done:
                return False
            if earlier is MailState.QUEUED:
                activity.logger.warning("Nobody knows whether mail %s went out; it is sent again.", mail.key)
            mail.state, mail.reference = MailState.QUEUED, uuid5(NAMESPACE_URL, mail.key).hex
            connection.execute(upsert_for(self._database.dialect.name, MailRow), mail.model_dump())
            if files := [{**file.model_dump(), "mail_key": mail.key} for file in mail.attachments]:
                connection.execute(upsert_for(self._database.dialect.name, MailAttachmentRow), files)
        return True

    def _record(self, mail: MailRow, state: MailState, answer: str) -> None:
        with self._database.begin() as connection:
            connection.execute(_CAME_OF_IT, {"of": mail.key, "now": state, "says": answer})


_STATE = select(col(MailRow.state)).where(MailRow.key == bindparam("of"))
_CAME_OF_IT = (
    update(MailRow)
    .where(col(MailRow.key) == bindparam("of"), col(MailRow.state) == MailState.QUEUED)
    .values(state=bindparam("now"), answer=bindparam("says"))
)


def _missed(mail: MailRow, why: str) -> list[Undelivered]:
    """Of a mail to a person; nobody can be found above plain addresses."""
    return [undelivered(mail, why)] if mail.person else []


def mail_to(
    person: PersonId | None, organisation: Organisation, rendered: Rendered, *, key: str, kind: str, at: datetime
) -> MailRow:
    """Without recipients when that is nobody in the organisation file."""
    return MailRow(
        key=key,
        kind=kind,
        person=person,
        recipients=[organisation.people[person].email] if person in organisation.people else [],
        at=at,
        **rendered._asdict(),
    )


def undelivered(mail: MailRow, reason: str) -> Undelivered:
    """The mail, as those hear of it who have to find another way."""
    return Undelivered(
        key=mail.key,
        kind=mail.kind,
        subject=mail.subject,
        person=mail.person,
        reason=cut(reason, REASON),
        record_id=mail.item_id or mail.incident_id,
    )


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
    """The plain ones, each once; none of people who get a mail of their own or unsubscribed."""
    people, service = organisation.people, organisation.services.get(notice.record.service)
    addresses = [to for to in notice.to if to not in people and "@" in to]
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
