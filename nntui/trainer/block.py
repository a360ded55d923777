"""Recording a tiny network: in one of a few units, taking a loss and norms costs as much as the step they are of."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.engine import Network

Array = NDArray[Any]

#: Steps that are recorded together, and the most numbers kept for them.
STEPS, MOST = 64, 32_768


class Block:
    """Logits, targets and gradients of up to ``STEPS`` steps, measured all at once afterwards."""

    def __init__(self, network: Network, rows: int, T: Array) -> None:
        """For batches of so many rows; those of all rows of T have their targets already."""
        outputs, dtype = network.sizes[-1], network.dtype
        self._network = network
        self._shape = (STEPS, rows, outputs)
        self._Z, self._G = np.empty(self._shape, dtype), np.empty((STEPS, network.parameters.size), dtype)
        #: For each step, where its logits (rows, outputs) and gradients (P,) go, and its targets.
        self.slots = tuple(zip(self._Z, self._G, strict=True))
        self.targets = np.empty(self._shape, dtype)
        if len(T) == rows:
            self.targets[...] = T

    @staticmethod
    def suits(network: Network, rows: int) -> bool:
        """Whether copying is cheaper than measuring: whether network and batches of so many rows are tiny."""
        return STEPS * max(network.parameters.size, rows * network.sizes[-1]) <= MOST

    def measure(self, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The mean loss (count,) and each layer's gradient norm (count, layers) of the first ``count`` steps."""
        _, rows, outputs = self._shape
        Z, T = self._Z[:count].reshape(-1, outputs), self.targets[:count].reshape(-1, outputs)
        losses = self._network.losses_of(Z, T).reshape(count, rows).mean(axis=1)
        return losses, self._network.norms_of(self._G[:count])
