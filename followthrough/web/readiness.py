"""Whether the service can do its work: for whoever sends it requests, or restarts it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import Literal

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import exc

from followthrough.store.heartbeat import beat
from followthrough.web.access import without_sign_in
from followthrough.web.dependencies import SettingsDep, served
from followthrough.web.errors import RETRY_AFTER
from followthrough.web.shapes.shape import Shape

READY_WITHIN = timedelta(seconds=3)
PROBE = 64 * 1024
"""Bytes, more than a file system keeps beside a file's name."""


class Health(Shape):
    """It is well; else the answer is a problem."""

    status: Literal["ok"] = "ok"
    """Always the same."""


router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="is_alive")
@without_sign_in
async def healthy() -> Health:
    """The process answers."""
    return Health()


@router.get("/readyz", operation_id="is_ready")
@without_sign_in
async def ready(request: Request, settings: SettingsDep) -> Health:
    """The engine answers, and database and disk take what is written; else 503."""
    async with asyncio.timeout(READY_WITHIN.total_seconds()):
        await served(request).client.service_client.check_health(timeout=READY_WITHIN)
        try:
            await asyncio.to_thread(beat, served(request).database, datetime.now(UTC))
            if not (settings.temporal_address and settings.database_url):
                await asyncio.to_thread(write_into, settings.data_dir)
        except (exc.DBAPIError, exc.TimeoutError):
            raise _not_ready("The database takes no writes; see whether it runs, and has space.") from None
        except OSError as error:
            raise _not_ready(f"Nothing can be written to the data folder ({error.strerror}); make room.") from None
    return Health()


def write_into(folder: Path) -> None:
    """Raises OSError for a disk that is full or takes no writes: the embedded engine keeps everything there."""
    with TemporaryFile(dir=folder) as probe:
        probe.write(bytes(PROBE))


def _not_ready(sentence: str) -> HTTPException:
    return HTTPException(503, sentence, RETRY_AFTER)
