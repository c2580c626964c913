"""The service in one process, as ``followthrough serve`` has it, with a clock that is moved.

What runs by the clock of the machine is left out: schedules, which the year starts itself, and the minute's look at
what was written, which it asks for. It listens at ``product.sock`` in its data folder for lines of JSON.
"""

import asyncio
import contextlib
import json
import os
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Engine
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import Client
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails

import worker
from activities.read_model import ReadModel
from bench.year.clock import CommonTime, InStep
from followthrough.engine import RunningEngine, reached
from followthrough.organisation_file import OrganisationFile
from followthrough.service import Service, answering, listen, make_current
from followthrough.settings import Settings
from followthrough.store.database import open_database
from followthrough.upkeep import check_writes, have_plans_made
from worker import build_worker
from workflows.runner import InOrderRunner

SOCKET = "product.sock"
ASKS = {"query_workflow", "remove_from_cache"}
"""After them nothing has changed."""


class Watching(InOrderRunner):
    """Knows which workflows had something to do."""

    def __init__(self) -> None:
        super().__init__()
        self.active: set[str] = set()

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Used by the SDK."""
        instance = super().create_instance(det)
        activate = instance.activate

        def watched(act: WorkflowActivation) -> WorkflowActivationCompletion:
            if any(job.WhichOneof("variant") not in ASKS for job in act.jobs):
                self.active.add(det.info.workflow_id)
            return activate(act)

        instance.activate = watched  # type: ignore[method-assign]
        return instance


class Product:
    """Answers the year's questions."""

    def __init__(self, clock: CommonTime, steps: InStep, runner: Watching, client: Client, database: Engine) -> None:
        self._clock, self._steps, self._runner = clock, steps, runner
        self._client, self._database = client, database
        self._organisation = OrganisationFile(Path(os.environ["FOLLOWTHROUGH_ORGANISATION_FILE"]))
        self._process = psutil.Process()

    async def asked(self, question: dict[str, Any]) -> dict[str, Any]:
        """``ahead`` moves the clock, ``look`` does what the service does each minute; says what happened since."""
        if "ahead" in question:
            self._clock.move(timedelta(seconds=question["ahead"]))
        if question.get("look"):
            await check_writes(self._client, ReadModel(self._database))
            await have_plans_made(self._client, self._organisation(), self._database)
        active, self._runner.active = self._runner.active, set()
        queries, self._steps.queries = self._steps.queries, 0
        times = self._process.cpu_times()
        return {
            "active": sorted(active),
            "queries": queries,
            "resident": self._process.memory_info().rss,
            "processor": times.user + times.system,
        }

    async def listen(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection, until it is closed."""
        while line := await reader.readline():
            try:
                answer = await self.asked(json.loads(line))
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()


@contextlib.asynccontextmanager
async def running(folder: Path, clock: CommonTime) -> AsyncIterator[None]:
    """Everything, until the context is left."""
    listener, settings = listen(Settings())
    database = open_database(settings.resolved_database_url)
    make_current(database, print, migrating=True)
    async with reached(settings) as plain:
        steps, runner = InStep(clock, plain), Watching()
        config = plain.config()
        client = Client(**config | {"interceptors": [*config["interceptors"], steps]})
        worker.WORKFLOW_RUNNER = runner
        organisation = OrganisationFile(Path(os.environ["FOLLOWTHROUGH_ORGANISATION_FILE"]))
        found = RunningEngine(settings.temporal_address, None, "the year's", client)
        service = Service(settings, client, database, found)
        product = Product(clock, steps, runner, client, database)
        with listener:
            async with (
                build_worker(client, settings, organisation, database),
                answering(listener, service, organisation),
                await asyncio.start_unix_server(product.listen, folder / SOCKET),
            ):
                yield
    database.dispose()


async def main(folder: Path, ahead: timedelta) -> None:
    """Runs until the process is stopped."""
    clock = CommonTime()
    with clock.moved(ahead):
        async with running(folder, clock):
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), timedelta(seconds=float(sys.argv[2]))))
