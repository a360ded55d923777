"""Predictions against targets: what is right, what is worst, how much is explained."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nntui import outcomes

NAN, INF = float("nan"), float("inf")


def column(*values: float) -> NDArray[Any]:
    return np.array(values)[:, None]


def test_a_class_is_right_on_its_side_of_one_half() -> None:
    P, T = column(0.5, 0.49, 0.9, 0.1, NAN, INF), column(1, 1, 0, 0, 0, 1)
    assert outcomes.right(P, T, "binary").tolist() == [True, False, False, True, False, False]


def test_of_several_classes_the_most_probable_one_counts() -> None:
    P = np.array([[0.4, 0.35, 0.25], [0.2, 0.5, 0.3], [NAN, 0.5, 0.5], [0.1, 0.2, 0.7]])
    T = np.eye(3)[[0, 2, 0, 2]]
    assert outcomes.right(P, T, "multi-class").tolist() == [True, False, False, True]


def test_the_worst_of_two_classes_are_farthest_from_their_target() -> None:
    assert outcomes.worst_first(column(0.2, 0.2, NAN, 0.9), column(0, 1, 0, 1), "binary").tolist() == [2, 1, 0, 3]


def test_the_worst_of_several_classes_give_their_target_the_least() -> None:
    P = np.array([[0.4, 0.35, 0.25], [0.2, 0.5, 0.3], [0.1, 0.2, 0.7], [0.9, NAN, 0.1]])
    T = np.eye(3)[[0, 0, 2, 0]]
    assert outcomes.worst_first(P, T, "multi-class").tolist() == [3, 1, 0, 2]
    assert outcomes.distance(P, T, "multi-class")[:3] == pytest.approx([0.6, 0.8, 0.3])


def test_the_worst_numbers_are_off_by_the_most_deviations() -> None:
    T = np.array([[0.0, 0.0], [1.0, 100.0], [2.0, 200.0], [3.0, 300.0]])
    P = T + np.array([[0.5, 0], [0, 10], [0, 0], [INF, 0]])
    assert outcomes.worst_first(P, T, "regression").tolist() == [3, 0, 1, 2]


def test_equal_rows_stay_in_order() -> None:
    assert outcomes.worst_first(np.zeros((5, 1)), np.zeros((5, 1)), "regression").tolist() == [0, 1, 2, 3, 4]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(-100, 100), st.integers(-100, 100)), min_size=3, max_size=20))
def test_r2_is_the_explained_share_of_the_variance(pairs: list[tuple[int, int]]) -> None:
    p, t = np.array(pairs, dtype=float).T
    if t.std() == 0:
        return
    assert outcomes.r2(p[:, None], t[:, None]) == pytest.approx(1 - ((t - p) ** 2).mean() / t.var())


def test_r2_is_one_for_the_targets_and_zero_for_their_mean() -> None:
    T = column(1, 2, 6)
    assert outcomes.r2(T, T) == 1
    assert outcomes.r2(np.full((3, 1), 3.0), T) == pytest.approx(0)


def test_outputs_that_do_not_vary_are_not_measured_by_rounding_error() -> None:
    T = np.full((7, 1), 0.1)
    assert T.std() > 0
    assert np.isnan(outcomes.r2(T + 1, T))
    assert outcomes.distance(T + 1, T, "regression") == pytest.approx(np.ones(7))


def test_r2_of_several_outputs_is_the_mean_of_those_that_vary() -> None:
    T = np.column_stack(([1.0, 2.0, 6.0], [1.0, 2.0, 6.0], [5.0, 5.0, 5.0]))
    P = np.column_stack(([1.0, 2.0, 6.0], [3.0, 3.0, 3.0], [5.0, 4.0, 5.0]))
    assert outcomes.r2(P, T) == pytest.approx(0.5)
    assert np.isnan(outcomes.r2(P[:, 2:], T[:, 2:]))
