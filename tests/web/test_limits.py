"""What people send is bounded and cleaned where it comes in, whichever database it goes to."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from sqlalchemy import Engine, update
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.replayed.ids import incident_of
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.organisation_file import OrganisationFile
from followthrough.store.tables import ActionItemRow
from tests.records import NOW, item
from tests.waiting import eventually
from tests.web.conftest import SETTINGS, Web, new_namespace
from tests.web.test_acting import link, words
from tests.web.test_api import get, give, with_item

STRANGE = "CPU \0 90 %\r\nnext \x1b[31m\u202e\ud83d"
CLEANED = "CPU 90 % next [31m\ufffd"


def unbounded(schema: dict[str, Any], schemas: dict[str, Any], where: str = "") -> Iterator[str]:
    """Texts and lists without a limit in what a request may hold."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from unbounded(schemas[name], schemas, where or name)
    for parts in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(parts, ()):
            yield from unbounded(part, schemas, where)
    of_few = schema.keys() & {"enum", "const", "maxLength"} or schema.get("format") in ("date", "date-time")
    if schema.get("type") == "string" and not of_few:
        yield where
    if schema.get("type") == "array":
        if "maxItems" not in schema:
            yield f"{where}[]"
        for part in (schema.get("items", {}), *schema.get("prefixItems", ())):
            yield from unbounded(part, schemas, where)
    if isinstance(more := schema.get("additionalProperties"), dict):
        yield f"{where}{{}}"
        yield from unbounded(more, schemas, where)
    for name, part in schema.get("properties", {}).items():
        yield from unbounded(part, schemas, f"{where}.{name}")


async def test_no_body_of_a_request_has_a_text_or_a_list_without_a_limit(web: Web) -> None:
    """Vendors' webhooks are cut instead, so they are not among them."""
    described = web.app().openapi()
    bodies = {
        path: content["schema"]
        for path, operations in described["paths"].items()
        if not path.startswith("/webhooks/")
        for operation in operations.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    }
    assert {"/api/incidents", "/api/items/{item_id}/commands", "/api/planning/{team}"} <= bodies.keys()
    schemas = described["components"]["schemas"]
    assert {path: found for path, body in bodies.items() if (found := list(unbounded(body, schemas)))} == {}


async def test_texts_without_end_are_refused_at_their_limit_and_small_ones_are_taken(api: httpx.AsyncClient) -> None:
    proposed, long = await with_item(api), "x" * 900_000
    incident = incident_of(proposed)
    for command, field, limit in (
        ("note", "text", 10_000),
        ("mitigate", "summary", 2_000),
        ("resolve", "summary", 2_000),
    ):
        refused = await give(api, incident, command, **{field: long})
        assert refused.status_code == 422
        assert f"900000 characters, and may have {limit}" in refused.json()["error"]
        assert (await give(api, incident, command, **{field: "x" * limit})).status_code == 200
    waived = await give(api, proposed, "waive", by="marcos", reason="x" * 40_000)
    assert (waived.status_code, waived.json()["error"]) == (
        422,
        "waive.reason: the text has 40000 characters, and may have 2000; say it shorter.",
    )
    form = await api.post(link("waive", proposed, "marcos"), data={"reason": "x" * 40_000})
    assert (form.status_code, "40000 characters, and may have 2000" in words(form)) == (409, True)


async def send(api: httpx.AsyncClient, path: str, **body: Any) -> httpx.Response:
    """As JSON that escapes what it can, like half surrogates."""
    return await api.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})


async def test_strange_characters_are_taken_out_and_what_follows_works(
    address: str, organisation: OrganisationFile, database: Engine
) -> None:
    web = Web(SETTINGS, organisation, await new_namespace(address), database)
    async with web.worker(), web.browser() as api:
        declared = await send(api, "/api/incidents", title=STRANGE, service="checkout", severity="SEV2", by="ines")
        assert declared.status_code == 201, declared.text
        incident = declared.json()["incident"]
        commands, mine = f"/api/incidents/{incident}/commands", {"by": "ines"}
        for body in (
            {"command": "note", "text": STRANGE},
            {"command": "send update", "stage": "investigating", "audience": "internal", "text": STRANGE},
            {"command": "propose action item", "title": f"Alert on {STRANGE}", "owner": "tomas"},
            {"command": "resolve", "summary": STRANGE},
            {"command": "submit postmortem", "text": STRANGE},
        ):
            answer = await send(api, commands, **body, **mine)
            assert answer.status_code == 200, answer.text
        record = f"{incident}.1"
        declined = await send(api, f"/api/items/{record}/commands", command="decline", by="tomas", reason=STRANGE)
        assert declined.status_code == 200, declined.text
        assert (await get(api, f"incidents/{incident}"))["title"] == CLEANED

        async def mails() -> bool:
            return {"stakeholder-update", "postmortem-to-review", "item-proposed"} <= {
                mail["kind"] for mail in await get(api, "mails")
            }

        await eventually(mails)
        for path in (f"/incidents/{incident}", f"/items/{record}", "/", "/items", "/outbox", "/digests/monthly"):
            assert (await api.get(path, headers={"Accept": "text/html"})).status_code == 200
        calendar: Any = Calendar.from_ical((await api.get(f"/items/{record}/deadline.ics")).content)
        assert [event["SUMMARY"] for event in calendar.walk("VEVENT")] == [f"Due: Alert on {CLEANED}"]
        for body in (
            {"command": "note\ud83d", "text": "x"},
            {"command": "note", "text": "x", "more\ud83d": "x"},
            {"command": "acknowledge", "by": "\ud83d\0"},
        ):
            answer = await send(api, commands, **mine | body)
            assert answer.status_code == 422, answer.text
            assert answer.json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/outbox/%00",
        "/outbox/a%1b%5b31m",
        "/items?owner=%00",
        "/api/items?owner=a%e2%80%ae",
        "/api/incidents?service=%00",
        "/api/mails?incident_id=a%0ab",
        "/api/incidents/inc-%00",
        "/api/items/%0a/ticket",
        f"/outbox/{'a.' * 3_000}",
        f"/api/items?owner={'a' * 5_000}",
    ],
)
async def test_an_address_that_nothing_here_can_have_is_refused(web: Web, database: Engine, path: str) -> None:
    async with replace(web, database=database).browser() as api:
        answer = await api.get(path)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("The address ")


@pytest.mark.parametrize("path", ["/api/incidents", "/api/items", "/api/mails"])
async def test_a_page_that_no_database_can_count_to_is_refused(web: Web, database: Engine, path: str) -> None:
    async with replace(web, database=database).browser() as api:
        answer = await api.get(path, params={"limit": 10**20})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("query.limit: ")


@pytest.mark.parametrize("path", ["/incidents", "/outbox", "/items", "/api/incidents", "/api/items", "/api/mails"])
async def test_a_list_does_not_go_on_where_no_page_of_it_ended(web: Web, database: Engine, path: str) -> None:
    async with replace(web, database=database).browser() as api:
        answer = await api.get(path, params={"cursor" if path.startswith("/api") else "after": "somewhere"})
    assert answer.status_code == 422
    assert "This list can't go on there; begin with its first page." in unescape(answer.text)


@pytest.mark.parametrize("zone", ["-12:00", "+00:00", "+14:00"])
async def test_days_that_make_no_sense_are_refused_in_words(api: httpx.AsyncClient, zone: str) -> None:
    record = await with_item(api)
    soon = datetime.now(UTC) + timedelta(days=4 * 366)
    for command, field, at, sentence in (
        ("extend", "until", f"9999-12-31T23:59:59{zone}", "the year has to be from 2000 to 2199"),
        ("block", "until", f"9999-12-31T23:59:59{zone}", "the year has to be from 2000 to 2199"),
        ("waive", "until", f"9999-12-31T23:59:59{zone}", "the year has to be from 2000 to 2199"),
        ("extend", "until", soon.isoformat(), "more than 3 years away"),
        ("block", "until", soon.isoformat(), "more than 3 years away"),
    ):
        answer = await give(api, record, command, by="marcos", reason="x", **{field: at})
        assert answer.status_code in (409, 422)
        assert sentence in answer.json()["error"]
    incident = incident_of(record)
    for at, sentence in (
        (f"0001-01-01T00:00:00{zone}", "from 2000 to 2199"),
        ((datetime.now(UTC) - timedelta(days=6 * 366)).isoformat(), "more than 5 years ago"),
    ):
        answer = await give(api, incident, "note", text="x", at=at)
        assert answer.status_code in (409, 422)
        assert sentence in answer.json()["error"]
    for typed in ("9999-12-31", "0001-01-01", "2199-12-31"):
        form = await api.post(link("extend", record, "marcos"), data={"until": typed, "reason": "x"})
        assert form.status_code == 409
    assert (await api.get("/api/planning/payments", params={"first_day": "9999-12-31"})).status_code == 422
    assert (await get(api, f"items/{record}"))["status"] == "proposed"


@pytest.mark.parametrize("odd", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"])
async def test_a_stored_day_from_the_edge_of_the_calendar_keeps_no_page_from_anybody(
    web: Web, database: Engine, odd: str
) -> None:
    stored = item(owner="tomas", team="payments")
    document: dict[str, Any] = stored.model_dump(mode="json", exclude={"unwritten"})
    document["plan"] |= {"due": odd, "accept_by": odd, "next": document["plan"]["next"] | {"at": odd}}
    document |= {"due": odd, "extension_wanted": {"until": odd, "reason": "x", "by": "tomas", "at": str(NOW)}}
    document |= {"block": {"until": odd, "reason": "x", "by": "tomas", "at": str(NOW)}, "title": "one\ntwo"}
    ReadModel(database).project_item(stored)
    with Session(database) as session, session.begin():
        session.execute(update(ActionItemRow).values(document=document))
    async with replace(web, database=database).browser() as api:
        for path in (
            "/items",
            f"/items/{stored.id}",
            f"/items/{stored.id}/deadline.ics",
            "/api/items",
            "/planning/payments",
            "/load",
            "/digests/weekly/marcos",
            "/digests/monthly",
            "/api/digests/weekly/marcos",
            link("extend", stored.id, "tomas"),
        ):
            answer = await api.get(path)
            assert answer.status_code == 200, (path, answer.text)
    assert ActionItem.model_validate(document).title == "one two"
