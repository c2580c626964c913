"""An older version of this project, to compare with in the same run."""

import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.stage import Service, served, stage


class Missing(Exception):
    """It can't be had; the message says why."""


@asynccontextmanager
async def older(commit: str) -> AsyncIterator[Service]:
    """Its service, with an engine and a database of its own. Raises Missing without git or the commit."""
    with tempfile.TemporaryDirectory(prefix="followthrough-older-") as folder:
        await asyncio.to_thread(_unpack, commit, Path(folder))
        async with stage(migrated=False) as found, served(found, Path(folder)) as (port, process):
            yield Service(**vars(found), port=port, process=process, bare=process)


def _unpack(commit: str, folder: Path) -> None:
    archive = folder / "older.tar"
    try:
        for command in (f"git archive --output={archive} {commit}", f"tar -xf {archive} -C {folder}"):
            subprocess.run(command.split(), check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise Missing(f"{error.filename} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise Missing(error.stderr.strip().splitlines()[-1]) from error
