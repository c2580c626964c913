"""What the pages of incidents and action items hear while they are open."""

import asyncio
import re
from datetime import timedelta

import httpx
import pytest
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.replayed.values import EntryKind
from followthrough.store.acting import written
from followthrough.web import live
from tests.records import incident as incident_that_is
from tests.records import item as item_that_is
from tests.waiting import eventually
from tests.web.conftest import Web
from tests.web.test_private import eyes_of


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_EVERY", timedelta(milliseconds=10))
    monkeypatch.setattr(live, "LASTS", timedelta(milliseconds=50))


async def test_a_page_hears_how_much_is_written_and_again_only_of_what_is_new(
    alone: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = incident_that_is(71)
    ReadModel(alone.database).project_incident(record)
    with Session(alone.database) as session:
        so_far = written(session, record.id)
    async with eyes_of(alone, "wei") as wei:
        heard = await wei.get(f"/incidents/{record.id}/live")
        assert heard.headers["content-type"].startswith("text/event-stream")
        assert heard.text.count("event: written") == 1
        assert f"data: {so_far}\n\n" in heard.text
        page = (await wei.get(f"/incidents/{record.id}")).text
        assert f'data-live-seen="{so_far}"' in page
        assert '<script src="/static/live.js" defer' in page
        monkeypatch.setattr(live, "MOST", 0)
        assert (await wei.get(f"/incidents/{record.id}/live")).status_code == 204


async def test_an_action_items_page_hears_of_a_change_and_of_a_line_on_its_timeline(alone: Web) -> None:
    record = incident_that_is(74)
    item = item_that_is(1, incident_id=record.id, id=f"{record.id}.1")
    model, heard = ReadModel(alone.database), []
    model.project_incident(record)
    model.project_item(item)
    async with eyes_of(alone, "wei") as wei:
        for text in ("", "Wei commented", "Ines commented"):
            if text:
                item.note(item.proposed_at, EntryKind.NOTE, text, "wei")
                model.project_item(item)
            heard.append((await wei.get(f"/items/{item.id}/live")).text.partition("\n\n")[0])
            page = (await wei.get(f"/items/{item.id}")).text
            assert heard[-1].endswith(f"data: {re.findall('data-live-seen=.(.+?).>', page)[0]}")
    assert len({*heard}) == 3


async def test_nobody_hears_of_what_is_private_and_not_for_them(alone: Web) -> None:
    record = incident_that_is(72, private=True, admitted=["ines"])
    item = item_that_is(1, incident_id=record.id, id=f"{record.id}.1", private=True)
    ReadModel(alone.database).project_incident(record)
    ReadModel(alone.database).project_item(item)
    async with eyes_of(alone, "wei") as wei, eyes_of(alone, "ines") as ines:
        for path in (f"/incidents/{record.id}/live", f"/items/{item.id}/live"):
            assert (await wei.get(path)).status_code == 404
            assert "event: written" in (await ines.get(path)).text


async def test_a_service_that_stops_does_not_wait_for_pages_that_listen(
    alone: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = incident_that_is(73)
    ReadModel(alone.database).project_incident(record)
    monkeypatch.setattr(live, "LOOK_EVERY", timedelta(hours=1))
    monkeypatch.setattr(live, "LASTS", timedelta(hours=9))

    async def listen() -> httpx.Response:
        async with eyes_of(alone, "wei") as wei:
            return await wei.get(f"/incidents/{record.id}/live")

    async def listens() -> bool:
        return bool(live._told)

    listening = asyncio.create_task(listen())
    await eventually(listens)
    live.end_all()
    assert "event: written" in (await listening).text
    assert not live._told
