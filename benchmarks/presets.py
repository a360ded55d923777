"""What every preset reaches as it is shipped; a Markdown table, which stands in the README.

    python -m benchmarks.presets [NAME ...]

Trains them to their ends, which takes some minutes; two at a time where there are two cores.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

from nntui import presets
from nntui.trainer.loop import CAPACITY
from nntui.trainer.problem import make_problem
from nntui.trainer.recall import make_loop
from nntui.trainer.telemetry import score
from nntui.trainer.threads import use_threads


class Result(NamedTuple):
    """A preset's network, how long it trained, and what it is worth on the rows it learned from and on the others."""

    name: str
    network: str
    parameters: int
    steps: int
    seconds: float
    measure: str
    train: float
    held_out: float | None


def train(name: str) -> Result:
    """Trains a preset as it is shipped, to its end."""
    config = presets.find(name).load()
    problem = make_problem(config)
    loop = make_loop(config, problem)
    begun = time.perf_counter()
    while not loop.finished:
        if where := loop.run(CAPACITY).diverged:
            raise ArithmeticError(f"{name}: not finite in {where} at step {loop.step}")
    network, task = loop.network, problem.dataset.task
    parts = [(loop.batches.X, loop.batches.T), *([loop.held_out] if loop.held_out else [])]
    values = [score(network, X, T, task) for X, T in parts]
    return Result(
        name,
        "-".join(map(str, network.sizes)),
        network.parameters.size,
        loop.step,
        time.perf_counter() - begun,
        "R²" if task == "regression" else "accuracy",
        values[0],
        values[1] if loop.held_out else None,
    )


def table(results: list[Result]) -> str:
    """The results as a Markdown table."""
    rows = ["| preset | network | parameters | steps | time | reaches | held out |", "|---|---|---|---|---|---|---|"]
    for one in results:
        held_out = "–" if one.held_out is None else f"{one.held_out:.3f}"
        rows.append(
            f"| `{one.name}` | {one.network} | {one.parameters:,} | {one.steps:,} | {one.seconds:.0f} s "
            f"| {one.measure} {one.train:.3f} | {held_out} |"
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.presets", description="What every preset reaches.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="presets; all, if none is named")
    names = parser.parse_args().names or list(presets.available())
    results = []
    use_threads(1)  # in the workers, which load NumPy anew: each has a core of its own
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1), get_context("spawn")) as pool:
        for result in pool.map(train, names):
            print(f"{result.name}: {result.seconds:.0f} s", file=sys.stderr, flush=True)  # noqa: T201
            results.append(result)
    print(table(results))  # noqa: T201


if __name__ == "__main__":
    main()
