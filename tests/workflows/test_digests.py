"""Both digests on the real server, in a namespace of their own, sent to a stand-in for SendGrid."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import Session, select
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from activities.read_model import ReadModel
from followthrough.domain.answered.organisation.calendar import FIRST_ZONE, WEEKDAYS
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.policies import FollowUpListPolicies
from followthrough.domain.replayed.ids import RECONCILE
from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.queues import TASK_QUEUE
from followthrough.schedules import set_schedules
from followthrough.settings import Settings
from followthrough.store import subscriptions
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import MailAttachmentRow, MailRow, MailState
from tests.records import item
from tests.standins.sendgrid import API_KEY, Fault, SendGridStandIn
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from worker import build_worker
from workflows.digest import DigestWorkflow, WeeklyDigestWorkflow


@dataclass
class Office:
    client: Client
    database: Engine
    sendgrid: SendGridStandIn
    organisation: Organisation

    def change(self, section: str, **policies: Any) -> None:
        changed = getattr(self.organisation.policies, section).model_copy(update=policies)
        self.organisation = self.organisation.model_copy(
            update={"policies": self.organisation.policies.model_copy(update={section: changed})}
        )

    async def trigger(self, schedule: str, runs: int) -> None:
        """Waits until it has ended so often."""
        await set_schedules(self.client, self.organisation)
        await self.client.get_schedule_handle(RECONCILE).pause()  # only the read model has the items here
        await self.client.get_schedule_handle(schedule).trigger()
        query = f"TemporalScheduledById = '{schedule}' AND ExecutionStatus = 'Completed'"
        await eventually(lambda: self.client.count_workflows(query), lambda ended: ended.count >= runs)

    def mails(self, state: MailState = MailState.SENT) -> dict[str, MailRow]:
        with Session(self.database) as session:
            found = session.exec(select(MailRow).where(MailRow.state == state)).all()
        return {mail.key: mail for mail in found}


@pytest.fixture(scope="module")
def sendgrid() -> Iterator[SendGridStandIn]:
    with SendGridStandIn() as stand_in:
        yield stand_in


def without_plannings(organisation: Organisation) -> Organisation:
    """Whose mails would come as well, on the days before one."""
    teams = {name: team.model_copy(update={"sprints": None}) for name, team in organisation.teams.items()}
    policies = organisation.policies.model_copy(update={"follow_up_list": FollowUpListPolicies(enabled=False)})
    return organisation.model_copy(update={"teams": teams, "policies": policies})


@pytest.fixture
async def office(
    address: str, organisation: Organisation, sendgrid: SendGridStandIn, tmp_path: Path
) -> AsyncIterator[Office]:
    """Ines' and Wei's action items are late, so Marcos and Grace hear, and Nora does not; nobody plans a sprint."""
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    now = datetime.now(UTC)
    for number, owner, team in ((1, "ines", "payments"), (2, "wei", "platform")):
        late = item(number, owner=owner, team=team, due_in_days=(now - item().proposed_at).days - 3)
        ReadModel(database).project_item(late)
    client, sendgrid.mails = await new_namespace(address), []
    office = Office(client, database, sendgrid, without_plannings(organisation))
    settings = Settings(sendgrid_api_key=SecretStr(API_KEY), sendgrid_host=sendgrid.url, data_dir=tmp_path)
    async with build_worker(client, settings, lambda: office.organisation, database):
        yield office
    database.dispose()


async def timers(handle: WorkflowHandle[Any, Any]) -> list[HistoryEvent]:
    return [event async for event in handle.fetch_history_events() if event.HasField("timer_started_event_attributes")]


def yesterday() -> str:
    return WEEKDAYS[(datetime.now(UTC).weekday() - 1) % 7]


@pytest.mark.today
async def test_each_manager_has_one_mail_a_week(office: Office) -> None:
    office.change("weekly", weekday=yesterday())
    await office.trigger("digest/weekly", runs=1)
    await office.trigger("digest/weekly", runs=2)
    sent = office.mails()
    assert {mail.person: (mail.kind, mail.recipients) for mail in sent.values()} == {
        "marcos": ("weekly-digest", ["marcos@example.com"]),
        "grace": ("weekly-digest", ["grace@example.com"]),
    }
    assert len(sent) == len(office.sendgrid.mails) == 2
    assert all("List-Unsubscribe" in mail["headers"] for mail in office.sendgrid.mails)


async def test_a_mail_that_is_refused_stops_no_other_and_is_seen_and_told_in_another_way(office: Office) -> None:
    office.change("weekly", weekday=yesterday())
    office.sendgrid.faults = [Fault(400, "Does not contain a valid address.")]
    handle = await office.client.start_workflow(
        WeeklyDigestWorkflow.run, id=f"digest/weekly/{uuid4()}", task_queue=TASK_QUEUE
    )
    with pytest.raises(WorkflowFailureError):
        await handle.result()
    assert sorted(mail.kind for mail in office.mails().values()) == ["undelivered", "weekly-digest"]
    assert len(office.mails(MailState.REFUSED)) == 1


async def test_it_comes_when_it_is_time_where_the_manager_is_to_those_who_want_it(office: Office) -> None:
    today = datetime.now(ZoneInfo(FIRST_ZONE)).date()
    office.change("weekly", weekday=WEEKDAYS[today.weekday()], at=datetime.max.time().replace(second=0, microsecond=0))
    with Session(office.database) as session, session.begin():
        subscriptions.unsubscribe(session, "marcos", DigestKind.WEEKLY)
    handle = await office.client.start_workflow(
        WeeklyDigestWorkflow.run, id=f"digest/weekly/{uuid4()}", task_queue=TASK_QUEUE
    )
    await eventually(lambda: timers(handle), lambda found: len(found) >= 3)
    assert not office.mails()
    skipper = TimeSkipper(office.client, config=TimeSkippingConfig(enabled=False))
    await skipper.fast_forward(handle, timedelta(days=2))
    await handle.result()
    (mail,) = office.mails().values()
    at = mail.at.astimezone(ZoneInfo("America/New_York"))
    assert (mail.person, at.date(), f"{at:%H:%M}") == ("grace", today, "23:59")


@pytest.mark.today
async def test_leadership_gets_a_mail_each_with_charts(office: Office) -> None:
    office.change("digest", recipients=("nora", "grace"))
    await office.trigger("digest/monthly", runs=1)
    await office.trigger("digest/monthly", runs=2)
    last_month = datetime.now(UTC).replace(day=1) - timedelta(days=1)
    sent = office.mails()
    assert set(sent) == {f"digest/{last_month:%Y-%m}/{person}" for person in ("nora", "grace")}
    assert all(f"Incident follow-up in {last_month:%B %Y}" in mail.subject for mail in sent.values())
    assert all(mail["attachments"][0]["content_id"] == "chart-open-ages" for mail in office.sendgrid.mails)
    with Session(office.database) as session:
        assert len(session.exec(select(MailAttachmentRow)).all()) == len(office.sendgrid.mails) == 2


async def test_a_digest_for_nobody_fails_and_says_what_to_do(office: Office) -> None:
    office.change("digest", recipients=("who-left",))
    handle = await office.client.start_workflow(
        DigestWorkflow.run, id=f"digest/monthly/{uuid4()}", task_queue=TASK_QUEUE
    )
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    assert "name recipients under policies.digest" in str(failed.value.cause)
