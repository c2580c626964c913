"""A workflow that sends letters, and a worker for it that can be killed."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from followthrough.converter import data_converter
from workflows.turns import InTurn, in_one_batch

SOON = timedelta(minutes=2)


@activity.defn
async def plan() -> None:
    pass


@activity.defn
async def tell(until: str) -> None:
    """Ends once that file is there."""
    while not Path(until).exists():  # noqa: ASYNC110, ASYNC240 - another process makes it
        await asyncio.sleep(0.05)


@workflow.defn
class Told:
    """Plans what changed, and sends letters about it one after the other beside that."""

    @workflow.init
    def __init__(self, until: str) -> None:
        self.until = until
        self.version = self.written = 0
        self.letters: list[int] = []
        self.sending = False

    @workflow.run
    async def run(self, until: str) -> None:
        while not self.is_over():
            await workflow.wait_condition(lambda: self.version > self.written or self.is_over())
            if self.version > self.written:
                version = self.version
                await workflow.execute_local_activity(plan, start_to_close_timeout=SOON)
                self.written = version

    def is_over(self) -> bool:
        return self.version == self.written == 2 and not self.sending and workflow.all_handlers_finished()

    @workflow.update
    async def change(self) -> None:
        self.version += 1
        self.letters.append(self.version)
        if not self.sending:
            self.sending = True
            self.sender = asyncio.create_task(self.send())
        await workflow.wait_condition(lambda: self.written == self.version)

    @workflow.signal
    def greet(self) -> None:
        """Changes nothing."""

    async def send(self) -> None:
        while self.letters:
            await workflow.execute_activity(tell, self.until, start_to_close_timeout=SOON)
            self.letters.pop(0)
        self.sending = False


def worker(client: Client, queue: str, *, batched: bool) -> Worker:
    made = Worker(
        client,
        task_queue=queue,
        workflows=[Told],
        activities=[plan, tell],
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[InTurn()],
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
    )
    return in_one_batch(made) if batched else made


async def main(address: str, queue: str, batched: str) -> None:
    client = await Client.connect(address, data_converter=data_converter)
    await worker(client, queue, batched=batched == "batched").run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
