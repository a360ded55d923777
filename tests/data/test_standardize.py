from __future__ import annotations

import numpy as np

from nntui.data import Standardizer


def test_the_fitted_part_gets_mean_zero_and_variance_one() -> None:
    X = np.random.default_rng(0).normal([5.0, -300.0], [0.01, 70.0], (50, 2))
    Z = Standardizer.fit(X).transform(X)
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(Z.std(axis=0), 1)


def test_other_samples_are_moved_by_the_same_amount() -> None:
    scaling = Standardizer.fit(np.array([[0.0], [2.0]]))
    np.testing.assert_array_equal(scaling.transform(np.array([[1.0], [4.0]])), [[0.0], [3.0]])


def test_a_constant_feature_is_only_shifted() -> None:
    X = np.full((7, 1), 0.1)  # its computed standard deviation is not exactly 0
    scaling = Standardizer.fit(X)
    assert scaling.scale.tolist() == [1.0]
    np.testing.assert_allclose(scaling.transform(X + 2), 2)


def test_the_result_has_the_wanted_type() -> None:
    X = np.array([[0.0], [2.0]])
    assert Standardizer.fit(X).transform(X, np.float32).dtype == np.float32
