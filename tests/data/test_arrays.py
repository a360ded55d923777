from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui.data.arrays import load
from nntui.data.dataset import Column, DataError

X = np.array([[1.0, 2], [3, 4], [5, 6], [7, 8]])
Y = np.array([0, 1, 1, 0])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one, so that messages name files alone."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**arrays: Any) -> Path:
    np.savez("t.npz", **arrays)
    return Path("t.npz")


def refusal(target: str = "", task: str = "auto", missing: str = "error", **arrays: Any) -> str:
    with pytest.raises(DataError) as caught:
        load(write(**arrays), target, task, missing)
    return str(caught.value)


def test_arrays_become_features_and_a_target() -> None:
    data = load(write(X=X, y=Y))
    np.testing.assert_array_equal(data.X, X)
    assert data.T.tolist() == [[0], [1], [1], [0]]
    assert (data.name, data.task, data.classes) == ("t.npz", "binary", ("0", "1"))
    assert (data.target, data.outputs) == ("y", ("y",))
    assert data.columns == (Column("x1"), Column("x2"))
    assert (data.image, data.value_range) == (None, None)


@pytest.mark.parametrize(("inputs", "targets"), [("x", "T"), ("data", "target"), ("features", "labels"), ("X", "t")])
def test_usual_names_are_known(inputs: str, targets: str) -> None:
    assert load(write(**{inputs: X, targets: Y})).target == targets


def test_another_array_can_be_the_target() -> None:
    data = load(write(X=X, y=Y, weight=np.array([1.5, 2, 3, 4])), "weight")
    assert (data.task, data.target, data.T[0, 0]) == ("regression", "weight", 1.5)


def test_names_in_the_file_are_used() -> None:
    data = load(write(X=X, y=Y, feature_names=np.array(["a", "b"]), target_names=np.array(["benign", "malignant"])))
    assert data.features == ("a", "b")
    assert data.classes == ("benign", "malignant")
    data = load(write(X=X, y=Y, feature_names=np.array(["a", "a"]), target_names=np.array(["no"])))
    assert (data.features, data.classes) == (("x1", "x2"), ("0", "1"))


@pytest.mark.parametrize(
    ("y", "task", "classes", "outputs"),
    [
        (np.eye(3)[[0, 1, 2, 0]], "multi-class", ("0", "1", "2"), ("0", "1", "2")),
        (np.eye(2)[[0, 1, 1, 0]], "binary", ("0", "1"), ("y",)),
        (Y[:, None], "binary", ("0", "1"), ("y",)),
        (Y == 1, "binary", ("false", "true"), ("y",)),
        (np.array(["cat", "dog", "cat", "dog"]), "binary", ("cat", "dog"), ("y",)),
        (X * 1.5, "regression", (), ("y 1", "y 2")),
        (Y * 0.5 + np.arange(4), "regression", (), ("y",)),
    ],
)
def test_targets_of_any_shape(y: Any, task: str, classes: tuple[str, ...], outputs: tuple[str, ...]) -> None:
    data = load(write(X=X, y=y))
    assert (data.task, data.classes, data.outputs) == (task, classes, outputs)
    if y.ndim == 2 and y.shape[1] > 1 and task != "binary":
        np.testing.assert_array_equal(data.T, y)


def test_several_targets_have_their_names() -> None:
    assert load(write(X=X, y=X * 1.5, target_names=np.array(["u", "v"]))).outputs == ("u", "v")


@pytest.mark.parametrize(
    ("shape", "image"),
    [((4, 2, 3), (2, 3, 1)), ((4, 2, 3, 3), (2, 3, 3)), ((4, 2, 3, 1), (2, 3, 1)), ((4, 2, 3, 4), (2, 3, 4))],
)
def test_images_are_flattened_row_by_row(shape: tuple[int, ...], image: tuple[int, int, int]) -> None:
    pixels = np.arange(math.prod(shape), dtype=np.uint8).reshape(shape)
    data = load(write(X=pixels, y=Y))
    assert data.image == image
    np.testing.assert_array_equal(data.X, pixels.reshape(4, -1))
    assert data.value_range == (0, 255)
    assert len(set(data.features)) == data.X.shape[1]
    assert data.features[0] == "row 1 column 1" + {1: "", 3: " red", 4: " channel 1"}[image[2]]
    assert load(write(X=pixels / 8, y=Y)).value_range == (0, data.X.max() / 8)
    assert load(write(X=pixels * 0.0, y=Y)).value_range == (0, 1)


def test_missing_values_are_told_dropped_or_kept() -> None:
    gaps = X.copy()
    gaps[1, 1] = math.nan
    message = "t.npz: inputs, row 2, column 2: has no value (NaN); data.missing can be drop, zero, mean or median"
    assert refusal(X=gaps, y=Y) == message
    np.testing.assert_array_equal(load(write(X=gaps, y=Y), missing="mean").X, gaps)
    targets = np.array([0, 1, 1, math.nan])
    data = load(write(X=gaps, y=targets), missing="drop")
    assert (data.X.tolist(), data.T.tolist()) == ([[1, 2], [5, 6]], [[0], [1]])
    assert refusal(X=X, y=targets) == "t.npz: 'y': row 4: nan is not a finite number up to 1e+100"
    assert refusal(X=X * [1, math.nan], y=Y, missing="mean") == "t.npz: inputs, column 2: has no values at all"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y": Y}, "has no array of inputs, called X or x or X_train; its arrays: 'y'"),
        ({"X": X}, "has no array of targets, called y or Y or T; its arrays: 'X'"),
        ({}, "has no array of inputs, called X or x or X_train; its arrays: none"),
        ({"X": X, "y": Y[:3]}, "'y' has the shape (3,); must be (4,) or (4, outputs), a row for each of the inputs"),
        (
            {"X": X, "y": np.array(1)},
            "'y' has the shape (); must be (4,) or (4, outputs), a row for each of the inputs",
        ),
        (
            {"X": X[:0], "y": Y[:0]},
            "the inputs have the shape (0, 2) and the type 'float64'; must be numbers, (samples, features)",
        ),
        ({"X": X[:1], "y": Y[:1]}, "has 1 rows; at least 2 are needed"),
        (
            {"X": X[:, 0], "y": Y},
            "the inputs have the shape (4,) and the type 'float64'; must be numbers, (samples, features)",
        ),
        (
            {"X": X.astype(str), "y": Y},
            "the inputs have the shape (4, 2) and the type '<U32'; must be numbers, (samples, features)",
        ),
        (
            {"X": X.reshape(4, 1, 1, 1, 2), "y": Y},
            "the inputs have the shape (4, 1, 1, 1, 2); images are (samples, height, width) or "
            "(samples, height, width, 1 to 4)",
        ),
        (
            {"X": np.zeros((2, 65_537)), "y": Y[:2]},
            "the inputs have the shape (2, 65537); at most 65536 features are possible",
        ),
        ({"X": X * 1j, "y": Y}, "array 'X' is of type 'complex128'; must be numbers or text"),
        ({"X": X.astype(object), "y": Y}, "array 'X' is of type 'object'; must be numbers or text"),
        ({"X": X, "y": Y.astype("M8[s]")}, "array 'y' is of type 'datetime64[s]'; must be numbers or text"),
        ({"X": X * [1, math.inf], "y": Y}, "inputs, row 1, column 2: inf is not a finite number up to 1e+100"),
        ({"X": X, "y": np.zeros(4)}, "'y': all values are '0'; classes need at least two different ones"),
    ],
)
def test_what_is_wrong_is_told(arrays: dict[str, Any], message: str) -> None:
    assert refusal(**arrays) == f"t.npz: {message}"


def test_an_unknown_target_is_told_with_the_nearest() -> None:
    assert refusal("weigth", X=X, weight=Y) == (
        "t.npz: has no array 'weigth' (did you mean weight?); its arrays: 'X', 'weight'"
    )


def test_a_shape_that_is_not_there_is_refused_before_room_is_made() -> None:
    member = io.BytesIO()
    np.lib.format.write_array_header_1_0(member, {"descr": "<f8", "fortran_order": False, "shape": (10**7, 10**5)})
    with zipfile.ZipFile("t.npz", "w") as file:
        file.writestr("X.npy", member.getvalue())
    with pytest.raises(DataError, match=r"array 'X' has the shape \(10000000, 100000\), more than the file holds"):
        load("t.npz")


def test_texts_that_match_no_row_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    write(X=X, y=np.array(["a"] * 100))
    monkeypatch.setattr("nntui.data.arrays.npy.read_array", lambda file, **_: X)
    with pytest.raises(DataError, match=r"'y' has the shape \(100,\); must be \(4,\)"):
        load("t.npz")


@pytest.mark.parametrize("limit", ["MAX_TEXTS", "MAX_TEXT_BYTES"])
def test_too_many_texts_are_refused(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"nntui.data.arrays.{limit}", 3)
    assert refusal(X=X, y=np.array(["a", "b", "a", "b"])).startswith("t.npz: array 'y' has the shape (4,) and the type")


def test_each_part_of_the_texts_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nntui.data.arrays.CHUNK", 8)
    half = np.array([97, 98, 97, 0xD800], dtype="<u4").view("<U1")
    assert refusal(X=X, y=half).startswith("t.npz: array 'y' cannot be read: ")
    assert load(write(X=X, y=np.array(["a", "b", "a", "b"]))).classes == ("a", "b")


def test_a_file_that_decompresses_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nntui.data.arrays.MAX_BYTES", 10_000)
    np.savez_compressed("t.npz", X=np.zeros((3000, 1), np.uint8))
    assert Path("t.npz").stat().st_size < 1000
    with pytest.raises(DataError, match=r"array 'X' has the shape \(3000, 1\), more than"):
        load("t.npz")
