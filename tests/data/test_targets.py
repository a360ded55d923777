from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nntui.data.dataset import DataError
from nntui.data.targets import MAX_CLASSES, encode_target, encode_targets, outputs


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (["yes", "no", "yes"], "binary", ("no", "yes")),
        (["x", "no", "x"], "binary", ("no", "x")),
        (["True", "False"], "binary", ("False", "True")),
        (["1", "0", "1"], "binary", ("0", "1")),
        (["1", "-1"], "binary", ("-1", "1")),
        (["10", "9"], "binary", ("9", "10")),
        (["cats", "not-cats"], "binary", ("not-cats", "cats")),
        (["Not cat", "cat"], "binary", ("Not cat", "cat")),
        (["Spam", "nonspam"], "binary", ("nonspam", "Spam")),
        (["dog", "other"], "binary", ("other", "dog")),
        (["apple", "other"], "binary", ("other", "apple")),
        (["malignant", "benign"], "binary", ("benign", "malignant")),
        (["ab", "noab"], "binary", ("ab", "noab")),
        (["b", "c", "a"], "multi-class", ("a", "b", "c")),
        (["10", "9", "8"] * 5, "multi-class", ("8", "9", "10")),
        (["1.0", "2", "3e0"] * 5, "multi-class", ("1", "2", "3")),
        (["10", "9", "8"] * 4, "regression", ()),
        ([str(n) for n in range(21)] * 5, "regression", ()),
        (["0.5", "1.5", "2.5"] * 9, "regression", ()),
        (["1", "2", "three"], "multi-class", ("1", "2", "three")),
        (["1_0", "2_0", "3_0"], "multi-class", ("1_0", "2_0", "3_0")),
        ([" b ", "a"], "binary", ("a", "b")),
    ],
)
def test_the_task_is_found_out(values: list[str], task: str, classes: tuple[str, ...]) -> None:
    T, found, names = encode_target("y", values)
    assert (found, names) == (task, classes)
    assert T.shape == (len(values), len(classes) if task == "multi-class" else 1)
    assert T.dtype == np.float64


def test_binary_is_one_where_the_second_class_is() -> None:
    T, _, classes = encode_target("y", ["cats", "not-cats", "cats"])
    assert classes == ("not-cats", "cats")
    assert T.tolist() == [[1], [0], [1]]


def test_several_classes_are_one_hot_in_their_order() -> None:
    T, _, _ = encode_target("y", ["b", "c", "a", "b"])
    assert T.tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_a_regression_keeps_the_numbers() -> None:
    T, task, classes = encode_target("y", ["1.5", "-2e3", " 7 "])
    assert (T.tolist(), task, classes) == ([[1.5], [-2000], [7]], "regression", ())


@pytest.mark.parametrize(
    ("values", "task", "shape", "classes"),
    [
        (["0", "1", "0"], "regression", (3, 1), ()),
        (["5", "5"], "regression", (2, 1), ()),
        (["0", "1", "0"], "multi-class", (3, 2), ("0", "1")),
        (["0.5", "1", "2"], "multi-class", (3, 3), ("0.5", "1", "2")),
        (["no", "yes"], "multi-class", (2, 2), ("no", "yes")),
    ],
)
def test_a_said_task_is_done(values: list[str], task: str, shape: tuple[int, int], classes: tuple[str, ...]) -> None:
    T, found, names = encode_target("y", values, task)
    assert (T.shape, found, names) == (shape, task, classes)


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (np.array([True, False, True]), "binary", ("false", "true")),
        (np.array([3, 7, 3], dtype=np.uint8), "binary", ("3", "7")),
        (np.array([0.25, 0.5, 1.0]), "regression", ()),
        (np.array(["dog", "cat"]), "binary", ("cat", "dog")),
        (np.array([b"dog", b"cat"]), "binary", ("cat", "dog")),
        (np.repeat(np.arange(3), 5), "multi-class", ("0", "1", "2")),
    ],
)
def test_arrays_are_targets_too(values: NDArray[Any], task: str, classes: tuple[str, ...]) -> None:
    T, found, names = encode_target("y", values)
    assert (len(T), found, names) == (len(values), task, classes)


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        ([], "auto", "a.csv: y: has no values"),
        (["a", "a"], "auto", "a.csv: y: all values are 'a'; classes need at least two different ones"),
        (["3", "3"], "auto", "a.csv: y: all values are '3'; classes need at least two different ones"),
        (["a", "b", "c"], "binary", "a.csv: y: has 3 values ('a', 'b', 'c'); binary needs two"),
        (["1", "two"], "regression", "a.csv: y: line 20: 'two' is not a number, which a regression needs"),
        (["1", "inf"], "auto", "a.csv: y: line 20: inf is not a finite number up to 1e+100"),
        (["1", "-1e200"], "multi-class", "a.csv: y: line 20: -1e+200 is not a finite number up to 1e+100"),
        (["1", ""], "auto", "a.csv: y: '' cannot be a class; the name of one has 1 to 200 characters"),
        (
            ["1", "2"],
            "binery",
            "a.csv: y: task 'binery': must be one of auto, binary, multi-class, regression (did you mean binary?)",
        ),
        (np.array([1j, 2j]), "auto", "a.csv: y: is of type 'complex128'; must be numbers or text"),
        (np.array([1, None]), "auto", "a.csv: y: is of type 'object'; must be numbers or text"),
        (np.array([1, np.nan]), "auto", "a.csv: y: line 20: nan is not a finite number up to 1e+100"),
    ],
)
def test_what_cannot_be_is_told(values: Sequence[str], task: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        encode_target("a.csv: y", values, task, lines=[10, 20])
    assert str(caught.value) == message


def test_free_text_is_no_class() -> None:
    with pytest.raises(DataError, match=r"y: 'xxx.*\.\.\. cannot be a class"):
        encode_target("y", ["x" * 201, "y"])
    with pytest.raises(DataError, match=f"y: has more than 1000 classes in {MAX_CLASSES + 1} rows .* at most 1000"):
        encode_target("y", [f"word {n}" for n in range(MAX_CLASSES + 1)])
    with pytest.raises(DataError, match="more than 1000 classes"):
        encode_target("y", np.arange(5000) / 7, "multi-class")


def test_a_message_is_harmless() -> None:
    with pytest.raises(DataError) as caught:
        encode_target("y", ["\x1b[2J\n\u202e"] * 2)
    assert str(caught.value).isprintable()


def test_several_columns_are_a_regression() -> None:
    target = encode_targets("y", [["1", "0"], np.array([2.5, 3])], names=["a", "b"])
    assert (target.T.tolist(), target.task, target.classes) == ([[1, 2.5], [0, 3]], "regression", ())
    assert outputs(("a", "b"), target) == ("a", "b")
    with pytest.raises(DataError, match="y: several targets are a regression; 'binary' needs one column"):
        encode_targets("y", [["1", "0"], ["0", "1"]], "binary")
    with pytest.raises(DataError, match="b: row 2: 'x' is not a number"):
        encode_targets("y", [["1", "0"], ["0", "x"]], names=["a", "b"])


def test_one_of_several_columns_is_any_target() -> None:
    target = encode_targets("y", [["a", "b", "c"]])
    assert target.task == "multi-class"
    assert outputs(("y",), target) == ("a", "b", "c")
    assert outputs(("y",), encode_targets("y", [["a", "b"]])) == ("y",)


@settings(deadline=None)
@given(st.lists(st.text(min_size=1, max_size=9) | st.floats().map(str), min_size=1, max_size=50))
def test_classes_can_be_read_off_again(values: list[str]) -> None:
    assume(len({value.strip() for value in values}) > 1)
    try:
        T, task, classes = encode_target("y", values)
    except DataError as error:
        message = str(error)
    else:
        _check_encoded(values, T, task, classes)
        return
    assert message.isprintable()
    assert len(message) < 400


def _check_encoded(values: list[str], T: NDArray[np.float64], task: str, classes: tuple[str, ...]) -> None:
    if task == "regression":
        assert T[:, 0].tolist() == [float(value) for value in values]
        return
    index = T.argmax(axis=1) if task == "multi-class" else T[:, 0].astype(int)
    for place, value in zip(index.tolist(), values, strict=True):
        assert classes[place] == value.strip() or float(classes[place]) == float(value)
