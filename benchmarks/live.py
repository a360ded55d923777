"""Figures of runs that train while they are watched: speed, CPU, bytes, keys, and how soon a curve is seen."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from benchmarks.figures import Figure, quantile
from benchmarks.terminal_meter import DOT, NNTUI, TerminalMeter
from nntui import launch, paths, presets
from nntui.store import catalog, commands
from nntui.store.reader import Reader

_QUIET = {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}
_AXIS_AND_DOT = re.compile(f"│ *{DOT.pattern}")


@contextmanager
def training(preset: str, key: str = "training.epochs", value: int = 10**9) -> Iterator[Path]:
    """The folder of a run of a preset, its trainer at work; by default it does not end by itself."""
    config = presets.find(preset).load().with_value(key, value)
    folder, trainer = launch.start_run(config, preset=preset)
    try:
        wait(lambda: catalog.open_run(folder).step > 0)
        yield folder
    finally:
        trainer.terminate()
        trainer.wait(30)


def wait(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Waits for a condition; raises TimeoutError when it does not come."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            raise TimeoutError(f"nothing after {seconds:g} s")
        time.sleep(0.02)


@contextmanager
def watching(folder: Path, *options: str) -> Iterator[TerminalMeter]:
    """The dashboard of a run, its curve drawn; left by ``q``."""
    with TerminalMeter([NNTUI, "watch", folder.name, *options], until=curve_drawn) as meter:
        meter.first_seconds()
        yield meter
        meter.send("q")
        meter.wait_exit()


def curve_drawn(meter: TerminalMeter) -> bool:
    """Whether the last text put a dot of the loss on the screen."""
    if not DOT.search(meter.fresh):
        return False
    for text in meter.lines():
        if "2 Gradients" in text:
            return False
        if DOT.search(text):
            return True
    return False


def speed(quick: bool) -> list[Figure]:
    """XOR's steps per second with the dashboard open, by those just before and just after without it."""
    rounds, seconds = (2, 2.0) if quick else (9, 6.0)
    with training("xor") as folder:
        time.sleep(1)
        alone, watched = [_pace(folder, seconds)], []
        for _ in range(rounds):
            with watching(folder):
                time.sleep(1)
                watched.append(_pace(folder, seconds))
            time.sleep(0.5)
            alone.append(_pace(folder, seconds))
    ratios = [2 * pace / (alone[i] + alone[i + 1]) for i, pace in enumerate(watched)]
    ratio = median(ratios)
    measured = (
        f"{ratio:.3f} (median of {rounds}, {min(ratios):.3f} to {max(ratios):.3f};"
        f" {median(watched):,.0f} ÷ {median(alone):,.0f} steps/s)"
    )
    return [Figure("XOR steps/s with the dashboard open ÷ headless", "0.95", measured, ratio >= 0.95)]


def _pace(folder: Path, seconds: float) -> float:
    """Steps per second over an interval, from what the trainer says of itself at its ends."""
    before = catalog.open_run(folder)
    time.sleep(seconds)
    after = catalog.open_run(folder)
    return (after.step - before.step) / (after.heartbeat - before.heartbeat)


def cpu(quick: bool) -> list[Figure]:
    """The viewer's share of a core while XOR trains flat out, is paused, and has ended."""
    seconds = 3.0 if quick else 20.0
    with training("xor") as folder, watching(folder) as meter:
        time.sleep(3)
        shares = {"trains flat out": meter.cpu_percent(seconds)}
        meter.send(" ")
        meter.wait_for("paused")
        time.sleep(3)
        shares["is paused"] = meter.cpu_percent(seconds)
    with training("xor", "training.steps", 100_000) as folder:
        wait(lambda: catalog.open_run(folder).state == "finished")
        with watching(folder) as meter:
            time.sleep(3)
            shares["has finished"] = meter.cpu_percent(seconds)
    limits = {"trains flat out": 15.0, "is paused": 1.0, "has finished": 1.0}
    return [
        Figure(
            f"viewer CPU while XOR {state}",
            f"≤ {limits[state]:g} % of a core",
            f"{share:.2f} %",
            share <= limits[state],
        )
        for state, share in shares.items()
    ]


def wire(quick: bool) -> list[Figure]:
    """Bytes to a terminal of 120 by 40 cells with all panes in sight, from 5 s after the viewer's start."""
    seconds = 5.0 if quick else 30.0
    figures = []
    for preset in ("xor", "deep-binary"):
        with training(preset) as folder, watching(folder) as meter:
            time.sleep(5)
            rate = meter.bytes_per_second(seconds) / 1024
        what = f"bytes to the terminal, 120×40, all panes live, {preset}"
        figures.append(Figure(what, "≤ 10 KiB/s", f"{rate:.1f} KiB/s", rate <= 10))
    return figures


def keys(quick: bool) -> list[Figure]:
    """From a key that turns the learning rate to its new value on the screen, and to the trainer's "applied"."""
    presses = 10 if quick else 100
    pause = random.Random(0)
    screen, applied = [], []
    with training("xor") as folder, watching(folder) as meter:
        time.sleep(2)
        line = next(number for number, text in enumerate(meter.lines()) if "▸ lr" in text)
        for press in range(presses):
            screen.append(1000 * meter.key_seconds("[]"[press % 2], line))
            time.sleep(pause.uniform(0.2, 0.5))
        reader = Reader(folder)
        for press in range(presses):
            applied.append(1000 * applied_seconds(meter, reader, "[]"[press % 2]))
            time.sleep(pause.uniform(0.2, 0.5))
        reader.close()
    return [
        latency("key → screen, 95th percentile, while XOR trains", screen, 50),
        latency("key → applied by the trainer, 95th percentile", applied, 150),
    ]


def latency(what: str, times: list[float], limit: float) -> Figure:
    """A figure of times in milliseconds, of which 95 % are to be within a limit."""
    worst = quantile(times, 0.95)
    measured = f"{worst:.0f} ms (median {median(times):.0f}, longest {max(times):.0f}; {len(times)} presses)"
    return Figure(what, f"≤ {limit:g} ms", measured, worst <= limit)


def applied_seconds(meter: TerminalMeter, reader: Reader, key: str) -> float:
    """Looks for the answer to the next command every millisecond."""
    before = max((command.id for command in reader.commands(1)), default=0)
    typed = time.perf_counter()
    meter.send(key)
    while time.perf_counter() - typed < 5:
        newest = reader.commands(1)
        if newest and newest[0].id > before and newest[0].status == "applied":
            return time.perf_counter() - typed
        time.sleep(0.0005)
    raise TimeoutError(f"{key!r} was not answered within 5 s")


def start(quick: bool) -> list[Figure]:
    """From ``nntui train xor`` to the first dot of its curve; between, ``wandb leet`` opening a run of its own."""
    starts = 3 if quick else 15
    recorded = _wandb_run()
    ours, theirs = [], []
    for _ in range(starts):
        ours.append(_first_dot())
        if recorded is not None:
            theirs.append(_leet_first_dot(recorded))
    mine = median(ours)
    spread = f"{mine:.2f} s (median of {starts}, {min(ours):.2f} to {max(ours):.2f})"
    figures = [Figure("`nntui train xor` → first dot of the curve", "≤ 1.5 s", spread, mine <= 1.5)]
    what = "the same ÷ `wandb leet` opening a run of its own"
    if recorded is None:
        return [*figures, Figure(what, "≤ 1", "not measured: pip install wandb", None)]
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    measured = f"{ratio:.2f} (leet {median(theirs):.2f} s, {min(theirs):.2f} to {max(theirs):.2f})"
    return [*figures, Figure(what, "≤ 1", measured, ratio <= 1)]


def _first_dot() -> float:
    with TerminalMeter([NNTUI, "train", "xor"], until=curve_drawn) as meter:
        seconds = meter.first_seconds()
        meter.send("q")
        meter.wait_exit()
    folder, run = catalog.find_run(paths.runs_dir())
    commands.append(folder, "stop")
    if run.pid is not None:
        wait(lambda: run.pid not in psutil.pids())
    return seconds


def _wandb_run() -> Path | None:
    """A finished offline run of W&B with two metrics of 1000 steps; None where wandb is not installed."""
    if shutil.which("wandb") is None:
        return None
    place = paths.data_dir() / "wandb-runs"
    place.mkdir()
    script = (
        "import math, wandb\n"
        "run = wandb.init(project='benchmark', mode='offline')\n"
        "for i in range(1000): run.log({'loss': math.exp(-i / 300), 'val_loss': math.exp(-i / 400)})\n"
        "run.finish()\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=place, check=True, capture_output=True, env=os.environ | _QUIET)
    return next(place.glob("wandb/offline-run-*"))


def _leet_first_dot(recorded: Path) -> float:
    """From ``wandb leet run`` to a dot beside the vertical axis of any of its charts."""
    wandb = shutil.which("wandb") or "wandb"
    home = {"HOME": str(paths.data_dir())}
    with TerminalMeter(
        [wandb, "leet", "run", recorded],
        until=_leet_drawn,
        env=_QUIET | home,
    ) as meter:
        seconds = meter.first_seconds()
        meter.send("q")
    return seconds


def _leet_drawn(meter: TerminalMeter) -> bool:
    return DOT.search(meter.fresh) is not None and any(map(_AXIS_AND_DOT.search, meter.lines()))


def help_text(quick: bool) -> list[Figure]:
    """The wall time of ``nntui --help``."""
    times = []
    for _ in range(5 if quick else 25):
        begun = time.perf_counter()
        subprocess.run([NNTUI, "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - begun)
    measured = f"{median(times):.2f} s (median of {len(times)}, {min(times):.2f} to {max(times):.2f})"
    return [Figure("`nntui --help`", "≤ 0.3 s", measured, median(times) <= 0.3)]
