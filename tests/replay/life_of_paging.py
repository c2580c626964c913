"""A life in which a pager is told of roles, of a service that has a pager."""

from datetime import timedelta

import pytest

from tests.replay.stage import Stage
from tests.standins.pagerduty import ROUTING_KEY


async def paging(stage: Stage) -> None:
    """A role that nobody acknowledges at first, and is handed on; and one that nobody can be paged for."""
    service = "  database:\n    name: Order database\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECORDED_PAGERDUTY_KEY", ROUTING_KEY)
        stage.change(service, f"{service}    pagerduty_key: RECORDED_PAGERDUTY_KEY\n")
        incident, unpaged = [await stage.declare(service="database", severity="SEV3") for _ in range(2)]
        await stage.pass_time(incident, timedelta(minutes=61))
        paged = await stage.record(incident, lambda it: it["paged"])
        commander = str(paged["roles"][0]["person"])
        await stage.give(incident, "acknowledge", commander)
        await stage.record(incident, lambda it: it["roles"][0]["acknowledged_at"])
        await stage.give(incident, "hand over", commander, person="tomas", note="My shift is over")
        await stage.give(incident, "acknowledge", "tomas")
        await stage.give(incident, "resolve", "tomas", summary="Restarted")
        patch.delenv("RECORDED_PAGERDUTY_KEY")
        await stage.pass_time(unpaged, timedelta(minutes=61))
        await stage.record(unpaged, lambda it: any(one["problem"] for one in it["paged"].values()))
        await stage.give(unpaged, "cancel", "grace", reason="A test of the probe")
        await stage.ended(unpaged)
    stage.change(f"{service}    pagerduty_key: RECORDED_PAGERDUTY_KEY\n", service)
