from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui.engine import ACTIVATIONS, LOSSES, Activation, Network, gradient_check


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=2, max_size=5),
    samples=st.integers(1, 6),
    seed=st.integers(0, 50),
)
@settings(deadline=None, max_examples=15, derandomize=True)
def test_backpropagation_agrees_with_differences(
    activation: str, loss: str, sizes: list[int], samples: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    net = Network(sizes, activation=activation, loss=loss, seed=seed, dtype=np.float64)
    net.parameters += 0.1 * rng.standard_normal(net.parameters.shape)  # biases of 0 may sit on the kink of a ReLU
    X = rng.standard_normal((samples, sizes[0]))
    T = (rng.random((samples, sizes[-1])) < 0.5).astype(np.float64)
    for layer in gradient_check(net, X, T, l2=0.1):
        assert layer.error < 1e-5, layer


def test_it_names_the_layers_and_leaves_the_network_alone() -> None:
    net = Network((3, 4, 1))
    before = net.parameters.copy()
    X, T = np.ones((2, 3)), np.ones((2, 1))
    assert [layer.layer for layer in gradient_check(net, X, T)] == ["layer 1", "output"]
    np.testing.assert_array_equal(net.parameters, before)
    assert not net.gradients.any()


def test_a_wrong_derivative_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Activation(ACTIVATIONS["tanh"].forward, ACTIVATIONS["sigmoid"].backward)
    monkeypatch.setitem(ACTIVATIONS, "tanh", wrong)
    first, output = gradient_check(Network((3, 4, 1)), np.ones((2, 3)), np.ones((2, 1)))
    assert first.error > 0.01
    assert output.error < 1e-6
