"""How the loss of each row went over the whole run, in few points: evenly spread, however long it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: The most points that are kept.
POINTS = 64


class History:
    """Losses of the same rows at rising steps, at most ``POINTS`` of them, one in each stretch of ``every`` steps.

    When there are too many, the stretches become twice as long, and of two points that lie in one the first stays.
    """

    def __init__(self, known: Mapping[str, Array] | None = None) -> None:
        """``known`` are the ``arrays`` of one that this goes on with."""
        self.every = 1
        self._steps: list[int] = known["steps"].tolist() if known else []
        self._losses: list[Array] = list(known["loss"].T) if known else []
        if len(self._steps) > 1:
            self.every = 1 << int(np.diff(self._steps).min()).bit_length() - 1

    def wants(self, step: int) -> bool:
        """Whether a point at this step would be the first in its stretch."""
        return not self._steps or step // self.every > self._steps[-1] // self.every

    def add(self, step: int, losses: Array) -> None:
        """Takes the loss of each row, (rows,), at a step that is wanted."""
        self._steps.append(step)
        self._losses.append(losses.astype(np.float32))
        while len(self._steps) > POINTS:
            self.every *= 2
            stretches = [step // self.every for step in self._steps]
            first = [i for i, stretch in enumerate(stretches) if i == 0 or stretch != stretches[i - 1]]
            self._steps = [self._steps[i] for i in first]
            self._losses = [self._losses[i] for i in first]

    def go_back(self, step: int) -> None:
        """Forgets the points after a step."""
        count = sum(known <= step for known in self._steps)
        del self._steps[count:], self._losses[count:]

    @property
    def arrays(self) -> dict[str, Array]:
        """``steps`` (k,) and ``loss`` (rows, k)."""
        return {"steps": np.array(self._steps, np.int64), "loss": np.column_stack(self._losses)}
