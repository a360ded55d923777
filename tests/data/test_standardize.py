from __future__ import annotations

import numpy as np
import pytest

from nntui.data.standardize import Standardizer


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


def test_a_feature_that_is_nearly_constant_is_only_shifted() -> None:
    X = 1e6 + np.array([[0.0], [1e-9], [2e-9], [0.0]])
    assert np.ptp(X) > 0
    assert Standardizer.fit(X).scale.tolist() == [1.0]
    assert Standardizer.fit(np.array([[0.0], [1e-9]])).scale.tolist() == [5e-10]


def test_many_rows_are_scaled_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    X = np.random.default_rng(0).normal(3, 5, (11, 3))
    scaling = Standardizer.fit(X)
    whole = scaling.transform(X)
    monkeypatch.setattr("nntui.data.standardize.CHUNK", 7)
    np.testing.assert_array_equal(scaling.transform(X), whole)
    np.testing.assert_array_equal(whole, (X - scaling.mean) / scaling.scale)


def test_the_result_has_the_wanted_type() -> None:
    X = np.array([[0.0], [2.0]])
    assert Standardizer.fit(X).transform(X, np.float32).dtype == np.float32


def test_inverse_undoes_it() -> None:
    X = np.random.default_rng(1).normal([5.0, -300.0, 2.0], [0.01, 70.0, 0.0], (50, 3))
    scaling = Standardizer.fit(X)
    Z = scaling.transform(X, np.float32)
    np.testing.assert_allclose(scaling.inverse(Z), X, rtol=1e-6)
    assert scaling.inverse(Z, np.float32).dtype == np.float32
    assert scaling.inverse(scaling.transform(X)) == pytest.approx(X)


def test_the_identity_changes_nothing_and_copies() -> None:
    X = np.array([[0.1, -2.0]])
    for result in (Standardizer.identity(2).transform(X), Standardizer.identity(2).inverse(X)):
        np.testing.assert_array_equal(result, X)
        assert not np.shares_memory(result, X)


def test_a_spread_too_small_to_square_is_no_scale() -> None:
    X = np.array([[0.0], [1e-200]])
    assert Standardizer.fit(X).scale.tolist() == [1.0]
