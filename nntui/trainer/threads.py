"""How many cores matrix products use: to be said before NumPy is loaded."""

from __future__ import annotations

import os

#: What the libraries under NumPy read when they are loaded.
VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def use_threads(count: int) -> None:
    """Sets the number of threads of this process; with 0, half of the cores, unless the environment says otherwise.

    The threads of a product wait for the slowest of them: one that has to share its core, with the screen or with
    another job, was seen to make steps fifteen times slower. And results have the same bits only with as many threads.
    """
    if count:
        os.environ.update(dict.fromkeys(VARIABLES, str(count)))
        return
    half = str(max(1, _cores() // 2))
    for name in VARIABLES:
        os.environ.setdefault(name, half)


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
