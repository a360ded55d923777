from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui.data.dataset import DataError
from nntui.data.split import split

LABELS = st.lists(st.integers(0, 3), min_size=1, max_size=80)
FRACTIONS = st.floats(0, 0.99)


@given(labels=LABELS, fraction=FRACTIONS, seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=100)
def test_every_sample_is_in_one_part_and_every_class_gives_its_share(
    labels: list[int], fraction: float, seed: int
) -> None:
    T = np.array(labels, np.float64).reshape(-1, 1)
    rows, held_out = split(T, fraction, seed, stratify=True)
    assert sorted([*rows.tolist(), *held_out.tolist()]) == list(range(len(T)))
    assert rows.tolist() == sorted(rows.tolist())
    assert held_out.tolist() == sorted(held_out.tolist())
    for label in set(labels):
        count = labels.count(label)
        share = int((T[held_out] == label).sum())
        assert min(int(fraction * count), count - 1) <= share <= min(math.ceil(fraction * count), count - 1)
    if all(fraction * labels.count(label) <= labels.count(label) - 1 for label in labels):
        assert len(held_out) == round(fraction * len(T))


def test_the_seed_alone_decides() -> None:
    T = np.arange(100).reshape(-1, 1) % 2
    assert split(T, 0.2, 1, True)[1].tolist() == split(T, 0.2, 1, True)[1].tolist()
    assert split(T, 0.2, 1, True)[1].tolist() != split(T, 0.2, 2, True)[1].tolist()


def test_nothing_is_held_out_for_the_fraction_zero() -> None:
    rows, held_out = split(np.array([[0.0], [1.0], [1.0], [0.0]]), 0.0, 0, True)
    assert rows.tolist() == [0, 1, 2, 3]
    assert held_out.tolist() == []


def test_classes_that_are_one_hot_give_their_shares() -> None:
    T = np.eye(4)[np.arange(40) % 4]
    assert T[split(T, 0.5, 0, True)[1]].sum(axis=0).tolist() == [5, 5, 5, 5]


def test_many_small_classes_hold_out_the_fraction_of_all_rows() -> None:
    T = np.eye(40)[np.arange(80) % 40]
    rows, held_out = split(T, 0.2, 0, stratify=True)
    assert len(held_out) == 16
    assert T[held_out].sum(axis=0).max() == 1
    assert T[rows].sum(axis=0).min() == 1
    assert set(split(T, 0.2, 1, stratify=True)[1] % 40) != set(held_out % 40)


@given(count=st.integers(0, 80), fraction=FRACTIONS, seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=100)
def test_numbers_are_held_out_at_random(count: int, fraction: float, seed: int) -> None:
    T = np.arange(count, dtype=np.float64).reshape(-1, 1)
    rows, held_out = split(T, fraction, seed, stratify=False)
    assert sorted([*rows.tolist(), *held_out.tolist()]) == list(range(count))
    assert len(held_out) == max(0, min(round(fraction * count), count - 1))


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan")])
def test_impossible_fractions_are_refused(fraction: float) -> None:
    with pytest.raises(DataError, match=r"data\.test_fraction"):
        split(np.zeros((4, 1)), fraction, 0, True)
