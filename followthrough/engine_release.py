"""The engine as a release has it: a binary that is taken only when it is the one that was pinned with this version."""

import asyncio
import hashlib
import platform
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from followthrough import __version__
from followthrough.engine_sources import DEVSERVER, DOWNLOAD_SECONDS, Refused, Say, built_copy, made_once

PINNED = DEVSERVER / "SHA256SUMS"
SETTING = "FOLLOWTHROUGH_ENGINE_FROM"
MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
SILENT_SECONDS = 30
PIECE = 1 << 20


def file_name() -> str:
    """What a release calls the engine of these sources for this machine."""
    machine = platform.machine().lower()
    return f"{built_copy().name}-{platform.system().lower()}-{MACHINES.get(machine, machine)}"


def pinned() -> dict[str, str]:
    """SHA-256 of each binary by its name, as ``sha256sum`` writes them."""
    lines = PINNED.read_text().splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def source_in(written: str) -> str:
    """The file's address or path, where ``written`` is that of the folder with a release's files, or its own."""
    filled = written.replace("{version}", __version__)
    return filled if filled.endswith(file_name()) else f"{filled.rstrip('/')}/{file_name()}"


def shown(source: str) -> str:
    """Without a password that an address may have in it."""
    return re.sub(r"//[^/@]*@", "//", source)


async def released(written: str, say: Say) -> Path:
    """Copies it from where the setting says into the cache, once. Raises Refused."""
    if (wanted := pinned().get(file_name())) is None:
        raise Refused(
            f"A release has no engine for this machine ({file_name()}); install the Temporal CLI "
            f"(https://docs.temporal.io/cli) or Go, and unset {SETTING}."
        )
    source = source_in(written)
    async with made_once(built_copy()) as copy:
        if copy.exists():
            return copy
        say(f"Taking the engine from {shown(source)}, once")
        with TemporaryDirectory(dir=copy.parent) as folder:
            partial = Path(folder) / copy.name
            if (found := await _kept(source, partial)) != wanted:
                raise Refused(
                    f"The engine at {shown(source)} is not the one of Followthrough {__version__}, so it is not used "
                    f"(its SHA-256 is {found}, and has to be {wanted}); have {SETTING} name that release's files."
                )
            partial.chmod(0o755)
            return partial.replace(copy)


async def _kept(source: str, partial: Path) -> str:
    """Its SHA-256, once it is written to ``partial``. Raises Refused."""
    digest = hashlib.sha256()
    try:
        async with asyncio.timeout(DOWNLOAD_SECONDS), aclosing(_pieces(source)) as pieces:
            with partial.open("wb") as file:
                async for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
    except (OSError, httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise Refused(
            f"The engine could not be taken from {shown(source)} ({_why(error)}); nothing of it is kept. "
            f"Start again once it is there, or correct or unset {SETTING}."
        ) from error
    return digest.hexdigest()


async def _pieces(source: str) -> AsyncGenerator[bytes, None]:
    """Raises OSError or httpx.HTTPError."""
    if not source.startswith(("http://", "https://")):
        with Path(source.removeprefix("file://")).open("rb") as file:  # noqa: ASYNC230 - nothing else runs yet
            while piece := file.read(PIECE):
                yield piece
        return
    async with (
        httpx.AsyncClient(timeout=SILENT_SECONDS, follow_redirects=True) as web,
        web.stream("GET", source) as answer,
    ):
        answer.raise_for_status()
        async for piece in answer.aiter_raw(PIECE):
            yield piece


def _why(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"it answers {error.response.status_code}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or f"nothing came within {SILENT_SECONDS} s"
