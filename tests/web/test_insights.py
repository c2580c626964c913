"""The pages, files and JSON of what the numbers say."""

import csv
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from sqlalchemy import Engine

from activities.read_model import ReadModel
from followthrough.domain.answered.insights.costs import Held, Price
from followthrough.domain.answered.insights.insight import MOST_ROWS, Name
from followthrough.domain.replayed.incident.incident import Repeat
from followthrough.domain.replayed.item.action_item import ItemStatus, Moment, MomentKind, Waiver
from followthrough.domain.replayed.values import Severity
from followthrough.store import insights
from followthrough.store.cursors import written
from followthrough.store.database import migrate, open_database
from followthrough.web.security import PAGE_HEADERS
from tests import records
from tests.pdf_words import shown
from tests.web.conftest import Web, words

NOW = datetime.now(UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FORMULA = '=HYPERLINK("https://evil.example.com")'


def write_insights(database: Engine) -> None:
    """Of most measures something, for two severities and teams; some of it private, and a drill."""
    model = ReadModel(database)

    def incident(number: int, **changes: Any) -> str:
        start = changes.setdefault("declared_at", NOW - MINUTE * 90)
        record = records.incident(number, **{"mitigated_at": start + 20 * MINUTE} | changes)
        model.project_incident(record)
        return record.id

    def item(number: int, days: float = 10, **changes: Any) -> None:
        usual: dict[str, Any] = {"incident_id": "inc-0000000001", "proposed_at": NOW - DAY}
        record = records.item(number, **usual | changes)
        assert record.plan is not None
        record.plan = record.plan.model_copy(update={"due": NOW + days * DAY})
        model.project_item(record)

    for number in range(1, 8):
        incident(number, resolved_at=NOW - number * MINUTE, severity=Severity.SEV1 if number < 3 else Severity.SEV2)
    incident(8, drill=True, resolved_at=NOW)
    alike = [Repeat(incident_id="inc-0000000001", because="The same alert")]
    came = incident(9, title="Payments fail again", repeats=alike, resolved_at=NOW - 48 * MINUTE)
    secret = incident(10, title="Zanzibar", private=True, repeats=alike, resolved_at=NOW)
    overdue = [Moment(at=NOW - DAY, kind=MomentKind.ESCALATE, level=1, to=("carla",))]
    item(1, -2, reminders=overdue, repeats=[came, secret])
    for number in range(2, 8):
        changes: dict[str, Any] = {"team": "platform", "service": "network"} if number == 2 else {}
        item(number, 1 if number < 6 else -1, status=ItemStatus.CLOSED, ended_at=NOW, accepted_at=NOW, **changes)
    waiver = Waiver(reason=FORMULA, by="nora", at=NOW - DAY, until=NOW + 30 * DAY)
    item(8, status=ItemStatus.WAIVED, waiver=waiver, ended_at=NOW - DAY)
    item(9, status=ItemStatus.WAIVED, waiver=waiver, ended_at=NOW - DAY, incident_id=secret, title="Zanzibar's locks")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('insights')}/insights.db")
    migrate(database)
    write_insights(database)
    yield database
    database.dispose()


@pytest.fixture
async def browser(alone: Web, database: Engine) -> AsyncIterator[httpx.AsyncClient]:
    async with replace(alone, database=database).browser() as browser:
        yield browser


async def rows(browser: httpx.AsyncClient, name: str, **filters: Any) -> list[dict[str, Any]]:
    insight = (await browser.get(f"/api/insights/{name}", params=filters)).json()
    names = [column["name"] for column in insight["columns"]]
    return [dict(zip(names, row, strict=True)) for row in insight["rows"]]


async def test_each_is_found_from_the_navigation_with_its_definition(browser: httpx.AsyncClient) -> None:
    assert '<a href="/insights">Insights</a>' in (await browser.get("/incidents")).text
    page = (await browser.get("/insights?team=payments&months=3")).text
    for about in (await browser.get("/api/insights")).json():
        assert f'href="/insights/{about["name"]}?team=payments&amp;months=3">{about["title"]}</a>' in page
        one = await browser.get(f"/insights/{about['name']}?team=payments&months=3")
        assert about["definition"] in words(one)
        assert f'action="/insights/{about["name"]}"' in one.text
    assert 'href="/load"' in page


@pytest.mark.parametrize("name", Name)
async def test_a_drawing_has_no_style_and_says_in_words_what_it_shows(browser: httpx.AsyncClient, name: Name) -> None:
    drawn = await browser.get(f"/insights/{name}.svg")
    assert (drawn.status_code, drawn.headers["Content-Type"]) == (200, "image/svg+xml")
    assert "style=" not in drawn.text
    assert "default-src 'none'" in drawn.headers["Content-Security-Policy"]
    assert "unsafe" not in drawn.headers["Content-Security-Policy"] + PAGE_HEADERS["Content-Security-Policy"]
    root = ElementTree.fromstring(drawn.text)
    insight = (await browser.get(f"/api/insights/{name}")).json()
    said = root.findtext("{http://www.w3.org/2000/svg}desc") or ""
    assert said.startswith(insight["title"] if insight["drawing"] else "This is a list")


async def test_shares_are_told_of_enough_and_counted_of_few(browser: httpx.AsyncClient) -> None:
    page = words(await browser.get("/insights/on-time"))
    assert "4 of 6 (67 %)." in page
    few = words(await browser.get("/insights/on-time?team=platform"))
    assert "1 of 1; too few to compare." in few
    by = {(row["by"], row["of"]): row for row in await rows(browser, "on-time")}
    assert (by["all", "all"]["percent"], by["team", "platform"]["percent"]) == (67, None)
    assert by["team", "platform"]["note"] == "too few to compare"
    assert "Payments" in page


async def test_filters_narrow_every_measure_and_what_is_wrong_with_them_is_said(browser: httpx.AsyncClient) -> None:
    counted = {row["of"]: row["count"] for row in await rows(browser, "response") if row["what"] == "to resolve (MTTR)"}
    assert (counted["all"], counted["SEV1"]) == (9, 2)
    only = await rows(browser, "response", severity="SEV1", team="", service="checkout")
    assert {row["count"] for row in only} == {2}
    for name in Name:
        assert await rows(browser, name, service="card-payments", months=1) in (
            [],
            [{**EMPTY, "month": f"{NOW:%Y-%m}"}],
        )
    for wrong in ("months=0", "months=25", "months=x", "severity=SEV9"):
        assert (await browser.get(f"/insights?{wrong}")).status_code == 422, wrong
    unknown = await browser.get("/api/insights/vanity")
    assert (unknown.status_code, unknown.json()["error"].partition(" 'on-time'")[0]) == (422, "name: Input should be")


async def test_a_team_that_nobody_knows_is_refused_and_one_of_old_records_is_still_chosen(
    browser: httpx.AsyncClient,
) -> None:
    month = f"{NOW:%Y-%m}"
    for path in ("/api/insights/waivers", "/insights/waivers", "/insights/waivers.csv", f"/api/insights/{month}.pdf"):
        assert (await browser.get(f"{path}?team=paymets")).status_code == 422, path
    refused = await browser.get("/api/insights/waivers?team=paymets")
    assert refused.json()["error"] == 'There is no team "paymets" in the organisation file or in any record.'
    refused = await browser.get("/api/insights/waivers?service=chekout")
    assert refused.json()["error"] == 'There is no service "chekout" in the organisation file or in any record.'
    page = await browser.get("/insights/waivers?service=network")
    assert '<option value="network" selected>network</option>' in page.text


EMPTY = {"month": "", "before_they_were_closed": 0, "after_one_was_closed": 0, "without_any": 0}


async def test_what_is_private_is_counted_and_nowhere_named(browser: httpx.AsyncClient) -> None:
    for name in Name:
        for path in (f"/insights/{name}", f"/insights/{name}.csv", f"/insights/{name}.svg", f"/api/insights/{name}"):
            assert "Zanzibar" not in (await browser.get(path)).text, path
    waivers = await browser.get("/insights/waivers")
    assert "2 in force, 0 of them for good." in words(waivers)
    assert "And 1 private one, counted and not named." in words(waivers)


async def test_the_price_of_not_doing_has_minutes_and_leads_to_what_was_overdue(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/insights/not-done")
    assert "Repeats: 2. They lasted 42 min, and somebody was woken 0 times." in words(page)
    assert 'href="/incidents/inc-0000000009"' in page.text
    assert 'href="/items/inc-0000000001.1"' in page.text


async def test_a_spreadsheet_gets_the_rows_and_calculates_nothing(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/insights/waivers.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="waivers.csv"'
    (row,) = csv.DictReader(StringIO(answer.text))
    assert (row["reason"], row["by"], row["item"]) == (f"'{FORMULA}", "nora", "inc-0000000001.8")
    assert FORMULA in words(await browser.get("/insights/waivers")).replace("&#34;", '"')


async def further(browser: httpx.AsyncClient, path: str, **limit: int) -> list[dict[str, Any]]:
    """The pages after the first one."""
    answer, found = await browser.get(path, params=limit), []
    while link := answer.links.get("next"):
        answer = await browser.get(link["url"])
        found.append(answer.json())
    return found


@pytest.mark.parametrize("name", ["not-done", "held", "waivers"])
async def test_a_list_of_records_goes_on_by_a_cursor(
    browser: httpx.AsyncClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def three(*_: Any) -> list[Any]:
        title, at = "Payments fail", [NOW - 3 * DAY, NOW - 2 * DAY, NOW - 2 * DAY]
        ids = [f"inc-000000001{number}" for number in (1, 2, 3)]
        if name == "held":
            return [
                Held(incident_id=one, title=title, repeats=1, since=then, private=False)
                for one, then in zip(ids, at, strict=True)
            ]
        prices = [
            Price(incident_id=one, title=title, at=then, minutes=1, woken=0, items=(), private=False)
            for one, then in zip(ids, at, strict=True)
        ]
        return prices[::-1]

    monkeypatch.setattr(insights, "held", three)
    monkeypatch.setattr(insights, "prices", three)
    path = f"/api/insights/{name}"
    first = (await browser.get(path, params={"limit": 1})).json()
    pages = [first, *await further(browser, path, limit=1)]
    assert [row for page in pages for row in page["rows"]] == (await browser.get(path)).json()["rows"]
    assert [page["left_off"] for page in pages] == list(range(len(pages)))[::-1]
    assert {page["summary"] for page in pages} == {first["summary"]}


@pytest.mark.parametrize(
    "cursor", ["bm93aGVyZQ", written(["yesterday", "x"]), written(["0001-01-01", "x"]), written(["x"])]
)
async def test_an_insight_goes_on_at_no_other_place(browser: httpx.AsyncClient, cursor: str) -> None:
    answer = await browser.get("/api/insights/held", params={"cursor": cursor})
    assert (answer.status_code, "begin with its first page" in answer.json()["detail"]) == (422, True)


async def test_a_list_that_is_cut_says_so_and_its_file_is_whole(alone: Web, tmp_path: Path) -> None:
    many = open_database(f"sqlite:///{tmp_path}/many.db")
    migrate(many)
    model = ReadModel(many)
    for number in range(1, MOST_ROWS + 6):
        ends = NOW + (number % 3) * DAY if number % 5 else None
        waiver = Waiver(reason="Replaced soon", by="nora", at=NOW, until=ends)
        model.project_item(records.item(number, status=ItemStatus.WAIVED, waiver=waiver, ended_at=NOW))
    async with replace(alone, database=many).browser() as browser:
        told = (await browser.get("/api/insights/waivers")).json()
        assert (len(told["rows"]), told["left_off"]) == (MOST_ROWS, 5)
        assert "And 5 more: choose a team" in words(await browser.get("/insights/waivers"))
        whole = [row for page in [told, *await further(browser, "/api/insights/waivers")] for row in page["rows"]]
        file = (await browser.get("/insights/waivers.csv")).text
        assert [row[0] for row in whole] == [row["item"] for row in csv.DictReader(StringIO(file))]
        assert len(list(csv.DictReader(StringIO(file)))) == MOST_ROWS + 5
    many.dispose()


async def test_without_any_record_each_says_so(alone: Web, tmp_path: Path) -> None:
    empty = open_database(f"sqlite:///{tmp_path}/empty.db")
    migrate(empty)
    async with replace(alone, database=empty).browser() as browser:
        for name in Name:
            assert (await browser.get(f"/insights/{name}")).status_code == 200
            assert (await browser.get(f"/insights/{name}.svg")).status_code == 200
        assert "Nothing was closed in these months." in words(await browser.get("/insights/on-time"))
    empty.dispose()


async def test_a_month_is_kept_as_pages_with_drawings_and_names_nothing_private(browser: httpx.AsyncClient) -> None:
    this, following = f"{NOW:%Y-%m}", f"{NOW.replace(day=1) + 32 * DAY:%Y-%m}"
    answer = await browser.get(f"/insights/{this}.pdf?team=payments")
    assert (answer.headers["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="insights-{this}-payments.pdf"'
    said = shown(answer.content)
    for told in (b"Payments", b"Closed on time, percent", b"Repeats: 2. They lasted 42 min", b"counted and not named"):
        assert told in said, told
    assert b"Zanzibar" not in said
    assert (await browser.get(f"/api/insights/{this}.pdf")).content[:5] == b"%PDF-"
    refused = await browser.get(f"/api/insights/{following}.pdf")
    assert (refused.status_code, refused.json()["error"]) == (
        422,
        f"{following} has not begun yet; ask for this month or an earlier one.",
    )
    page = (await browser.get("/insights?team=payments")).text
    assert f'href="/insights/{this}.pdf?team=payments&amp;months=6"' in page
