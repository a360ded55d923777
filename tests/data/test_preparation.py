from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nntui.data.dataset import Column, DataError, Dataset
from nntui.data.preparation import Preparation
from nntui.expressions import FUNCTIONS, parse

NAN = float("nan")
COLOUR = Column("colour", ("blue", "red"))


def table(X: Sequence[Sequence[float]], columns: Sequence[Column] = (Column("x1"), Column("x2"))) -> Dataset:
    T = np.zeros((len(X), 1))
    return Dataset(
        "table",
        np.array(X, np.float64),
        T,
        "regression",
        tuple(columns),
        "t",
        ("t",),
        (),
        source="here",
        licence="none",
    )


def all_rows(dataset: Dataset) -> Any:
    return np.arange(len(dataset.X))


def test_inputs_are_scaled_by_the_training_part_alone() -> None:
    data = table([[0, 5], [2, 5], [100, 6]])
    preparation = Preparation.fit(data, np.array([0, 1]))
    np.testing.assert_array_equal(preparation.transform(data.X), [[-1, 0], [1, 0], [99, 1]])
    assert preparation.names == ("x1", "x2")
    plain = Preparation.fit(data, np.array([0, 1]), standardize=False)
    np.testing.assert_array_equal(plain.transform(data.X), data.X)
    assert plain.transform(data.X, np.float32).dtype == np.float32


def test_expressions_are_the_inputs_and_are_scaled_after_the_crossing() -> None:
    data = table([[1, 2], [3, 4], [5, 9]], (Column("x1"), Column("mean radius")))
    features = ("x1 * `mean radius`", "x1^2", "1")
    plain = Preparation.fit(data, all_rows(data), features=features, standardize=False)
    np.testing.assert_array_equal(plain.transform(data.X), [[2, 1, 1], [12, 9, 1], [45, 25, 1]])
    assert plain.names == ("x1*`mean radius`", "x1^2", "1")
    scaled = Preparation.fit(data, all_rows(data), features=features).transform(data.X)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), [1, 1, 0])


def test_every_function_of_an_expression_is_one_of_numpy() -> None:
    data = table([[0.5, 1.0], [2.0, 3.0]])
    features = [f"{name}(x1)" for name in FUNCTIONS]
    values = Preparation.fit(data, all_rows(data), features=features, standardize=False).transform(data.X)
    expected = [[parse(text).evaluate({"x1": x}, vars(np)) for text in features] for x in (0.5, 2.0)]
    np.testing.assert_allclose(values, expected)


@pytest.mark.parametrize(("missing", "value"), [("zero", 0.0), ("mean", 3.0), ("median", 2.0)])
def test_missing_values_are_filled_from_the_training_part(missing: str, value: float) -> None:
    data = table([[1, 0], [NAN, 0], [2, 0], [6, 0], [NAN, 0], [1000, 0]])
    preparation = Preparation.fit(data, np.arange(5), missing=missing, standardize=False)
    assert preparation.transform(data.X)[:, 0].tolist() == [1, value, 2, 6, value, 1000]
    assert np.isnan(data.X[1, 0])


@pytest.mark.parametrize("missing", ["zero", "mean", "median"])
def test_a_missing_category_is_the_most_frequent_one(missing: str) -> None:
    data = table([[7, 1, 0], [7, 0, 1], [7, 0, 1], [7, NAN, NAN], [7, 1, 0], [7, 1, 0]], (Column("n"), COLOUR))
    preparation = Preparation.fit(data, np.arange(4), missing=missing, standardize=False)
    assert preparation.names == ("n", "colour=blue", "colour=red")
    assert preparation.transform(data.X)[3].tolist() == [7, 0, 1]


@pytest.mark.parametrize("missing", ["error", "drop"])
def test_a_missing_value_that_nothing_stands_for_is_refused(missing: str) -> None:
    data = table([[1, 2], [3, 4], [5, NAN]])
    preparation = Preparation.fit(data, np.array([0, 1]), missing=missing)
    with pytest.raises(DataError, match=r"^row 3: 'x2' has no value; data.missing = zero, mean or median puts"):
        preparation.transform(data.X)
    with pytest.raises(DataError, match=r"^table: row 3: 'x2' has no value"):
        Preparation.fit(data, np.array([1, 2]), missing=missing)


@pytest.mark.parametrize(
    ("columns", "X", "name"),
    [((Column("x1"),), [[NAN], [NAN], [1]], "x1"), ((COLOUR,), [[NAN, NAN], [NAN, NAN], [0, 1]], "colour")],
)
def test_a_column_without_any_value_is_told(columns: tuple[Column, ...], X: list[list[float]], name: str) -> None:
    with pytest.raises(DataError, match=f"^table: column '{name}' has no value in the training part"):
        Preparation.fit(table(X, columns), np.array([0, 1]), missing="median")


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        ("x11+1", "data.features: 'x11+1' names 'x11', which is none of the 2 features 'x1', 'x2' (did you mean x1?)"),
        ("x1*", "data.features: 'x1*', character 4: found the end"),
        ("log(x1)", "table: row 4: data.features: 'log(x1)' is -inf, which float64 cannot hold as a finite number"),
        ("sqrt(x2-3)", "table: row 4: data.features: 'sqrt(x2-3)' is nan, which float64"),
        ("x2/(x1*0)", "table: row 2: data.features: 'x2/(x1*0)' is inf, which float64"),
        ("exp(x2*1000)", "table: row 2: data.features: 'exp(x2*1000)' is inf, which float64"),
        ("x2*1e200", "table: 'x2*1e200' has values up to 4e+200: too large to scale"),
    ],
)
def test_a_feature_that_cannot_be_is_told_with_its_row(feature: str, message: str) -> None:
    data = table([[-1, -1], [1, 4], [2, 3], [0, 2]])
    with pytest.raises(DataError) as caught:
        Preparation.fit(data, np.array([1, 2, 3]), features=(feature,))
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_rows_are_named_by_their_numbers_in_the_data_set() -> None:
    data = table([[1, 0], [2, 0], [NAN, 0], [0, 0]])
    preparation = Preparation.fit(data, np.array([0, 1]), features=("log(x1)",))
    for row, what in ((2, "'x1' has no value"), (3, r"data.features: 'log\(x1\)' is -inf")):
        rows = np.array([0, row])
        with pytest.raises(DataError, match=f"^table: row {row + 1}: {what}"):
            preparation.transform(data.X[rows], rows=rows)


def test_rows_of_a_file_are_named_as_the_file_numbers_them() -> None:
    data = replace(table([[1, 0], [0, 0]]), lines=[2, 7], unit="line", source="folder/t.csv")
    with pytest.raises(DataError, match=r"^folder/t.csv: line 7: data.features: 'log\(x1\)' is -inf"):
        Preparation.fit(data, np.array([0, 1]), features=("log(x1)",))
    with pytest.raises(DataError, match=r"^folder/t.csv: data.features: 'x9' names 'x9'"):
        Preparation.fit(data, np.array([0, 1]), features=("x9",))


def test_a_row_that_a_feature_has_no_value_for_is_refused_later_too() -> None:
    data = table([[1, 0], [2, 0], [-1, 0]])
    preparation = Preparation.fit(data, np.array([0, 1]), features=("log(x1)",))
    with pytest.raises(DataError, match=r"^row 3: data.features: 'log\(x1\)' is nan"):
        preparation.transform(data.X)


def test_numbers_that_the_type_cannot_hold_are_refused() -> None:
    data = table([[1e39, 0], [0, 0]])
    preparation = Preparation.fit(data, all_rows(data), standardize=False)
    with pytest.raises(DataError, match=r"^row 1: 'x1' is 1e\+39, which float32 cannot hold"):
        preparation.transform(data.X, np.float32)


@given(
    X=arrays(np.float64, st.tuples(st.integers(1, 8), st.just(3)), elements=st.floats(-1e6, 1e6) | st.just(NAN)),
    missing=st.sampled_from(["error", "drop", "zero", "mean", "median"]),
    features=st.lists(st.sampled_from(["a", "a*`b c`", "sin(d)", "d^2-a"]), unique=True),
    image=st.sampled_from([None, (1, 1, 3)]),
)
@settings(deadline=None, max_examples=100)
def test_facts_and_arrays_give_the_same_preparation(
    X: Any, missing: str, features: list[str], image: tuple[int, int, int] | None
) -> None:
    data = Dataset(
        "t", X, X[:, :1], "regression", (Column("a"), Column("b c"), Column("d")), "a", ("a",), (), "s", "l", image
    )
    try:
        preparation = Preparation.fit(data, all_rows(data), features=features, missing=missing)
    except DataError:
        assert np.isnan(X).any()
        return
    again = Preparation.load(json.loads(json.dumps(preparation.facts())), preparation.arrays())
    assert (again.columns, again.names, again.image) == (preparation.columns, preparation.names, image)
    np.testing.assert_array_equal(again.transform(X), preparation.transform(X))
    assert np.isfinite(again.transform(X)).all()


def test_levels_are_kept() -> None:
    data = table([[1, 0], [0, 1]], (COLOUR,))
    preparation = Preparation.fit(data, all_rows(data), features=("`colour=red`",), standardize=False)
    again = Preparation.load(preparation.facts(), preparation.arrays())
    assert again.columns == (COLOUR,)
    assert again.transform(data.X).tolist() == [[0], [1]]


@pytest.mark.parametrize(
    "damage",
    [
        {"columns": None},
        {"columns": [{"name": "x1"}]},
        {"columns": [{"name": "x1", "levels": []}]},
        {"columns": 3},
        {"expressions": ["x1"]},
        {"expressions": ["x1", "x7"]},
        {"expressions": ["x1", "x2("]},
        {"expressions": 7},
        {"image": [1, 2]},
        {"image": [1, 1, 3]},
        {"image": [1, 1, float("inf")]},
        {"input.fill": np.zeros(3)},
        {"input.mean": np.array([0, NAN])},
        {"input.scale": np.array([1, 0])},
        {"input.scale": np.ones((2, 1))},
        {"input.scale": "?"},
    ],
)
def test_a_damaged_preparation_is_refused(damage: dict[str, Any]) -> None:
    data = table([[1, 2], [3, 5]])
    preparation = Preparation.fit(data, all_rows(data))
    parts: dict[str, Any] = {**preparation.facts(), **preparation.arrays(), **damage}
    with pytest.raises((KeyError, ValueError)):
        Preparation.load(parts, parts)
    for key in (*preparation.facts(), *preparation.arrays()):
        fewer = {name: part for name, part in {**preparation.facts(), **preparation.arrays()}.items() if name != key}
        with pytest.raises(KeyError):
            Preparation.load(fewer, fewer)
