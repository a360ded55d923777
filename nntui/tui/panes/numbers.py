"""Numbers of steady width, so that nothing jitters while they change."""

from __future__ import annotations

import math


def figure(value: float | None, width: int = 8) -> str:
    """Four significant digits, or three of a power of ten, right-aligned; "–" for none."""
    if value is None or not math.isfinite(value):
        return ("–" if value is None else str(value)).rjust(width)
    size = abs(value)
    if size == 0:
        return "0".rjust(width)
    if not 1e-2 <= size < 99_999.5:
        mantissa, _, exponent = f"{value:.2e}".partition("e")
        return f"{mantissa}e{int(exponent)}".rjust(width)
    decimals = max(0, 3 - math.floor(math.log10(size)))
    return f"{value:.{decimals}f}".rjust(width)


def count(value: float) -> str:
    """A whole number with thousands set apart: 12,345."""
    return f"{value:,.0f}"


def duration(seconds: float | None) -> str:
    """Hours, minutes and seconds: 1:02:03; "–" for none."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds >= 864_000:
        return f"{seconds / 86_400:.0f} days"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def bar(share: float, width: int) -> str:
    """A bar of ``width`` cells filled to a share of 0 to 1, by eighths of a cell."""
    share = min(1.0, max(0.0, share if math.isfinite(share) else 0.0))
    eighths = round(share * width * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width)
