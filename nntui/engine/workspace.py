"""The arrays that one training step writes, and the order in which it goes through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.engine.activations import Activation

Array = NDArray[Any]


class Workspace:
    """The arrays that one training step writes, for batches of one size, and the views it goes through.

    All are gathered here because in a network of a few units looking them up would cost more than the arithmetic.
    Biases are added as the product 1 b, since NumPy allocates a buffer when it broadcasts.
    """

    def __init__(
        self,
        layers: Sequence[tuple[Array, Array, Array, Array]],
        hidden: Sequence[Activation],
        samples: int,
        *,
        dropped: bool,
    ) -> None:
        """For layers of (W, b, dW, db) with these activations, the output's not among them."""
        dtype, last = layers[0][0].dtype, len(layers) - 1
        A, dA, S = ([np.empty((samples, W.shape[1]), dtype) for W, *_ in layers] for _ in range(3))
        R = [*dA[:last], np.empty_like(dA[last])]  # what is to be dA lies idle on the way forward
        rows = [b.reshape(1, -1) for _, b, _, _ in layers]
        self.ones = np.ones(samples, dtype)
        self.column = self.ones.reshape(-1, 1)
        self.one_nth = np.array(1.0 / samples, dtype)
        #: The output layer: its logits, their derivative, and scratch space.
        self.output = (A[last], dA[last], S[last], R[last])
        self.W, self.b = layers[last][0], rows[last]
        #: For the sum of all elements' losses, which take the place of the derivative.
        self.flat, self.one_each = dA[last].reshape(-1), np.ones(dA[last].size, dtype)
        #: Each hidden layer, first to last.
        self.forward = tuple((layers[i][0], rows[i], A[i], S[i], R[i], hidden[i].forward) for i in range(last))
        #: Each layer but the first, last to first, with the arrays of the layer before it.
        self.backward = tuple(
            (A[i - 1], A[i - 1].T, *layers[i][2:], layers[i][0].T, dA[i - 1], S[i - 1], hidden[i - 1].backward)
            for i in range(last, 0, -1)
        )
        self.dW, self.db = layers[0][2:]
        #: What dropout multiplied each hidden layer's activations by, kept for the way back, by the array's identity.
        self._masks = {id(a): np.empty_like(a) for a in A[:last]} if dropped else {}
        self.dropped = bool(self._masks)

    def drop(self, A: Array, rng: np.random.Generator, share: float) -> None:
        """Sets a random share of the activations to 0, and the others to 1 / (1 − share) times what they were."""
        mask = self._masks[id(A)]
        rng.random(dtype=mask.dtype, out=mask)
        np.add(mask, 1.0 - share, mask)
        np.floor(mask, mask)
        np.multiply(mask, 1.0 / (1.0 - share), mask)
        np.multiply(A, mask, A)

    def undrop(self, A: Array, dA: Array, share: float) -> None:
        """The same for the derivative; what is left of the activations gets its own size back."""
        np.multiply(dA, self._masks[id(A)], dA)
        np.multiply(A, 1.0 - share, A)
