"""A figure to reach: what was measured, against what it should be at least or at most."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import NamedTuple


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
