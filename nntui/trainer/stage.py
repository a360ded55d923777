"""Where records go: into a run folder, or to whoever wants to know what would be recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nntui.store.records import LayerRecord


class Stage(Protocol):
    """What the trainer's records are given to; the writer of a run folder is one."""

    def describe(self, layers: Sequence[LayerRecord], data: Mapping[str, Any]) -> None:
        """Takes what the network and its data look like."""

    def add_stream(self, name: str, series: Sequence[str], keep: int | None = None) -> None:
        """Takes the names of series that are recorded together."""

    def record(self, stream: str, steps: NDArray[np.int64], values: NDArray[Any]) -> None:
        """Takes samples: ``steps`` (n,) in order; ``values`` (n, series of the stream)."""

    def table(self, name: str, step: int, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Takes the newest arrays under a name."""
