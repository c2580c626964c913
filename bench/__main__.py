"""``python -m bench [--size quick] [--json] [NAME ...]``: what Followthrough costs, as ratios within one run."""

import asyncio
import dataclasses
import json
from typing import Annotated

import typer
from rich.console import Console

from bench.acceptance import acceptance
from bench.costs import costs
from bench.memory import memory
from bench.report import Row, Size, show
from bench.whole_life import whole_life

BENCHMARKS = {"acceptance": acceptance, "whole-life": whole_life, "costs": costs, "memory": memory}


def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(BENCHMARKS)}; all without one")] = None,
    size: Annotated[Size, typer.Option(help="Smaller numbers have wider ranges")] = Size.FULL,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts")] = False,
) -> None:
    """Measure what Followthrough costs against bare workflows."""
    chosen = names or list(BENCHMARKS)
    if unknown := set(chosen) - BENCHMARKS.keys():
        raise typer.BadParameter(f"There is no benchmark {', '.join(sorted(unknown))}.")

    async def run() -> list[Row]:
        return [row for name in chosen for row in await BENCHMARKS[name](size)]

    rows = asyncio.run(run())
    if as_json:
        print(json.dumps([dataclasses.asdict(row) | {"met": row.met} for row in rows], indent=2))
    else:
        show(rows, Console())


if __name__ == "__main__":
    typer.run(main)
