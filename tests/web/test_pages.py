import html
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx

from activities.read_model import ReadModel
from followthrough.domain.replayed.incident.incident import IncidentStatus
from followthrough.domain.replayed.values import EntryKind
from followthrough.store.database import migrate, open_database
from tests.records import NOW, incident, item
from tests.web.conftest import Web
from tests.web.pagers import state
from tests.web.test_private import eyes_of

BROWSER = {"Accept": "text/html"}


async def test_the_empty_page_begins_with_a_drill_by_a_button_or_an_alert(web: Web, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/empty.db")
    migrate(database)
    async with replace(web, database=database).browser() as browser:
        empty = html.unescape((await browser.get("/incidents")).text)
        (link,) = re.findall(r'href="([^"]+)">Begin with a drill', empty)
        (body,) = re.findall(r"-d '(\{.+\})'", empty)
        answer = await browser.post(
            "/webhooks/alertmanager", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 202
        page = await browser.get(f"/incidents/{answer.json()['incident']}")
    assert (page.status_code, "My first alert" in page.text) == (200, True)
    assert (await state(web, answer.json()["incident"])).drill
    async with eyes_of(web, "wei") as wei:
        assert 'value="drill" checked' in (await wei.get(link)).text
    database.dispose()


async def test_pages_go_on_where_they_end(web: Web, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/many.db")
    migrate(database)
    model = ReadModel(database)
    for number in range(1, 62):
        model.project_incident(incident(number))
        model.project_item(item(number))
    async with replace(web, database=database).browser() as browser:
        for path, link in (("/incidents?team=payments", "Older incidents"), ("/items?team=payments", "More action ")):
            first = await browser.get(path)
            (query,) = re.findall(rf'href="([^"]+)">{link}', html.unescape(first.text))
            second = await browser.get(path.split("?")[0] + query)
            rows = [set(re.findall(r'<th scope="row">\s*<a href="([^"]+)"', shown.text)) for shown in (first, second)]
            assert [len(row) for row in rows] == [50, 11]
            assert not rows[0] & rows[1]
            assert link not in second.text
    database.dispose()


async def test_a_long_timeline_is_shown_a_stretch_at_a_time_and_its_updates_all_the_same(
    web: Web, api: httpx.AsyncClient
) -> None:
    over = incident(4500, status=IncidentStatus.CLOSED, ended_at=NOW)
    for number in range(1, 450):
        kind = EntryKind.UPDATE if number == 1 else EntryKind.NOTE
        over.note(over.declared_at + timedelta(minutes=number), kind, f"Entry {number}.", "ines")
    ReadModel(web.database).project_incident(over)
    path, shown = f"/incidents/{over.id}", []
    while path:
        page = (await api.get(path)).text
        assert "Entry 1." in page[: page.index('id="timeline"')]
        shown.append([int(text) for text in re.findall(r"Entry (\d+)\.", page[page.index('id="timeline"') :])])
        (path,) = re.findall(r'href="(\?until=\d+)#timeline">\d+ earlier', page) or [""]
        path = path and f"/incidents/{over.id}{path}"
    assert [number for part in reversed(shown) for number in part] == list(range(1, 450))
    assert [len(part) for part in shown] == [200, 200, 49]
    later = (await api.get(f"/incidents/{over.id}?until=50")).text
    assert 'href="?until=100#timeline">400 later' in later


async def test_a_browser_gets_errors_as_a_page_and_a_script_as_json(web: Web) -> None:
    async with web.browser() as browser:
        for path in ("/incidents/inc-0000000000", "/items/inc-0000000000.1", "/outbox/none", "/items?status=sleeping"):
            page, answer = await browser.get(path, headers=BROWSER), await browser.get(path)
            assert page.status_code == answer.status_code
            assert 400 <= page.status_code < 500
            assert html.escape(answer.json()["error"]) in page.text.replace("&#39;", "&#x27;")
            assert "default-src 'none'" in page.headers["Content-Security-Policy"]
