"""Ratios, and the table that shows them."""

import math
import random
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from rich.console import Console
from rich.table import Table

RESAMPLES = 300


class Size(StrEnum):
    """Of a benchmark; the smallest only shows that it runs."""

    SMALLEST = "smallest"
    QUICK = "quick"
    FULL = "full"


@dataclass(frozen=True)
class Ratio:
    """With the range that it is in with 90 % confidence."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """A line of the table; ``why`` says what a missed target is made of."""

    benchmark: str
    measure: str
    ratio: Ratio
    target: float | None = None
    at_least: bool = False
    why: str = ""

    @property
    def met(self) -> bool | None:
        """None without a target."""
        if self.target is None:
            return None
        return self.ratio.value >= self.target if self.at_least else self.ratio.value <= self.target


def ratio(rounds: Sequence[Sequence[float]], baseline: Sequence[Sequence[float]], percent: int = 50) -> Ratio:
    """Of the two percentiles over all rounds; the range comes from drawing pairs of rounds again and again.

    Infinite where the baseline is nothing.
    """

    def of(chosen: Iterable[int]) -> float:
        pairs = [(rounds[index], baseline[index]) for index in chosen]
        ours, theirs = (_percentile([*chain(*side)], percent) for side in zip(*pairs, strict=True))
        return ours / theirs if theirs else math.inf

    every = range(len(rounds))
    drawn = sorted(of(random.choices(every, k=len(every))) for _ in range(RESAMPLES))
    return Ratio(of(every), drawn[RESAMPLES // 20], drawn[-RESAMPLES // 20])


def show(rows: Sequence[Row], out: Console) -> None:
    """One table, and below it why targets are missed."""
    table = Table("benchmark", "measure", title="Followthrough against a bare baseline of the same run")
    for heading in ("ratio", "90 % range", "target"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for row in rows:
        target = "" if row.target is None else f"{'≥' if row.at_least else '≤'} {row.target:g}"
        met = {None: "", True: "[green]met", False: "[red]missed"}[row.met]
        spread = "" if row.ratio.low == row.ratio.high else f"{row.ratio.low:.2f} to {row.ratio.high:.2f}"
        table.add_row(row.benchmark, row.measure, f"{row.ratio.value:.2f}", spread, target, met)
    out.print(table)
    for row in rows:
        if row.met is False:
            out.print(f"[bold]{row.benchmark}, {row.measure}[/]: {row.why}", highlight=False)


def _percentile(values: Sequence[float], percent: int) -> float:
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
