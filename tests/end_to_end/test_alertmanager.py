"""A real Alertmanager pages the real service."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import yaml

from tests.end_to_end.processes import process, service, until
from tests.end_to_end.test_command_line import run

ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")

pytestmark = pytest.mark.skipif(
    ALERTMANAGER is None, reason="Alertmanager is not installed (Debian: apt-get install prometheus-alertmanager)"
)

LABELS = {"alertname": "CheckoutErrorRateHigh", "service": "checkout"}
GRAPH = "http://prometheus.example.com/graph?g0.expr=errors"


async def fire(alertmanager: str, *, ends_in: timedelta) -> None:
    now = datetime.now(UTC)
    alerts = [
        {
            "labels": LABELS | own,
            "annotations": {"summary": "Card payments fail", "description": f"On {own['instance']}"},
            "startsAt": (now - timedelta(minutes=1)).isoformat(),
            "endsAt": (now + ends_in).isoformat(),
            "generatorURL": GRAPH,
        }
        for own in ({"instance": "shop-1"}, {"instance": "shop-2", "severity": "critical"})
    ]
    async with httpx.AsyncClient() as client:
        (await client.post(f"{alertmanager}/api/v2/alerts", json=alerts)).raise_for_status()


@asynccontextmanager
async def running_alertmanager(folder: Path, port: int, service_port: int) -> AsyncIterator[str]:
    """Its address; it repeats to the service each two seconds."""
    config = folder / "alertmanager.yml"
    config.write_text(
        yaml.safe_dump(
            {
                "route": {
                    "receiver": "followthrough",
                    "group_by": ["alertname", "service"],
                    "group_wait": "1s",
                    "group_interval": "1s",
                    "repeat_interval": "2s",
                },
                "receivers": [
                    {
                        "name": "followthrough",
                        "webhook_configs": [{"url": f"http://127.0.0.1:{service_port}/webhooks/alertmanager"}],
                    }
                ],
            }
        )
    )
    async with process(
        str(ALERTMANAGER),
        f"--config.file={config}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        log=folder / "alertmanager.log",
    ):
        address = f"http://127.0.0.1:{port}"
        await until(f"{address}/api/v2/status", bool)
        yield address


async def test_alertmanager_fires_repeats_and_resolves_one_incident_also_when_the_service_was_down(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    service_port, alertmanager_port = unused_tcp_port_factory(), unused_tcp_port_factory()
    async with running_alertmanager(tmp_path, alertmanager_port, service_port) as alertmanager:
        await fire(alertmanager, ends_in=timedelta(minutes=10))
        await asyncio.sleep(2)  # the first notifications find nobody
        async with service(tmp_path, service_port) as address:
            (incident,) = await until(f"{address}/api/incidents", bool)
            page = f"{address}/api/incidents/{incident['id']}"
            assert incident["title"] == "Card payments fail"
            assert (incident["service"], incident["severity"]) == ("checkout", "SEV1"), "one of the two is critical"
            code, shown, _ = await run("show", incident["id"], FOLLOWTHROUGH_URL=address)
            assert code == 0
            assert all(words in shown for words in (GRAPH, "On shop-2", "instance=shop-2", "severity=critical"))
            await until(page, lambda it: it["roles"])
            await asyncio.sleep(5)  # repeats
            assert len(await until(f"{address}/api/incidents", bool)) == 1
            await fire(alertmanager, ends_in=timedelta(0))
            over = await until(page, lambda it: it["resolution_proposed_at"])
            assert over["status"] == "declared", "people decide whether it is over"
            assert sum("fires" in entry["text"] for entry in over["timeline"]) == 1
