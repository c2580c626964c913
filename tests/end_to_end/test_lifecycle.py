"""Handing over, merging, splitting and reopening as people do it: from a terminal, and seen on the dashboard."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.end_to_end.processes import service, until
from tests.end_to_end.test_command_line import run


async def test_incidents_are_handed_over_split_merged_and_reopened_from_a_terminal(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    async with service(tmp_path, unused_tcp_port_factory()) as url, httpx.AsyncClient(base_url=url) as browser:

        async def followthrough(*arguments: str, code: int = 0) -> str:
            got, out, err = await run(*arguments, FOLLOWTHROUGH_URL=url, FOLLOWTHROUGH_USER="ines")
            assert got == code, err
            return out or err

        async def page(incident: str) -> str:
            return (await browser.get(f"/incidents/{incident}")).text

        await until(f"{url}/healthz", bool)
        arguments = ("declare", "Payments fail", "--service", "checkout", "--severity", "SEV4", "--json")
        first = json.loads(await followthrough(*arguments))["incident"]
        await until(f"{url}/api/incidents/{first}", lambda it: it["roles"])
        await followthrough("ack", first)
        await followthrough("handover", first, "tomas", "The provider calls back at ten")
        assert "not acknowledged, before Inés Robles" in await page(first)
        assert "that is for who has a role" in await followthrough("handover", first, "lucia", "Again", code=1)

        split = ("split", first, "Orders are slow", "Another cause", "--service")
        assert "no service 'nothing'" in await followthrough(*split, "nothing", code=1)
        second = (await followthrough(*split, "database")).split()[2]
        await until(f"{url}/api/incidents/{second}", lambda it: it["roles"])
        assert f'Split into <a href="/incidents/{second}">' in await page(first)
        assert f'Split from <a href="/incidents/{first}">' in await page(second)

        assert "There is no incident" in await followthrough("merge", second, "drill-schedule", code=4)
        assert f"{first} continues it." in await followthrough("merge", second, first, "--by", "wei")
        assert f'Merged into <a href="/incidents/{first}">' in await page(second)
        assert f'Took in <a href="/incidents/{second}">' in await page(first)
        for command in (("reopen", second, "No"), ("resolve", second, "Done")):
            assert f"was merged into {first}" in await followthrough(*command, "--by", "wei", code=1)

        await followthrough("cancel", first, "A false alarm")
        await until(f"{url}/api/mails?incident_id={first}", lambda it: any(m["kind"] == "incident-closed" for m in it))
        assert f"{first} is declared." in await followthrough("reopen", first, "It was none")
        await until(f"{url}/api/incidents/{first}", lambda it: it["status"] == "declared")
