"""Our networks computed by PyTorch, in float64: what they are compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from numpy.typing import NDArray

from nntui.engine import Network

Array = NDArray[Any]
Tensor = Any


def pytorch() -> Any:
    """The module, with one thread: its networks are too small for more. Skips the test where there is none."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return torch


def activation(name: str, leak: float = 0.01) -> Callable[[Tensor], Tensor]:
    """PyTorch's function of this name, for hidden layers and for outputs."""
    torch = pytorch()
    functions = torch.nn.functional
    table: dict[str, Callable[[Tensor], Tensor]] = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "leaky-relu": lambda z: functions.leaky_relu(z, leak),
        "elu": functions.elu,
        "gelu": lambda z: functions.gelu(z, approximate="tanh"),
        "silu": functions.silu,
        "softplus": lambda z: functions.softplus(z, threshold=50),  # above it PyTorch says z
        "softmax": lambda z: torch.softmax(z, dim=1),
        "identity": lambda z: z,
    }
    return table[name]


def total_loss(Z: Tensor, T: Tensor, *, output: str, loss: str, delta: float = 1.0) -> Tensor:
    """The loss summed over the samples."""
    functions = pytorch().nn.functional
    if loss == "cross-entropy" and output == "sigmoid":
        return functions.binary_cross_entropy_with_logits(Z, T, reduction="sum")
    if loss == "cross-entropy":
        return functions.cross_entropy(Z, T, reduction="sum")
    P = activation(output)(Z)
    if loss == "huber":
        return functions.huber_loss(P, T, reduction="sum", delta=delta)
    return functions.mse_loss(P, T, reduction="sum") / 2


def parameters_of(net: Network) -> list[Tensor]:
    """W and b of each layer, one after the other, as leaves of autograd."""
    torch = pytorch()
    return [torch.tensor(array, requires_grad=True) for layer in net.layers for array in (layer.W, layer.b)]


def mean_loss(
    net: Network, parameters: Sequence[Tensor], X: Array, T: Array, masks: Sequence[Array] | None = None
) -> Tensor:
    """The mean loss of a network like ours with these parameters; ``masks`` multiply the hidden activations."""
    torch = pytorch()
    A = torch.tensor(X)
    last = len(net.layers) - 1
    for i, layer in enumerate(net.layers):
        A = A @ parameters[2 * i] + parameters[2 * i + 1]
        if i < last:
            A = activation(layer.activation, net.leak)(A)
            A = A * torch.tensor(masks[i]) if masks else A
    total = total_loss(A, torch.tensor(T), output=net.output, loss=net.loss_name, delta=net.huber_delta)
    return total / len(X)
