"""How long it takes from an alert until its first mail is handed over, against a bare workflow of as many steps."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from bench.acceptance import Round, interleaved, post_alerts
from bench.bare import BareWorkflow
from bench.quiet import quiet
from bench.report import Row, Size, ratio
from bench.stage import Service, service
from bench.steps import BARE_QUEUE, BareLife, Step

ROUNDS = {Size.SMALLEST: (2, 1, 5), Size.QUICK: (20, 2, 50), Size.FULL: (100, 5, 200)}
"""Of one alert, of a storm, and how many alerts that is."""
LOCAL_THEN_MAIL = BareLife(
    steps=[Step(what="local activity"), Step(what="activity", event=1), Step(what="join", event=1)]
)
WHY = (
    "before the start, the service reads HTTP and JSON and looks in its database for an earlier incident; before the "
    "mail, the incident plans to find whom to ask, and the mail is made of templates and recorded, before it is handed "
    "over and after."
)


async def first_mail(size: Size) -> list[Row]:
    """Alerts one at a time, then a storm of them."""
    of_one, of_storm, storm = ROUNDS[size]
    async with service() as found:
        for play in (_bare, _alerts):  # so that both workers are at work
            await play(found, 1)
        rows = []
        for rounds, number, name in ((of_one, 1, "alone"), (of_storm, storm, f"in a storm of {storm}")):
            measured = await interleaved(rounds, bare=_round(_bare, found, number), ours=_round(_alerts, found, number))
            rows += [
                Row(
                    "alert to first mail",
                    f"p{percent}, {name}",
                    ratio(measured["ours"], measured["bare"], percent),
                    target=1.5,
                    why=WHY,
                )
                for percent in (50, 99)
            ]
    return rows


def _round(play: Callable[[Service, int], Awaitable[list[float]]], found: Service, number: int) -> Round:
    return lambda: play(found, number)


async def _alerts(found: Service, number: int) -> list[float]:
    """By the clock of this machine, which the engine's history has too."""
    keys = [str(uuid4()) for _ in range(number)]
    begun = time.time()
    accepted = await post_alerts(found, *keys)
    return await _until_mailed(found.client, begun, *(incident for incident, _ in accepted))


async def _bare(found: Service, number: int) -> list[float]:
    begun, ids = time.time(), [str(uuid4()) for _ in range(number)]
    starts = (
        found.client.start_workflow(BareWorkflow.run, LOCAL_THEN_MAIL, id=workflow_id, task_queue=BARE_QUEUE)
        for workflow_id in ids
    )
    await asyncio.gather(*starts)
    return await _until_mailed(found.client, begun, *ids)


async def _until_mailed(client: Client, begun: float, *workflow_ids: str) -> list[float]:
    """Seconds until the first activity of each has ended, once all that follows has, too."""
    await quiet(client, *workflow_ids)
    return [await _first_ended(client, workflow_id) - begun for workflow_id in workflow_ids]


async def _first_ended(client: Client, workflow_id: str) -> float:
    async for event in client.get_workflow_handle(workflow_id).fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            return event.event_time.ToNanoseconds() / 1e9
    raise RuntimeError(f"No mail of {workflow_id} was sent.")
