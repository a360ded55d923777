from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from nntui.data import SOURCES, Column, DataError, Dataset, load
from nntui.data.generators import GENERATORS
from nntui.errors import UserError
from nntui.knobs import TABLES, TARGETS

NAMED = [(source, target) for source, targets in SOURCES.items() for target in targets]


@pytest.mark.parametrize(("source", "target"), NAMED)
def test_every_data_set_fits_together(source: str, target: str) -> None:
    data = load(source, target, rows=30 if source == "cat-sketches" else 0)
    assert (data.name, data.target, data.task) == (source, target, TARGETS[source][target])
    assert data.X.dtype == data.T.dtype == np.float64
    assert data.X.shape == (len(data.T), len(data.features))
    assert data.T.shape == (len(data.X), len(data.outputs))
    assert np.isfinite(data.X).all()
    assert np.isfinite(data.T).all()
    assert len(set(data.features)) == len(data.features)
    assert data.source
    assert data.licence
    if data.image is not None:
        assert np.prod(data.image) == len(data.features)
        assert data.value_range is not None
        assert data.value_range[0] <= data.X.min() < data.X.max() <= data.value_range[1]
    check_classes(data)


def check_classes(data: Dataset) -> None:
    """The targets say what the task says, and every class has samples."""
    if data.task == "regression":
        assert data.classes == ()
        assert len(np.unique(data.T)) > 20
        return
    assert set(np.unique(data.T)) == {0.0, 1.0}
    if data.task == "binary":
        assert len(data.classes) == 2
        assert data.outputs == (data.target,)
    else:
        assert data.outputs == data.classes
        assert (data.T.sum(axis=1) == 1).all()
        assert data.T.any(axis=0).all()


@pytest.mark.parametrize("source", SOURCES)
def test_the_usual_target_is_the_first(source: str) -> None:
    assert load(source).target == SOURCES[source][0]


@pytest.mark.parametrize("source", GENERATORS)
def test_rows_noise_and_seed_reach_the_generators(source: str) -> None:
    data = load(source, rows=64, noise=0.1, seed=5)
    assert len(data.X) == 64
    for other in (load(source, rows=64, noise=0.2, seed=5), load(source, rows=64, noise=0.1, seed=6)):
        assert not np.array_equal(other.X, data.X) or not np.array_equal(other.T, data.T)


def test_images_take_a_size() -> None:
    sketches = load("cat-sketches", rows=4, image_size=16, seed=1)
    assert sketches.image == (16, 16, 3)
    assert not np.array_equal(sketches.X, load("cat-sketches", rows=4, image_size=16, seed=2).X)
    assert load("digits", image_size=16).image == (16, 16, 1)


def test_any_function_of_x_can_be_learned() -> None:
    data = load("function", "x^2 - 1")
    np.testing.assert_allclose(data.T, data.X**2 - 1)


SOURCE_NAMES = ", ".join(SOURCES)


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("diggits", "", f"data.source = 'diggits': must be one of {SOURCE_NAMES}; or a path (did you mean digits?)"),
        (
            "breast-cancer",
            "malignent",
            "data.target = 'malignent': breast-cancer has the targets malignant (did you mean malignant?)",
        ),
        ("wine", "7", "data.target = '7': wine has the targets cultivar"),
        ("./nowhere", "", "./nowhere: there is no such file or folder"),
        ("nowhere.csv", "", "nowhere.csv: there is no such file or folder"),
        ("x" * 5000 + ".csv", "", "cannot be read: File name too long"),
        ("no\0where.npz", "", "no\\x00where.npz: there is no such file or folder"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(source: str, target: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        load(source, target)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 400
    assert isinstance(caught.value, (UserError, ValueError))


def test_a_file_of_another_kind_is_told(tmp_path: Path) -> None:
    (tmp_path / "rows.xlsx").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"rows\.xlsx: must be a folder of images, or a file whose name ends in one of"):
        load(str(tmp_path / "rows.xlsx"))


def test_a_table_is_found_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "Rows.CSV"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["a", "b", "c"], [1.5, 2, "no"], [3, 4, "yes"], ["", 6, "yes"], [1, 6, "no"]])
    data = load(str(path), missing="mean")
    assert data.columns == (Column("a"), Column("b"))
    assert (data.task, data.classes, data.target) == ("binary", ("no", "yes"), "c")
    assert np.isnan(data.X[2, 0])
    assert len(load(str(path), missing="drop").X) == 3
    assert load(str(path), "b", task="regression", missing="drop").task == "regression"


def test_arrays_are_found_by_their_path(tmp_path: Path) -> None:
    path = tmp_path / "rows.npz"
    np.savez(path, X=np.arange(40.0).reshape(20, 2), y=np.arange(20) % 2)
    data = load(str(path))
    assert (data.X.shape, data.task) == ((20, 2), "binary")
    assert load(str(path), task="multi-class").T.shape == (20, 2)


def test_images_are_found_in_their_folders(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for name, colour in (("cats", "red"), ("dogs", "blue")):
        (tmp_path / name).mkdir()
        for number in range(3):
            image.new("RGB", (10, 12), colour).save(tmp_path / name / f"{number}.png")
    data = load(str(tmp_path), image_size=4, grey=True)
    assert (data.image, data.X.shape, data.classes) == ((4, 4, 1), (6, 16), ("cats", "dogs"))
    assert load(str(tmp_path), image_size=4, task="multi-class").T.shape == (6, 2)
    with pytest.raises(DataError, match=r"^data\.target = 'cats': must be empty; the folders in .* are its classes$"):
        load(str(tmp_path), "cats")


def test_the_configuration_knows_the_same_endings() -> None:
    from nntui.data.sources import ARRAYS, TEXTS

    assert TEXTS + ARRAYS == TABLES
