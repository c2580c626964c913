import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.mail.charts import attached, charts
from followthrough.mail.render import render_digest
from followthrough.organisation_file import OrganisationFile
from followthrough.store.database import migrate, open_database
from followthrough.store.tables import MailRow, MailState, TeamBeginningRow
from tests.digests import monthly
from tests.notices import ORGANISATION, PUBLIC_URL
from tests.records import NOW, item
from tests.waiting import eventually
from tests.web.conftest import Web, words
from tests.web.test_private import eyes_of

TITLE = "Alert on queue depth"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    """500 action items of Ines are late."""
    database = open_database(f"sqlite:///{tmp_path}/digests.db")
    migrate(database)
    model = ReadModel(database)
    for number in range(500):
        model.project_item(item(number, owner="ines", due_in_days=-3))
    with Session(database) as session, session.begin():
        session.add(TeamBeginningRow(team="payments", at=NOW - timedelta(days=365)))
    yield database
    database.dispose()


async def test_anybody_can_read_what_the_digests_would_say(web: Web, database: Engine) -> None:
    async with replace(web, database=database).browser() as browser:
        weekly = (await browser.get("/api/digests/weekly/marcos")).json()
        assert (len(weekly["late"]), weekly["left"]["late"], weekly["text"].count(TITLE)) == (50, 450, 50)
        assert weekly["subject"].endswith("late: 500")
        month = (await browser.get("/api/digests/monthly?month=2026-03")).json()
        assert (month["month"], month["items"]["open"]) == ("2026-03", 500)
        assert "Teams that have not practised" in month["text"]
        assert (await browser.get("/api/digests/monthly")).status_code == 200
        page = await browser.get("/digests/weekly/marcos")
        assert page.text.count(f">{TITLE}</a>") == 50
        assert re.search(r'href="[^"]*/items\?late=true&amp;team=payments"[^>]*>and 450 more<', page.text)
        page = await browser.get("/digests/monthly?month=2026-03")
        assert 'src="data:image/png;base64,iVBOR' in page.text
        assert "img-src data:" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/api/digests/weekly/zoe", 404, "Nobody in the organisation file is zoe, or they left."),
        ("/api/digests/monthly?month=march", 422, "'march' is not a month; write it like 2026-11."),
    ],
)
async def test_what_there_is_no_digest_of_is_said(
    api: httpx.AsyncClient, path: str, status: int, sentence: str
) -> None:
    answer = await api.get(path)
    assert (answer.status_code, answer.json()["error"]) == (status, sentence)


async def test_a_digest_is_sent_by_hand_and_listed(web: Web) -> None:
    async with web.browser() as browser:
        assert (await browser.post("/api/digests/monthly/send")).status_code == 202
        page = await eventually(
            lambda: browser.get("/digests"), lambda page: "Incident follow-up in" in page.text, within=30
        )
        month = f"{datetime.now(UTC):%Y-%m}"
        assert f'href="/digests/monthly?month={month}"' in page.text
        assert 'href="/digests/weekly/marcos"' in page.text
        assert (await browser.post("/api/digests/daily/send")).status_code == 422


async def test_administrators_send_a_digest_on_the_page(web: Web, run_by_tomas: OrganisationFile) -> None:
    run = replace(web, organisation=run_by_tomas)
    async with eyes_of(run, "tomas") as tomas, eyes_of(run, "wei") as wei:
        assert (await wei.post("/digests/monthly/send")).status_code == 403
        sent = await tomas.post("/digests/monthly/send")
        assert "The monthly digest goes out to all who have" in words(await tomas.get(sent.headers["location"]))
        await eventually(lambda: tomas.get("/digests"), lambda page: "Incident follow-up in" in page.text)


async def test_the_outbox_shows_a_mails_charts(web: Web, database: Engine) -> None:
    digest = monthly()
    mail = MailRow(
        key="digest/2026-03/ana",
        kind="digest",
        at=NOW,
        recipients=["ana@example.com"],
        state=MailState.SENT,
        attachments=[attached(chart) for chart in charts(digest)],
        **render_digest(digest, ORGANISATION, PUBLIC_URL)._asdict(),
    )
    with Session(database) as session:
        session.add(mail)
        session.commit()
    async with replace(web, database=database).browser() as browser:
        shown = await browser.get("/outbox/digest/2026-03/ana?part=html")
    assert shown.text.count('src="data:image/png;base64,') == 2
    assert "cid:" not in shown.text
