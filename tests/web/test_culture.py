"""Kudos, the load report, playbooks and anonymous notes through the web."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import inspect
from sqlmodel import Session, select
from temporalio.client import Client

from followthrough.organisation_file import OrganisationFile
from followthrough.store.database import open_database
from followthrough.store.tables import AnonymousNoteRow
from tests.web.conftest import Web
from tests.web.test_api import UNKNOWN, declare, get, give

EXAMPLE = Path("followthrough.example.yaml").read_text()
NOTE = "The restart button was pressed twice, and nobody dared to say so"
THANKS: dict[str, Any] = {"to": ["tomas", "lucia"], "text": "You said at once what you had run", "for_openness": True}


def noted(incident: str, count: int, batch: datetime) -> list[AnonymousNoteRow]:
    return [
        AnonymousNoteRow(id=f"{incident}{batch}{number}", incident_id=incident, text=f"Said {number}", batch=batch)
        for number in range(count)
    ]


def insert(web: Web, rows: list[AnonymousNoteRow]) -> None:
    with Session(web.database) as session, session.begin():
        session.add_all(rows)


async def history(client: Client, incident: str) -> bytes:
    """Everything that the engine keeps of an incident, payloads as they are."""
    kept = await client.get_workflow_handle(incident).fetch_history()
    return b"".join(event.SerializeToString() for event in kept.events)


async def test_kudos_are_given_until_an_incident_is_closed(api: httpx.AsyncClient) -> None:
    incident = await declare(api, severity="SEV4")
    given = await give(api, incident, "give kudos", **THANKS)
    assert given.json()["kudos"][0] | {"at": None} == {"by": "ines", **THANKS, "at": None}
    page = await api.get(f"/incidents/{incident}")
    assert "Inés Robles thanks Tomás Ferrer and Lucía Prieto for openness: You said at once" in page.text
    draft = await api.get(f"/api/incidents/{incident}/postmortem/draft")
    assert "- Inés Robles thanks Tomás Ferrer" in draft.text
    unknown = await give(api, incident, "give kudos", to=["tomas", "nobody"], text="Thanks")
    assert (unknown.status_code, "'nobody'" in unknown.text) == (422, True)
    await give(api, incident, "cancel", reason="A test")
    late = await give(api, incident, "give kudos", **THANKS)
    assert late.status_code == 409
    assert "kudos can be given until an incident is closed" in late.text


async def test_the_load_report_counts_who_led_and_owns(api: httpx.AsyncClient) -> None:
    incident = await declare(api, service="storefront")
    await give(api, incident, "assign role", by="sam", role="Resolver", person="lucia")
    await give(api, incident, "propose action item", title="Alert on queue depth above 100", owner="wei")
    await give(api, f"{incident}.1", "accept", by="wei")
    loads = {load["person"]: load for load in (await get(api, "load?days=1"))["people"]}
    assert loads["lucia"]["resolved"] >= 1
    assert loads["wei"]["owns"] >= 1
    assert "Wei Zhang" in (await api.get("/load")).text


async def test_who_left_gets_nothing_more(web: Web, tmp_path: Path) -> None:
    file = tmp_path / "followthrough.yaml"
    left = "name: Sam Whitfield\n    left: 2026-01-31"
    file.write_text(EXAMPLE.replace("name: Sam Whitfield", left))
    async with replace(web, organisation=OrganisationFile(file)).browser() as api:
        incident = await declare(api)
        refused = await give(api, incident, "assign role", role="Resolver", person="sam")
        assert refused.status_code == 422
        assert refused.json()["error"] == "sam left on 2026-01-31; name somebody who is still there."
        storefront = await get(api, "services/storefront/playbook")
        assert storefront["path"][0]["person"] == "wei"
        assert storefront["gaps"][0].startswith("Sam Whitfield left on 2026-01-31")


async def test_a_playbook_can_be_read_printed_and_saved(api: httpx.AsyncClient) -> None:
    assert (await get(api, "services/checkout/playbook"))["path"][0]["name"] == "Inés Robles"
    page = await api.get("/services/checkout/playbook")
    saved = await api.get("/services/checkout/playbook.md")
    assert "Inés Robles" in page.text
    assert saved.headers["content-type"].startswith("text/markdown")
    assert saved.text.startswith("# Playbook: Checkout")
    assert "/services/storefront/playbook" in (await api.get("/services")).text
    missing = await api.get("/api/services/nothing/playbook")
    assert (missing.status_code, "it has card-payments, checkout" in missing.text) == (404, True)


async def test_a_note_needs_no_login_and_leaves_only_its_text_and_batch(web: Web, api: httpx.AsyncClient) -> None:
    incident = await declare(api)
    await give(api, incident, "acknowledge")
    async with web.browser(api_token=SecretStr("secret")) as stranger:
        taken = await stranger.post(f"/api/incidents/{incident}/anonymous", json={"text": NOTE})
        form = await stranger.post(f"/incidents/{incident}/anonymous", data={"text": "By form"})
        assert (await stranger.get(f"/api/incidents/{incident}/anonymous")).status_code == 401
    for answer in (taken, form):
        assert answer.status_code == 201
        assert "set-cookie" not in answer.headers
    shown_from = datetime.fromisoformat(taken.json()["shown_from"])
    assert shown_from > datetime.now(UTC)
    assert await get(api, f"incidents/{incident}/anonymous") == []
    assert NOTE not in (await api.get(f"/incidents/{incident}")).text

    with Session(web.database) as session:
        rows = session.exec(select(AnonymousNoteRow).where(AnonymousNoteRow.incident_id == incident)).all()
    assert {(row.text, row.batch) for row in rows} == {(NOTE, shown_from), ("By form", shown_from)}
    columns = {column["name"] for column in inspect(web.database).get_columns("anonymous_note")}
    assert columns == {"id", "incident_id", "text", "batch"}
    kept = await history(web.client, incident)
    assert b"Payments fail" in kept
    assert NOTE.encode() not in kept


async def test_notes_are_shown_together_on_the_page_and_in_the_draft(web: Web, api: httpx.AsyncClient) -> None:
    incident = await declare(api)
    await give(api, incident, "acknowledge")
    insert(web, noted(incident, 1, datetime.now(UTC) - timedelta(days=1)))
    assert await get(api, f"incidents/{incident}/anonymous") == []
    insert(web, noted(incident, 2, datetime.now(UTC) - timedelta(minutes=1)))
    (group,) = await get(api, f"incidents/{incident}/anonymous")
    assert sorted(group["texts"]) == ["Said 0", "Said 0", "Said 1"]
    page = await api.get(f"/incidents/{incident}")
    draft = await api.get(f"/api/incidents/{incident}/postmortem/draft")
    assert "Said anonymously" in page.text
    assert "- Said 1" in draft.text


async def test_too_many_notes_are_refused_with_when_to_come_back(web: Web, api: httpx.AsyncClient) -> None:
    incident, other = await declare(api), await declare(api)
    for declared in (incident, other):
        await give(api, declared, "acknowledge")
    far = datetime.now(UTC) + timedelta(days=1)
    insert(web, noted(incident, 20, far))
    full = await api.post(f"/api/incidents/{incident}/anonymous", json={"text": NOTE})
    assert full.status_code == 429
    assert "Too many anonymous notes are waiting; come back after" in full.text
    assert "12:00 (Europe/Madrid)" in full.text
    assert (await api.post(f"/api/incidents/{other}/anonymous", json={"text": NOTE})).status_code == 201
    insert(web, noted("inc-elsewhere", 200, far))
    assert (await api.post(f"/api/incidents/{other}/anonymous", json={"text": NOTE})).status_code == 429


async def test_a_database_that_fails_says_nothing_in_the_log(
    web: Web, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with replace(web, database=open_database(f"sqlite:///{tmp_path}")).browser() as api:
        broken = await api.post(f"/api/incidents/{UNKNOWN}/anonymous", json={"text": NOTE})
        assert (broken.status_code, caplog.text) == (503, "")
        assert (await api.get(f"/api/incidents/{UNKNOWN}")).status_code == 503
        assert UNKNOWN in caplog.text, "other addresses do log"


@pytest.mark.parametrize(
    ("incident", "body", "status"),
    [("drill-schedule", {"text": NOTE}, 404), (None, {"text": ""}, 422), (None, {"text": "x" * 4001}, 422)],
)
async def test_what_is_no_note_is_refused(api: httpx.AsyncClient, incident: str | None, body: Any, status: int) -> None:
    path = f"/api/incidents/{incident or await declare(api)}/anonymous"
    assert (await api.post(path, json=body)).status_code == status
