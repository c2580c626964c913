"""How long a command takes until it asks the service, against importing its HTTP client alone."""

import asyncio
import resource
import sys
from asyncio.subprocess import DEVNULL

from bench.report import Row, Size, ratio

ROUNDS = {Size.SMALLEST: 1, Size.QUICK: 15, Size.FULL: 40}
TARGET = 1.5
BARE = "import httpx"
COMMANDS = {
    "a list": ("items",),
    "a command that changes something": ("accept", "inc-0000000001.1", "--by", "ines"),
    "show": ("show", "inc-0000000001.1"),
}
WHY = "the command line's own modules and the reading of what was typed come on top of the client."


async def start(size: Size) -> list[Row]:
    """Processor time of a process each, in turns, which a busy machine changes little."""
    programs = {"": BARE, **{name: _until_asked(arguments) for name, arguments in COMMANDS.items()}}
    seconds: dict[str, list[list[float]]] = {name: [] for name in programs}
    for program in programs.values():
        await _processor_time(program)  # compiles what it imports
    for _ in range(ROUNDS[size]):
        for name, program in programs.items():
            seconds[name].append([await _processor_time(program)])
    return [
        Row("start", f"{name}, until it asks the service", ratio(seconds[name], seconds[""]), TARGET, why=WHY)
        for name in COMMANDS
    ]


def _until_asked(arguments: tuple[str, ...]) -> str:
    """A program that ends where the service would be asked."""
    return (
        "import sys, httpx\n"
        "httpx.Client = lambda **_: sys.exit(0)\n"
        f"sys.argv = {['followthrough', *arguments]!r}\n"
        "from followthrough.cli import app\n"
        "app()\n"
        "sys.exit('it asked for nothing')\n"
    )


async def _processor_time(program: str) -> float:
    """Raises RuntimeError when it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=DEVNULL)
    if await process.wait():
        raise RuntimeError(f"This ended with {process.returncode}:\n{program}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
