"""How the layers of a network lie in its flat vectors of parameters and gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer, Z = A W + b; every array is a view of the network's flat vectors.

    W and dW have the shape (inputs, outputs), b and db (outputs,); ``parameters`` and ``gradients`` are this layer's
    part of the flat vectors: W row by row, then b.
    """

    name: str
    activation: str
    parameters: Array
    gradients: Array
    W: Array
    b: Array
    dW: Array  # noqa: N815
    db: Array

    @property
    def inputs(self) -> int:
        """fan_in: units of the layer before."""
        return int(self.W.shape[0])

    @property
    def outputs(self) -> int:
        """fan_out: units of this layer."""
        return int(self.W.shape[1])

    @property
    def arrays(self) -> tuple[tuple[str, Array], ...]:
        """What it learns, by name."""
        return ("W", self.W), ("b", self.b)


def lay(sizes: Sequence[int], parameters: Array, gradients: Array) -> Iterator[Layer]:
    """The layers of ``sizes`` units, one after the other over the flat vectors, shape (P,)."""
    start = 0
    for number, (fan_in, fan_out) in enumerate(pairwise(sizes), 1):
        bias, stop = start + fan_in * fan_out, start + (fan_in + 1) * fan_out
        yield Layer(
            name="output" if number == len(sizes) - 1 else f"layer {number}",
            activation="",
            parameters=parameters[start:stop],
            gradients=gradients[start:stop],
            W=parameters[start:bias].reshape(fan_in, fan_out),
            b=parameters[bias:stop],
            dW=gradients[start:bias].reshape(fan_in, fan_out),
            db=gradients[bias:stop],
        )
        start = stop
