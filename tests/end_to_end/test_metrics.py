"""What the Temporal client counts, for Prometheus."""

import httpx

from followthrough.engine import engine
from followthrough.settings import Settings


async def test_it_is_read_where_the_setting_says(address: str, unused_tcp_port: int) -> None:
    where = f"127.0.0.1:{unused_tcp_port}"
    settings = Settings(TEMPORAL_ADDRESS=address, metrics_address=where)
    async with engine(settings, database=None, ui=False, say=print), httpx.AsyncClient() as prometheus:
        told = (await prometheus.get(f"http://{where}/metrics")).raise_for_status().text
    assert "temporal_request{" in told
