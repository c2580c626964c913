"""Drafts, updates and the exported timeline over HTTP, and by the command line as people type it."""

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import uvicorn
from markdown_it import MarkdownIt

from tests.web.conftest import Web
from tests.web.test_api import declare, get, give

BREAKING_OUT = "All fine\n\n# The end\n<script>alert(1)</script>"


@pytest.fixture
async def incident(api: httpx.AsyncClient) -> str:
    declared = await declare(api, title="Search is slow")
    assert (await give(api, declared, "acknowledge")).status_code == 200
    return declared


async def page(api: httpx.AsyncClient, path: str) -> str:
    return (await api.get(path, headers={"Accept": "text/html"})).raise_for_status().text


async def test_a_draft_is_of_the_stage_where_the_work_stands_or_of_another(
    api: httpx.AsyncClient, incident: str
) -> None:
    drafted = await get(api, f"incidents/{incident}/draft?audience=customers")
    assert drafted["stage"] == "investigating"
    assert "there is a problem with Checkout" in drafted["text"]
    assert datetime.fromisoformat(drafted["next_update"]) > datetime.now(UTC) + timedelta(minutes=59)
    await give(api, incident, "mitigate", summary="Moved the traffic")
    assert (await get(api, f"incidents/{incident}/draft?audience=internal"))["stage"] == "monitoring"
    resolved = await get(api, f"incidents/{incident}/draft?audience=internal&stage=resolved")
    assert "Moved the traffic" in resolved["text"]
    assert (await api.get(f"/api/incidents/{incident}/draft?audience=neighbours")).status_code == 422
    assert (await api.get("/api/incidents/inc-0000000000/draft?audience=internal")).status_code == 404


async def test_the_page_shows_every_update_and_marks_decisions(api: httpx.AsyncClient, incident: str) -> None:
    assert "None was sent yet." in await page(api, f"/incidents/{incident}")
    for stage in ("investigating", "identified"):
        await give(api, incident, "send update", stage=stage, audience="customers", text=f"We are {stage}.")
    await give(api, incident, "note", text="We roll back", decision=True)
    await give(api, incident, "subscribe", by="sam")
    shown = await page(api, f"/incidents/{incident}")
    updates = shown.partition('id="updates"')[2].partition("</section>")[0]
    assert "We are investigating." in updates
    assert "We are identified." in updates
    assert 'class="is-decision"' in shown
    assert "Sam Whitfield</dt><dd>updates to internal" in shown
    assert f"/incidents/{incident}/timeline.md" in shown


async def test_the_timeline_is_exported_whatever_people_wrote_into_it(api: httpx.AsyncClient, incident: str) -> None:
    await give(api, incident, "note", text=BREAKING_OUT, at="2026-01-05T09:30:00+01:00")
    exported = await get(api, f"incidents/{incident}/timeline.json")
    assert (exported["incident"], exported["title"]) == (incident, "Search is slow")
    first = {
        "at": "2026-01-05T08:30:00Z",
        "kind": "note",
        "text": BREAKING_OUT,
        "author": "ines",
        "record_id": incident,
        "through": None,
    }
    assert exported["entries"][0] == first
    assert (await api.get(f"/incidents/{incident}/timeline.json")).json() == exported

    answer = await api.get(f"/api/incidents/{incident}/timeline.md")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert "- **2026-01-05 08:30 UTC** note, Inés Robles: All fine\\\n  \\# The end" in answer.text
    assert (await api.get(f"/incidents/{incident}/timeline.md")).text == answer.text
    tokens = MarkdownIt().parse(answer.text)
    assert sum(token.type == "list_item_open" for token in tokens) == len(exported["entries"])
    assert not [token for token in tokens if token.type.startswith("html")]


@pytest.fixture
async def url(web: Web) -> AsyncIterator[str]:
    """Where the application answers other processes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = web.app()
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
        task = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await task


async def test_people_draft_send_follow_and_export_from_a_terminal(
    api: httpx.AsyncClient, incident: str, url: str
) -> None:
    async def run(*arguments: str, typed: str = "", code: int = 0) -> str:
        command = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "followthrough", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "FOLLOWTHROUGH_URL": url, "FOLLOWTHROUGH_USER": "ines"},
        )
        output, _ = await command.communicate(typed.encode())
        assert command.returncode == code, output
        return output.decode()

    async def updates() -> list[str]:
        timeline = json.loads(await run("timeline", incident, "--format", "json"))
        return [entry["text"] for entry in timeline["entries"] if entry["kind"] == "update"]

    draft = await run("draft", incident, "customers")
    assert "there is a problem with Checkout" in draft
    assert "Send this to customers?" in await run("update", incident, "customers", "investigating", typed="n\n", code=1)
    assert await updates() == []
    await run("update", incident, "customers", "investigating", typed="y\n")
    await run("update", incident, "internal", "identified", "--yes")
    await run("update", incident, "executives", "identified", "The index is broken.")
    sent = await updates()
    assert [text.partition(": ")[0] for text in sent] == [
        "Investigating, to customers",
        "Identified, to internal",
        "Identified, to executives",
    ]
    assert sent[0].endswith(draft.strip())
    await run("subscribe", incident, "--audience", "executives")
    await run("unsubscribe", incident)
    await run("note", incident, "Deployed", "--decision", "--at", "2026-01-05T09:30+0100")
    assert "- **2026-01-05 08:30 UTC** **DECISION**, Inés Robles: Deployed" in await run("timeline", incident)
