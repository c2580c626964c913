"""Where one goes on once it is known who one is: on the page that one came from, with all that its address says."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.web.conftest import Web
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
    asked = await local.get(CHOSEN)
    assert (asked.status_code, leads_to(asked.headers["location"])) == (303, CHOSEN)
    form = await local.get(asked.headers["location"])
    typed = {"person": "ines", "to": hidden(form, "to").replace("&amp;", "&")}
    assert (await local.post("/you", data=typed)).headers["location"] == CHOSEN
    shown = await local.get("/items?late=true&sort=title")
    assert 'href="/you?to=%2Fitems%3Flate%3Dtrue%26sort%3Dtitle"' in shown.text
    assert 'href="/you"' in (await local.get("/you?to=/items")).text
    assert leads_to((await local.get("/sign-in?to=/items?late=true")).headers["location"]) == "/items?late=true"
    assert leads_to((await local.get("/sign-in?to=//evil.example.com")).headers["location"]) == "/"


@pytest.mark.parametrize(
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
async def test_a_form_leads_back_to_a_page_of_ours_that_can_be_looked_at(
    local: httpx.AsyncClient, path: str, referrer: str | None, back: str
) -> None:
    answer = await local.post(path, headers={"referer": referrer} if referrer else {}, data={"name": "Mine"})
    assert (answer.status_code, leads_to(answer.headers["location"])) == (303, back)
