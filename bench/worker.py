"""A worker in a process of its own: ``python -m bench.worker KIND ADDRESS DATA_DIR CACHED``.

The kind is ``followthrough``, ``bare``, or ``bare-sandboxed``, whose workflows run as the SDK runs them by default.
"""

import asyncio
import gc
import os
import signal
import sys
from pathlib import Path

from temporalio.client import Client
from temporalio.plugin import SimplePlugin
from temporalio.worker import Worker, WorkerConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from bench.bare import BareWorkflow
from bench.steps import BARE_QUEUE, SANDBOXED_QUEUE, nothing
from bench.trivial import EmptyWorkflow, IdleWorkflow, OpenWorkflow
from followthrough.converter import data_converter
from followthrough.organisation_file import OrganisationFile
from followthrough.settings import Settings
from followthrough.store.database import open_database
from worker import WORKFLOW_RUNNER, Workers, build_worker


class Cache(SimplePlugin):
    """Gives workers room for so many workflows."""

    def __init__(self, size: int) -> None:
        super().__init__("bench")
        self._size = size

    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """See ``temporalio.worker.Plugin``."""
        return super().configure_worker({**config, "max_cached_workflows": self._size})


async def main(kind: str, address: str, data_dir: str, cached: str) -> None:
    """Runs until the process is stopped; at SIGUSR1 it collects garbage, and a file says when that is done."""
    client = await Client.connect(address, data_converter=data_converter, plugins=[Cache(int(cached))])

    def collect() -> None:
        gc.collect()
        Path(data_dir, f"{os.getpid()}.collected").touch()

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, collect)
    if kind.startswith("bare"):
        sandboxed = kind != "bare"
        worker: Worker | Workers = Worker(
            client,
            task_queue=SANDBOXED_QUEUE if sandboxed else BARE_QUEUE,
            workflows=[EmptyWorkflow, IdleWorkflow, OpenWorkflow, BareWorkflow],
            activities=[nothing],
            workflow_runner=SandboxedWorkflowRunner() if sandboxed else WORKFLOW_RUNNER,
        )
    else:
        settings = Settings(data_dir=Path(data_dir))
        database = open_database(settings.resolved_database_url)
        worker = build_worker(client, settings, OrganisationFile(Path("followthrough.example.yaml")), database)
    async with worker:
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
