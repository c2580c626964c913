"""Times on pages are those of where the reader is, and say so."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from followthrough.domain.answered.wording import short_zone
from followthrough.local_person import LOCAL_PERSON, choose_local_person
from tests.web.conftest import Web
from tests.web.test_acting import link
from tests.web.test_api import get, with_item

TIME = re.compile(r'<time datetime="([^"]+)" title="([^"]+)">([^<]+)</time>')
MADRID = ZoneInfo("Europe/Madrid")


def times(page: httpx.Response) -> list[tuple[datetime, str, str]]:
    return [(datetime.fromisoformat(at), told, text) for at, told, text in TIME.findall(page.text)]


async def test_whoever_is_known_reads_their_own_times(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    incident = item.partition(".")[0]
    assert "Times are of UTC" in (await api.get(f"/incidents/{incident}")).text
    person = next(key for key, one in web.organisation().people.items() if one.time_zone == MADRID.key)
    choose_local_person(web.settings.data_dir, person)
    try:
        for path in (f"/incidents/{incident}", f"/items/{item}", "/items", "/outbox"):
            page = await api.get(path)
            assert f"Times are of {MADRID.key}" in page.text
            found = times(page)
            assert found
            for at, told, text in found:
                assert at.utcoffset() == UTC.utcoffset(None)
                assert told == f"{at.astimezone(MADRID):%a %d %b %Y, %H:%M} ({MADRID.key})"
                if ":" in text:
                    here = at.astimezone(MADRID)
                    assert text == f"{here.day} {here:%b %Y %H:%M} {here:%Z}"
    finally:
        (web.settings.data_dir / LOCAL_PERSON).unlink()


async def test_pages_behind_a_mail_have_the_times_of_whom_it_was_for(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    await get(api, f"items/{item}")
    zone = web.organisation().people["tomas"].time_zone
    page = await api.get(link("accept", item))
    assert f"Times are of {zone} unless" in page.text
    assert f"({zone})" in page.text


@pytest.mark.parametrize(
    ("zone", "name"),
    [("UTC", "UTC"), ("Europe/Madrid", "CET"), ("America/Sao_Paulo", "UTC-03:00"), ("Asia/Kolkata", "IST")],
)
def test_a_short_zone_has_a_name_also_where_it_has_no_letters(zone: str, name: str) -> None:
    assert short_zone(datetime(2026, 1, 9, tzinfo=ZoneInfo(zone))) == name
