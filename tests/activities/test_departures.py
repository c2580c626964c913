"""Those who left are neither asked nor written to."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.mails.email import Email
from activities.schedule import Schedule
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.store.tables import MailRow
from tests.notices import mailer
from tests.records import NOW, incident, item
from workflows.messages.mail import Notice
from workflows.messages.schedule import PlanIncident, PlanItem


@pytest.fixture
def without_ines(organisation: Organisation) -> Organisation:
    ines = organisation.people["ines"].model_copy(update={"left": NOW.date()})
    return organisation.model_copy(update={"people": {**organisation.people, "ines": ines}})


def test_plans_name_somebody_who_is_still_there(without_ines: Organisation, database: Engine) -> None:
    schedule, run = Schedule(lambda: without_ines, database), ActivityEnvironment().run
    planned, before = (
        run(schedule.plan_incident, PlanIncident(incident=incident(), at=at)) for at in (NOW, NOW - timedelta(days=1))
    )
    assert planned.plans[0].on_call == ("tomas", "marcos", "nora")
    assert before.plans[0].on_call[0] == "ines"
    owed = run(schedule.plan_item, PlanItem(item=item(owner="ines"), at=NOW)).plans[0].next
    assert owed is not None
    assert owed.to == ("marcos",)


def test_a_mail_to_somebody_who_left_goes_to_the_others_alone(without_ines: Organisation, database: Engine) -> None:
    email = Email(mailer(database, lambda: without_ines), lambda *_: pytest.fail("every kind is urgent"))

    def send(key: str, *to: str) -> list[str | None]:
        notice = Notice(key=key, kind=NoticeKind.INCIDENT_CLOSED, to=to, at=NOW, incident=incident())
        ActivityEnvironment().run(email.send_notice, notice)
        with Session(database) as session:
            return list(session.exec(select(MailRow.person).where(col(MailRow.key).startswith(key))))

    assert send("both", "ines", "tomas") == ["tomas"]
    with pytest.raises(ApplicationError, match="nobody who is in the organisation file and still there"):
        send("alone", "ines")
