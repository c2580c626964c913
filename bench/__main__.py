"""``python -m bench [--size quick] [--json] [--against COMMIT] [NAME ...]``: what Followthrough costs.

As ratios within one run.
"""

import asyncio
import dataclasses
import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from bench.acceptance import acceptance
from bench.costs import costs
from bench.first_mail import first_mail
from bench.memory import memory
from bench.migrations import migrations
from bench.pages import pages
from bench.replay import replay
from bench.report import Row, Size, show
from bench.scale import scale
from bench.start import start
from bench.sums import sums
from bench.whole_life import whole_life
from bench.years import years

BENCHMARKS: dict[str, Callable[[Size], Awaitable[list[Row]]]] = {
    "acceptance": acceptance,
    "first-mail": first_mail,
    "whole-life": whole_life,
    "costs": costs,
    "memory": memory,
    "years": years,
    "scale": scale,
    "replay": replay,
    "start": start,
    "sums": sums,
    "pages": pages,
    "migrations": migrations,
}


def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(BENCHMARKS)}; all without one")] = None,
    size: Annotated[Size, typer.Option(help="Smaller numbers have wider ranges")] = Size.FULL,
    against: Annotated[
        str | None, typer.Option(help="Compare whole lives with this commit, for example a720393")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts")] = False,
) -> None:
    """Measure what Followthrough costs against bare workflows."""
    chosen = names or list(BENCHMARKS)
    if unknown := set(chosen) - BENCHMARKS.keys():
        raise typer.BadParameter(f"There is no benchmark {', '.join(sorted(unknown))}.")

    benchmarks = BENCHMARKS | {"whole-life": partial(whole_life, against=against)}

    async def run() -> list[Row]:
        return [row for name in chosen for row in await benchmarks[name](size)]

    rows = asyncio.run(run())
    if as_json:
        print(json.dumps([dataclasses.asdict(row) | {"met": row.met} for row in rows], indent=2))
    else:
        show(rows, Console())


if __name__ == "__main__":
    typer.run(main)
