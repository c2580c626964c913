"""Somebody adds a note to a running service, and nothing in its logs or files says who or when."""

import asyncio
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tests.end_to_end.processes import FOLLOWTHROUGH, service, until

NOTE = "Nobody dared to say that the failover was never tried"
BROWSER = "Mozilla/5.0 (unmistakable)"


async def run(url: str, *arguments: str) -> str:
    command = await asyncio.create_subprocess_exec(
        *FOLLOWTHROUGH, *arguments, stdout=-1, env={**os.environ, "FOLLOWTHROUGH_URL": url}
    )
    output, _ = await command.communicate()
    assert command.returncode == 0
    return output.decode()


async def test_a_note_is_in_its_table_and_nowhere_else(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    async with service(tmp_path, unused_tcp_port_factory()) as url:
        await until(f"{url}/readyz", bool)
        declared = await run(url, "declare", "Payments fail", "--service", "checkout", "--by", "ines", "--json")
        incident = json.loads(declared)["incident"]
        page = f"{url}/api/incidents/{incident}"
        await until(page, lambda it: it["roles"])
        await run(url, "kudos", incident, "You stayed calm", "--to", "tomas", "--by", "ines")
        assert "Inés Robles" in await run(url, "playbook", "checkout")
        assert "ines" in await run(url, "load")
        assert "Kept" in await run(url, "anonymous-note", incident, "By command")
        async with httpx.AsyncClient(headers={"User-Agent": BROWSER}) as stranger:
            form = await stranger.post(f"{url}/incidents/{incident}/anonymous", data={"text": NOTE})
            note = await stranger.post(f"{url}/api/incidents/{incident}/anonymous", json={"text": NOTE})
            refused = await stranger.post(f"{url}/api/incidents/{incident}/anonymous", json={"text": ""})
        assert (form.status_code, note.status_code, refused.status_code) == (201, 201, 422)

    data, logged = tmp_path / "data", (tmp_path / "service.log").read_text()
    assert "Dashboard and API" in logged
    assert "anonymous" not in logged
    files = {file.name: file.read_bytes() for file in data.iterdir() if file.is_file()}
    with_note = {name for name, content in files.items() if NOTE.encode() in content}
    assert {name.removesuffix("-wal") for name in with_note} == {"followthrough.db"}
    everything = b"".join([logged.encode(), *files.values()])
    assert b"Payments fail" in files["temporal.db"] + files.get("temporal.db-wal", b"")
    assert BROWSER.encode() not in everything

    with closing(sqlite3.connect(data / "followthrough.db")) as database:
        rows = database.execute("SELECT id, incident_id, text, batch FROM anonymous_note").fetchall()
        with pytest.raises(sqlite3.OperationalError, match="no such column: rowid"):
            database.execute("SELECT rowid FROM anonymous_note")
    assert sorted(row[2] for row in rows) == ["By command", NOTE, NOTE]
    assert {UUID(row[0]).version for row in rows} == {4}, "ids are random and hold no time"
    (batch,) = {row[3] for row in rows}
    assert batch.endswith(":00:00.000000")
