import re
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr
from sqlmodel import Session

from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.links import Link, Links
from followthrough.mail.unsubscribe import unsubscribe_headers, unsubscribe_url
from followthrough.store.subscriptions import wants
from tests.web.conftest import Web

SECRET = "the secret of these tests"
LINKS = Links([SECRET])


@pytest.fixture
async def browser(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    async with web.browser(link_secret=SecretStr(SECRET)) as client:
        yield client


def link(kind: DigestKind, person: str = "ines") -> str:
    return unsubscribe_url(kind, person, "http://localhost", LINKS)


def wanted(web: Web, kind: DigestKind) -> bool:
    with Session(web.database) as session:
        return wants(session, "ines", kind)


async def test_looking_changes_nothing_and_the_page_unsubscribes_and_subscribes_again(
    web: Web, browser: httpx.AsyncClient
) -> None:
    url = link(DigestKind.MONTHLY)
    page = (await browser.get(url)).text
    assert "Inés Robles gets the monthly digest" in page
    assert "escalations" in page
    assert wanted(web, DigestKind.MONTHLY)
    for after in (False, True):
        (action,) = re.findall(r'action="([^"]*)"', page)
        page = (await browser.post(url + action)).text
        assert wanted(web, DigestKind.MONTHLY) is after
    assert wanted(web, DigestKind.WEEKLY)


async def test_the_button_of_mail_programs_unsubscribes_with_one_post(web: Web, browser: httpx.AsyncClient) -> None:
    headers = unsubscribe_headers(link(DigestKind.WEEKLY))
    name, _, value = headers["List-Unsubscribe-Post"].partition("=")
    for _ in range(2):
        answer = await browser.post(headers["List-Unsubscribe"].strip("<>"), data={name: value})
        assert answer.status_code == 200
    assert not wanted(web, DigestKind.WEEKLY)


async def test_other_links_are_not_taken(browser: httpx.AsyncClient) -> None:
    other_purpose = LINKS.sign(Link(purpose="act", person="ines"))
    for token in (other_purpose, Links(["another secret"]).sign(Link(purpose="unsubscribe", person="ines")), "x"):
        for answer in (await browser.get(f"/unsubscribe/{token}"), await browser.post(f"/unsubscribe/{token}")):
            assert answer.status_code == 404
