"""Sends what waited for a person, in one mail."""

from collections.abc import Callable, Sequence

from sqlalchemy import Engine, update
from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.email import Email, mail_to
from followthrough.domain.daily import overtaken
from followthrough.domain.departures import as_of
from followthrough.domain.mail_times import quiet_until
from followthrough.domain.waiting_mail import WaitingMail
from followthrough.links import Links
from followthrough.mail.render import render_daily
from followthrough.organisation import Organisation
from followthrough.store import queries
from followthrough.store.tables import MailRow, MailState
from workflows.mail_messages import DailyMail

WHOLE = (selectinload(MailRow.attachments),)  # type: ignore[arg-type]  # SQLModel types a relationship as its value
NOBODY = "It is for somebody who is not in the organisation file any more."


class Daily:
    """An activity that may be repeated: what was sent, or is not needed any more, is left out."""

    def __init__(
        self, database: Engine, organisation: Callable[[], Organisation], email: Email, public_url: str, links: Links
    ) -> None:
        self._database = database
        self._organisation = organisation
        self._email = email
        self._public_url = public_url
        self._links = links

    @activity.defn
    def send_daily(self, daily: DailyMail) -> None:
        """Never in quiet hours. One mail that waited alone is sent as it is."""
        organisation = as_of(self._organisation(), daily.at.date())
        _leave_in_peace(daily, organisation)
        with (
            self._email.making(daily, key=daily.key, kind="daily", person=daily.person, at=daily.at),
            Session(self._database, expire_on_commit=False) as session,
            session.begin(),
        ):
            mail = earlier = session.get(MailRow, daily.key, options=WHOLE)
            if earlier is None or earlier.request is not None:
                mail = self._mail(session, daily, organisation)
                if earlier is not None and (mail is None or mail.key != daily.key):
                    earlier.state = MailState.UNNEEDED
        if mail is not None:
            self._email.send(mail, NOBODY)
            self._sent_in(daily.key)

    def _mail(self, session: Session, daily: DailyMail, organisation: Organisation) -> MailRow | None:
        """None when nothing is owed."""
        keys = [mail.key for mail in daily.mails]
        rows = {row.key: row for row in session.exec(select(MailRow).where(col(MailRow.key).in_(keys)).options(*WHOLE))}
        items = queries.items_named(session, [mail.item_id for mail in daily.mails if mail.item_id])
        owed = []
        for mail in daily.mails:
            row = rows.get(mail.key)
            about = items.get(mail.item_id) if mail.item_id else queries.incident(session, mail.incident_id)
            if row is not None and row.state.done:
                continue
            if about is None or not overtaken(mail, about):
                owed.append(mail)
            elif row is not None:
                row.state = MailState.UNNEEDED
        if len(owed) == 1 and owed[0].key in rows:
            return rows[owed[0].key]
        for mail in owed:
            if mail.key in rows:
                rows[mail.key].sent_in = daily.key
        return self._together(session, daily, owed, organisation) if owed else None

    def _together(
        self, session: Session, daily: DailyMail, mails: Sequence[WaitingMail], organisation: Organisation
    ) -> MailRow:
        incidents = [queries.incident(session, incident) for incident in {mail.incident_id for mail in mails}]
        titles = {incident.id: incident.title for incident in incidents if incident}
        rendered = render_daily(daily, mails, titles, organisation, self._public_url, self._links)
        return mail_to(daily.person, organisation, rendered, key=daily.key, kind="daily", at=daily.at)

    def _sent_in(self, key: str) -> None:
        with Session(self._database) as session, session.begin():
            waited = (col(MailRow.sent_in) == key, col(MailRow.state) == MailState.GATHERED)
            session.execute(update(MailRow).where(*waited).values(state=MailState.SENT))


def _leave_in_peace(daily: DailyMail, organisation: Organisation) -> None:
    """Raises ApplicationError to be called again when the quiet hours are over."""
    info = activity.info()
    now = daily.at + (info.current_attempt_scheduled_time - info.scheduled_time)
    if daily.person in organisation.people and (until := quiet_until(now, daily.person, organisation)):
        raise ApplicationError("In quiet hours it is not sent.", type="QuietHours", next_retry_delay=until - now)
