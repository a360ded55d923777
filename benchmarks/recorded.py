"""Figures of a recorded run of ten million steps: opened, kept in memory, drawn anew, and its one spike seen."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
from textual.app import App, ComposeResult

from benchmarks.figures import Figure, quantile
from benchmarks.terminal_meter import COLUMNS, NNTUI, ROWS, TerminalMeter
from nntui import paths, presets
from nntui.store import catalog, folder
from nntui.store.reader import Reader
from nntui.store.writer import Status, Writer
from nntui.trainer.loop import CAPACITY, Slice
from nntui.trainer.problem import make_problem
from nntui.trainer.recall import make_loop
from nntui.trainer.telemetry import EVALUATION, Telemetry
from nntui.tui.widgets.chart import Chart
from nntui.tui.widgets.raster import raster

#: One loss, the gradient norms of 16 layers, and three figures of an evaluation.
STEPS, LAYERS, SERIES = 10_000_000, 16, 20
SPIKE_STEP, SPIKE = 7_654_321, 40.0


def recorded_run(steps: int, layers: int = LAYERS) -> Path:
    """The folder of a finished run of so many steps and layers + 4 series, each recorded at every step.

    The loss of a long run has one spike of one step. A run recorded before is taken as it is.
    """
    name = f"recorded-{steps}" if layers == LAYERS else f"recorded-{steps}-{layers}"
    for found, run in catalog.list_runs(paths.runs_dir()):
        if run.name == name and run.state == "finished":
            return found
    return _record(name, steps, layers)


def _record(name: str, steps: int, layers: int) -> Path:
    config = presets.find("deep-binary").load()
    config = config.with_value("model.layers", (20,) * (layers - 1)).with_value("training.steps", steps)
    problem = make_problem(config)
    loop = make_loop(config, problem)
    made = folder.create(paths.runs_dir(), name=name, preset="deep-binary", config=config.to_dict())
    writer = Writer(made)
    telemetry = Telemetry(writer, loop, problem)
    telemetry.describe()
    telemetry.keep_rows()
    telemetry.evaluate()
    loop.run(1)  # what the norms of an update are taken from
    random = np.random.default_rng(0)
    for first in range(1, steps + 1, CAPACITY):
        numbers = np.arange(first, min(first + CAPACITY, steps + 1))
        loop.step = int(numbers[-1])
        loss, norms = _values(numbers, layers, random)
        telemetry.record(Slice(numbers, loss, norms))
        writer.record(EVALUATION, numbers, np.column_stack((1 - loss / 3, loss * 1.1, 1 - loss / 2.8)))
        elapsed = loop.step / 20_000
        telemetry.record_layers(20_000.0, elapsed, elapsed)
        done = loop.step == steps
        state = "finished" if done else "running"
        writer.status(Status(state, loop.step, 0, loop.step / steps, steps - loop.step, 20_000.0, elapsed))
        writer.commit()
    writer.close()
    return made


def _values(
    steps: np.ndarray[tuple[int], np.dtype[np.int64]], layers: int, random: np.random.Generator
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """A loss that falls and jitters, shape (n,), and the gradient norms, (n, layers), all different."""
    fall = np.exp(-steps / (STEPS / 4))
    loss = (0.1 + fall) * random.uniform(0.7, 1.3, len(steps))
    norms = 10.0 ** -np.linspace(0, 4, layers) * (0.05 + fall[:, None]) * random.lognormal(0, 0.3, (len(steps), layers))
    loss[steps == SPIKE_STEP] = SPIKE
    return loss, norms


def opening(quick: bool) -> list[Figure]:
    """How much longer the long run takes to be fully drawn than one of a hundred steps, and the viewer's memory."""
    long, short = recorded_run(STEPS), recorded_run(100)
    differences, memory = [], 0
    for _ in range(2 if quick else 9):
        _, empty = _open(short)
        peak, full = _open(long)
        differences.append(full - empty)
        memory = max(memory, peak)
    late = median(differences)
    mib = memory / 2**20
    what = f"a recorded run of {STEPS:,} steps × {SERIES} series"
    spread = (
        f"{late:.2f} s after start-up (median of {len(differences)}, {min(differences):.2f} to {max(differences):.2f})"
    )
    return [
        Figure(f"{what}: opened and fully drawn", "≤ 1 s after start-up", spread, late <= 1),
        Figure(f"{what}: the viewer's peak memory", "≤ 150 MiB", f"{mib:.0f} MiB", mib <= 150),
    ]


def _open(run_folder: Path) -> tuple[int, float]:
    """The viewer's peak memory in bytes, and the seconds from its start until all is drawn."""
    with TerminalMeter([NNTUI, "watch", run_folder.name]) as meter:
        drawn = meter.drawn_seconds()
        assert all(name in meter.screen for name in ("finished", "1 Loss", "2 Gradients", "worst first")), meter.screen
        memory = meter.peak_memory()
        meter.send("q")
        meter.wait_exit()
    return memory, drawn


class _ChartApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Chart()


def redraw(quick: bool) -> list[Figure]:
    """Windows of every width, at places all over the run: the curves drawn, and the reads that came before."""
    gc.set_threshold(50_000)  # as the program does
    gc.freeze()
    return asyncio.run(_redraw(20 if quick else 300))


async def _redraw(draws: int) -> list[Figure]:
    reader = Reader(recorded_run(STEPS))
    names = reader.series()
    shown = {
        "loss and val_loss": ("val_loss", "loss"),
        "16 gradient norms": tuple(n for n in names if "grad_norm" in n),
    }
    app, figures = _ChartApp(), []
    async with app.run_test(size=(COLUMNS, ROWS)) as pilot:
        chart = app.query_one(Chart)
        for what, wanted in shown.items():
            reads, times = [], []
            for window in _windows(draws):
                begun = time.perf_counter()
                curves = list(reader.curves(wanted, *window, chart.buckets_wanted).values())
                read = time.perf_counter()
                chart.plot(curves, window=window, log=len(curves) > 2)
                drawn = time.perf_counter()
                reads.append(1000 * (read - begun))
                times.append(1000 * (drawn - read))
                await pilot.pause()
            measured = (
                f"{quantile(times, 0.95):.1f} ms (median {median(times):.1f};"
                f" the feed's thread reads for {median(reads):.1f}, 95 %: {quantile(reads, 0.95):.1f})"
            )
            name = f"its redraw at 120×40 in any window, 95th percentile, {what}"
            figures.append(Figure(name, "≤ 5 ms", measured, quantile(times, 0.95) <= 5))
    reader.close()
    return figures


def _windows(count: int) -> Iterator[tuple[int, int]]:
    """Ranges of steps from the whole run down to a thousand steps, anywhere in the run."""
    random = np.random.default_rng(0)
    for exponent in random.uniform(3, 7, count):
        width = int(10**exponent)
        start = int(random.integers(0, max(1, STEPS - width)))
        yield start, start + width


def spike(quick: bool) -> list[Figure]:
    """The one spike, in windows halved from the whole run to ten steps: a dot at its height, in its column."""
    reader = Reader(recorded_run(STEPS))
    random = np.random.default_rng(0)
    rows, columns, width = ROWS - 4, COLUMNS - 8, STEPS
    seen = tried = 0
    while width >= 10:
        for share in random.uniform(0, 1, 4 if quick else 25):
            start = max(0, min(STEPS - width, SPIKE_STEP - int(share * width)))
            window = start, start + width
            curve = reader.curves(["loss"], *window, 2 * columns)["loss"]
            canvas = raster([curve], window, (0, SPIKE), columns, rows)
            column = round((SPIKE_STEP - start) / width * (2 * columns - 1)) // 2
            tried += 1
            seen += bool(canvas.owner[0, column] >= 0)
        width //= 2
    reader.close()
    measured = f"in {seen} of {tried} windows, from {STEPS:,} steps down to {2 * width}"
    what = f"one spike of one step in those {STEPS:,}"
    return [Figure(what, "visible at every zoom", measured, seen == tried)]
