"""The language of rows: what its terms pick, and that whatever is typed is either understood or explained in a line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nntui.rowfilter import RowFilterError, Rows, pick

X = np.array([[0.1, 5.0], [0.6, -2.0], [0.9, np.nan], [0.5, 1.0]])
ROWS = Rows(
    words={"wrong": np.array([True, False, False, True]), "test": np.array([False, False, True, True])},
    numbers={"row": np.arange(1, 5), "P": np.array([0.2, 0.5, 0.9, 0.05])},
    classes={"class": (np.array([0, 1, 2, 1]), ("setosa", "versicolor", "virginica"))},
    inputs=("x1", "petal width"),
    X=X,
)


def picked(text: str) -> list[int]:
    return (np.flatnonzero(pick(text, ROWS)) + 1).tolist()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [1, 2, 3, 4]),
        ("  ", [1, 2, 3, 4]),
        ("wrong", [1, 4]),
        ("wrong test", [4]),
        ("row=3", [3]),
        ("row!=3", [1, 2, 4]),
        ("x1>0.5", [2, 3]),
        ("x1 >= 0.5", [2, 3, 4]),
        ("x1>=.5 x1<=6e-1", [2, 4]),
        ("P<20%", [4]),
        ('"petal width"<=1', [2, 4]),
        ('"petal width">-1e9', [1, 2, 4]),
        ("class=setosa", [1]),
        ("class=v", [2, 3, 4]),
        ("class=VIRG", [3]),
        ('class!="versicolor"', [1, 3]),
        ("class=versicolor wrong", [4]),
    ],
)
def test_terms_pick_the_rows_for_which_all_of_them_hold(text: str, rows: list[int]) -> None:
    assert picked(text) == rows


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("wrnog", "wrnog: no such word (did you mean wrong?)"),
        ("x1", "x1: say how it compares, such as x1>0.5"),
        ("rows>1", "rows: no such field (did you mean row?); fields: class, row, P, x1, petal width"),
        ("x1>", "x1>: say how much, such as x1>0.5"),
        ("x1>nan", "x1>nan: must be a number, such as 0.5 or 50%"),
        ("x1<inf", "x1<inf: must be a number, such as 0.5 or 50%"),
        ("x1>1_0", "x1>1_0: must be a number, such as 0.5 or 50%"),
        ("x1>high", "x1>high: must be a number, such as 0.5 or 50%"),
        ("class<setosa", "class<: class is a class, so write class= or class!="),
        ("class=", "class=: say which: setosa, versicolor, virginica"),
        ("class=rose", "class=rose: classes: setosa, versicolor, virginica"),
        ('"petal', "the quote is not closed"),
        ("=5", "not a term"),
        ("x1>0.5>", "not a term"),
    ],
)
def test_what_means_nothing_is_explained(text: str, told: str) -> None:
    with pytest.raises(RowFilterError) as error:
        pick(text, ROWS)
    assert told in str(error.value)


def test_an_input_called_like_a_field_is_meant_by_its_quoted_name() -> None:
    rows = Rows({}, {"P": np.array([0.0, 1.0])}, {}, ("P",), np.array([[1.0], [0.0]]))
    assert pick("P>0.5", rows).tolist() == [False, True]
    assert pick('"P">0.5', rows).tolist() == [True, False]


def test_a_class_of_exactly_this_name_goes_before_those_that_begin_with_it() -> None:
    rows = Rows({}, {}, {"class": (np.arange(3), ("1", "10", "2"))}, (), np.zeros((3, 0)))
    assert pick("class=1", rows).tolist() == [True, False, False]


@given(st.text(alphabet=st.sampled_from('x1petal wide"=<>!.5%class\x00\x1b')) | st.text())
def test_whatever_is_typed_is_a_mask_or_a_line(text: str) -> None:
    found: list[Any] = []
    try:
        found.append(pick(text, ROWS))
    except RowFilterError as error:
        found.append(str(error))
    assert len(found[0]) == 4 if isinstance(found[0], np.ndarray) else 0 < len(found[0]) < 400


@given(st.floats(-2, 2), st.sampled_from(["<", "<=", ">", ">=", "=", "!="]))
def test_a_comparison_is_that_of_the_numbers(limit: float, sign: str) -> None:
    expected = {
        "<": X[:, 0] < limit,
        "<=": X[:, 0] <= limit,
        ">": X[:, 0] > limit,
        ">=": X[:, 0] >= limit,
        "=": X[:, 0] == limit,
        "!=": X[:, 0] != limit,
    }
    assert pick(f"x1{sign}{limit!r}", ROWS).tolist() == expected[sign].tolist()
