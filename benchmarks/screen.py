"""What the screen costs and bears: processor, bytes, memory, keys, links that stall and terminals that go away.

    python -m benchmarks.screen [--quick] [--hours H] [--keep FOLDER] [NAME ...]

Run it from the top of a checkout, in an environment with nntui and its test extra. Without names, all are measured.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

import psutil

from benchmarks.figures import Figure, measure, parsed
from benchmarks.live import applied_seconds, latency, training, watching
from benchmarks.recorded import STEPS, recorded_run
from benchmarks.terminal_meter import NNTUI, TerminalMeter
from nntui.store import catalog
from nntui.store.reader import Reader

MIB = 2**20
#: One loss, the gradient norms of so many layers, and three figures of an evaluation: 50 series.
LAYERS, SERIES = 46, 50
#: What is pressed and pressed again: an axis, a pane alone, panes hidden, of which the last has the focus, the help.
KEYS = ("y", "m", "2", "1", "?")
#: Above the panes: the lines of the header and of the system line, which changes by itself.
HEAD = 3
#: Seconds in which a viewer has to be gone after its terminal is.
GONE_SECONDS = 2.5
#: Of a core, until then: one that spins uses all that it gets.
GONE_CPU = 0.5
_STEP = re.compile(r"step +([\d,]+)")


def live(quick: bool) -> list[Figure]:
    """The viewer's share of a core and its bytes a second, all panes in sight, from 5 s after its start."""
    seconds, figures = (5.0 if quick else 30.0), []
    for preset in ("xor", "deep-binary"):
        with training(preset) as folder, watching(folder) as meter:
            time.sleep(5)
            used, received, begun = meter.cpu_seconds(), meter.bytes_received, time.perf_counter()
            time.sleep(seconds)
            took = time.perf_counter() - begun
            share, rate = 100 * (meter.cpu_seconds() - used) / took, (meter.bytes_received - received) / took / 1024
        where = f"120×40, all panes live, {preset}"
        figures += [
            Figure(f"viewer CPU, {where}", "≤ 15 % of a core", f"{share:.1f} %", share <= 15),
            Figure(f"bytes to the terminal, {where}", "≤ 8 KiB/s", f"{rate:.1f} KiB/s", rate <= 8),
        ]
    return figures


def budget(quick: bool) -> list[Figure]:
    """Bytes a second within a budget, from when the first paint is paid back; the most over any five seconds."""
    seconds, figures = (15 if quick else 60), []
    for preset in ("xor", "deep-binary"):
        for options, limit, wanted in ((("--slow",), 2.0, "≤ 2 KiB/s"), (("--budget", "4k"), 4.8, "≤ 4 KiB/s + 20 %")):
            with training(preset) as folder, watching(folder, *options) as meter:
                time.sleep(12)
                samples = [meter.bytes_received]
                for _ in range(seconds):
                    time.sleep(1)
                    samples.append(meter.bytes_received)
            rate = (samples[-1] - samples[0]) / seconds / 1024
            most = max(after - before for before, after in zip(samples, samples[5:], strict=False)) / 5 / 1024
            measured = f"{rate:.2f} KiB/s (most over 5 s: {most:.2f})"
            figures.append(
                Figure(f"bytes with {' '.join(options)}, {preset}, over {seconds} s", wanted, measured, rate <= limit)
            )
    return figures


def keys(quick: bool) -> list[Figure]:
    """From a key to the first change on the screen, in a long run of many series, and the viewer's memory after it."""
    folder, pause, times = recorded_run(STEPS, LAYERS), random.Random(0), []
    with TerminalMeter([NNTUI, "watch", folder.name]) as meter:
        meter.wait_for("1 Loss")
        time.sleep(3)
        for key in "11":  # away and back: now it has the focus
            meter.send(key)
            time.sleep(1)
        for _ in range(2 if quick else 20):
            for key in KEYS:
                for _ in range(2):  # there and back
                    times.append(1000 * meter.key_seconds(key, below=HEAD))
                    time.sleep(pause.uniform(0.6, 0.9))
        figures = _memory(meter, f"a run of {STEPS:,} steps × {SERIES} series")
        meter.send("q")
        meter.wait_exit()
    return [latency(f"key → screen, 95th percentile, {STEPS:,} steps × {SERIES} series", times, 50), *figures]


def memory(quick: bool) -> list[Figure]:
    """The highest resident memory of a viewer, and of its helper if it has one, while runs train."""
    figures = []
    for preset in ("xor", "deep-binary"):
        with training(preset) as folder, watching(folder) as meter:
            time.sleep(10 if quick else 60)
            figures += _memory(meter, preset)
    return figures


def _memory(meter: TerminalMeter, what: str) -> list[Figure]:
    peak = meter.peak_memory() / MIB
    figures = [Figure(f"the viewer's peak memory, {what}", "≤ 120 MiB", f"{peak:.0f} MiB", peak <= 120)]
    for child in psutil.Process(meter.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            name = next((word for word in child.cmdline() if word.startswith("nntui.")), child.name())
            helper = meter.peak_memory(child.pid) / MIB
            figures.append(Figure(f"its helper's peak memory, {what}", "–", f"{helper:.0f} MiB ({name})", None))
    return figures


def stall(quick: bool) -> list[Figure]:
    """A terminal that does not read for ten seconds: whether keys still steer, the cost, how soon it is current."""
    late, grown, shares, answers = [], [], [], []
    with training("xor") as folder, watching(folder) as meter:
        reader, process = Reader(folder), psutil.Process(meter.pid)
        for _ in range(2 if quick else 10):
            time.sleep(3)
            before, used = process.memory_info().rss, meter.cpu_seconds()
            meter.stall()
            time.sleep(9)
            answers.append(1000 * applied_seconds(meter, reader, "]"))
            time.sleep(1)
            shares.append(10 * (meter.cpu_seconds() - used))
            grown.append((process.memory_info().rss - before) / MIB)
            late.append(_current_seconds(meter, folder))
        reader.close()
    times = f"{median(late):.2f} s (median of {len(late)}, longest {max(late):.2f})"
    return [
        Figure("a link stalls for 10 s: current after its return", "≤ 1 s", times, max(late) <= 1),
        Figure("meanwhile: a key → applied by the trainer", "≤ 500 ms", f"{max(answers):.0f} ms", max(answers) <= 500),
        Figure("meanwhile: viewer CPU", "≤ 15 % of a core", f"{max(shares):.1f} %", max(shares) <= 15),
        Figure("meanwhile: its memory grows by", "≤ 10 MiB", f"{max(grown):.1f} MiB", max(grown) <= 10),
    ]


def _current_seconds(meter: TerminalMeter, folder: Path) -> float:
    """Reads again, and tells how soon the screen shows the step at which the run was at that moment."""
    begun, step = time.perf_counter(), catalog.open_run(folder).step
    meter.resume()

    def current() -> bool:
        found = _STEP.search(meter.screen)
        return found is not None and int(found[1].replace(",", "")) >= step

    meter.wait_for(current, 30)
    return time.perf_counter() - begun


def lost(quick: bool) -> list[Figure]:
    """Terminals that go away in five ways: how soon the viewer is gone, and on how much processor time."""
    rounds, figures = (3 if quick else 20), []
    with training("xor") as folder:
        for name, stalled, signum in (
            ("closed", False, None),
            ("SIGHUP", False, signal.SIGHUP),
            ("SIGTERM", False, signal.SIGTERM),
            ("stalled, then closed", True, None),
            ("stalled, then SIGTERM", True, signal.SIGTERM),
        ):
            ends = [_gone(folder, signum, stalled=stalled) for _ in range(rounds)]
            times, used = [seconds for seconds, _ in ends], max(busy for _, busy in ends)
            measured = f"{max(times):.2f} s (longest of {rounds}, median {median(times):.2f})"
            what = f"the terminal is lost ({name}): the viewer"
            figures += [
                Figure(f"{what} is gone", f"≤ {GONE_SECONDS} s", measured, max(times) <= GONE_SECONDS),
                Figure(f"{what} uses until then", f"≤ {GONE_CPU} s of a core", f"{used:.2f} s", used <= GONE_CPU),
            ]
    return figures


def _gone(folder: Path, signum: signal.Signals | None, *, stalled: bool) -> tuple[float, float]:
    """From the loss of a terminal to the end of the viewer in it, 30 when it does not come; and its processor time."""
    with _opened(folder) as meter:
        process = psutil.Process(meter.pid)
        if stalled:
            meter.stall()
            time.sleep(2)
        begun, before = time.perf_counter(), meter.cpu_seconds()
        if signum is None:
            meter.hang_up()
        else:
            os.kill(meter.pid, signum)
        # One that has ended still tells its processor time, until somebody asks how it ended.
        while process.status() != psutil.STATUS_ZOMBIE and time.perf_counter() - begun < 30:
            time.sleep(0.01)
        return time.perf_counter() - begun, meter.cpu_seconds() - before


@contextmanager
def _opened(folder: Path) -> Iterator[TerminalMeter]:
    """The dashboard of a run, drawn; it ends with its terminal."""
    with TerminalMeter([NNTUI, "watch", folder.name], until=lambda meter: "1 Loss" in meter.screen) as meter:
        meter.first_seconds(60)
        time.sleep(0.5)
        yield meter


def hour(quick: bool, hours: float) -> list[Figure]:
    """The viewer's resident memory while XOR trains flat out, at the end by that at the second minute."""
    minutes = 4.0 if quick else 60 * hours
    with training("xor") as folder, watching(folder) as meter:
        begun = time.monotonic()
        time.sleep(110)
        first = _resident(meter)
        time.sleep(max(0.0, begun + 60 * minutes - 20 - time.monotonic()))
        last = _resident(meter)
        steps = catalog.open_run(folder).step
    grown = 100 * (last / first - 1)
    measured = f"{grown:+.1f} % ({first / MIB:.1f} → {last / MIB:.1f} MiB; {steps:,} steps)"
    what = f"{minutes:g} minutes of flat-out XOR: the viewer's memory at the end by that at minute two"
    return [Figure(what, "within 10 %", measured, abs(grown) <= 10)]


def _resident(meter: TerminalMeter) -> float:
    """The median resident memory over 20 seconds, in bytes."""
    process, samples = psutil.Process(meter.pid), []
    for _ in range(20):
        samples.append(process.memory_info().rss)
        time.sleep(1)
    return median(samples)


def main() -> None:
    """Measures what is named, and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screen", description="Measures what the screen costs.")
    parser.add_argument("--hours", type=float, default=1.0, metavar="H", help="how long the hour is; 1")
    measures: dict[str, Callable[[bool], list[Figure]]] = {
        "live": live,
        "budget": budget,
        "keys": keys,
        "memory": memory,
        "stall": stall,
        "lost": lost,
        "hour": lambda quick: hour(quick, options.hours),
    }
    options = parsed(parser, list(measures))
    measure(options, measures)


if __name__ == "__main__":
    main()
