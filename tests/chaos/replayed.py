"""Timelines as workflows write them when their histories are replayed; a program, so that any build can do it.

``python -m tests.chaos.replayed FOLDER`` reads histories that are named after their record and the number of their run,
and prints for each record the entries that all runs together write.
"""

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.worker import (
    Interceptor,
    Replayer,
    StartLocalActivityInput,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from followthrough.converter import data_converter
from followthrough.domain.values import Record
from followthrough.turns import InTurn
from worker import WORKFLOWS

Entry = tuple[str, str, str | None]
"""Kind, text, author."""


class Listening(Interceptor):
    """Keeps what is written to the read model."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[int, Entry]] = defaultdict(dict)

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        entries = self.entries

        class Outbound(WorkflowOutboundInterceptor):
            def start_local_activity(self, input: StartLocalActivityInput) -> Any:  # noqa: A002 - the SDK's name
                if input.activity in ("project_incident", "project_item"):
                    _write(entries, input.args[0])
                return super().start_local_activity(input)

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

        return Inbound


def _write(entries: dict[str, dict[int, Entry]], record: Record) -> None:
    """As the read model does."""
    known = entries[record.id]
    for entry in (*record.written, *record.unwritten):
        known[entry.number] = (entry.kind.value, entry.text, entry.author)
    for number in [number for number in known if number > record.entries]:
        del known[number]


async def replay(paths: Sequence[Path]) -> dict[str, Any]:
    """Entries by record and number; and what could not be replayed, with why."""
    broken: dict[str, str] = {}
    listening = Listening()
    replayer = Replayer(
        workflows=WORKFLOWS,
        data_converter=data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[InTurn(), listening],
    )
    for path in paths:
        record_id = path.stem.rpartition("-run-")[0]
        try:
            await replayer.replay_workflow(WorkflowHistory.from_json(record_id, path.read_text()))
        except Exception as error:
            broken[path.stem] = f"{type(error).__name__}: {error}"
    return {"entries": listening.entries, "broken": broken}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(replay(sorted(Path(sys.argv[1]).glob("*.json"))))))
