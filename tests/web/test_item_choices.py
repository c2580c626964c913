"""Choices about an action item through the API, and what its page shows of them."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy

from activities.read_model import ReadModel
from followthrough import records
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.starts import start_record
from tests.records import NOW
from tests.records import item as item_that_is
from tests.waiting import eventually
from tests.web.conftest import Web
from tests.web.test_api import get, give, with_item
from tests.web.test_private import eyes_of
from workflows.messages.item import ItemProgress

PARTS = [{"title": "Alert on queue depth", "owner": "ines"}, {"title": "Test the fallback monthly", "owner": "tomas"}]
NEXT_YEAR = f"{datetime.now(UTC) + timedelta(days=400):%Y-%m-%dT%H:%M:%SZ}"


async def page(api: httpx.AsyncClient, item: str) -> str:
    answer = await api.get(f"/items/{item}")
    assert answer.status_code == 200
    return answer.text


async def owns(api: httpx.AsyncClient, owner: str) -> int:
    """How many open action items, by the load report."""
    people = (await get(api, "load"))["people"]
    return int(next((person["owns"] for person in people if person["person"] == owner), 0))


async def test_an_item_that_is_being_split_has_a_link_to_look_again(web: Web, api: httpx.AsyncClient) -> None:
    record = item_that_is(7001, under_way="split")
    ReadModel(web.database).project_item(record)
    assert f'being split, and nothing else can be done meanwhile: <a href="/items/{record.id}">look again</a>' in (
        await page(api, record.id)
    )


async def test_what_is_asked_for_and_waited_for_stands_on_the_page(web: Web, api: httpx.AsyncClient) -> None:
    item, other = await with_item(api), await with_item(api)
    await give(api, item, "accept", by="tomas")
    asked = await give(api, item, "extend", by="tomas", until=NEXT_YEAR, reason="The supplier is late")
    assert asked.json()["extension_wanted"]["until"] == NEXT_YEAR
    await give(api, item, "block", reason="The queue comes first", on=other)
    async with eyes_of(web, "marcos") as marcos:
        text = await page(marcos, item)
    for words in ("The supplier is late", "approve-extension", "The queue comes first", f'href="/items/{other}"'):
        assert words in text
    assert f'Waited for by</dt><dd><a href="/items/{item}">' in await page(api, other)
    await give(api, item, "refuse extension", by="marcos", reason="It can't wait")
    await give(api, item, "unblock")
    async with eyes_of(web, "marcos") as marcos:
        text = await page(marcos, item)
    assert "approve-extension" not in text
    assert f'href="/items/{item}/do/block"' in text


async def test_a_part_that_can_not_be_checked_is_returned_and_its_owner_has_to_be_known(api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    vague = await give(api, item, "split", parts=[PARTS[0], {"title": "Improve monitoring", "owner": "tomas"}])
    assert (vague.status_code, vague.json()["error"].startswith("A part is too vague.")) == (422, True)
    unknown = await give(api, item, "split", parts=[PARTS[0], {"title": "Test it monthly", "owner": "zoe"}])
    assert (unknown.status_code, "zoe" in unknown.json()["error"]) == (422, True)
    alone = await give(api, item, "split", parts=PARTS[:1])
    assert (alone.status_code, "parts" in alone.json()["error"]) == (422, True)


async def test_a_split_item_leads_to_its_parts_and_a_merged_one_to_its_other(api: httpx.AsyncClient) -> None:
    whole, other = await with_item(api), await with_item(api)
    split = await give(api, whole, "split", parts=PARTS)
    first, second = split.json()["split_into"]
    text = await page(api, whole)
    assert f'It goes on as <a href="/items/{first}">{first}</a>, <a href="/items/{second}">' in text
    assert f'Split from</dt><dd><a href="/items/{whole}">' in await page(api, first)
    merged = await give(api, second, "merge", into=other)
    assert (merged.json()["status"], merged.json()["duplicate_of"]) == ("merged", other)
    assert f'It goes on as <a href="/items/{other}">' in await page(api, second)
    assert f'Goes on for</dt><dd><a href="/items/{second}">' in await page(api, other)
    refused = await give(api, second, "reopen", reason="It is not the same")
    assert (refused.status_code, "is merged" in refused.json()["error"]) == (409, True)


async def test_a_waived_item_is_out_of_the_list_of_open_ones_until_it_is_reopened(api: httpx.AsyncClient) -> None:
    item = await with_item(api, owner="wei")
    await give(api, item, "accept", by="wei")
    before = await owns(api, "wei")
    waived = await give(api, item, "waive", by="marcos", reason="The service goes away", until="2099-01-01T00:00:00Z")
    assert (waived.status_code, "at most 180 days away" in waived.json()["error"]) == (409, True)
    assert (await give(api, item, "waive", by="marcos", reason="It goes away")).json()["status"] == "waived"
    assert "asked again on" in await page(api, item)
    assert item in [found["id"] for found in await get(api, "items?status=waived")]
    assert await owns(api, "wei") == before - 1
    assert (await give(api, item, "reopen", reason="It stays")).json()["status"] == "proposed"
    assert "reopen-item" not in await page(api, item)


@pytest.mark.parametrize("kind", ["test", None])
async def test_a_closed_item_is_reopened_after_its_workflow_has_ended(
    web: Web, api: httpx.AsyncClient, kind: str | None
) -> None:
    item = await with_item(api)
    await give(api, item, "accept", by="tomas")
    await give(api, item, "done", by="tomas", evidence="https://git.example.com/1", evidence_kind=kind)
    assert (await give(api, item, "verify")).json()["status"] == "closed"
    await web.client.get_workflow_handle(item).result()
    assert (await give(api, item, "reopen", reason="The test was skipped")).json()["status"] == "proposed"
    refuted = "<strong>Does not hold.</strong> The test was skipped"
    text = await eventually(lambda: page(api, item), lambda text: refuted in text)
    assert ("test, Tomás Ferrer" in text) is (kind == "test")


async def test_of_two_who_reopen_an_item_at_once_one_hears_of_the_other(
    web: Web, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def start_second(client: Client, progress: ItemProgress, again: WorkflowIDReusePolicy) -> bool:
        await start_record(client, progress.model_copy(update={"reopen_id": "first"}), again)
        return await start_record(client, progress, again)

    monkeypatch.setattr(records, "start_record", start_second)
    closed = item_that_is(id="inc-4e0be4ed00.1", owner="ines", status=ItemStatus.CLOSED, ended_at=NOW)
    ReadModel(web.database).project_item(closed)
    refused = await give(api, closed.id, "reopen", reason="The test was skipped")
    assert (refused.status_code, refused.json()["error"]) == (409, f"Somebody has just reopened {closed.id}.")
