"""Sends what waited for a person, in one mail."""

from collections.abc import Sequence

from sqlmodel import Session, col, select
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.mails.mailer import WHOLE, Envelope, Mailer, tried_for
from followthrough.domain.answered.access.privacy import title_for_all
from followthrough.domain.answered.mail.daily import overtaken, said_discreetly
from followthrough.domain.answered.mail.times import quiet_until
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.mail.waiting import WaitingMail
from followthrough.domain.replayed.values import PersonId
from followthrough.mail.render import render_daily
from followthrough.store import queries
from followthrough.store.privacy import sees
from followthrough.store.tables import MailRow, MailState
from workflows.messages.mail import DailyMail

NOBODY = "It is for somebody who is not in the organisation file any more."


class Daily:
    """An activity that may be repeated: what was sent, or is not needed any more, is left out."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    @activity.defn
    def send_daily(self, daily: DailyMail) -> None:
        """Never in quiet hours. One mail that waited alone is sent as it is."""
        organisation = as_of(self._mailer.organisation(), daily.at.date())
        _leave_in_peace(daily, organisation)
        envelope = Envelope(daily.key, "daily", daily.person, daily.at)
        with (
            self._mailer.making(daily, envelope),
            Session(self._mailer.database, expire_on_commit=False) as session,
            session.begin(),
        ):
            mail = earlier = session.get(MailRow, daily.key, options=WHOLE)
            if earlier is None or earlier.request is not None:
                mail = self._mail(session, daily, envelope, organisation)
                if earlier is not None and (mail is None or mail.key != daily.key):
                    earlier.state = MailState.UNNEEDED
        if mail is not None:
            self._mailer.send(mail, NOBODY)
            self._mailer.sent_in(daily.key)

    def _mail(
        self, session: Session, daily: DailyMail, envelope: Envelope, organisation: Organisation
    ) -> MailRow | None:
        """None when nothing is owed."""
        keys = [mail.key for mail in daily.mails]
        rows = {row.key: row for row in session.exec(select(MailRow).where(col(MailRow.key).in_(keys)).options(*WHOLE))}
        items = queries.items_named(session, [mail.item_id for mail in daily.mails if mail.item_id])
        owed, hidden = [], set[str]()
        for mail in daily.mails:
            row = rows.get(mail.key)
            about = items.get(mail.item_id) if mail.item_id else queries.incident(session, mail.incident_id)
            if row is not None and row.state.done:
                continue
            if about is None or not overtaken(mail, about):
                if about is not None and not sees(session, about.id, daily.person):
                    hidden.add(mail.key)
                owed.append(said_discreetly(mail) if mail.key in hidden else mail)
            elif row is not None:
                row.state = MailState.UNNEEDED
        if len(owed) == 1 and owed[0].key in rows and owed[0].key not in hidden:
            return rows[owed[0].key]
        for mail in owed:
            if mail.key in rows:
                rows[mail.key].sent_in = daily.key
        if not owed:
            return None
        titles = _titles(session, owed, daily.person)
        rendered = render_daily(daily, owed, titles, organisation, self._mailer.public_url, self._mailer.links)
        return envelope.to_person(rendered, organisation)


def _titles(session: Session, mails: Sequence[WaitingMail], reader: PersonId) -> dict[str, str]:
    incidents = [queries.incident(session, incident) for incident in {mail.incident_id for mail in mails}]
    return {
        incident.id: incident.title if sees(session, incident.id, reader) else title_for_all(incident)
        for incident in incidents
        if incident
    }


def _leave_in_peace(daily: DailyMail, organisation: Organisation) -> None:
    """Raises ApplicationError to be called again when the quiet hours are over."""
    now = daily.at + tried_for()
    if daily.person in organisation.people and (until := quiet_until(now, daily.person, organisation)):
        raise ApplicationError(
            "In quiet hours it is not sent.",
            type="QuietHours",
            next_retry_delay=until - now,
            category=ApplicationErrorCategory.BENIGN,
        )
