"""A life in which a receiver hears of an incident by webhooks, first of all not."""

import contextlib
from datetime import timedelta

import pytest
from temporalio.service import RPCError

from followthrough.domain.replayed.ids import webhooks_id
from tests.replay.stage import Stage
from tests.standins.webhooks import SECRET, WebhookStandIn
from tests.waiting import eventually

ENDPOINT = """\
webhooks:
  warehouse:
    url: {url}
    secrets: [RECORDED_WEBHOOK_SECRET]

services:
"""


async def webhooks(stage: Stage) -> None:
    """It is away for a while, then hears of all; one at a time, until the run is long."""
    with WebhookStandIn() as receiver, pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECORDED_WEBHOOK_SECRET", SECRET)
        receiver.otherwise = 503
        endpoint = ENDPOINT.format(url=receiver.url)
        stage.change("\nservices:\n", f"\n{endpoint}")

        async def seen() -> int:
            return len(receiver.tries)

        async def heard() -> list[str]:
            return receiver.types

        incident = await stage.declare()
        await eventually(seen)
        await stage.pass_time(webhooks_id("warehouse"), timedelta(minutes=1))
        await eventually(seen, lambda tries: tries > 1)
        receiver.otherwise = 200
        await stage.pass_time(webhooks_id("warehouse"), timedelta(minutes=10))
        await eventually(heard, lambda types: "incident.declared" in types)
        commander = (await stage.record(incident, lambda it: it["roles"]))["roles"][0]["person"]
        receiver.answers = [400]
        for number in range(8):
            before = await seen()
            await stage.give(
                incident, "change severity", commander, severity=("SEV1", "SEV2")[number % 2], reason="We learn more"
            )
            await eventually(seen, lambda tries: tries > before)  # noqa: B023
        await stage.give(incident, "cancel", commander, reason="A test of the probe")
        await stage.ended(incident)
        with contextlib.suppress(RPCError):  # it ends by itself once nothing waits
            await stage.pass_time(webhooks_id("warehouse"), timedelta(minutes=10))
        await stage.ended(webhooks_id("warehouse"))
        stage.change(f"\n{endpoint}", "\nservices:\n")
