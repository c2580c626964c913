"""The weekly and the monthly digest: for whom they are, and each mail, read and sent in one step."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.mails.mailer import Envelope, Mailer
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.digest import Month, monthly_due
from followthrough.domain.answered.report.weekly import weekly_mails
from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.domain.replayed.report.mails import MonthlyMail, WeeklyMail
from followthrough.domain.replayed.values import PersonId
from followthrough.mail.charts import attached, charts
from followthrough.mail.render import render_digest, render_weekly
from followthrough.store.monthly import read_digest
from followthrough.store.subscriptions import wants
from followthrough.store.weekly import read_weekly_digest

NOBODY = "The digest is for nobody: name recipients under policies.digest in the organisation file."


class Digests:
    """Activities that may be repeated: a month or a week has one mail for each reader."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    @activity.defn
    def plan_weekly(self, at: datetime) -> list[WeeklyMail]:
        """For all who manage somebody or lead a team, with the time when each is sent."""
        return weekly_mails(as_of(self._mailer.organisation(), at.date()), at)

    @activity.defn
    def plan_monthly(self, at: datetime) -> list[MonthlyMail]:
        """To those whom the organisation file names, or else to those without a manager; about the month before.

        Each with the time when it is sent. Raises ApplicationError when that is nobody.
        """
        organisation = self._mailer.organisation()
        policies, people = organisation.policies.digest, as_of(organisation, at.date()).people
        due = monthly_due(at, policies)
        month = Month.before(due.astimezone(ZoneInfo(policies.time_zone)).replace(tzinfo=UTC))
        to = policies.recipients or [key for key in people if people[key].manager is None]
        mails = [MonthlyMail(person=key, month=str(month), at=due) for key in to if key in people]
        if not mails:
            raise ApplicationError(NOBODY, non_retryable=True)
        return mails

    @activity.defn
    def send_weekly(self, mail: WeeklyMail) -> None:
        """To one manager who wants it; nothing when there is nothing to say."""
        organisation = as_of(self._mailer.organisation(), mail.at.date())
        if not self._wanted(DigestKind.WEEKLY, mail.person, organisation):
            return
        envelope = Envelope(mail.key, DigestKind.WEEKLY, mail.person, mail.at)
        with self._mailer.making(mail, envelope):
            with Session(self._mailer.database) as session:
                digest = read_weekly_digest(session, mail, organisation)
            unsubscribe = self._mailer.unsubscribe_url(DigestKind.WEEKLY, mail.person)
            rendered = render_weekly(digest, organisation, self._mailer.public_url, unsubscribe, self._mailer.links)
        if not digest.empty:
            self._mailer.send(envelope.to_person(rendered, organisation), NOBODY)

    @activity.defn
    def send_monthly(self, mail: MonthlyMail) -> None:
        """To one reader who wants it, with the charts."""
        organisation = self._mailer.organisation()
        if not self._wanted(DigestKind.MONTHLY, mail.person, as_of(organisation, mail.at.date())):
            return
        envelope = Envelope(mail.key, DigestKind.MONTHLY, mail.person, mail.at)
        with self._mailer.making(mail, envelope):
            with Session(self._mailer.database) as session:
                digest = read_digest(session, Month.parse(mail.month), organisation, mail.at)
            unsubscribe = self._mailer.unsubscribe_url(DigestKind.MONTHLY, mail.person)
            rendered = render_digest(digest, organisation, self._mailer.public_url, mail.person, unsubscribe)
            row = envelope.to_person(rendered, organisation)
            row.attachments = [attached(chart) for chart in charts(digest)]
        self._mailer.send(row, NOBODY)

    def _wanted(self, kind: DigestKind, person: PersonId, organisation: Organisation) -> bool:
        with Session(self._mailer.database) as session:
            return person in organisation.people and wants(session, person, kind)
