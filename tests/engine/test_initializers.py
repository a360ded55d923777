from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui.engine import INITIALIZERS, Network

#: The standard deviations for a layer of 300 inputs and 100 outputs.
SPREADS = {
    "zeros": 0.0,
    "normal": 1.0,
    "uniform": math.sqrt(1 / (3 * 300)),
    "xavier": math.sqrt(2 / (300 + 100)),
    "he": math.sqrt(2 / 300),
    "lecun": math.sqrt(1 / 300),
    "orthogonal": math.sqrt(1 / 300),
}


def test_every_initializer_has_a_spread_here() -> None:
    assert INITIALIZERS.keys() == SPREADS.keys()


@pytest.mark.parametrize("name", INITIALIZERS)
def test_weights_have_the_mean_and_spread_of_the_formula(name: str) -> None:
    W = INITIALIZERS[name](np.random.default_rng(0), 300, 100)
    assert W.shape == (300, 100)
    assert W.std() == pytest.approx(SPREADS[name], rel=0.02)
    assert abs(W.mean()) <= 0.02 * SPREADS[name]


@pytest.mark.parametrize(
    ("name", "kurtosis"), [("normal", 3), ("uniform", 1.8), ("xavier", 3), ("he", 3), ("lecun", 3)]
)
def test_weights_have_the_shape_of_the_distribution(name: str, kurtosis: float) -> None:
    W = INITIALIZERS[name](np.random.default_rng(0), 300, 100)
    assert np.mean((W / W.std()) ** 4) == pytest.approx(kurtosis, rel=0.05)


@pytest.mark.parametrize(("name", "share"), [("normal", 1.0), ("xavier", math.sqrt(0.4)), ("he", math.sqrt(2 / 3))])
def test_the_same_seed_goes_on_giving_the_same_weights(name: str, share: float) -> None:
    drawn = np.random.default_rng(7).standard_normal((3, 2)) * share
    assert INITIALIZERS[name](np.random.default_rng(7), 3, 2).tobytes() == drawn.tobytes()


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("name", "gain", "mode"), [("he", "relu", "fan_in"), ("lecun", "linear", "fan_in"), ("xavier", None, None)]
)
def test_normal_weights_have_the_spread_of_pytorch(name: str, gain: str | None, mode: str | None) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    theirs = torch.empty(100, 300, dtype=torch.float64)
    if gain:
        torch.nn.init.kaiming_normal_(theirs, nonlinearity=gain, mode=mode)
    else:
        torch.nn.init.xavier_normal_(theirs)
    ours = INITIALIZERS[name](np.random.default_rng(0), 300, 100)
    assert ours.std() == pytest.approx(float(theirs.std()), rel=0.02)


@pytest.mark.oracle
def test_uniform_weights_have_the_bounds_of_a_linear_layer_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    theirs = torch.nn.Linear(300, 100).weight.detach().numpy()
    ours = INITIALIZERS["uniform"](np.random.default_rng(0), 300, 100)
    for bounds in (np.min, np.max):
        assert bounds(ours) == pytest.approx(float(bounds(theirs)), rel=1e-3)


@given(fan_in=st.integers(1, 40), fan_out=st.integers(1, 40), seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=60)
def test_orthogonal_weights_are_orthonormal_on_their_shorter_side(fan_in: int, fan_out: int, seed: int) -> None:
    W = INITIALIZERS["orthogonal"](np.random.default_rng(seed), fan_in, fan_out)
    assert W.shape == (fan_in, fan_out)
    product = W.T @ W if fan_in >= fan_out else W @ W.T
    np.testing.assert_allclose(product, np.eye(min(fan_in, fan_out)), atol=1e-12)


def test_orthogonal_weights_prefer_no_direction() -> None:
    rng = np.random.default_rng(0)
    corners = [INITIALIZERS["orthogonal"](rng, 3, 3).diagonal() for _ in range(2000)]
    assert np.abs(np.mean(corners, axis=0)).max() < 0.05


@pytest.mark.parametrize("name", INITIALIZERS)
def test_biases_start_at_zero(name: str) -> None:
    assert not any(layer.b.any() for layer in Network((3, 4, 2), init=name).layers)
