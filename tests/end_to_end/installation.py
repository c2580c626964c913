"""An installation with an engine of its own, and what is open in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx

from followthrough.organisation_file import OrganisationFile
from followthrough.service import Service, running
from followthrough.settings import Settings
from tests.end_to_end.processes import until
from tests.waiting import eventually

DECLARED = {"title": "Refunds stall", "service": "checkout", "severity": "SEV2", "by": "tomas"}
PROPOSED = {
    "command": "propose action item",
    "by": "tomas",
    "owner": "ines",
    "kind": "detect",
    "priority": "low",
    "title": "Alert on the queue",
}


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    """The service with the example organisation, and its API."""
    organisation = OrganisationFile(Path("followthrough.example.yaml"))
    async with (
        running(settings, organisation, print, need_time_skipping=True) as service,
        httpx.AsyncClient(base_url=f"{service.settings.resolved_public_url}/api", timeout=60) as api,
    ):
        yield service, api


async def command(api: httpx.AsyncClient, path: str, **body: str) -> None:
    """Once, however often it takes."""
    key = {"Idempotency-Key": f"{path} {body['command']}"}
    await eventually(partial(api.post, f"{path}/commands", json=body, headers=key), lambda answer: answer.is_success)


async def open_incident(api: httpx.AsyncClient) -> str:
    """Its id; its one action item, whose id ends with ``.1``, is planned."""
    incident = str((await api.post("/incidents", json=DECLARED)).raise_for_status().json()["incident"])
    await until(f"{api.base_url}incidents/{incident}", lambda found: found["roles"])
    await command(api, f"/incidents/{incident}", **PROPOSED)
    await until(f"{api.base_url}items/{incident}.1", lambda found: found["plan"])
    return incident
