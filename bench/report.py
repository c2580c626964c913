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
    """Of medians or other percentiles, with the range that it is in with 90 % confidence."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """A line of the table; ``why`` says what a missed target is made of, or why nothing was measured."""

    benchmark: str
    measure: str
    ratio: Ratio | None
    target: float | None = None
    at_least: bool = False
    why: str = ""

    @property
    def met(self) -> bool | None:
        """None without a target, and where nothing was measured."""
        if self.target is None or self.ratio is None:
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


def count(number: float) -> Ratio:
    """What is counted and needs no baseline."""
    return Ratio(float(number), float(number), float(number))


def show(rows: Sequence[Row], out: Console) -> None:
    """One table, and below it why targets are missed."""
    table = Table("benchmark", "measure", title="Followthrough against a bare baseline of the same run")
    for heading in ("median", "spread", "target"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for row in rows:
        target = "" if row.target is None else f"{'≥' if row.at_least else '≤'} {row.target:g}"
        met = {None: "", True: "[green]met", False: "[red]missed"}[row.met]
        table.add_row(row.benchmark, row.measure, *_in_figures(row.ratio), target, met)
    out.print(table)
    for row in rows:
        if row.met is False or row.ratio is None:
            out.print(f"[bold]{row.benchmark}, {row.measure}[/]: {row.why}", highlight=False)


def _in_figures(found: Ratio | None) -> tuple[str, str]:
    if found is None:
        return "", ""
    places = 0 if found.value.is_integer() and found.value > 10 else 2
    spread = "" if found.low == found.high else f"{found.low:.{places}f} to {found.high:.{places}f}"
    return f"{found.value:,.{places}f}", spread


def _percentile(values: Sequence[float], percent: int) -> float:
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
