"""Runs a command that never outlives this process, however this process ends.

Between the two sits a guard (``python -m followthrough.guard COMMAND``) whose standard input is a
pipe from us: when the pipe closes, also because of ``kill -9``, the guard stops the command.
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

GRACE_SECONDS = 10


@asynccontextmanager
async def guarded(
    command: Sequence[str | Path], *, output: IO[bytes] | int = DEVNULL, cwd: Path | None = None, umask: int = -1
) -> AsyncIterator[Process]:
    """A running command, stopped at the end. Both of its output streams go to ``output``; its files are private.

    Its own session keeps Ctrl-C and a closing terminal from reaching it before we have finished.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, *command),
        stdin=PIPE,
        stdout=output,
        stderr=STDOUT,
        cwd=cwd,
        start_new_session=True,
        umask=umask,
    )
    assert process.stdin  # noqa: S101
    try:
        yield process
    finally:
        process.stdin.close()
        await process.wait()


def main(command: list[str]) -> int:
    """Runs the command until it ends or standard input closes; gives its exit code."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603

    def send(number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):  # it has just ended; macOS says the latter
            os.killpg(child.pid, number)

    def stop_when_input_closes() -> None:
        os.read(sys.stdin.fileno(), 1)
        send(signal.SIGTERM)
        time.sleep(GRACE_SECONDS)
        send(signal.SIGKILL)

    signal.signal(signal.SIGTERM, lambda *_: send(signal.SIGTERM))
    threading.Thread(target=stop_when_input_closes, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
