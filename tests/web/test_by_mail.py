"""From the button of a mail through its page to the workflow, on the real engine: an update, and a planning."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import islice
from typing import cast

import httpx
import pytest
from sqlmodel import Session, select
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.mails.email import Email
from activities.mails.mailer import Mailer
from activities.mails.transport import OutboxTransport
from activities.read_model import ReadModel
from activities.sprint_planning import SprintPlanning
from activities.tickets.tracker import Tracker
from followthrough.domain.answered.sprint.dates import coming_plans
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.links import Link, Links
from followthrough.organisation_file import OrganisationFile
from followthrough.store import queries
from followthrough.store.tables import MailRow
from tests.notices import FROM, PUBLIC_URL
from tests.records import NOW, item
from tests.web.conftest import SETTINGS, Web, new_web, words
from tests.web.test_api import get, give
from tests.web.test_incident_choices import commanded
from tests.web.test_writing import typed_in
from workflows.messages.mail import Notice
from workflows.messages.sprint import PlanningMail, PlanningMailKind
from workflows.sprint_planning import SprintPlanningWorkflow

assert SETTINGS.link_secret is not None
LINKS = Links([SETTINGS.link_secret.get_secret_value()])


def mailer(web: Web) -> Mailer:
    return Mailer(web.database, web.organisation, OutboxTransport(), PUBLIC_URL, LINKS, FROM)


def button(web: Web, key: str) -> str:
    """Where that of the mail in the outbox leads."""
    with Session(web.database) as session:
        mail = session.exec(select(MailRow).where(MailRow.key == key)).one()
    found = re.search(rf'class="button" href="{PUBLIC_URL}([^"]*)"', mail.html)
    assert found is not None
    return html.unescape(found[1])


async def update_asked_for(web: Web, api: httpx.AsyncClient, incident: str) -> str:
    """The button of the mail to Inés."""
    with Session(web.database) as session:
        record = queries.incident(session, incident)
    assert record is not None
    key = f"{incident}/7/{NoticeKind.UPDATE_DUE}"
    about = Notice(
        key=key, kind=NoticeKind.UPDATE_DUE, to=("ines",), at=datetime.now(UTC), text="customers", incident=record
    )
    email = Email(mailer(web), lambda _person, _mail: None)
    await asyncio.to_thread(ActivityEnvironment().run, email.send_notice, about)
    return button(web, f"{key}/ines")


async def test_an_update_is_written_and_sent_from_its_mail_once(web: Web, api: httpx.AsyncClient) -> None:
    incident = await commanded(api)
    path = await update_asked_for(web, api, incident)
    form = await api.get(path)
    assert form.status_code == 200
    assert (await api.head(path)).status_code == 200
    assert "as Inés Robles" in words(form)
    assert "there is a problem with Checkout" in typed_in(form)
    assert form.headers["x-robots-tag"] == "noindex"
    typed = {"audience": "customers", "stage": "identified", "text": "We know why.\n\nIt is the queue."}
    preview = await api.post(path, data=typed | {"do": "preview"})
    assert "This would be sent to customers" in words(preview)
    assert "You hear from us again by" in words(preview)
    assert typed_in(await api.post(path, data=typed | {"do": "draft"})) != typed["text"]
    assert typed_in(await api.post(path, data=typed | {"do": "change"})) == typed["text"]
    wrong = await api.post(path, data=typed | {"do": "send", "audience": "neighbours"})
    assert (wrong.status_code, typed_in(wrong)) == (409, typed["text"])
    assert (await get(api, f"incidents/{incident}"))["updates"] == []

    sent = await api.post(path, data=typed | {"do": "send"})
    assert (sent.status_code, "The update for customers is on its way" in words(sent)) == (200, True), words(sent)
    again = await api.post(path, data=typed | {"do": "send", "text": "Another"})
    assert (again.status_code, "acts once" in words(again)) == (410, True)
    shown = await get(api, f"incidents/{incident}")
    assert [(one["audience"], one["text"], one["by"]) for one in shown["updates"]] == [
        ("customers", typed["text"], "ines")
    ]


async def test_an_update_by_mail_is_for_whoever_may_send_one_while_there_is_something_to_say(
    web: Web, api: httpx.AsyncClient
) -> None:
    incident = await commanded(api)
    path = await update_asked_for(web, api, incident)
    stranger = LINKS.sign(Link.in_mail("x", "update", "wei", incident))
    assert (await api.get(f"/act/{stranger}/update")).status_code == 409
    assert (await api.get(path.replace("/update", "/planning"))).status_code == 400
    assert (await api.get(f"/act/{'x' + path.split('/')[2]}/update")).status_code == 400
    assert (await give(api, incident, "cancel", reason="A false alarm")).status_code == 200
    assert (await api.get(path)).status_code == 409
    typed = {"audience": "customers", "stage": "identified", "text": "Late", "do": "send"}
    assert (await api.post(path, data=typed)).status_code == 409


@pytest.fixture(scope="module")
async def planned(
    address: str, organisation: OrganisationFile, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Web]:
    """With some action items of payments that are due around now."""
    web = await new_web(address, organisation, tmp_path_factory.mktemp("by-mail"))
    read_model, today = ReadModel(web.database), (datetime.now(UTC) - NOW).days
    for number in range(1, 5):
        due = {"due_in_days": today + number - 9, "estimate": 3}
        read_model.project_item(item(number, id=f"inc-f0110b0000.{number}", team="payments", owner="ines", **due))
    async with web.worker():
        yield web
    web.database.dispose()


async def planning_mail(web: Web, place: int, person: str) -> tuple[str, str]:
    """The button of the mail about one of the coming sprints, and the planning's workflow."""
    plan = next(islice(coming_plans("payments", web.organisation(), datetime.now(UTC)), place, None))
    mail = PlanningMail(kind=PlanningMailKind.DIGEST, to=person, plan=plan, sprint=None, at=datetime.now(UTC))
    activities = SprintPlanning(cast(Tracker, None), mailer(web))
    await asyncio.to_thread(ActivityEnvironment().run, activities.send_planning_mail, mail)
    return button(web, mail.key), mail.key.rsplit("/", 2)[0]


def seen(answer: httpx.Response) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', answer.text)
    assert found is not None
    return found[1]


async def approved(client: Client, planning: str) -> tuple[str, tuple[str, ...]]:
    progress = await client.get_workflow_handle(planning).query(SprintPlanningWorkflow.progress)
    approval = progress.approval
    assert approval is not None
    return approval.by, approval.items


async def test_a_planning_is_approved_from_its_mail_as_it_stands_there(planned: Web) -> None:
    path, planning = await planning_mail(planned, 0, "ines")
    async with planned.browser() as api:
        shown = await api.get(path)
        assert shown.status_code == 200
        assert "changed" not in words(shown)
        assert "You do this as Inés Robles. Nothing has happened yet." in words(shown)
        first, second = (f"inc-f0110b0000.{number}" for number in (1, 2))
        assert first in shown.text
        assert second in shown.text
        done = await api.post(path, data={"seen": seen(shown)})
        assert (done.status_code, "Approved by Inés Robles: 2 action items" in words(done)) == (200, True), words(done)
        assert await approved(planned.client, planning) == ("ines", (first, second))
        later = await api.get(path)
        assert (later.status_code, "Approved by Inés Robles" in words(later)) == (200, True)


async def test_a_planning_that_changed_since_its_mail_says_so_and_shows_the_new_one(planned: Web) -> None:
    path, planning = await planning_mail(planned, 1, "marcos")
    read_model, today = ReadModel(planned.database), (datetime.now(UTC) - NOW).days
    async with planned.browser() as api:
        before = await api.get(path)
        urgent = item(
            9, id="inc-f0110b0000.9", team="payments", owner="ines", due_in_days=today - 40, estimate=3, severity="SEV1"
        )
        read_model.project_item(urgent)
        meanwhile = await api.post(path, data={"seen": seen(before)})
        assert (meanwhile.status_code, "changed while you looked at it" in words(meanwhile)) == (409, True)
        anew = await api.get(path)
        assert "The proposal has changed since the mail was written. This is the new one." in words(anew)
        assert "inc-f0110b0000.9" in anew.text
        assert (await api.post(path, data={"seen": seen(anew)})).status_code == 200
    assert "inc-f0110b0000.9" in (await approved(planned.client, planning))[1]


async def test_a_planning_is_approved_by_who_may_and_from_a_whole_link(planned: Web) -> None:
    path, _ = await planning_mail(planned, 2, "sam")
    async with planned.browser() as api:
        shown = await api.get(path)
        refused = await api.post(path, data={"seen": seen(shown)})
        assert refused.status_code == 409
        assert "sam can't approve the sprint planning of team payments" in words(refused)
        assert (await api.get(path.replace("/planning", "/update"))).status_code == 400
        assert (await api.get("/act/x.y.z/planning")).status_code == 400
        assert (await api.post("/act/x.y.z/planning")).status_code == 400


async def test_a_title_of_a_private_incident_is_in_no_planning_by_mail(planned: Web) -> None:
    secret = item(
        1, id="inc-f0110c0000.1", team="payments", owner="ines", due_in_days=1, title="Secret cause", private=True
    )
    ReadModel(planned.database).project_item(secret)
    path, _ = await planning_mail(planned, 3, "ines")
    async with planned.browser() as api:
        assert "Secret cause" not in (await api.get(path)).text
