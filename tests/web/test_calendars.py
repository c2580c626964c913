"""Deadlines in people's calendars."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
from icalendar import Calendar
from pydantic import SecretStr

from followthrough.deadline_calendar import deadline_calendar
from followthrough.domain.replayed.item.action_item import ItemStatus
from followthrough.organisation_file import OrganisationFile
from tests.notices import PUBLIC_URL
from tests.records import NOW, item
from tests.web.conftest import SETTINGS, Web
from tests.web.test_api import UNKNOWN, get, give, with_item


def entries(content: bytes) -> dict[str, Any]:
    calendar: Any = Calendar.from_ical(content)
    return {event["UID"].partition("@")[0]: event for event in calendar.walk("VEVENT")}


async def subscribed(api: httpx.AsyncClient, address: str) -> dict[str, Any]:
    answer = await api.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    return entries(answer.content)


def test_a_deadline_is_an_entry_with_an_alarm_and_moves_with_the_item() -> None:
    first, moved = item(due_in_days=10), item(due_in_days=20)
    moved.version = first.version + 1
    before, after = (
        entries(deadline_calendar("ana", "Deadlines", [record], PUBLIC_URL, NOW))[first.id] for record in (first, moved)
    )
    assert before.start == NOW + timedelta(days=10)
    assert after.start == NOW + timedelta(days=20)
    assert before["UID"] == after["UID"] == f"{first.id}@followthrough.example.com"
    assert before.sequence < after.sequence
    assert [alarm.TRIGGER for alarm in before.walk("VALARM")] == [-timedelta(days=1)]
    assert before["URL"] == f"{PUBLIC_URL}/items/{first.id}"


def test_an_item_that_is_settled_needs_no_entry_any_more() -> None:
    closed = item(status=ItemStatus.CLOSED, title="Alert; on queue depth, too")
    (entry,) = entries(deadline_calendar("ana", "Deadlines", [closed], PUBLIC_URL, NOW)).values()
    assert (entry["STATUS"], entry.walk("VALARM")) == ("CANCELLED", [])
    assert entry["SUMMARY"] == f"Due: {closed.title}"
    unplanned = item(plan=None)
    assert entries(deadline_calendar("ana", "Deadlines", [unplanned], PUBLIC_URL, NOW)) == {}


async def test_one_deadline_can_be_downloaded(api: httpx.AsyncClient) -> None:
    record = await with_item(api)
    entry = (await subscribed(api, f"/items/{record}/deadline.ics"))[record]
    assert entry.start == datetime.fromisoformat((await get(api, f"items/{record}"))["plan"]["due"])
    assert (await api.get(f"/items/{UNKNOWN}.1/deadline.ics")).status_code == 404


async def test_a_person_subscribes_to_what_they_owe(api: httpx.AsyncClient) -> None:
    mine, waived, hers = [await with_item(api, owner=owner) for owner in ("ines", "ines", "tomas")]
    await give(api, waived, "waive", by="marcos", reason="The queue goes away")
    address = (await get(api, "people/ines/calendar"))["url"]
    assert address.startswith(f"{SETTINGS.resolved_public_url}/people/ines/deadlines.ics?token=")
    assert (await get(api, "people/ines/calendar"))["url"].partition("?")[0] == address.partition("?")[0]
    path = address.removeprefix(SETTINGS.resolved_public_url)
    entry = (await subscribed(api, path))[mine]
    assert not {waived, hers} & (await subscribed(api, path)).keys()

    until = entry.start + timedelta(days=20)
    await give(api, mine, "extend", by="marcos", until=until.isoformat(), reason="The vendor is late")
    moved = (await subscribed(api, path))[mine]
    assert (moved.start, moved.sequence > entry.sequence) == (until, True)


async def test_an_address_works_for_one_person_until_it_is_revoked(api: httpx.AsyncClient) -> None:
    old = (await get(api, "people/wei/calendar"))["url"].removeprefix(SETTINGS.resolved_public_url)
    owed = await subscribed(api, old)
    for spoilt in (old.replace("people/wei", "people/sam"), old + "x"):
        refused = await api.get(spoilt)
        assert (refused.status_code, "followthrough calendar" in refused.json()["error"]) == (404, True)
    new = (await api.delete("/api/people/wei/calendar")).json()["url"].removeprefix(SETTINGS.resolved_public_url)
    assert (await api.get(old)).status_code == 404
    assert (await subscribed(api, new)).keys() == owed.keys()
    assert (await api.get("/api/people/zoe/calendar")).status_code == 404


async def test_an_address_ends_when_its_person_leaves(
    web: Web, api: httpx.AsyncClient, without_tomas: OrganisationFile
) -> None:
    path = (await get(api, "people/tomas/calendar"))["url"].removeprefix(SETTINGS.resolved_public_url)
    assert await subscribed(api, path) is not None
    async with replace(web, organisation=without_tomas).browser() as later:
        assert (await later.get(path)).status_code == 404
        refused = await later.get("/api/people/tomas/calendar")
    assert (refused.status_code, "or they left" in refused.json()["error"]) == (404, True)


async def test_addresses_are_given_to_those_who_may_read_the_api(web: Web) -> None:
    async with web.browser(api_token=SecretStr("api-token")) as api:
        for method in ("GET", "DELETE"):
            assert (await api.request(method, "/api/people/wei/calendar")).status_code == 401
