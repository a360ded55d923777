"""What units do, held to networks whose units are known, and to a plain computation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nntui.engine import ACTIVATIONS, Network, activity, layer_outputs

X = np.random.default_rng(0).normal(size=(50, 3))


def spoiled(activation: str, **options: Any) -> Network:
    """A network whose second hidden unit has a weighted sum of −1000 for every sample."""
    network = Network((3, 4, 1), activation=activation, seed=1, **options)
    network.layers[0].W[:, 1], network.layers[0].b[1] = 0, -1000
    return network


@pytest.mark.parametrize("activation", ["relu", "elu", "gelu", "silu", "softplus", "sigmoid", "tanh"])
def test_a_unit_that_no_gradient_passes_is_dead(activation: str) -> None:
    network = spoiled(activation)
    assert activity(network, X).dead.tolist() == [0.25, 0]
    network.backward(X, np.ones((50, 1)))
    assert not network.layers[0].dW[:, 1].any(), "backpropagation says so too"


@pytest.mark.parametrize("activation", ["leaky-relu", "identity"])
def test_a_unit_with_a_slope_everywhere_is_not(activation: str) -> None:
    assert activity(spoiled(activation), X).dead.tolist() == [0, 0]


def test_a_leak_of_nothing_is_none() -> None:
    assert activity(spoiled("leaky-relu", leak=0.0), X).dead.tolist() == [0.25, 0]


def test_a_unit_that_one_sample_reaches_lives() -> None:
    network = Network((1, 1, 1), activation="relu")
    network.layers[0].W[...], network.layers[0].b[...] = 1, 0
    assert activity(network, [[-1.0], [-2.0]]).dead[0] == 1
    assert activity(network, [[-1.0], [2.0]]).dead[0] == 0


def test_an_output_that_the_cross_entropy_serves_is_never_dead_and_may_be_saturated() -> None:
    network = Network((1, 1))
    network.layers[0].W[...], network.layers[0].b[...] = 100, 0
    found = activity(network, [[-1.0], [1.0], [0.0], [0.01]])
    assert (found.dead.tolist(), found.saturated.tolist()) == ([0], [0.5])
    network.configure(loss="squared-error")
    assert activity(network, [[-1.0], [1.0]]).dead.tolist() == [1]


@pytest.mark.parametrize(("activation", "sums"), [("sigmoid", (4.59, 4.60)), ("tanh", (2.29, 2.30))])
def test_saturated_is_within_a_hundredth_of_the_range_of_its_end(activation: str, sums: tuple[float, float]) -> None:
    network = Network((1, 1, 1), activation=activation, dtype=np.float64)
    network.layers[0].W[...], network.layers[0].b[...] = 1, 0
    below, above = sums
    assert activity(network, [[-above], [-below], [below], [above]]).saturated[0] == 0.5


def test_nothing_is_saturated_without_two_ends() -> None:
    for name in ACTIVATIONS.keys() - {"sigmoid", "tanh"}:
        network = Network((3, 2, 3), activation=name, output="softmax")
        network.parameters[...] *= 1000
        assert not activity(network, X).saturated.any(), name


@given(st.sampled_from(sorted(ACTIVATIONS)), st.sampled_from(["sigmoid", "softmax", "identity"]), st.integers(0, 99))
def test_mean_and_spread_are_those_of_the_activations(activation: str, output: str, seed: int) -> None:
    loss = "squared-error" if output == "identity" else "cross-entropy"
    network = Network((3, 5, 4, 2), activation=activation, output=output, loss=loss, seed=seed)
    found, layers = activity(network, X), layer_outputs(network, X)
    np.testing.assert_allclose(found.mean, [A.mean(dtype=float) for A in layers], rtol=1e-12)
    np.testing.assert_allclose(found.std, [A.std(dtype=float) for A in layers], rtol=1e-12)


def test_the_outputs_of_the_layers_are_a_forward_pass() -> None:
    network = Network((3, 5, 4, 2), activation=["tanh", "relu"], output="softmax", seed=2, dtype=np.float64)
    first, second, last = layer_outputs(network, X)
    W: list[NDArray[Any]] = [layer.W for layer in network.layers]
    b = [layer.b for layer in network.layers]
    np.testing.assert_allclose(first, np.tanh(X @ W[0] + b[0]))
    np.testing.assert_allclose(second, np.maximum(first @ W[1] + b[1], 0))
    np.testing.assert_array_equal(last, network.predict_proba(X))


def test_activations_that_are_not_finite_have_no_mean() -> None:
    network = Network((3, 4, 1), activation="relu")
    network.layers[0].W[...] = np.nan
    found = activity(network, X)
    assert np.isnan(found.mean).all()
    assert found.dead[0] == 0
