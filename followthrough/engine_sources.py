"""Where a Temporal development server can come from, without starting it for use."""

import asyncio
import fcntl
import hashlib
import shutil
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import httpx
import temporalio
from platformdirs import user_cache_path
from temporalio.testing import WorkflowEnvironment

from followthrough import ROOT
from followthrough.guard import guarded

Say = Callable[[str], None]
Source = Callable[[Say], Awaitable[Path]]

DEVSERVER = ROOT / "deploy" / "devserver"
DOWNLOAD_HOST = "https://temporal.download"
DOWNLOAD_SECONDS = 600
BUILD_SECONDS = 1800


class Unavailable(Exception):
    """Why no server comes from here, in words that follow a colon."""


class Refused(Exception):
    """Somebody said where the server comes from, and it can't: a sentence that says why. No other is looked for."""


async def lock(file: IO[bytes]) -> None:
    """Waits until no other process holds the file; held until it is closed, also in processes that inherit it."""
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(0.2)


def built_copy() -> Path:
    """Where a build of these very sources of ``deploy/devserver`` is kept."""
    sources = [path for path in sorted(DEVSERVER.glob("*")) if path.suffix in {".go", ".mod", ".sum"}]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    return user_cache_path("followthrough") / f"devserver-{digest[:16]}"


def downloaded_copy() -> Path:
    """Where the SDK's download is kept; another SDK version wants another."""
    return user_cache_path("followthrough") / f"temporal-{temporalio.__version__}"


async def on_path(say: Say) -> Path:
    """The Temporal CLI. Raises Unavailable."""
    if found := shutil.which("temporal"):
        return Path(found)
    raise Unavailable("there is no `temporal`")


async def cached(say: Say) -> Path:
    """What an earlier run built or downloaded. Raises Unavailable."""
    for copy in (built_copy(), downloaded_copy()):
        if copy.exists():
            return copy
    raise Unavailable(f"there is no copy in {built_copy().parent}")


async def check_download() -> None:
    """Raises Unavailable when the network forbids the download; the SDK itself would wait longer."""
    try:
        async with httpx.AsyncClient(timeout=5) as web:
            await web.head(DOWNLOAD_HOST)
    except httpx.TransportError as error:
        raise Unavailable(f"{DOWNLOAD_HOST} can't be reached ({error})") from error


async def download(say: Say) -> Path:
    """The Temporal CLI by the SDK's own download. Raises Unavailable."""
    await check_download()
    async with made_once(downloaded_copy()) as copy:
        if copy.exists():
            return copy
        say("Downloading the Temporal CLI, once")
        with TemporaryDirectory(dir=copy.parent) as folder:
            try:
                async with asyncio.timeout(DOWNLOAD_SECONDS):
                    await (await WorkflowEnvironment.start_local(download_dest_dir=folder)).shutdown()
            except (RuntimeError, TimeoutError) as error:
                raise Unavailable(str(error) or f"took longer than {DOWNLOAD_SECONDS} s") from error
            [binary] = Path(folder).iterdir()  # noqa: ASYNC240
            return binary.replace(copy)


def go_command() -> str:
    """Raises Unavailable when nothing can be built here."""
    if not (go := shutil.which("go")):
        raise Unavailable("there is no `go`")
    return go


async def build(say: Say) -> Path:
    """``go build`` of ``deploy/devserver``. Raises Unavailable."""
    go = go_command()
    async with made_once(built_copy()) as copy:
        if copy.exists():
            return copy
        say("Building a Temporal development server with Go: some minutes, once")
        partial = copy.with_suffix(".partial")
        command: list[str | Path] = [go, "build", "-ldflags", "-s -w", "-o", partial, "."]
        async with guarded(command, output=PIPE, cwd=DEVSERVER) as compiler:
            assert compiler.stdout  # noqa: S101
            try:
                async with asyncio.timeout(BUILD_SECONDS):
                    output = await compiler.stdout.read()
                    failed = await compiler.wait()
            except TimeoutError as error:
                raise Unavailable(f"took longer than {BUILD_SECONDS} s") from error
        if failed:
            raise Unavailable(last_lines(output))
        return partial.replace(copy)


def last_lines(output: bytes) -> str:
    """The end of a program's output, as far as a person wants to read it."""
    lines = output.decode(errors="replace").strip().splitlines()
    return "\n".join(line[:300] for line in lines[-5:])


@asynccontextmanager
async def made_once(copy: Path) -> AsyncIterator[Path]:
    """Lets one process at a time make the copy, so that the second finds what the first made."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    with copy.with_suffix(".lock").open("ab") as file:
        await lock(file)
        yield copy
