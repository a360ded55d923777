from __future__ import annotations

import math

import numpy as np
import pytest

from nntui.engine import INITIALIZERS, Network

SPREADS = {
    "zeros": 0.0,
    "normal": 1.0,
    "xavier": math.sqrt(2 / (300 + 100)),
    "he": math.sqrt(2 / 300),
}


def test_every_initializer_has_a_spread_here() -> None:
    assert INITIALIZERS.keys() == SPREADS.keys()


@pytest.mark.parametrize("name", INITIALIZERS)
def test_weights_have_the_mean_and_spread_of_the_formula(name: str) -> None:
    W = INITIALIZERS[name](np.random.default_rng(0), 300, 100)
    assert W.shape == (300, 100)
    assert W.std() == pytest.approx(SPREADS[name], rel=0.02)
    assert abs(W.mean()) <= 0.02 * SPREADS[name]


@pytest.mark.parametrize("name", INITIALIZERS)
def test_biases_start_at_zero(name: str) -> None:
    assert not any(layer.b.any() for layer in Network((3, 4, 2), init=name).layers)
