"""What leads on, and what can be pressed, is shown to those alone who may."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import Session
from temporalio.client import Client

from activities.read_model import ReadModel
from followthrough.domain.answered.webhook.delivery import Outcome
from followthrough.store import webhooks
from followthrough.store.database import migrate, open_database
from followthrough.store.webhooks import Tried
from followthrough.webhook_outbox import WebhookOutbox
from tests.records import incident
from tests.web.conftest import SETTINGS, Web, changed_example
from tests.web.directory import Office
from tests.web.test_many_leave import deactivate, filled
from tests.web.test_many_leave import office as office
from tests.web.test_webhooks_out import ENDPOINTS

NAMED = "\nadministrators: [tomas]\nauditors: [wei]\n"


@pytest.fixture
async def known(tmp_path: Path) -> AsyncIterator[Web]:
    """Tomas administers, Wei audits; a webhook went out and its endpoint is gone. No engine runs behind it."""
    organisation = changed_example(tmp_path, "\nservices:\n", NAMED + ENDPOINTS)
    settings = SETTINGS.model_copy(update={"data_dir": tmp_path})
    database = open_database(settings.resolved_database_url)
    migrate(database)
    ReadModel(database, WebhookOutbox(organisation, "https://followthrough.example.com")).project_incident(incident())
    with Session(database) as session, session.begin():
        found = webhooks.next_due(session, "warehouse", datetime.now(UTC))
        assert isinstance(found, webhooks.Logged)
        gone = Tried(Outcome.GONE, "It answered 410.", 12)
        webhooks.note_try(session, found.delivery.number, gone, datetime.now(UTC))
    yield Web(settings, organisation, await Client.connect("127.0.0.1:9", lazy=True), database)
    database.dispose()


async def test_links_lead_nobody_to_what_is_not_for_them(known: Web) -> None:
    leads = {"tomas": {"audit", "settings-check", "webhooks-out"}, "wei": {"audit", "webhooks-out"}, "ines": set[str]()}
    async with known.browser() as browser:
        for person, theirs in leads.items():
            await browser.post("/you", data={"person": person})
            page = (await browser.get("/trouble")).text
            assert {one for one in leads["tomas"] if f'href="/{one}"' in page} == theirs, person
            for one in leads["tomas"]:
                assert ((await browser.get(f"/{one}")).status_code == 200) == (one in theirs), (person, one)


async def test_who_only_reads_the_log_of_webhooks_has_no_buttons_there(known: Web) -> None:
    async with known.browser() as browser:
        for person, many in (("tomas", 1), ("wei", 0)):
            await browser.post("/you", data={"person": person})
            page = (await browser.get("/webhooks-out")).text
            assert page.count('action="/webhooks-out/send-again"') == many, person
            assert page.count('action="/webhooks-out/enable"') == many, person


async def test_digests_are_sent_with_buttons_by_administrators_alone(known: Web) -> None:
    async with known.browser() as browser:
        for person, many in (("tomas", 1), ("wei", 0)):
            await browser.post("/you", data={"person": person})
            page = (await browser.get("/digests")).text
            assert [page.count(f'action="/digests/{one}/send"') for one in ("weekly", "monthly")] == [many, many], (
                person
            )


def test_who_may_not_let_people_leave_is_only_told_of_them(office: Office) -> None:
    for one in filled(office)[:7]:
        deactivate(office, one)
    for person, offered in (("nora", True), ("sam", False)):
        office.api.post("/you", data={"person": person}, follow_redirects=False)
        page = office.api.get("/people").text
        assert ("would leave" in page, "/people/let-leave" in page) == (True, offered), person
