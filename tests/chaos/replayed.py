"""Timelines as workflows write them when their histories are replayed; a program, so that any build can do it.

``python -m tests.chaos.replayed FOLDER`` reads histories that are named after their record and the number of their run,
and prints for each record the entries that all runs together write.
"""

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.worker import (
    Interceptor,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from followthrough.domain.replayed.incident import moments as incident_moments
from followthrough.domain.replayed.item import moments as item_moments
from followthrough.replaying import replayer

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
                planning = super().start_local_activity(input)
                if input.activity == "plan_incident":
                    incident = input.args[0].incident.model_copy(deep=True)
                    planning.add_done_callback(lambda done: _write(entries, incident, incident_moments.take, done))
                elif input.activity == "plan_item":
                    item = input.args[0].item.model_copy(deep=True)
                    planning.add_done_callback(lambda done: _write(entries, item, item_moments.take, done))
                return planning

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

        return Inbound


def _write(
    entries: dict[str, dict[int, Entry]], record: Any, take: Callable[..., object], planning: asyncio.Task[Any]
) -> None:
    """As the activity does that plans a record and writes what comes of it."""
    if planning.cancelled() or planning.exception() is not None:
        return
    planned = planning.result()
    for plan in planned.plans:
        take(record, plan, planned.at)
    known = entries[record.id]
    for entry in (*record.written, *record.unwritten):
        known[entry.number] = (entry.kind.value, entry.text, entry.author)
    for number in [number for number in known if number > record.entries]:
        del known[number]


async def replay(paths: Sequence[Path]) -> dict[str, Any]:
    """Entries by record and number; and what could not be replayed, with why."""
    broken: dict[str, str] = {}
    listening = Listening()
    replaying = replayer(listening)
    for path in paths:
        record_id = path.stem.rpartition("-run-")[0]
        try:
            await replaying.replay_workflow(WorkflowHistory.from_json(record_id, path.read_text()))
        except Exception as error:
            broken[path.stem] = f"{type(error).__name__}: {error}"
    return {"entries": listening.entries, "broken": broken}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(replay(sorted(Path(sys.argv[1]).glob("*.json"))))))
