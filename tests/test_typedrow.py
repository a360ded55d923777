"""Values as they are typed: a number, nothing for one that is missing, or several by name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nntui.typedrow import TypedRowError, changed, number

NAMES = ["x1", "petal width", "a,b"]
ROW = np.array([1.0, 2.0, 3.0])


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_what_it_says(value: float) -> None:
    assert number(f" {value!r} ", "x1") == value


@pytest.mark.parametrize("text", ["", "  ", "–", "?"])
def test_nothing_is_a_missing_value(text: str) -> None:
    assert math.isnan(number(text, "x1"))


@pytest.mark.parametrize("text", ["high", "1e999", "inf", "nan", "0,5"])
def test_what_is_no_number_is_explained(text: str) -> None:
    with pytest.raises(TypedRowError, match=r"x1 = .* must be a"):
        number(text, "x1")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", [1, 2, 3]),
        ("x1=0.3", [0.3, 2, 3]),
        ("x1=0.3, petal width=-1", [0.3, -1, 3]),
        ('x1 = 0.3 , "a,b"=7,', [0.3, 2, 7]),
        ("x1=1 petal width=5", [1, 5, 3]),
    ],
)
def test_values_by_name_change_a_row(text: str, values: list[float]) -> None:
    assert changed(text, NAMES, ROW).tolist() == values
    assert ROW.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("petal with=1", "petal with: no such input (did you mean petal width?); inputs: x1, petal width, a,b"),
        ("x1=high", "x1 = high: must be a number"),
        ("x1", "must be like x1=0.3"),
        ('"a,b=1', "must be like x1=0.3"),
    ],
)
def test_what_means_nothing_is_told(text: str, told: str) -> None:
    with pytest.raises(TypedRowError) as error:
        changed(text, NAMES, ROW)
    assert told in str(error.value)


@given(st.text(alphabet=st.sampled_from('x1petal wid,"=.5 \x00')) | st.text())
def test_whatever_is_typed_is_a_row_or_a_line(text: str) -> None:
    found: list[Any] = []
    try:
        found.append(changed(text, NAMES, ROW))
    except TypedRowError as error:
        found.append(str(error))
    assert len(found[0]) == 3 if isinstance(found[0], np.ndarray) else 0 < len(found[0]) < 300
