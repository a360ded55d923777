"""Keeps a gradient from growing too large; in place, over a flat vector."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Between these a float32 sum of squares has all its digits.
_TINY, _HUGE = 1e-30, 1e38


def norm(vector: Array) -> float:
    """The L2 norm of a flat vector, also where squares of its dtype overflow or vanish; not finite if it is not.

    NumPy's warnings of the overflow are the caller's, who has an np.errstate.
    """
    square = float(vector.dot(vector))
    if _TINY < square < _HUGE:
        return math.sqrt(square)
    largest = float(np.abs(vector).max(initial=0.0))
    if largest == 0.0 or not math.isfinite(largest):
        return largest
    scaled = vector.astype(np.float64) / largest
    return largest * math.sqrt(scaled.dot(scaled))


@np.errstate(over="ignore", under="ignore", invalid="ignore")
def clip_norm(gradients: Array, limit: float) -> float:
    """Shortens a gradient that is longer than ``limit``, keeping its direction (Pascanu, Mikolov and Bengio 2013).

    Multiplies by limit / (norm + 1e-6) where that is below 1, as torch.nn.utils.clip_grad_norm_ does. Returns the norm
    before. A gradient with NaN or infinity is left as it is: no multiple of it has a direction. Raises ValueError for a
    limit that is not above 0.
    """
    _check(limit)
    length = norm(gradients)
    share = limit / (length + 1e-6)
    if share < 1.0 and math.isfinite(length):
        np.multiply(gradients, share, gradients)
    return length


def clip_value(gradients: Array, limit: float) -> None:
    """Sets elements beyond ±``limit`` to it; NaN stays NaN. Raises ValueError for a limit that is not above 0."""
    _check(limit)
    np.clip(gradients, -limit, limit, out=gradients)


def _check(limit: float) -> None:
    if not limit > 0:
        raise ValueError(f"limit = {limit}: must be a number above 0")
