"""Records the histories of the demo's workflows, of every choice about incidents and action items, a drill and digests.

``python -m tests.replay.record NAME`` adds a folder of them.
"""

import asyncio
import re
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from followthrough.demo import Story
from followthrough.organisation_file import OrganisationFile
from followthrough.service import running
from followthrough.settings import Settings

HISTORIES = Path(__file__).parent / "histories"
FEW_INBOXES = "WorkflowType != 'InboxWorkflow' OR WorkflowId = 'inbox/marcos'"


async def record(name: str) -> None:
    organisation = OrganisationFile(Path("followthrough.example.yaml"))
    folder = HISTORIES / name
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as data:
        settings = Settings(data_dir=Path(data), port=0)
        async with (
            running(settings, organisation, print, need_time_skipping=True) as service,
            httpx.AsyncClient(base_url=service.settings.resolved_public_url, timeout=30) as api,
        ):
            await Story(service, organisation(), api).tell()
            await choose(api)
            async for workflow in service.client.list_workflows(FEW_INBOXES):
                history = await service.client.get_workflow_handle(workflow.id, run_id=workflow.run_id).fetch_history()
                name = re.sub("[/:]", "-", workflow.id)
                (folder / f"{name}-{workflow.run_id[-4:]}.json").write_text(history.to_json() + "\n")


async def choose(api: httpx.AsyncClient) -> None:
    """Makes every choice once, and starts a drill and the digests."""

    async def post(path: str, **body: Any) -> Any:
        return (await api.post(f"/api/{path}", json=body)).raise_for_status().json()

    async def give(item: str, command: str, by: str, **fields: Any) -> None:
        await post(f"items/{item}/commands", command=command, by=by, **fields)

    async def finish(item: str) -> None:
        await give(item, "accept", "ines")
        await give(item, "done", "ines", evidence="https://git.example.com/changes/7")

    async def declare() -> str:
        new = {"title": "Refunds stall in the queue", "service": "checkout", "severity": "SEV2", "by": "tomas"}
        return str((await post("incidents", **new))["incident"])

    incident = await declare()
    for number in range(1, 7):
        title = f"Alert {number * 10} minutes before the queue is full"
        body = {"title": title, "owner": "ines", "kind": "detect", "priority": "low"}
        await post(f"incidents/{incident}/commands", command="propose action item", by="tomas", **body)
    first, blocking, blocked, whole, kept, duplicate = (f"{incident}.{number}" for number in range(1, 7))
    later = datetime.now(UTC) + timedelta(days=150)

    await give(first, "decline", "ines", reason="Not my service")
    await give(first, "reassign", "marcos", to="lucia", reason="It is hers")
    await give(first, "accept", "lucia")
    await give(first, "estimate", "lucia", estimate=3)
    await give(first, "extend", "lucia", until=later.isoformat(), reason="The provider is slow")
    await give(first, "approve extension", "marcos")
    await give(blocked, "block", "ines", on=blocking, reason="Needs its metric")
    await finish(blocking)
    await give(blocking, "verify", "marcos", holds=False, note="The link is dead")
    await give(blocking, "done", "ines", evidence="https://git.example.com/changes/8")
    await give(blocking, "verify", "marcos")
    parts = [{"title": f"Add an alert for queue {queue}", "owner": "ines"} for queue in ("one", "two")]
    await give(whole, "split", "ines", parts=parts)
    await give(duplicate, "merge", "ines", into=kept)
    await give(kept, "waive", "marcos", reason="The queue goes away", until=later.isoformat())
    await post(f"incidents/{incident}/commands", command="mitigate", by="tomas", summary="Restarted")
    await post(f"incidents/{incident}/commands", command="resolve", by="tomas", summary="Refunds flow")
    again, same = await declare(), await declare()
    await post(f"incidents/{again}/commands", command="split", by="ines", title="Invoices wait", reason="Another queue")
    await post(f"incidents/{same}/commands", command="merge", by="ines", into=again)
    await post(f"incidents/{incident}/commands", command="reopen", by="ines", reason="It was not over")
    await give(blocking, "reopen", "marcos", reason="It happened again")
    await post("drills", team="payments")
    await post("digests/weekly/send")
    await post("digests/monthly/send")


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1]))
