"""Each benchmark once, at its smallest: what it measures is not looked at, only that it does."""

from io import StringIO

import pytest
from rich.console import Console

from bench.__main__ import BENCHMARKS
from bench.report import Size, show


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", BENCHMARKS)
async def test_a_benchmark_runs_to_its_end_and_shows_its_rows(name: str) -> None:
    rows = await BENCHMARKS[name](Size.SMALLEST)
    out = StringIO()
    show(rows, Console(file=out, width=200))
    assert rows
    assert all(row.measure in out.getvalue() for row in rows)
