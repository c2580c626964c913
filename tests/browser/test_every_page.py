"""Every page, for everybody: axe-core, the keyboard, a phone, by day, by night and on paper."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import Session

from followthrough.domain.answered.access.actor import Door
from followthrough.local_person import choose_local_person
from followthrough.settings import Settings
from followthrough.store import sessions
from followthrough.store.database import migrate, open_database
from followthrough.web.access import cookie_name
from tests.browser.conftest import serving
from tests.browser.faults import faults
from tests.browser.sample import IN_REVIEW, LED, write_sample
from tests.browser.shown import write_records
from tests.browser.visits import ITEM, LEAD, SIGNED_IN, Visit, routes, visits
from tests.web.conftest import new_namespace

NO_FAULT = ("frame is sandboxed", "status of 4")
"""What a browser says of a mail's script that it does not run, and of a page that says what was refused."""


@dataclass
class Looking:
    """A tab, and what is heard in it."""

    page: Page
    url: str
    folder: Path
    heard: list[str] = field(default_factory=list)

    async def at(self, visit: Visit) -> int:
        """The answer's status."""
        choose_local_person(self.folder, visit.person or "")
        answer = await self.page.goto(self.url + visit.path)
        assert answer is not None
        return answer.status

    async def faults(self) -> list[str]:
        """Of the page that is shown; what was heard is forgotten."""
        heard = [words for words in self.heard if not any(known in words for known in NO_FAULT)]
        self.heard.clear()
        return heard + await faults(self.page)


@contextlib.asynccontextmanager
async def look(chromium: Browser, url: str, folder: Path) -> AsyncIterator[Looking]:
    context = await chromium.new_context()
    looking = Looking(await context.new_page(), url, folder)
    page, heard = looking.page, looking.heard
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url) if not request.url.startswith(url) else None)
    yield looking
    await context.close()


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Engine]]:
    """A folder and a database with all kinds of records."""
    folder = tmp_path_factory.mktemp("looking")
    database = open_database(f"sqlite:///{folder}/followthrough.db")
    migrate(database)
    write_records(database)
    write_sample(database)
    yield folder, database
    database.dispose()


@pytest.fixture(scope="session")
async def looking(chromium: Browser, address: str, sampled: tuple[Path, Engine]) -> AsyncIterator[Looking]:
    """At the machine itself; the engine knows of nothing."""
    folder, database = sampled
    async with (
        serving(database, await new_namespace(address), data_dir=folder) as url,
        look(chromium, url, folder) as looking,
    ):
        yield looking


@pytest.fixture(scope="session")
async def signed_in(chromium: Browser, sampled: tuple[Path, Engine]) -> AsyncIterator[Looking]:
    """As the lead, through a provider that nobody asks any more."""
    folder, database = sampled
    provider: dict[str, object] = {
        "oidc_issuer": "http://localhost:9",
        "oidc_client_id": "followthrough",
        "oidc_client_secret": SecretStr("of the client"),
    }
    with Session(database) as session:
        secret = sessions.begin(session, LEAD, Door.SESSION, datetime.now(UTC), timedelta(days=1))
    async with serving(database, None, data_dir=folder, **provider) as url, look(chromium, url, folder) as looking:
        await looking.page.context.add_cookies([{"name": cookie_name(Settings()), "value": secret, "url": url}])
        yield looking


@pytest.mark.parametrize("route", routes())
async def test_a_page_has_nothing_grave(looking: Looking, signed_in: Looking, route: str) -> None:
    here = signed_in if route in SIGNED_IN else looking
    found: dict[str, list[str]] = {}
    for visit in visits(route):
        status = await here.at(visit)
        found[visit.path] = [*await here.faults(), *([f"answered {status}"] if status != 200 else [])]
    assert found, f"say in visits.py how to come to {route}"
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


async def test_a_postmortem_as_a_file_has_nothing_grave(looking: Looking) -> None:
    file = await looking.page.request.get(f"{looking.url}/incidents/{IN_REVIEW}/postmortem.html")
    await looking.page.goto("about:blank")  # where the file's own style counts
    looking.heard.clear()
    await looking.page.set_content(await file.text())
    assert await looking.faults() == []


REFUSED = {
    "evidence is missing": Visit("tomas", f"/items/{ITEM}/do/done"),
    "parts are missing": Visit("tomas", f"/items/{ITEM}/do/split"),
    "another action item is missing": Visit("tomas", f"/items/{ITEM}/do/block-on"),
    "who should own it is missing": Visit("marcos", f"/items/{ITEM}/do/reassign"),
    "a note is missing": Visit("ines", f"/incidents/{LED}/do/note"),
    "an action item is missing": Visit("ines", f"/incidents/{LED}/do/propose"),
    "whom to thank is missing": Visit("ines", f"/incidents/{LED}/do/kudos"),
    "what is wrong is missing": Visit("ines", "/incidents/new"),
    "an update is missing": Visit("ines", f"/incidents/{LED}/update"),
    "an anonymous note is missing": Visit(None, f"/incidents/{LED}/anonymous"),
    "there is no such page": Visit(None, "/nothing-here"),
    "there is no such action item": Visit(None, f"/items/{LED}.99"),
}
SEND_WITHOUT_ANYTHING = """() => {
  const form = document.querySelector('main form[method=post]');
  form.noValidate = true;
  form.querySelectorAll('input:not([type=hidden]), textarea, select').forEach(field => field.value = '');
  form.requestSubmit();
}"""


@pytest.mark.parametrize("why", REFUSED)
async def test_a_page_that_says_no_has_nothing_grave(looking: Looking, why: str) -> None:
    page = looking.page
    if await looking.at(REFUSED[why]) == 200:
        async with page.expect_navigation():
            await page.evaluate(SEND_WITHOUT_ANYTHING)
        assert await page.locator("[role=alert], .notice").count() > 0
    assert await looking.faults() == []
