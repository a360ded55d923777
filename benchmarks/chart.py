"""How long a chart takes to redraw, by the number of points and of curves.

    python benchmarks/chart.py

Four numbers for each: the raster alone; a redraw in which the last bucket grew, as it does ten times a second; a
redraw in which every cell may have changed; and the same with smoothed lines, both axes logarithmic and a cursor that
reads every curve. Milliseconds, median of many, on a canvas of 120 by 30 cells.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
from textual.app import App, ComposeResult

from nntui.store.records import Curve
from nntui.tui.widgets.chart import Chart
from nntui.tui.widgets.raster import raster

COLUMNS, ROWS = 120, 30


def noisy(buckets: int, seed: int) -> Curve:
    """A loss that falls and jitters, in buckets of ten steps."""
    random = np.random.default_rng(seed)
    first = 10 * np.arange(buckets)
    mean = 2.3 * np.exp(-3 * np.arange(buckets) / buckets) + 0.1 * seed + 0.3
    spread = mean * random.uniform(0, 0.3, buckets)
    low, high, middle = (values.astype(np.float32) for values in (mean - spread, mean + spread, mean))
    count, bad = np.full(buckets, 10), np.zeros(buckets, dtype=np.int64)
    return Curve(f"run {seed}", first, first + 9, count, low, high, middle, middle, bad)


def grown(curve: Curve) -> Curve:
    """The same curve a moment later: its last bucket holds more."""
    high = curve.high.copy()
    high[-1] *= 1.2
    return replace(curve, high=high)


def milliseconds(action: Callable[[], object], repeat: int = 50) -> float:
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return 1000 * median(times)


class ChartApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Chart()


async def measure(chart: Chart, curves: int, buckets: int) -> tuple[float, float, float, float]:
    """Return the milliseconds of the raster, of a small, of a full and of an elaborate change."""
    before = [noisy(buckets, seed) for seed in range(curves)]
    window = 0, 12 * buckets
    states = {"grown": [grown(curve) for curve in before], "other": [noisy(buckets, 30 + i) for i in range(curves)]}

    def alternate(to: str, **how: Any) -> Callable[[], object]:
        turn = iter(range(10**9))
        return lambda: chart.plot(states[to] if next(turn) % 2 else before, window=window, **how)

    alone = milliseconds(lambda: raster(before, window, (0, 6), COLUMNS, ROWS))
    elaborate = alternate("other", smoothing=0.9, log=True, log_x=True, cursor=9 * buckets)
    redraws = alternate("grown"), alternate("other"), elaborate
    return alone, *map(milliseconds, redraws)  # type: ignore[return-value]


async def main() -> None:
    app = ChartApp()
    async with app.run_test(size=(COLUMNS + 6, ROWS + 2)) as pilot:
        chart = app.query_one(Chart)
        print(f"{'curves':>6} {'buckets':>8} {'raster':>8} {'grown':>8} {'all':>8} {'smooth':>8}")  # noqa: T201
        for curves, buckets in ((1, 200), (2, 500), (2, 10_000), (2, 100_000), (6, 500), (20, 500)):
            alone, small, full, smooth = await measure(chart, curves, buckets)
            await pilot.pause()
            print(f"{curves:6} {buckets:8,} {alone:8.2f} {small:8.2f} {full:8.2f} {smooth:8.2f}")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
