"""Curves for a logarithmic axis, on which the first hundred steps of a long run are as wide as the last million."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from nntui.store.reader import Reader
from nntui.store.records import Curve

#: A piece is at least so many buckets.
LEAST = 8


def logarithmic(reader: Reader, names: Iterable[str], first: int, last: int, buckets: int) -> dict[str, Curve]:
    """Metrics over the steps ``first`` to ``last`` inclusive, in buckets that are about as wide on a logarithmic axis.

    They are read in pieces, each about four times as long as the one before, of which each has its share of twice
    ``buckets``. Names nobody recorded are left out.
    """
    names = list(names)
    ends = _ends(max(first, 0), last, buckets)
    each = max(LEAST, 2 * buckets // (len(ends) - 1))
    with reader.snapshot():
        parts = [reader.curves(names, before + 1, end, each) for before, end in pairwise(ends)]
    found = {name: [part[name] for part in parts if name in part] for name in names}
    return {name: _joined(curves) for name, curves in found.items() if curves}


def _ends(first: int, last: int, buckets: int) -> list[int]:
    """The last step of each piece, rising, after the step before the first piece.

    Between pieces they are one less than a power of two, where buckets of every level end. Steps that are no more
    than ``buckets`` need no further pieces.
    """
    ends = [last]
    while ends[-1] > max(4 * first, buckets, 8):
        ends.append((1 << ends[-1].bit_length() - 2) - 1)
    return [first - 1, *reversed(ends)]


def _joined(curves: Sequence[Curve]) -> Curve:
    """One curve of several that follow each other; a bucket that reaches into the next piece is there but once."""
    columns = {
        key: np.concatenate([getattr(curve, key) for curve in curves]) for key in Curve.__slots__ if key != "name"
    }
    reached = np.maximum.accumulate(columns["last"])
    keep = np.ones(len(reached), dtype=np.bool_)
    keep[1:] = columns["first"][1:] > reached[:-1]
    return Curve(curves[0].name, **{key: values[keep] for key, values in columns.items()})
