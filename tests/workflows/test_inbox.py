"""What can wait comes in one mail a day."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import Session, select
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.testing import ActivityEnvironment, TimeSkipper, TimeSkippingConfig

from activities.mails.email import Email
from activities.mails.inboxes import Inboxes
from activities.read_model import ReadModel
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.policies import MailPolicies
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.mail.waiting import WaitingMail
from followthrough.queues import TASK_QUEUE
from followthrough.settings import Settings
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import MailRow, MailState
from tests.notices import mailer, notice
from tests.records import item
from tests.standins.sendgrid import API_KEY, Fault, SendGridStandIn
from tests.waiting import eventually
from tests.web.conftest import new_namespace
from worker import build_worker
from workflows.inbox import MANY, TOGETHER, InboxWorkflow
from workflows.messages.mail import InboxProgress, InInbox

FRIDAY = datetime(2031, 3, 7, 16, tzinfo=UTC)
ABOUT: dict[str, Any] = {
    "kind": NoticeKind.ITEM_REMINDER,
    "subject": "Due soon",
    "incident_id": "inc-0000000001",
    "item_id": None,
    "status": "accepted",
    "owner": "ines",
    "deadline": None,
    "at": FRIDAY,
}


@dataclass
class Office:
    """Ines works in Madrid from Monday to Friday; no worker runs until ``open``."""

    client: Client
    organisation: Organisation
    database: Engine
    sendgrid: SendGridStandIn

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        settings = Settings(sendgrid_api_key=SecretStr(API_KEY), sendgrid_host=self.sendgrid.url)
        async with build_worker(self.client, settings, lambda: self.organisation, self.database):
            yield

    async def tell_ines(self, kind: NoticeKind, number: int, at: datetime = FRIDAY) -> str:
        """Gives the key of the mail."""
        inboxes = Inboxes(self.client, asyncio.get_running_loop())
        email = Email(mailer(self.database, lambda: self.organisation), inboxes.put)
        about = notice(kind, {"id": f"inc-0000000001.{number}"}, to=("ines",), key=f"{number}/{kind}", at=at)
        await asyncio.to_thread(ActivityEnvironment().run, email.send_notice, about)
        return about.mail_key("ines")

    async def pass_time(self, hours: float) -> None:
        skipper = TimeSkipper(self.client, config=TimeSkippingConfig(enabled=False))
        await skipper.fast_forward(self.client.get_workflow_handle("inbox/ines"), timedelta(hours=hours))

    async def until_empty(self) -> None:
        await self.client.get_workflow_handle("inbox/ines").result()

    def rows(self) -> dict[str, MailRow]:
        with Session(self.database) as session:
            return {row.key: row for row in session.exec(select(MailRow))}

    def mails(self) -> list[tuple[list[str], str]]:
        """To whom, and which category."""
        return [
            ([to["email"] for part in mail["personalizations"] for to in part["to"]], mail["categories"][0])
            for mail in self.sendgrid.mails
        ]


@pytest.fixture
async def office(address: str, organisation: Organisation, tmp_path: Path) -> AsyncIterator[Office]:
    database = open_database(f"sqlite:///{tmp_path}/followthrough.db")
    migrate(database)
    policies = organisation.policies.model_copy(update={"mails": MailPolicies()})
    gathering = organisation.model_copy(update={"policies": policies})
    with SendGridStandIn() as sendgrid:
        yield Office(await new_namespace(address), gathering, database, sendgrid)
    database.dispose()


async def test_what_came_since_friday_comes_together_on_monday_morning(office: Office) -> None:
    async with office.open():
        keys = [await office.tell_ines(NoticeKind.ITEM_REMINDER, number) for number in (1, 2, 1)]
        await office.pass_time(hours=24)
        await office.tell_ines(NoticeKind.ITEM_ENDED, 3, FRIDAY + timedelta(hours=24))
        await office.pass_time(hours=39)
        assert office.mails() == []
        assert {row.state for row in office.rows().values()} == {MailState.GATHERED}
        await office.pass_time(hours=1)
        await office.until_empty()
        assert office.mails() == [(["ines@example.com"], "daily")]
        assert "3 follow-ups for you" in office.sendgrid.mails[0]["subject"]
        rows = office.rows()
        assert {row.state for row in rows.values()} == {MailState.SENT}
        daily = rows[str(rows[keys[0]].sent_in)]
        assert f"{daily.at:%a %H:%M}" == "Mon 07:30"

        await office.tell_ines(NoticeKind.ITEM_REMINDER, 1)
        description = await office.client.get_workflow_handle("inbox/ines").describe()
        assert description.status is WorkflowExecutionStatus.COMPLETED, "what was sent does not wait again"


async def test_urgent_mails_do_not_wait(office: Office) -> None:
    key = await office.tell_ines(NoticeKind.ITEM_ESCALATION, 1)
    assert office.rows()[key].state is MailState.SENT


async def test_a_mail_that_waits_alone_is_sent_as_it_is_and_what_is_done_is_not_asked_for(office: Office) -> None:
    async with office.open():
        overtaken = await office.tell_ines(NoticeKind.ITEM_PROPOSED, 1)
        alone = await office.tell_ines(NoticeKind.ITEM_REMINDER, 2)
        accepted = item(1, status=ItemStatus.ACCEPTED)
        ActivityEnvironment().run(ReadModel(office.database).project_item, accepted)
        await office.pass_time(hours=72)
        await office.until_empty()
    rows = office.rows()
    assert (rows[overtaken].state, rows[alone].state, len(rows)) == (MailState.UNNEEDED, MailState.SENT, 2)
    assert office.mails() == [(["ines@example.com"], "item-reminder")]


@pytest.mark.parametrize("fault", [Fault(lose_answer=True), Fault(503)], ids=["lost answer", "outage"])
async def test_trouble_on_the_way_loses_nothing_and_the_mail_is_the_same(office: Office, fault: Fault) -> None:
    office.sendgrid.faults = [fault]
    async with office.open():
        for number in (1, 2):
            await office.tell_ines(NoticeKind.ITEM_REMINDER, number)
    async with office.open():
        await office.pass_time(hours=72)
        await office.until_empty()
    assert {row.state for row in office.rows().values()} == {MailState.SENT}
    identities: set[Any] = {mail["headers"]["Message-ID"] for mail in office.sendgrid.mails}
    assert len(identities) == 1


async def test_a_daily_mail_that_is_refused_leads_to_the_manager(office: Office) -> None:
    office.sendgrid.faults = [Fault(400, "Does not contain a valid address: ines@example.com")]
    manager = office.organisation.people["ines"].manager
    async with office.open():
        await office.tell_ines(NoticeKind.ITEM_REMINDER, 1)
        await office.tell_ines(NoticeKind.ITEM_REMINDER, 2)
        await office.pass_time(hours=72)
        await office.until_empty()
    told = [row for row in office.rows().values() if row.kind == "undelivered"]
    assert [row.person for row in told] == [manager, manager]
    assert all("Inés Robles" in row.subject and "[address]" in row.text for row in told)
    assert "ines@example.com" not in "".join(row.subject + row.text for row in told)


@pytest.mark.parametrize(("waiting", "away"), [(1_000, timedelta()), (MANY + 1, timedelta(days=1))])
async def test_a_flood_of_mails_goes_out_in_several(office: Office, waiting: int, away: timedelta) -> None:
    """With all in one list, and taken out of it one by one, the workflow's task took too long, at each attempt."""
    rings_at = datetime.now(UTC) + away
    waits = [
        InInbox(mail=WaitingMail(**ABOUT, key=f"{number}/item-reminder"), due=FRIDAY, rings_at=rings_at)
        for number in range(waiting)
    ]
    async with office.open():
        await office.client.start_workflow(
            InboxWorkflow.run, InboxProgress(waiting=waits), id="inbox/ines", task_queue=TASK_QUEUE
        )
        await eventually(lambda: len(office.mails()) >= (5 if away == timedelta() else 1))
    assert {category for _, category in office.mails()} == {"daily"}
    assert all(f"{TOGETHER} follow-ups for you" in mail["subject"] for mail in office.sendgrid.mails)
