"""A whole training is that of PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nntui.engine import ACTIVATIONS, Network, make_optimizer
from tests.engine import oracle
from tests.engine.cases import PAIRS, batch

Array = NDArray[Any]


def assert_same_training(net: Network, X: Array, T: Array, *, l1: float = 0.0, l2: float = 0.0) -> None:
    """After each of a hundred steps of SGD, both have the same loss, and at the end the same parameters."""
    torch = oracle.pytorch()
    theirs = oracle.parameters_of(net)
    descent, ours = torch.optim.SGD(theirs, lr=0.1), make_optimizer("sgd", net.parameters)
    for _ in range(100):
        loss = oracle.mean_loss(net, theirs, X, T)
        W = theirs[::2]
        descent.zero_grad()
        (loss + l1 * sum(w.abs().sum() for w in W) + l2 / 2 * sum((w**2).sum() for w in W)).backward()
        descent.step()
        assert net.backward(X, T, l1, l2) == pytest.approx(loss.item(), rel=1e-10, abs=1e-12)
        ours.step(net.parameters, net.gradients, 0.1)
    flat = torch.cat([p.detach().reshape(-1) for p in theirs]).numpy()
    assert np.abs(flat - Network(net.sizes, dtype=np.float64).parameters).max() > 0.01
    np.testing.assert_allclose(net.parameters, flat, rtol=1e-10, atol=1e-10)


@pytest.mark.oracle
@pytest.mark.parametrize(("loss", "output"), PAIRS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_hundred_steps_are_those_of_pytorch(activation: str, loss: str, output: str) -> None:
    X, T = batch(11, 4, 3, seed=1, output=output)
    net = Network((4, 6, 5, 3), activation=activation, loss=loss, output=output, seed=1, dtype=np.float64)
    assert_same_training(net, X, T)


@pytest.mark.oracle
@pytest.mark.parametrize("sizes", [(3, 1), (1, 1), (4, 5, 2), (7, 6, 5, 4, 3, 2)])
def test_networks_of_any_depth_and_penalty_are_those_of_pytorch(sizes: tuple[int, ...]) -> None:
    X, T = batch(9, sizes[0], sizes[-1], seed=2)
    names = ["leaky-relu", "gelu", "elu", "softplus"][: len(sizes) - 2]
    net = Network(
        sizes, activation=names, output="identity", loss="huber", leak=0.2, huber_delta=0.4, seed=2, dtype=np.float64
    )
    assert_same_training(net, X, T, l1=0.01, l2=0.03)


@pytest.mark.oracle
@pytest.mark.parametrize("leak", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("delta", [0.05, 2.0])
def test_leak_and_delta_are_those_of_pytorch(leak: float, delta: float) -> None:
    X, T = batch(9, 4, 2, seed=3)
    net = Network(
        (4, 6, 2), activation="leaky-relu", loss="huber", leak=leak, huber_delta=delta, seed=3, dtype=np.float64
    )
    assert_same_training(net, X, T)
