"""The page of all action items: found, filtered, ordered, kept as a list or a file, and several acted on at once."""

import csv
import html
import io
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.read_model import ReadModel
from followthrough.domain.replayed.item.action_item import ItemStatus, Priority
from followthrough.store.database import migrate, open_database
from tests.records import incident, item
from tests.web.audited import audited
from tests.web.conftest import Web, words
from tests.web.test_api import get, give, with_item
from tests.web.test_doing import FAR, hidden
from tests.web.test_private import eyes_of

SOON = str((datetime.now(UTC) + timedelta(days=40)).date())


@pytest.fixture
def listed(alone: Web, tmp_path: Path) -> Iterator[Web]:
    """Some action items, one of a private incident, and no engine behind them."""
    database = open_database(f"sqlite:///{tmp_path}/listed.db")
    migrate(database)
    model = ReadModel(database)
    model.project_incident(incident(1, title="Cards fail"))
    model.project_incident(incident(2, title="Merger leaks", private=True, declared_by="ines"))
    for number, changes in enumerate(
        (
            {"title": "Alert on queue depth", "owner": "ines"},
            {"title": '=HYPERLINK("https://evil.example.com")', "owner": "tomas", "priority": Priority.LOW},
            {"title": "Rotate the certificate", "owner": "wei", "status": ItemStatus.PROPOSED},
            {"title": "Write the runbook", "owner": "wei", "status": ItemStatus.DONE},
            {
                "title": "Lock the Merger drive",
                "owner": "ines",
                "id": "inc-0000000002.1",
                "incident_id": "inc-0000000002",
            },
        ),
        start=1,
    ):
        model.project_item(item(number, due_in_days=number, **changes))
    yield replace(alone, database=database)
    database.dispose()


@pytest.fixture
async def wei(listed: Web) -> AsyncIterator[httpx.AsyncClient]:
    async with eyes_of(listed, "wei") as wei:
        yield wei


def titles(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, words(answer)
    return [html.unescape(title) for title in re.findall(r'<th scope="row">\s*<a [^>]+>([^<]+)', answer.text)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("words=QUEUE", ["Alert on queue depth"]),
        ("words=cards+certificate", ["Rotate the certificate"]),
        ("status=proposed&status=done", ["Rotate the certificate", "Write the runbook"]),
        ("owner=wei&sort=-due&status=", ["Rotate the certificate", "Write the runbook"]),
        ("sort=title&status=accepted&priority=high", ["Alert on queue depth"]),
        ("incident=inc-0000000001&late=true&sort=title", ["Alert on queue depth", "Rotate the certificate"]),
        ("words=merger", []),
        ("incident=inc-0000000002", []),
    ],
)
async def test_the_address_says_what_is_listed(wei: httpx.AsyncClient, query: str, found: list[str]) -> None:
    answer = await wei.get(f"/items?{query}")
    assert [title for title in titles(answer) if not title.startswith("=")] == found
    assert ("private one" in words(answer)) is query.startswith("sort=title")


@pytest.mark.parametrize(
    "query", ["sort=size", "shape=cube", "kind=x", "after=x", "incident=x", "status=x&shape=board"]
)
async def test_an_address_that_says_nothing_is_refused_in_a_sentence(wei: httpx.AsyncClient, query: str) -> None:
    answer = await wei.get(f"/items?{query}")
    assert (answer.status_code, answer.json()["error"][-1]) == (422, ".")


async def test_private_ones_are_counted_where_the_number_tells_nothing(listed: Web, wei: httpx.AsyncClient) -> None:
    for path in ("/items", "/items?shape=board", "/items?owner=ines"):
        answer = await wei.get(path)
        assert "Merger" not in answer.text
        assert "And 1 private one" in words(answer)
    board = words(await wei.get("/items?shape=board"))
    assert ("accepted 2" in board, "done 1" in board) == (True, True)
    async with eyes_of(listed, "ines") as ines:
        assert "Lock the Merger drive" in titles(await ines.get("/items?words=leaks"))
        assert "accepted 3" in words(await ines.get("/items?shape=board"))


async def test_a_file_has_all_that_fits_and_calculates_nothing(listed: Web, wei: httpx.AsyncClient) -> None:
    with audited(listed.settings, listed.database) as entries:
        answer = await wei.get("/items.csv?status=accepted&sort=title")
        async with eyes_of(listed, "ines") as ines:
            assert "Lock the Merger drive" in (await ines.get("/items.csv")).text
    by_ines, by_wei = ("items.csv", "ines", "done"), ("items.csv", "wei", "done")
    assert sorted(entries.said()) == [by_ines, by_wei, ("look", "ines", "done")]
    assert answer.headers["content-disposition"] == 'attachment; filename="action-items.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["title"] for row in rows] == ['\'=HYPERLINK("https://evil.example.com")', "Alert on queue depth"]
    assert rows[1]["owner's name"] == "Inés Robles"


async def test_a_file_is_longer_than_a_page(listed: Web, wei: httpx.AsyncClient) -> None:
    model = ReadModel(listed.database)
    for number in range(10, 612):
        model.project_item(item(number))
    assert len((await wei.get("/items.csv")).text.splitlines()) == 1 + 4 + 602


async def test_a_list_that_was_named_is_there_until_it_is_given_up(listed: Web, wei: httpx.AsyncClient) -> None:
    query = "status=proposed&status=done&sort=title"
    unnamed = await wei.post("/items/views", data={"name": " ", "query": query})
    assert (unnamed.status_code, "Name what you see here" in words(unnamed)) == (409, True)
    assert titles(replaced(unnamed)) == ["Rotate the certificate", "Write the runbook"]
    kept = await wei.post("/items/views", data={"name": "For Monday", "query": f"{query}&after=x&evil=1"})
    assert (kept.status_code, kept.headers["location"]) == (303, f"/items?{query}")
    assert f'<a href="/items?{html.escape(query)}">For Monday</a>' in (await wei.get("/items")).text
    async with eyes_of(listed, "ines") as ines, eyes_of(listed, None) as token:
        assert "For Monday" not in (await ines.get("/items")).text
        assert (await ines.post("/items/views/forget", data={"name": "For Monday"})).status_code == 303
        assert (await token.post("/items/views", data={"name": "Mine"})).status_code == 403
    assert "For Monday" in (await wei.get("/items")).text
    assert (await wei.post("/items/views/forget", data={"name": "For Monday"})).status_code == 303
    assert "For Monday" not in (await wei.get("/items")).text


def replaced(answer: httpx.Response) -> httpx.Response:
    return httpx.Response(200, text=answer.text)


async def test_nobody_chooses_for_several_who_may_not_see_them_or_has_no_name(listed: Web) -> None:
    secret = {"item": ["inc-0000000002.1", "inc-0000000009.1"], "do": "waive"}
    async with eyes_of(listed, "wei") as wei, eyes_of(listed, None) as token:
        form = await wei.get("/items/together", params=secret)
        assert (form.status_code, "Merger" in form.text) == (200, False)
        answer = await wei.post("/items/together", data={**secret, "reason": "It goes away", "until": SOON})
        assert answer.status_code == 409
        for one in secret["item"]:
            assert f"There is no {one} here, or it is private" in words(answer)
        assert (await token.get("/items/together", params=secret)).status_code == 403
        assert (await wei.get("/items/together?do=done&item=x")).status_code == 404
        assert "Choose at least one" in words(await wei.get("/items/together?do=accept"))


async def test_each_of_several_is_a_command_of_its_own_and_what_is_refused_stays_chosen(
    web: Web, api: httpx.AsyncClient
) -> None:
    first, second, other = await with_item(api), await with_item(api), await with_item(api, owner="lucia")
    await give(api, other, "accept", by="lucia")
    async with eyes_of(web, "marcos") as marcos:
        form = await marcos.get("/items/together", params={"item": [first, second], "do": "waive"})
        typed: dict[str, Any] = {
            "item": [first, second],
            "do": "waive",
            "nonce": hidden(form, "nonce"),
            "back": "late=true",
        }
        without = await marcos.post("/items/together", data=typed | {"reason": "The supplier goes"})
        assert (without.status_code, "Until when: this can't be left out." in words(without)) == (409, True)
        assert ">The supplier goes</textarea>" in without.text
        await give(api, second, "waive", by="marcos", reason="Before", until=f"{SOON}T12:00:00Z")
        await give(api, second, "reopen", reason="It stays")
        done = await marcos.post("/items/together", data=typed | {"reason": "The supplier goes", "until": SOON})
        assert (done.status_code, "2 of 2 done" in words(done)) == (200, True)
        assert 'href="/items?late=true"' in done.text
        again = await marcos.post("/items/together", data=typed | {"reason": "The supplier goes", "until": SOON})
        assert "2 of 2 done" in words(again)
    for one in (first, second):
        waived = await get(api, f"items/{one}")
        assert (waived["status"], waived["waiver"]["reason"]) == ("waived", "The supplier goes")
        assert sum("Waived" in line["text"] and "supplier" in line["text"] for line in waived["timeline"]) == 1
    async with eyes_of(web, "tomas") as tomas:
        third = await with_item(api)
        with audited(web.settings, web.database, "accept") as accepted:
            mixed = await tomas.post("/items/together", data={"item": [third, other], "do": "accept"})
        assert (mixed.status_code, "1 of 2 done" in words(mixed), "1 of 2 not done" in words(mixed)) == (
            200,
            True,
            True,
        )
        assert f'value="{other}" checked' in mixed.text
        assert f'value="{third}" checked' not in mixed.text
    assert sorted(accepted.said()) == [("accept", "tomas", "done"), ("accept", "tomas", "forbidden")]


async def test_several_are_passed_on_and_given_more_time(web: Web, api: httpx.AsyncClient) -> None:
    items = [await with_item(api), await with_item(api)]
    async with eyes_of(web, "marcos") as marcos:
        more = {"item": items, "do": "extend", "until": FAR, "reason": "After the freeze"}
        assert "2 of 2 done" in words(await marcos.post("/items/together", data=more))
        passed = {"item": items, "do": "reassign", "to": "wei", "reason": "She knows it"}
        assert "2 of 2 done" in words(await marcos.post("/items/together", data=passed))
        again = await marcos.post("/items/together", data=passed | {"reason": "Again"})
        assert (again.status_code, "2 of 2 not done" in words(again)) == (409, True)
        assert ">Again</textarea>" in again.text
    for one in items:
        now = await get(api, f"items/{one}")
        assert (now["owner"], now["due"][:10]) == ("wei", FAR)


async def test_the_api_takes_the_same_filters(wei: httpx.AsyncClient) -> None:
    found = await wei.get("/api/items?status=proposed&status=done&words=cards&severity=SEV2&incident=inc-0000000001")
    assert {one["status"] for one in found.json()} == {"proposed", "done"}
    assert found.headers["Followthrough-Private"] == "0"
    assert (await wei.get("/api/items?words=merger")).json() == []
