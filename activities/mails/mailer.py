"""Hands mails over, each once: it is recorded before that and after.

SendGrid takes no idempotency key. When the first record is there and the second is not, nobody knows whether
the mail went out, and it is sent again: rarely somebody gets it twice, with the same Message-ID so that mail
clients can fold the two, but a mail is never forgotten.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from traceback import extract_tb
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from opentelemetry import trace
from pydantic import BaseModel
from sqlalchemy import Engine, bindparam, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.mails.transport import Transport
from activities.vendors import VendorRefused, VendorUnavailable, failure
from followthrough.domain.answered.mail.above import next_above
from followthrough.domain.answered.organisation.organisation import Organisation, Team
from followthrough.domain.answered.wording import without_addresses
from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.domain.replayed.text import LABEL, REASON, cut, one_line
from followthrough.domain.replayed.values import PersonId
from followthrough.links import Links
from followthrough.mail.render import Rendered
from followthrough.mail.unsubscribe import unsubscribe_url
from followthrough.metrics import MAILS, MailOutcome
from followthrough.store.database import upsert_for
from followthrough.store.mail_problems import people_without_mail
from followthrough.store.tables import MailAttachmentRow, MailRow, MailState
from workflows.messages.mail import Asked, MissedMail

tracer = trace.get_tracer("followthrough")

AT_ONCE = timedelta(seconds=1)
NOBODY_ABOVE = "There is nobody above whom a mail reaches; correct the addresses in the organisation file."
TOO_LATE = "It was not sent: when it could be, what it asks for was over, or a newer one asked for it."
WHOLE = (selectinload(MailRow.attachments),)  # type: ignore[arg-type]  # SQLModel types a relationship as its value
"""Option to read mails with their attachments."""


class Envelope(NamedTuple):
    """What is known of a mail before it is made; ``person`` is None when it is for plain addresses."""

    key: str
    kind: str
    person: PersonId | None
    at: datetime
    incident_id: str | None = None
    item_id: str | None = None

    def mail(self, rendered: Rendered, recipients: list[str]) -> MailRow:
        """What was made, to these addresses."""
        return MailRow(**self._asdict(), **rendered._asdict(), recipients=recipients)

    def to_person(self, rendered: Rendered, organisation: Organisation) -> MailRow:
        """Without recipients when that is nobody in the organisation file."""
        known = organisation.people.get(self.person or "")
        return self.mail(rendered, [known.email] if known else [])


class Mailer:
    """What all activities have that send mails: what mails are made of, and the one way out."""

    def __init__(
        self,
        database: Engine,
        organisation: Callable[[], Organisation],
        transport: Transport,
        public_url: str,
        links: Links,
        mail_from: str,
    ) -> None:
        self.database = database
        self.organisation = organisation
        self.public_url = public_url
        self.links = links
        self._transport = transport
        self._mail_from = mail_from

    @contextmanager
    def making(self, asked: BaseModel, envelope: Envelope) -> Iterator[None]:
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
            mail = envelope.mail(Rendered(f"{envelope.kind} ({envelope.key})", "", "", {}), [])
            mail.state = MailState.SET_ASIDE
            request = Asked(activity=activity.info().activity_type, argument=asked.model_dump(mode="json"))
            raise self._set_aside(mail, why, request) from None

    def send(self, mail: MailRow, nobody: str, *, waited: timedelta = timedelta(0)) -> None:
        """Sends it unless that was done before; ``nobody`` is what to say when it has no recipients.

        It is set aside when it can't be handed over for too long, with what it ``waited`` before this was asked for.
        Raises ApplicationError; when the mail is to a person and refused or set aside, with the ``MissedMail`` as a
        detail.
        """
        if activity.is_worker_shutdown():
            raise ApplicationError(
                "The worker stops; another one sends it.",
                type="Stopping",
                next_retry_delay=AT_ONCE,
                category=ApplicationErrorCategory.BENIGN,
            )
        with activity.shield_thread_cancel_exception(), tracer.start_as_current_span(f"mail {mail.kind}"):
            self._hand_over(mail, nobody, waited)

    def leave_out(self, mail: MailRow) -> None:
        """It asks for nothing any more, and is kept in the outbox; nothing happens to one that was sent before."""
        mail.answer = TOO_LATE
        self._write(mail, MailState.UNNEEDED)

    def sent_in(self, key: str) -> None:
        """What was gathered into the mail with this key was sent with it."""
        gathered = (col(MailRow.sent_in) == key, col(MailRow.state) == MailState.GATHERED)
        with Session(self.database) as session, session.begin():
            session.execute(update(MailRow).where(*gathered).values(state=MailState.SENT))

    def unsubscribe_url(self, kind: DigestKind, person: PersonId) -> str:
        """The link of a digest."""
        return unsubscribe_url(kind, person, self.public_url, self.links)

    def above(self, person: PersonId | None, team: Team, organisation: Organisation) -> PersonId | None:
        """Who hears instead when a mail did not arrive; None when nobody is left."""
        with Session(self.database) as session:
            return next_above(person, team, organisation, people_without_mail(session, organisation))

    def _hand_over(self, mail: MailRow, nobody: str, waited: timedelta) -> None:
        """Also when the worker is told to stop, until what came of it is recorded."""
        if not self._queue(mail):
            return
        try:
            if not mail.recipients:
                raise VendorRefused(nobody)
            answer = self._transport.send(mail, self._mail_from)
        except VendorUnavailable as error:
            waited += tried_for()
            if waited >= self.organisation().policies.mails.set_aside_after:
                raise self._set_aside(mail, str(error)) from None
            MAILS.labels(MailOutcome.UNAVAILABLE).inc()
            raise failure(error, "Mail") from None
        except VendorRefused as error:
            self._record(mail, MailState.REFUSED, str(error))
            MAILS.labels(MailOutcome.REFUSED).inc()
            raise failure(error, "Mail", *_missed(mail, str(error))) from None
        self._record(mail, MailState.SENT, answer)
        MAILS.labels(MailOutcome.SENT).inc()

    def _set_aside(self, mail: MailRow, why: str, request: Asked | None = None) -> ApplicationError:
        """To be raised; nothing happens to one that was sent before."""
        if self._queue(mail):
            with Session(self.database) as session, session.begin():
                session.execute(
                    update(MailRow)
                    .where(col(MailRow.key) == mail.key)
                    .values(state=MailState.SET_ASIDE, answer=why, request=request and request.model_dump(mode="json"))
                )
            MAILS.labels(MailOutcome.SET_ASIDE).inc()
        return ApplicationError(why, *_missed(mail, why), type="MailSetAside", non_retryable=True)

    def _queue(self, mail: MailRow) -> bool:
        """False when it was sent before."""
        earlier = self._write(mail, MailState.QUEUED)
        if earlier is MailState.QUEUED:
            activity.logger.warning("Nobody knows whether mail %s went out; it is sent again.", mail.key)
        return earlier is None or not earlier.done

    def _write(self, mail: MailRow, state: MailState) -> MailState | None:
        """Unless it went out, or need not: gives the state that it had."""
        with self.database.begin() as connection:
            earlier: MailState | None = connection.execute(_STATE, {"of": mail.key}).scalar()
            if earlier is not None and earlier.done:
                return earlier
            mail.state, mail.reference = state, uuid5(NAMESPACE_URL, mail.key).hex
            connection.execute(upsert_for(self.database.dialect.name, MailRow), mail.model_dump())
            if files := [{**file.model_dump(), "mail_key": mail.key} for file in mail.attachments]:
                connection.execute(upsert_for(self.database.dialect.name, MailAttachmentRow), files)
        return earlier

    def _record(self, mail: MailRow, state: MailState, answer: str) -> None:
        with self.database.begin() as connection:
            connection.execute(_CAME_OF_IT, {"of": mail.key, "now": state, "says": answer})


_STATE = select(col(MailRow.state)).where(MailRow.key == bindparam("of"))
_CAME_OF_IT = (
    update(MailRow)
    .where(col(MailRow.key) == bindparam("of"), col(MailRow.state) == MailState.QUEUED)
    .values(state=bindparam("now"), answer=bindparam("says"))
)


def tried_for() -> timedelta:
    """How long the activity that asks has been tried."""
    info = activity.info()
    return info.current_attempt_scheduled_time - info.scheduled_time


def missed_mail(mail: MailRow, reason: str) -> MissedMail:
    """The mail, as those hear of it who have to find another way."""
    return MissedMail(
        key=mail.key,
        kind=mail.kind,
        subject=mail.subject,
        person=mail.person,
        reason=cut(reason, REASON),
        record_id=mail.item_id or mail.incident_id,
    )


def _missed(mail: MailRow, why: str) -> list[MissedMail]:
    """Of a mail to a person; nobody can be found above plain addresses."""
    return [missed_mail(mail, why)] if mail.person else []
