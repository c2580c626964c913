"""Web and workers as processes of their own, on one database that neither migrates."""

import asyncio
import subprocess
from pathlib import Path

import httpx
import pytest

from followthrough.queues import Queue
from tests.end_to_end.processes import FOLLOWTHROUGH, process, until
from tests.web.conftest import new_namespace
from tests.web.pagers import generic

ALERT = generic(title="Checkout fails")

TOKEN = "a-token-of-a-script"


@pytest.fixture
async def environment(tmp_path: Path, address: str, unused_tcp_port: int) -> dict[str, str]:
    return {
        "TEMPORAL_ADDRESS": address,
        "TEMPORAL_NAMESPACE": (await new_namespace(address)).namespace,
        "FOLLOWTHROUGH_DATABASE_URL": f"sqlite:///{tmp_path}/followthrough.db",
        "FOLLOWTHROUGH_DATA_DIR": str(tmp_path / "data"),
        "FOLLOWTHROUGH_ORGANISATION_FILE": "followthrough.example.yaml",
        "FOLLOWTHROUGH_PORT": str(unused_tcp_port),
        "FOLLOWTHROUGH_MIGRATE": "false",
        "FOLLOWTHROUGH_GENERIC_TOKEN": TOKEN,
    }


async def ended(log: Path, environment: dict[str, str], *command: str) -> tuple[int | None, str]:
    async with process(*FOLLOWTHROUGH, *command, log=log, **environment) as one:
        await asyncio.wait_for(one.wait(), 120)
        return one.returncode, " ".join(log.read_text().split())  # noqa: ASYNC240


async def test_they_work_together_once_the_database_is_migrated(tmp_path: Path, environment: dict[str, str]) -> None:
    code, said = await ended(tmp_path / "too-early.log", environment, "web")
    assert (code, "run `followthrough migrate` first" in said) == (1, True)
    assert await ended(tmp_path / "migrate.log", environment, "migrate") == (0, "The database is up to date.")
    records = [f"--queue={queue}" for queue in (Queue.WORKFLOWS, Queue.TICKETS)]
    mails = [f"--queue={queue}" for queue in (Queue.MAILS, Queue.PAGES)]
    at = f"http://127.0.0.1:{environment['FOLLOWTHROUGH_PORT']}"
    async with (
        process(*FOLLOWTHROUGH, "web", log=tmp_path / "web.log", **environment),
        process(*FOLLOWTHROUGH, "worker", *records, log=tmp_path / "records.log", **environment),
        process(*FOLLOWTHROUGH, "worker", *mails, log=tmp_path / "mails.log", **environment),
    ):
        await until(f"{at}/readyz", lambda answer: answer == {"status": "ok"})
        async with httpx.AsyncClient() as pager:
            (
                await pager.post(f"{at}/webhooks/generic", json=ALERT, headers={"Authorization": f"Bearer {TOKEN}"})
            ).raise_for_status()
        await until(f"{at}/api/incidents", lambda found: [one["title"] for one in found] == ["Checkout fails"])
        await until(f"{at}/api/mails", lambda found: any("Checkout fails" in one["subject"] for one in found))


@pytest.mark.parametrize("command", ["web", "worker"])
def test_neither_has_an_engine_of_its_own(command: str) -> None:
    ended = subprocess.run([*FOLLOWTHROUGH, command], capture_output=True, text=True)
    assert ended.returncode == 2
    assert "Set TEMPORAL_ADDRESS" in ended.stderr
