from __future__ import annotations

import copy
import math
import tracemalloc
from typing import Any

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from nntui.engine import ACTIVATIONS, Network, network
from nntui.engine.workspace import Workspace
from tests.engine import oracle
from tests.engine.cases import EVERY_KIND, batch
from tests.engine.memory import peak_of

Array = NDArray[Any]


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize(("activation", "loss", "output"), EVERY_KIND)
def test_a_step_in_steady_state_allocates_nothing(activation: str, loss: str, output: str, dropout: float) -> None:
    net = Network((64, 256, 64, 10), activation=activation, loss=loss, output=output, dropout=dropout)
    X, T = batch(128, 64, 10, np.float32, output=output)
    norms = np.empty(len(net.layers))

    def step() -> None:
        net.backward(X, T, 0.1, 0.1)
        net.gradient_norms(norms)

    assert peak_of(step) < 4096  # the smallest array of this step, (128, 10) float32, has 5 KiB


def test_workspaces_of_former_batch_sizes_are_given_back() -> None:
    net = Network((8, 256, 1))
    X, T = batch(1050, 8, 1, np.float32)
    tracemalloc.start()
    try:
        for samples in range(1000, 1050):
            net.backward(X[:samples], T[:samples])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    one_workspace = 3 * 1050 * 257 * 4
    assert peak < (network.WORKSPACES + 2) * one_workspace


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_share_of_dropped_activations_is_as_said_and_their_mean_is_kept(share: float, dtype: DTypeLike) -> None:
    layers = Network((1, 300, 1), dtype=dtype).layers
    space = Workspace(layers, [ACTIVATIONS["identity"]], 400, dropped=True)
    A = space.forward[0][0]
    A[:] = 3
    space.drop(A, np.random.default_rng(0), share)
    np.testing.assert_allclose(np.unique(A), [0, 3 / (1 - share)], rtol=1e-6)
    assert (A == 0).mean() == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / A.size))
    assert A.mean() == pytest.approx(3, rel=4 * math.sqrt(share / (1 - share) / A.size))


def test_each_step_drops_other_units_and_prediction_none() -> None:
    X, T = batch(5, 4, 1)
    net, whole = Network((4, 50, 1), dropout=0.5, dtype=np.float64), Network((4, 50, 1), dtype=np.float64)
    assert not np.array_equal(net.gradient(X, T).copy(), net.gradient(X, T))
    np.testing.assert_array_equal(net.forward(X), whole.forward(X))
    assert net.loss(X, T) == whole.loss(X, T)
    net.configure(dropout=0.0)
    np.testing.assert_allclose(net.gradient(X, T), whole.gradient(X, T), rtol=1e-14)


def test_the_mean_over_dropped_networks_is_the_whole_one() -> None:
    X, T = batch(3, 4, 2)
    net = Network((4, 30, 2), activation="relu", dropout=0.3, dtype=np.float64)
    draws = np.array([net.gradient(X, T).copy() for _ in range(2000)])
    error = draws.std(axis=0) / math.sqrt(len(draws))
    assert (np.abs(draws.mean(axis=0) - net.forward(X)) < 4 * error).all()


def drawn_masks(net: Network, samples: int) -> list[Array]:
    """What the next step will multiply each hidden layer's activations by, (samples, units) each."""
    rng, share = copy.deepcopy(net.rng), net.dropout
    return [(rng.random((width, samples)) >= share).T / (1 - share) for width in net.sizes[1:-1]]


@pytest.mark.oracle
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_with_dropout_is_that_of_the_network_that_is_left(activation: str) -> None:
    X, T = batch(6, 5, 2)
    net = Network((5, 7, 4, 2), activation=activation, dropout=0.4, seed=2, dtype=np.float64)
    for _ in range(3):
        masks = drawn_masks(net, len(X))
        cost = net.backward(X, T)
        parameters = oracle.parameters_of(net)
        expected = oracle.mean_loss(net, parameters, X, T, masks)
        expected.backward()
        assert cost == pytest.approx(expected.item(), rel=1e-12)
        found = [array for layer in net.layers for array in (layer.dW, layer.db)]
        for ours, theirs in zip(found, parameters, strict=True):
            np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("share", [1e-20, 1e-9, 6e-8])
def test_a_tiny_share_of_dropped_activations_doubles_none(share: float, dtype: DTypeLike) -> None:
    class Highest:
        """The largest number that a generator draws."""

        def random(self, dtype: Any, out: Array) -> None:
            out[...] = np.nextafter(dtype.type(1), dtype.type(0))

    space = Workspace(Network((1, 5, 1), dtype=dtype).layers, [ACTIVATIONS["identity"]], 4, dropped=True)
    A = space.forward[0][0]
    A[:] = 3
    highest: Any = Highest()
    space.drop(A, highest, share)
    np.testing.assert_allclose(A, 3, rtol=1e-6)
