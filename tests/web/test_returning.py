"""Where one goes on once it is known who one is: on the page that one came from, with all that its address says."""

import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.standins import oidc
from tests.web.conftest import Web, words
from tests.web.test_doing import hidden

CHOSEN = "/items/together?do=waive&item=inc-0000000001.1&item=inc-0000000001.2&back=late%3Dtrue"


@pytest.fixture
async def local(alone: Web) -> AsyncIterator[httpx.AsyncClient]:
    """At this machine, where nobody has said who they are."""
    async with alone.browser() as local:
        yield local
    (alone.settings.data_dir / "local-person").unlink(missing_ok=True)


def leads_to(link: str) -> str:
    return parse_qs(urlsplit(link).query)["to"][0]


async def test_who_says_who_they_are_goes_on_with_all_that_the_address_said(local: httpx.AsyncClient) -> None:
    shown = await local.get("/items?late=true&sort=title")
    assert 'href="/you?to=%2Fitems%3Flate%3Dtrue%26sort%3Dtitle"' in shown.text
    assert 'href="/you"' in (await local.get("/you?to=/items")).text
    asked = await local.get(CHOSEN)
    assert (asked.status_code, leads_to(asked.headers["location"])) == (303, CHOSEN)
    form = await local.get(asked.headers["location"])
    typed = {"person": "ines", "to": hidden(form, "to").replace("&amp;", "&")}
    assert (await local.post("/you", data=typed)).headers["location"] == CHOSEN
    assert leads_to((await local.get("/sign-in?to=/items?late=true")).headers["location"]) == "/items?late=true"
    assert leads_to((await local.get("/sign-in?to=//evil.example.com")).headers["location"]) == "/"


SENT = pytest.mark.parametrize(
    ("path", "referrer", "back"),
    [
        ("/items/views", "http://localhost/items?late=true&sort=title", "/items?late=true&sort=title"),
        ("/items/together", f"http://localhost{CHOSEN}", CHOSEN),
        ("/items/together?do=waive", None, "/items/together?do=waive"),
        ("/items/together", "https://evil.example.com/items", "/items/together"),
        ("/items/views", None, "/"),
        ("/items/views", "http://localhost/items/views", "/"),
        ("/items/views", "https://evil.example.com/items", "/"),
        ("/items/views", "http://localhost//evil.example.com/items", "/"),
        ("/items/views", "http://localhost/no/such/page", "/"),
        ("/items/views", "http://[", "/"),
    ],
)


@SENT
async def test_a_form_leads_back_to_a_page_of_ours_that_can_be_looked_at(
    local: httpx.AsyncClient, path: str, referrer: str | None, back: str
) -> None:
    answer = await local.post(path, headers={"referer": referrer} if referrer else {}, data={"name": "Mine"})
    assert (answer.status_code, leads_to(answer.headers["location"])) == (303, back)


@SENT
async def test_whose_session_has_ended_signs_in_and_is_on_the_page_of_the_form_again(
    browser: httpx.AsyncClient, path: str, referrer: str | None, back: str
) -> None:
    headers = {"accept": "text/html", **({"referer": referrer} if referrer else {})}
    refused = await browser.post(path, headers=headers, data={"reason": "What took an hour"})
    assert (refused.status_code, ">What took an hour</textarea>" in refused.text) == (401, True)
    assert "Nothing was done, for you are not signed in any more." in words(refused)
    link = re.search(r'href="(/sign-in\?[^"]+)"', refused.text)
    assert link
    assert leads_to(link[1].replace("&amp;", "&")) == back


async def test_a_form_from_before_one_signed_in_leads_to_its_page(browser: httpx.AsyncClient) -> None:
    await oidc.sign_in(browser, oidc.INES)
    headers = {"accept": "text/html", "referer": "http://localhost/items?late=true"}
    refused = await browser.post("/items/views", headers=headers, data={"name": "Mine", "csrf": "of another session"})
    assert (refused.status_code, "open its page again" in words(refused)) == (403, True)
    assert '<a href="/items?late=true">Back to the form' in refused.text
    assert "Back to the form" not in (await browser.get("/no/such/page", headers=headers)).text
