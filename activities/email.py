"""Sends mails: each notice is one mail, recorded before it is handed over and after.

SendGrid takes no idempotency key. When the first record is there and the second is not, nobody knows whether
the mail went out, and it is sent again: rarely somebody gets it twice, with the same Message-ID so that mail
clients can fold the two, but a mail is never forgotten.
"""

from collections.abc import Callable

from sqlalchemy import Engine, update
from sqlmodel import Session, col
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.mail_transport import MailRefused, MailUnavailable, Transport
from followthrough.domain.departures import as_of
from followthrough.domain.incident import Audience
from followthrough.mail.render import render
from followthrough.organisation import Organisation
from followthrough.store.tables import MailRow, MailState
from workflows.messages import Notice


class Email:
    """Activities that may be retried; a refusal is not, and its message says what to do."""

    def __init__(
        self,
        database: Engine,
        organisation: Callable[[], Organisation],
        transport: Transport,
        public_url: str,
        mail_from: str,
    ) -> None:
        self._database = database
        self._organisation = organisation
        self._transport = transport
        self._public_url = public_url
        self._mail_from = mail_from

    @activity.defn
    def send_notice(self, notice: Notice) -> None:
        """Renders the mail and sends it, unless it was sent before."""
        self.send(self._mail(notice), _nobody(notice))

    def send(self, mail: MailRow, nobody: str) -> None:
        """Sends it unless that was done before; ``nobody`` is what to say when it has no recipients."""
        if not self._queue(mail):
            return
        try:
            if not mail.recipients:
                raise MailRefused(nobody)
            answer = self._transport.send(mail, self._mail_from)
        except MailUnavailable as error:
            raise ApplicationError(str(error), type="MailUnavailable", next_retry_delay=error.retry_after) from None
        except MailRefused as error:
            self._record(mail, MailState.REFUSED, str(error))
            raise ApplicationError(str(error), type="MailRefused", non_retryable=True) from None
        self._record(mail, MailState.SENT, answer)

    def _mail(self, notice: Notice) -> MailRow:
        organisation = self._organisation()
        rendered = render(notice, organisation, self._public_url)
        return MailRow(
            key=notice.key,
            kind=notice.kind,
            incident_id=notice.incident_id,
            item_id=notice.item.id if notice.item else None,
            recipients=_recipients(notice, as_of(organisation, notice.at.date())),
            at=notice.at,
            **rendered._asdict(),
        )

    def _queue(self, mail: MailRow) -> bool:
        """False when it was sent before."""
        with Session(self._database) as session, session.begin():
            earlier = session.get(MailRow, mail.key)
            if earlier is not None and earlier.state is MailState.SENT:
                return False
            if earlier is not None and earlier.state is MailState.QUEUED:
                activity.logger.warning("Nobody knows whether mail %s went out; it is sent again.", mail.key)
            session.merge(mail)
        return True

    def _record(self, mail: MailRow, state: MailState, answer: str) -> None:
        with Session(self._database) as session, session.begin():
            session.execute(update(MailRow).where(col(MailRow.key) == mail.key).values(state=state, answer=answer))


def _recipients(notice: Notice, organisation: Organisation) -> list[str]:
    """Addresses, each once; none of people who are not in the organisation file any more."""
    people, service = organisation.people, organisation.services.get(notice.record.service)
    addresses = [people[to].email if to in people else to for to in notice.to if to in people or "@" in to]
    if service and notice.audience and not _customers_in_drill(notice):
        unsubscribed = notice.incident.unsubscribed if notice.incident else ()
        unwanted = {people[person].email for person in unsubscribed if person in people}
        addresses += [address for address in service.subscribers.get(notice.audience, ()) if address not in unwanted]
    return list(dict.fromkeys(addresses))


def _customers_in_drill(notice: Notice) -> bool:
    return notice.record.drill and notice.audience is Audience.CUSTOMERS


def _nobody(notice: Notice) -> str:
    if _customers_in_drill(notice):
        return "Customers hear nothing of a drill."
    return (
        "It is for nobody who is in the organisation file and still there; add the person, "
        f"or subscribers to the service {notice.record.service}."
    )
