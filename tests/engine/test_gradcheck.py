from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nntui.engine import ACTIVATIONS, Activation, Network, gradcheck, gradient_check
from tests.engine.cases import PAIRS, batch

Array = NDArray[Any]

KINKED = ("relu", "leaky-relu")


def nearest_kink(net: Network, X: Array) -> float:
    """How close to zero any weighted sum of a layer with a kink comes."""
    nearest, A = np.inf, X
    for layer in net.layers[:-1]:
        A = A @ layer.W + layer.b
        if layer.activation in KINKED:
            nearest = min(nearest, float(np.abs(A).min()))
        ACTIVATIONS[layer.activation].forward(A, np.empty_like(A), np.empty_like(A))
    return nearest


@pytest.mark.parametrize("first", ACTIVATIONS)
@given(
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=6),
    others=st.lists(st.sampled_from(list(ACTIVATIONS)), min_size=3, max_size=3),
    samples=st.integers(1, 20),
    pair=st.sampled_from(PAIRS),
    penalties=st.sampled_from([(0.0, 0.0), (0.0, 0.1), (0.05, 0.0), (0.05, 0.1)]),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=15, derandomize=True)
def test_backpropagation_agrees_with_differences(
    first: str,
    sizes: list[int],
    others: list[str],
    samples: int,
    pair: tuple[str, str],
    penalties: tuple[float, float],
    seed: int,
) -> None:
    loss, output = pair
    activation = [first, *others][: len(sizes) - 2]
    net = Network(sizes, activation=activation, loss=loss, output=output, leak=0.2, seed=seed, dtype=np.float64)
    net.parameters += 0.1 * np.random.default_rng(seed).standard_normal(net.parameters.shape)
    X, T = batch(samples, sizes[0], sizes[-1], seed=seed, output=output)
    assume(nearest_kink(net, X) > 1e-4)
    assume(np.abs(net.parameters).min() > 1e-4)
    for layer in gradient_check(net, X, T, *penalties, most=20):
        assert layer.error < 1e-6, layer


def test_it_names_the_layers_and_leaves_the_network_alone() -> None:
    net = Network((3, 4, 1), dropout=0.5)
    before, state = net.parameters.copy(), net.rng.bit_generator.state
    X, T = np.ones((2, 3)), np.ones((2, 1))
    errors = gradient_check(net, X, T)
    assert [(layer.layer, layer.checked, layer.parameters) for layer in errors] == [
        ("layer 1", 16, 16),
        ("output", 5, 5),
    ]
    assert max(layer.error for layer in errors) < 1e-7
    np.testing.assert_array_equal(net.parameters, before)
    assert not net.gradients.any()
    assert net.rng.bit_generator.state == state


@pytest.mark.parametrize("activation", ["tanh", "gelu", "elu"])
def test_a_wrong_derivative_is_found(monkeypatch: pytest.MonkeyPatch, activation: str) -> None:
    wrong = Activation(ACTIVATIONS[activation].forward, ACTIVATIONS["sigmoid"].backward)
    monkeypatch.setitem(ACTIVATIONS, activation, wrong)
    first, output = gradient_check(Network((3, 4, 1), activation=activation), np.ones((2, 3)), np.ones((2, 1)))
    assert first.error > 0.01
    assert output.error < 1e-6


@pytest.mark.parametrize("penalties", [(0.5, 0.0), (0.0, 0.5)])
def test_a_penalty_that_is_left_out_is_found(monkeypatch: pytest.MonkeyPatch, penalties: tuple[float, float]) -> None:
    X, T = batch(5, 3, 1)
    net = Network((3, 4, 1))
    assert max(layer.error for layer in gradient_check(net, X, T, *penalties)) < 1e-7
    monkeypatch.setattr(Network, "add_penalty", lambda *_: None)
    assert all(layer.error > 0.01 for layer in gradient_check(net, X, T, *penalties))


def test_of_a_large_layer_some_parameters_are_looked_at_drawn_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    X, T = batch(5, 30, 1)
    net = Network((30, 20, 1))
    looked_at: list[list[int]] = []
    differences = gradcheck._differences

    def spied(network: Network, parameters: Array, chosen: NDArray[np.intp], *rest: Any) -> Array:
        looked_at.append(chosen.tolist())
        return differences(network, parameters, chosen, *rest)

    monkeypatch.setattr(gradcheck, "_differences", spied)
    for seed in (0, 0, 1):
        errors = gradient_check(net, X, T, most=25, seed=seed)
        assert [(layer.checked, layer.parameters) for layer in errors] == [(25, 620), (21, 21)]
    assert len(set(looked_at[0])) == 25
    assert looked_at[0] == looked_at[2] != looked_at[4]


def test_gradients_of_zero_have_no_error() -> None:
    net = Network((2, 3, 1), activation="relu", output="identity", loss="squared-error", init="zeros")
    assert [layer.error for layer in gradient_check(net, np.ones((2, 2)), np.zeros((2, 1)))] == [0, 0]


@pytest.mark.parametrize("most", [0, -1])
def test_none_of_the_parameters_are_too_few(most: int) -> None:
    with pytest.raises(ValueError, match=f"most = {most}: must be at least 1"):
        gradient_check(Network((2, 1)), np.zeros((1, 2)), np.zeros((1, 1)), most=most)
