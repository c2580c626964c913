"""The first page, on the real engine."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from followthrough.domain.replayed.ids import incident_of
from followthrough.web import my_work
from tests.waiting import eventually
from tests.web.conftest import Web, words
from tests.web.test_api import declare, get, give, with_item
from tests.web.test_doing import hidden, offered
from tests.web.test_private import eyes_of

pytestmark = pytest.mark.usefixtures("all_work_shown")
FAR = f"{datetime.now(UTC) + timedelta(days=300):%Y-%m-%dT%H:%M:%SZ}"


def steps(answer: httpx.Response, record: str) -> set[str]:
    """What the first page offers about one of them."""
    parts = answer.text.split("<li>")
    return {name for part in parts if f"<code>{record}</code>" in part for name in offered_in(part)}


def offered_in(text: str) -> set[str]:
    return offered(httpx.Response(200, text=text))


async def test_each_begins_with_what_waits_for_them_and_what_they_wait_for(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    async with eyes_of(web, "tomas") as tomas, eyes_of(web, "ines") as ines, eyes_of(web, "marcos") as marcos:
        page = await eventually(lambda: tomas.get("/"), lambda it: bool(steps(it, item)))
        assert "<h1>My work</h1>" in page.text
        assert steps(page, item) == {"accept", "decline"}
        assert "Inés Robles proposed it to you; to accept by" in words(page)
        waits = (await ines.get("/")).text.partition("What you wait for")[2]
        assert f'href="/items/{item}"' in waits
        assert "Tomás Ferrer has to accept it." in waits

        await tomas.post(f"/items/{item}/do/accept", data={"nonce": hidden(page, "nonce")})
        assert steps(await tomas.get("/"), item) == {"done"}
        for _ in range(3):
            await give(api, item, "extend", by="tomas", until=FAR, reason="The vendor is late")
        assert steps(await marcos.get("/"), item) == {"approve-extension", "refuse-extension"}
        await give(api, item, "done", by="tomas", evidence="https://git.example.com/1")
        assert steps(await marcos.get("/"), item) == {"holds", "does-not-hold"}
        assert "has to look at your evidence" in (await tomas.get("/")).text
        await marcos.post(f"/items/{item}/do/holds")
        assert steps(await marcos.get("/"), item) == set()
    assert (await get(api, f"items/{item}"))["status"] == "closed"


async def test_who_is_asked_for_a_role_reads_so_first(web: Web, api: httpx.AsyncClient) -> None:
    incident = await declare(api)
    asked = (await get(api, f"incidents/{incident}"))["roles"][0]["person"]
    async with eyes_of(web, asked) as person:
        page = await eventually(lambda: person.get("/"), lambda it: bool(steps(it, incident)))
        assert steps(page, incident) == {"acknowledge"}
        await give(api, incident, "acknowledge", by=asked)
        assert steps(await person.get("/"), incident) == set()


async def test_a_lead_sees_what_is_late_in_the_team_and_plannings_to_approve(
    web: Web, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(my_work, "_approved", _never)
    async with eyes_of(web, "marcos") as marcos, eyes_of(web, "tomas") as tomas:
        assert 'href="/items?team=payments&amp;late=true"' in (await marcos.get("/")).text
        assert "Late in your team" not in (await tomas.get("/")).text


async def _never(*_: object) -> bool:
    return False


async def test_what_is_private_stays_so(web: Web, api: httpx.AsyncClient) -> None:
    incident = await declare(api, private=True, title="Zanzibar leaks")
    await give(api, incident, "propose action item", title="Turn Zanzibar's keys", owner="tomas", kind="detect")
    async with eyes_of(web, "marcos") as marcos, eyes_of(web, "sam") as sam:
        assert (await marcos.get("/")).status_code == 200
        assert "Zanzibar" not in (await sam.get("/")).text


async def test_where_nobody_is_known_the_incidents_are_first_and_old_addresses_lead_to_them(
    web: Web, api: httpx.AsyncClient
) -> None:
    incident = incident_of(await with_item(api))
    async with eyes_of(web, None) as token:
        for path in ("/", "/incidents"):
            assert f'href="/incidents/{incident}"' in (await token.get(path)).text
        old = await token.get("/?status=closed")
        assert (old.status_code, old.headers["location"]) == (308, "/incidents?status=closed")
