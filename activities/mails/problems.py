"""Mails that did not arrive: recorded, and told to who is next above."""

from sqlmodel import Session, col, select
from temporalio import activity

from activities.mails.mailer import NOBODY_ABOVE, Envelope, Mailer, missed_mail
from followthrough.domain.answered.access.privacy import NOBODY
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.replayed.ids import incident_of, is_item
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.mail.render import render_mail_problem
from followthrough.store.mail_problems import record_problem_address
from followthrough.store.privacy import sees
from followthrough.store.tables import MailRow, MailState
from workflows.messages.mail import MailProblem, MissedMail


class MailProblems:
    """Activities that may be repeated."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    @activity.defn
    def record_problem(self, problem: MailProblem) -> list[MissedMail]:
        """What has to be told in another way: the mail, or those of which it is the daily one."""
        with Session(self._mailer.database) as session, session.begin():
            if problem.address is not None:
                record_problem_address(session, problem.address, problem.reason, problem.at)
            of_daily = session.exec(select(MailRow).where(col(MailRow.sent_in) == problem.key)).all()
            mail = session.get(MailRow, problem.key)
            if mail is None:
                activity.logger.warning("There is no mail %s that could have bounced.", problem.key)
                return []
            for row in (mail, *of_daily) if mail.state is not MailState.SET_ASIDE else ():
                if row.state is not MailState.REFUSED:
                    row.state, row.answer = MailState.BOUNCED, problem.reason
            return [missed_mail(row, problem.reason) for row in of_daily or [mail]]

    @activity.defn
    def tell_above(self, missed: MissedMail) -> None:
        """Of a digest, or when what the mail was about has ended."""
        now = activity.info().scheduled_time
        organisation = as_of(self._mailer.organisation(), now.date())
        team = organisation.team_with(missed.person or "", next(iter(organisation.teams.values())))
        above = self._mailer.above(missed.person, team, organisation)
        about = missed.record_id or ""
        envelope = Envelope(
            f"{missed.key}/undelivered",
            NoticeKind.UNDELIVERED,
            above,
            now,
            incident_id=incident_of(about) if about else None,
            item_id=about if is_item(about) else None,
        )
        with Session(self._mailer.database) as session:
            if missed.record_id is not None and not sees(session, missed.record_id, above or NOBODY):
                missed = missed.model_copy(update={"subject": missed.kind.replace("-", " ")})
        with self._mailer.making(missed, envelope):
            rendered = render_mail_problem(missed, organisation, self._mailer.public_url)
        self._mailer.send(envelope.to_person(rendered, organisation), NOBODY_ABOVE)
