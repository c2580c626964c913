"""A daily mail that can't be made waits, with what it gathered, until it can."""

import pytest
from jinja2 import UndefinedError
from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.mails.daily import Daily
from activities.mails.problems import MailProblems
from activities.read_model import ReadModel
from followthrough.domain.answered.organisation.policies import Policies
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.store.tables import MailRow, MailState
from tests.activities.mails.test_email import Post
from tests.notices import ORGANISATION, notice
from tests.records import NOW, incident, item
from workflows.messages.mail import DailyMail, MailProblem


def test_a_daily_mail_that_can_not_be_made_keeps_what_it_gathered(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post(database)
    post.organisation = ORGANISATION.model_copy(update={"policies": Policies()})
    read_model = ReadModel(database)
    read_model.project_incident(incident())
    for number in (1, 2):
        read_model.project_item(item(number))
    post.send()
    post.send(notice(NoticeKind.ITEM_TO_PLAN, key="second"))
    waiting = tuple(put.mail for put in post.inbox)
    daily = Daily(post.mailer)
    wanted = DailyMail(key="daily/ana/1", person="ana", mails=waiting, at=NOW)

    def broken(*_given: object) -> None:
        raise UndefinedError("'first' is undefined")

    def states() -> list[MailState]:
        with Session(database) as session:
            return [session.get_one(MailRow, key).state for key in (wanted.key, *(mail.key for mail in waiting))]

    with monkeypatch.context() as patched:
        patched.setattr("activities.mails.daily.render_daily", broken)
        with pytest.raises(ApplicationError, match="can't be made"):
            ActivityEnvironment().run(daily.send_daily, wanted)
    problems = MailProblems(post.mailer)
    ActivityEnvironment().run(problems.record_problem, MailProblem(key=wanted.key, reason="not made", at=NOW))
    assert states() == [MailState.SET_ASIDE, MailState.GATHERED, MailState.GATHERED]
    asked = ActivityEnvironment().run(post.email.asked_for, wanted.key)
    assert asked is not None
    ActivityEnvironment().run(daily.send_daily, DailyMail.model_validate(asked.argument))
    assert states() == [MailState.SENT] * 3
