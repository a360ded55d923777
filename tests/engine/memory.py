"""How much memory a step takes for itself."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable


def peak_of(step: Callable[[], object], times: int = 20) -> int:
    """The most bytes that a step has at once, once it has been made before.

    The least of three measurements: what the step takes is in each of them; what another thread takes meanwhile, as
    that of pytest-xdist does, is not.
    """
    step()
    return min(_measured(step, times) for _ in range(3))


def _measured(step: Callable[[], object], times: int) -> int:
    tracemalloc.start()
    try:
        for _ in range(times):
            step()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
