"""Runs beside each other: in what they differ, which of them differ only in their seed, and which ended best."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from nntui.knobs import KNOBS
from nntui.runfilter import FIGURES, NUMBERS
from nntui.store.records import RunRecord

#: The most runs that one screen can hold apart.
MOST = 32
#: Of these the greatest is the best; of all others the least.
GREATEST_IS_BEST = ("accuracy", "val_accuracy", "r2", "val_r2")
#: What the newest values hold besides metrics: it is a knob as it takes effect.
_RATE = "lr"
#: Runs of one configuration but for this differ by chance alone.
SEED = "training.seed"


def metrics(runs: Sequence[RunRecord]) -> list[str]:
    """The names of all metrics of which any of the runs has a last value, those that all runs know first."""
    found = {
        name: None
        for run in runs
        for name, value in run.latest.items()
        if name != _RATE and isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    return [name for name in FIGURES if name in found] + sorted(name for name in found if name not in FIGURES)


def differences(runs: Sequence[RunRecord]) -> dict[str, list[str]]:
    """The values, as they are shown, of each knob that is not the same in all of these runs, by its name.

    One that is called as a figure is, the loss function or the steps there are to be, has its section before its name.
    """
    names = (knob.key if knob.name in NUMBERS else knob.name for knob in KNOBS.values())
    columns = zip(*map(_shown, runs), strict=True)
    named = zip(names, map(list, columns), strict=True) if runs else ()
    return {name: values for name, values in named if len(set(values)) > 1}


def groups(runs: Sequence[RunRecord]) -> list[list[int]]:
    """The places of runs that differ at most in their seed, together; both the groups and what is in them in order."""
    seed = list(KNOBS).index(SEED)
    found: dict[tuple[str, ...], list[int]] = {}
    for place, shown in enumerate(map(_shown, runs)):
        found.setdefault((*shown[:seed], *shown[seed + 1 :]), []).append(place)
    return list(found.values())


def _shown(run: RunRecord) -> tuple[str, ...]:
    """The value of every knob as it is shown."""
    return tuple(knob.show(knob.value_in(run.config)) or "–" for knob in KNOBS.values())


class Final(NamedTuple):
    """The last values of a metric in some runs: mean and standard deviation of the finite ones, how many those are.

    ``spread`` is that of a sample (n - 1), None of fewer than two; ``runs`` is how many have a value, finite or not.
    """

    mean: float
    spread: float | None
    n: int
    runs: int


def final(runs: Sequence[RunRecord], metric: str) -> Final | None:
    """How a metric stands at the end of these runs; None where none of them has it."""
    values = [float(value) for run in runs if isinstance(value := run.latest.get(metric), (int, float))]
    finite = [value for value in values if math.isfinite(value)]
    if not values:
        return None
    mean = statistics.fmean(finite) if finite else values[0]
    return Final(mean, statistics.stdev(finite) if len(finite) > 1 else None, len(finite), len(values))


def best(metric: str, values: Sequence[float | None]) -> float | None:
    """The best of these values; None where none is finite, or all are the same."""
    finite = {value for value in values if value is not None and math.isfinite(value)}
    if len(finite) < 2:
        return None
    return max(finite) if metric in GREATEST_IS_BEST else min(finite)


def rank(metric: str, value: float | None) -> tuple[bool, float]:
    """A key that sorts the best value first, and what is none, or not finite, last."""
    if value is None or not math.isfinite(value):
        return True, 0.0
    return False, -value if metric in GREATEST_IS_BEST else value
