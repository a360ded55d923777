"""Ticks of an axis: round numbers, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Sequence

_LADDER = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def nice_ticks(lo: float, hi: float, count: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between `lo` and `hi`, at most about `count` of them."""
    if not hi > lo:
        return [lo]
    step = round_up((hi - lo) / max(1, count))
    first, last = math.ceil(lo / step - 1e-9), math.floor(hi / step + 1e-9)
    return [exact(number * step) for number in range(first, last + 1)]


def log_ticks(lo: float, hi: float, count: int) -> list[float]:
    """Ticks for a logarithmic axis from `lo` to `hi`, both positive: powers of ten.

    1, 2 and 5 times those where there are fewer than two; round numbers where that is not enough either.
    """
    first, last = math.ceil(math.log10(lo) - 1e-9), math.floor(math.log10(hi) + 1e-9)
    if last > first:
        stride = math.ceil((last - first + 1) / max(1, count))
        return [exact(10.0**power) for power in range(first, last + 1, stride)]
    finer = [
        exact(digit * 10.0**power)
        for power in range(first - 1, last + 2)
        for digit in (1, 2, 5)
        if lo * (1 - 1e-9) <= digit * 10.0**power <= hi * (1 + 1e-9)
    ]
    return finer if len(finer) > 1 else nice_ticks(lo, hi, count)


def labels(ticks: Sequence[float], *, log: bool = False) -> list[str]:
    """What stands at the ticks of an axis: neighbours can be told apart."""
    step = ticks[1] - ticks[0] if len(ticks) > 1 and not log else None
    return [compact(tick, step) for tick in ticks]


def compact(number: float, step: float | None = None) -> str:
    """Write a number in few characters: "12k", "1.5M", "0.05", "1e-4".

    With `step`, the distance between ticks, as many decimals as tell neighbours apart, also where they are
    zeros; without it, three significant digits at most.
    """
    if not math.isfinite(number):
        return str(number)
    if step is None:
        number = float(f"{number:.3g}")
    size = abs(number)
    if number == 0:
        return "0"
    if size >= 1e15 or (size < 1e-3 and (step is None or step < 1e-4)):
        mantissa, _, exponent = f"{number:.2e}".partition("e")
        return f"{_trim(mantissa)}e{int(exponent)}"
    unit, suffix = next(((unit, suffix) for unit, suffix in _UNITS if size >= unit), (1.0, ""))
    return _decimals(number / unit, step and step / unit) + suffix


def _decimals(number: float, step: float | None) -> str:
    if step is None:
        return _trim(f"{number:.5f}" if abs(number) < 1 else f"{number:.2f}")
    digits = 0
    while digits < 6 and abs(step * 10**digits - round(step * 10**digits)) > 1e-6 * step * 10**digits:
        digits += 1
    return f"{number:.{digits}f}"


def _trim(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def round_up(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten at or above `value`."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(exact(step * power) for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))


def grow(value: float) -> float:
    """The next round number at or above `value`, so that a range grows in steps and not continuously."""
    if value <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(exact(step * power) for step in _LADDER if step * power >= value * (1 - 1e-9))


def exact(value: float) -> float:
    """Take off the noise of multiplying: 0.30000000000000004 is 0.3."""
    return float(f"{value:.12g}")
