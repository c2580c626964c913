"""Times on pages are those of where the reader is, and say so."""

import re
from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlmodel import Session

from followthrough.domain.answered.wording import short_zone
from followthrough.domain.replayed.ids import incident_of
from followthrough.local_person import LOCAL_PERSON, choose_local_person
from followthrough.organisation_file import OrganisationFile
from followthrough.web.act_facts import state
from tests import records
from tests.web.conftest import Web
from tests.web.test_acting import link
from tests.web.test_api import get, with_item

TIME = re.compile(r'<time datetime="([^"]+)" title="([^"]+)">([^<]+)</time>')
MADRID = ZoneInfo("Europe/Madrid")


def times(page: httpx.Response) -> list[tuple[datetime, str, str]]:
    return [(datetime.fromisoformat(at), told, text) for at, told, text in TIME.findall(page.text)]


async def test_whoever_is_known_reads_their_own_times(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    incident = incident_of(item)
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


def test_a_deadline_is_on_the_day_that_it_is_where_the_reader_is(organisation: OrganisationFile) -> None:
    evening = datetime(2026, 3, 13, 23, 30, tzinfo=UTC)
    due = records.item(owner="ines", plan=None, due=evening)
    assert state(due, organisation(), "ines").endswith(", due 2026-03-14.")
    assert state(due, organisation()).endswith(", due 2026-03-13.")


async def test_days_to_filter_by_are_those_that_are_shown(web: Web, api: httpx.AsyncClient) -> None:
    evening = datetime(2026, 3, 13, 23, 30, tzinfo=UTC)
    mail = records.mail(f"evening/{uuid4()}", at=evening, subject="Sent on an evening")
    with Session(web.database) as session, session.begin():
        session.add(mail)
    choose_local_person(web.settings.data_dir, "ines")
    try:
        for day, there in ((13, False), (14, True)):
            shown = (await api.get(f"/outbox?since=2026-03-{day}&until=2026-03-{day}")).text
            assert ("Sent on an evening" in shown) == there, day
    finally:
        (web.settings.data_dir / LOCAL_PERSON).unlink()


async def test_lists_of_action_items_say_what_comes_in_the_zone_of_the_reader(web: Web, api: httpx.AsyncClient) -> None:
    item = await with_item(api)
    far = next(key for key, one in web.organisation().people.items() if one.time_zone not in (MADRID.key, "UTC"))
    zone = web.organisation().people[far].time_zone
    choose_local_person(web.settings.data_dir, far)
    try:
        page = (await api.get("/items", params={"incident": incident_of(item)})).text
        assert item in page
        assert f"({zone})" in re.sub(r' title="[^"]*"', "", page)
        assert f"({MADRID.key})" not in page
    finally:
        (web.settings.data_dir / LOCAL_PERSON).unlink()
