"""A figure to reach: what was measured, against what it should be at least or at most."""

from __future__ import annotations

import argparse
import math
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from nntui import paths
from nntui.tui.memory import FILE


class Figure(NamedTuple):
    """One row of the table. ``reached`` is None where it could not be measured."""

    what: str
    wanted: str
    measured: str
    reached: bool | None


def table(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table."""
    words = {True: "yes", False: "**no**", None: "–"}
    rows = [f"| {what} | {wanted} | {measured} | {words[reached]} |" for what, wanted, measured, reached in figures]
    return "\n".join(["| what | at least | measured | ok? |", "|---|---|---|---|", *rows])


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least such a share of them does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def machine() -> str:
    """What it was measured on."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("textual", "numpy", "plotext"))
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" {packages}; load at the end {load}."
    )


def parsed(parser: argparse.ArgumentParser, known: Sequence[str]) -> argparse.Namespace:
    """What of the ``known`` is to be measured, how, and whatever else the parser takes."""
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(known)}; all, if none is named")
    parser.add_argument("--quick", action="store_true", help="short and rough, to see that all of it works")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what is recorded here for the next time")
    options = parser.parse_args()
    if unknown := set(options.names) - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    return options


def measure(options: argparse.Namespace, measures: Mapping[str, Callable[[bool], list[Figure]]]) -> None:
    """Measures what is wanted, each in a screen as it is at first, and prints a table."""
    with tempfile.TemporaryDirectory(prefix="nntui-benchmark-") as temporary:
        os.environ["NNTUI_HOME"] = str(options.keep.absolute() if options.keep else temporary)
        figures = []
        for name in options.names or measures:
            print(f"{name} ...", file=sys.stderr, flush=True)  # noqa: T201
            with suppress(FileNotFoundError):
                (paths.data_dir() / FILE).unlink()  # where the panes of the one before stood
            figures += measures[name](options.quick)
        print(table(figures))  # noqa: T201
        print(f"\n{machine()}")  # noqa: T201
