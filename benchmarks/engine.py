"""What a training step costs, beside PyTorch, scikit-learn, JAX and its own matrix products; a Markdown table.

    python -m benchmarks.engine [--quick] [NAME ...]

Run it from the top of a checkout, in an environment with nntui and its benchmark extra; who is not installed is left
out. Without names, all is measured: steps, telemetry, allocation, memory.

Each contender has a process of its own, because the threads that one library leaves spinning slow the next: PyTorch
takes 8 ms over a step of XOR in a process that JAX and NumPy share. While one runs, the others wait for a line.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from statistics import median
from typing import NamedTuple

from benchmarks.contenders import WORKS
from benchmarks.figures import Figure, table
from nntui.trainer.speed import SLICE_SECONDS

#: In the order of the table.
RIVALS = ("PyTorch", "scikit-learn", "JAX", "products")
#: How many times faster than each rival, and how many times the matrix products at most.
SMALL = {"PyTorch": 8.0, "scikit-learn": 25.0, "JAX": 1.0, "products": 5.0}
LARGE = {"PyTorch": 1.0, "scikit-learn": 2.5, "JAX": 1.0, "products": 1.5}
DEEP = {"PyTorch": 1.0, "scikit-learn": 2.0, "JAX": 1.0, "products": 1.6}
WANTED = {"xor": SMALL, "logistic": SMALL, "digits": SMALL, "wide": LARGE, "pictures": LARGE, "deep": DEEP}
#: The most that keeping every step's loss and norms may cost.
TELEMETRY = {"xor": 0.15, "wide": 0.02, "pictures": 0.02, "deep": 0.02}
#: A thread pool goes to sleep this long after its last work.
PAUSE_SECONDS = 0.04


class Microseconds(NamedTuple):
    """What a step took in one round."""

    median: float
    least: float


Rounds = dict[str, list[Microseconds]]


class Worker:
    """A process that runs one contender's steps when it is told to."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.contenders"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def microseconds(self, contender: str, work: str, seconds: float, passage: float) -> Microseconds | None:
        """What a step took; None where the contender is not installed. Raises RuntimeError when the process ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(contender, work, seconds, passage, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline().strip()
        if not answer:
            raise RuntimeError(f"{contender}, {work}: the worker process ended")
        time.sleep(PAUSE_SECONDS)
        return None if answer == "-" else Microseconds(*map(float, answer.split()))

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@contextmanager
def workers(names: Iterable[str]) -> Iterator[dict[str, Worker]]:
    with ExitStack() as stack:
        started = {name: Worker() for name in names}
        for worker in started.values():
            stack.callback(worker.close)
        yield started


def in_turn(contenders: dict[str, Worker], work: str, rounds: int, seconds: float, passage: float) -> Rounds:
    """Microseconds a step of each contender that can run, one number a round; each round begins with another."""
    able = [name for name, worker in contenders.items() if worker.microseconds(name, work, 0.01, 0.001)]
    times: Rounds = {name: [] for name in able}
    for turn in range(rounds):
        first = turn % len(able)
        for name in able[first:] + able[:first]:
            if (taken := contenders[name].microseconds(name, work, seconds, passage)) is not None:
                times[name].append(taken)
    return times


def middle(values: Sequence[Microseconds]) -> float:
    return median(value.median for value in values)


def least(values: Sequence[Microseconds]) -> float:
    return min(value.least for value in values)


def ratio(above: Sequence[Microseconds], below: Sequence[Microseconds]) -> float:
    """The median of the rounds' ratios."""
    return median(a.median / b.median for a, b in zip(above, below, strict=True))


def steps(quick: bool) -> tuple[list[Figure], str]:
    """Every work by every contender: the figures, and a table of the times they come from."""
    rounds, seconds = (5, 0.03) if quick else (31, 0.06)
    figures, rows = [], []
    with workers(("nntui", *RIVALS)) as contenders:
        for name, work in WORKS.items():
            print(f"{work.name} ...", file=sys.stderr, flush=True)  # noqa: T201
            times = in_turn(contenders, name, rounds, seconds, 0.001)
            cells = [_time(times[who]) if who in times else "–" for who in ("nntui", *RIVALS)]
            rows.append(f"| {work.name} | {' | '.join(cells)} |")
            figures += [_figure(work.name, rival, WANTED[name][rival], times) for rival in RIVALS]
    head = [
        "| µs a step: median (least) | nntui | PyTorch eager | scikit-learn | JAX jit | matrix products |",
        f"|{'---|' * 6}",
    ]
    return figures, "\n".join([*head, *rows])


def _time(values: Sequence[Microseconds]) -> str:
    digits = 1 if least(values) < 100 else 0
    return f"{middle(values):,.{digits}f} ({least(values):,.{digits}f})"


def _figure(work: str, rival: str, wanted: float, times: Rounds) -> Figure:
    """nntui's ratio to one rival: the median over the rounds, and that of the least times."""
    bare = rival == "products"
    what = f"{work}: nntui ÷ matrix products" if bare else f"{work}: {rival} ÷ nntui"
    limit = f"{'≤' if bare else '≥'} {wanted:g}"
    if rival not in times:
        return Figure(what, limit, "–", None)
    above, below = (times["nntui"], times[rival]) if bare else (times[rival], times["nntui"])
    found = ratio(above, below)
    measured = f"{found:.2f} (of the least: {least(above) / least(below):.2f})"
    return Figure(what, limit, measured, found <= wanted if bare else found >= wanted)


def telemetry(quick: bool) -> list[Figure]:
    """The trainer's loop, which keeps each step's loss and each layer's norm, by a loop that keeps nothing."""
    rounds, seconds = (5, 0.1) if quick else (31, 0.2)
    figures = []
    with workers(("both",)) as worker:
        for name, most in TELEMETRY.items():
            times = in_turn(
                dict.fromkeys(("recorded", "unrecorded"), worker["both"]), name, rounds, seconds, SLICE_SECONDS
            )
            what = f"{WORKS[name].name}: loss and norms of every step"
            kept, bare = times["recorded"], times["unrecorded"]
            cost, of_least = ratio(kept, bare) - 1, least(kept) / least(bare) - 1
            sides = f"{middle(kept):,.1f} by {middle(bare):,.1f} µs"
            measured = f"{100 * cost:.1f} % ({sides}; of the least: {100 * of_least:.1f} %)"
            figures.append(Figure(what, f"≤ {100 * most:g} %", measured, cost <= most))
    return figures


#: Prints the most bytes that 50 steps had allocated at once, after three.
_ALLOCATION = """
import sys, tracemalloc
from benchmarks.contenders import WORKS, engine
steps = engine(WORKS[sys.argv[1]])
steps(3)
tracemalloc.start()
steps(1)
tracemalloc.reset_peak()
before = tracemalloc.get_traced_memory()[0]
steps(50)
print(tracemalloc.get_traced_memory()[1] - before)
"""
#: Prints the most KiB that a process has had in memory.
_PEAK = """
import pathlib, re
print(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
"""
_IMPORTS = "import nntui.engine"
#: Trains, and leaves out what the data take.
_TRAINING = """
from benchmarks.contenders import WORKS, engine
work = WORKS["wide"]
engine(work)(200)
"""


def _said(*arguments: str) -> int:
    """The number that a Python program prints, run in a process of its own."""
    result = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    return int(result.stdout)


def allocation(quick: bool) -> list[Figure]:
    """Bytes allocated while stepping: what is left are the buffers through which NumPy broadcasts a column."""
    figures = []
    for name in ("digits", "wide", "pictures", "deep"):
        peak = _said("-c", _ALLOCATION, name)
        what = f"{WORKS[name].name}: the most allocated at once within 50 steps"
        figures.append(Figure(what, "≤ 4 KiB", f"{peak:,} bytes", peak <= 4096))
    return figures


def memory(quick: bool) -> list[Figure]:
    """The peak memory of training 517,510 parameters, over that of the interpreter."""
    X, y = WORKS["wide"].data()
    data = (X.nbytes + WORKS["wide"].targets(y).nbytes) / 2**20
    repeat = 2 if quick else 5
    bare, imported, trained = (
        median(_said("-c", f"{code}\n{_PEAK}") for _ in range(repeat)) / 1024 for code in ("", _IMPORTS, _TRAINING)
    )
    over = trained - data - bare
    measured = (
        f"{over:.0f} MiB ({trained - data - imported:.0f} over the interpreter with nntui.engine imported;"
        f" bare {bare:.0f}, imported {imported:.0f}, trained {trained:.0f}, of which {data:.1f} are data)"
    )
    return [Figure("1024-500-10: peak memory over the interpreter's own", "< 100 MiB", measured, over < 100)]


MEASURES: dict[str, Callable[[bool], list[Figure]]] = {
    "telemetry": telemetry,
    "allocation": allocation,
    "memory": memory,
}


def main() -> None:
    names = ("steps", *MEASURES)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description="Measures what a step costs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(names)}; all, if none is named")
    parser.add_argument("--quick", action="store_true", help="short and rough, to see that all of it works")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(names)}")
    figures: list[Figure] = []
    for name in options.names or names:
        if name == "steps":
            found, times = steps(options.quick)
            print(f"{times}\n")  # noqa: T201
            figures += found
        else:
            print(f"{name} ...", file=sys.stderr, flush=True)  # noqa: T201
            figures += MEASURES[name](options.quick)
    print(table(figures))  # noqa: T201
    print(f"\n{_machine()}")  # noqa: T201


def _machine() -> str:
    """What it was measured on."""
    packages = ", ".join(f"{name} {_version(name)}" for name in ("numpy", "torch", "scikit-learn", "jax"))
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" {packages}; load at the end {load}."
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "–"


if __name__ == "__main__":
    main()
