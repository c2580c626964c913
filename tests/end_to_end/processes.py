"""Programs that run beside a test, and waiting for what they answer."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

FOLLOWTHROUGH = (sys.executable, "-m", "followthrough")


@asynccontextmanager
async def process(*command: str, log: Path, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("ab") as output:
        started = await asyncio.create_subprocess_exec(
            *command, stdout=output, stderr=output, env={**os.environ, **environment}
        )
        try:
            yield started
        finally:
            if started.returncode is None:
                started.send_signal(signal.SIGTERM)
                await asyncio.wait_for(started.wait(), 120)


@asynccontextmanager
async def service(folder: Path, port: int) -> AsyncIterator[str]:
    """``followthrough serve`` with the example organisation; gives its address once it is asked to start."""
    async with process(
        *FOLLOWTHROUGH,
        "serve",
        log=folder / "service.log",
        FOLLOWTHROUGH_PORT=str(port),
        FOLLOWTHROUGH_DATA_DIR=str(folder / "data"),
        FOLLOWTHROUGH_ORGANISATION_FILE="followthrough.example.yaml",
    ):
        yield f"http://127.0.0.1:{port}"


async def until(url: str, holds: Callable[[Any], Any], seconds: float = 180) -> Any:
    """Asks until the answer is as wanted; raises TimeoutError."""
    async with asyncio.timeout(seconds), httpx.AsyncClient() as client:
        while True:
            try:
                answer = (await client.get(url)).raise_for_status().json()
                if holds(answer):
                    return answer
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.2)
