"""Records the histories of the demo's workflows: ``python -m tests.replay.record NAME`` adds a folder of them."""

import asyncio
import sys
import tempfile
from pathlib import Path

import httpx

from followthrough.demo import Story
from followthrough.organisation_file import OrganisationFile
from followthrough.service import running
from followthrough.settings import Settings

HISTORIES = Path(__file__).parent / "histories"


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
            async for workflow in service.client.list_workflows():
                history = await service.client.get_workflow_handle(workflow.id, run_id=workflow.run_id).fetch_history()
                (folder / f"{workflow.id}.json").write_text(history.to_json() + "\n")


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1]))
