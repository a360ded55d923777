"""The arrays that one training step writes, and the order in which it goes through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.engine.activations import Activation
from nntui.engine.layers import Layer

Array = NDArray[Any]


def with_ones(X: Array) -> Array:
    """X, (samples, inputs), with a last column of ones, by which the first layer's biases are multiplied.

    It lies in the memory column by column: products with it are faster then.
    """
    columns = np.ones((X.shape[1] + 1, len(X)), X.dtype)
    columns[:-1] = X.T
    return columns.T


class Workspace:
    """The arrays that one training step writes, for batches of one size, and the views it goes through.

    All are gathered here because in a network of a few units looking them up would cost more than the arithmetic.
    A column is a sample here, and below each layer's activations stands a row of ones: so one product with W and b,
    which lie together in the flat vector, is the whole of a layer, and one product the whole of its gradient.
    """

    def __init__(self, layers: Sequence[Layer], hidden: Sequence[Activation], samples: int, *, dropped: bool) -> None:
        """For layers with these activations, the output's not among them."""
        dtype, last = layers[0].W.dtype, len(layers) - 1
        both = [layer.parameters.reshape(layer.inputs + 1, layer.outputs) for layer in layers]
        gradients = [layer.gradients.reshape(layer.inputs + 1, layer.outputs) for layer in layers]
        with_ones = [np.ones((layer.outputs + 1, samples), dtype) for layer in layers[:last]]
        A = [array[:-1] for array in with_ones]
        dA, S = ([np.empty((layer.outputs, samples), dtype) for layer in layers] for _ in range(2))

        #: The output layer: its logits, their derivative, and scratch space, each (outputs, samples).
        self.output = (np.empty_like(dA[last]), dA[last], S[last], np.empty_like(dA[last]))
        #: The logits as everybody else sees them, and their shape: (samples, outputs).
        self.logits = self.output[0].T
        self.shape = self.logits.shape
        self.one_nth = np.array(1.0 / samples, dtype)
        #: Targets of several outputs are copied to it.
        self._T, self.several = np.empty_like(dA[last]), self.shape[1] > 1
        #: For the sum of all elements' losses, which take the place of the derivative.
        self.flat, self.one_each = dA[last].reshape(-1), np.ones(dA[last].size, dtype)

        #: The first layer: its weights and biases together and apart, its sums, and then its gradient.
        sums = [*A, self.output[0]]
        self.V_T, self.W_T, self.b, self.sums = both[0].T, layers[0].W.T, layers[0].b.reshape(-1, 1), sums[0]
        self.dZ_T, self.dV, self.dW, self.db = dA[0].T, gradients[0], layers[0].dW, layers[0].db
        self.ones, self.bias = np.ones(samples, dtype), S[0]
        #: Each hidden layer, first to last, and the product that follows it. What will be dA lies idle until then.
        self.forward = tuple(
            (A[i], S[i], dA[i], with_ones[i], both[i + 1].T, sums[i + 1], hidden[i].forward) for i in range(last)
        )
        #: Each layer but the first, last to first, with the arrays of the layer before it.
        self.backward = tuple(
            (with_ones[j], dA[i].T, gradients[i], layers[i].W, dA[i], A[j], dA[j], S[j], hidden[j].backward)
            for i, j in ((i, i - 1) for i in range(last, 0, -1))
        )
        #: What dropout multiplied each hidden layer's activations by, kept for the way back, by the array's identity.
        self._masks = {id(a): np.empty_like(a) for a in A} if dropped else {}
        self.dropped = bool(self._masks)
        #: With a smaller share, a random number and what is added to it would be rounded up to 2.
        self._least = float(np.finfo(dtype).eps)

    def across(self, T: Array) -> Array:
        """T, (samples, outputs), as the losses take it, and in that order in memory: NumPy allocates for another."""
        np.copyto(self._T, T.T)
        return self._T

    def drop(self, A: Array, rng: np.random.Generator, share: float) -> None:
        """Sets a random share of the activations to 0, and the others to 1 / (1 − share) times what they were."""
        mask = self._masks[id(A)]
        rng.random(dtype=mask.dtype, out=mask)
        np.add(mask, 1.0 - max(share, self._least), mask)
        np.floor(mask, mask)
        np.multiply(mask, 1.0 / (1.0 - share), mask)
        np.multiply(A, mask, A)

    def undrop(self, A: Array, dA: Array, share: float) -> None:
        """The same for the derivative; what is left of the activations gets its own size back."""
        np.multiply(dA, self._masks[id(A)], dA)
        np.multiply(A, 1.0 - share, A)
