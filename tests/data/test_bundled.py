from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui.data.bundled import BUNDLED, SETS, TARGETS, interpolation, load
from nntui.data.dataset import DataError


def counts(name: str, target: str) -> list[int]:
    return [int(count) for count in load(name, target).T.sum(axis=0)]


def test_breast_cancer_is_the_published_table() -> None:
    data = load("breast-cancer", "malignant")
    assert data.X.shape == (569, 30)
    assert data.T.sum() == 212
    assert (data.features[0], data.features[-1]) == ("mean radius", "worst fractal dimension")
    assert data.X[0, :4].tolist() == [17.99, 10.38, 122.8, 1001.0]
    assert data.X[:, 0].mean() == pytest.approx(14.127291739894552)
    assert data.classes[int(data.T[0, 0])] == "malignant"
    assert data.X[data.T[:, 0] == 1, 0].mean() > data.X[data.T[:, 0] == 0, 0].mean()


def test_digits_are_the_published_images() -> None:
    data = load("digits", "digit")
    assert data.X.shape == (1797, 64)
    assert data.X.sum() == 561718
    assert data.X[0].reshape(8, 8)[0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert data.features[8] == "row 2 column 1"
    assert data.value_range == (data.X.min(), data.X.max())
    assert data.T.argmax(axis=1)[:12].tolist() == [*range(10), 0, 1]


def test_each_digit_can_be_the_target() -> None:
    each = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert counts("digits", "digit") == each
    assert [counts("digits", str(digit))[0] for digit in range(10)] == each
    odd = sum(load("digits", str(digit)).T for digit in (1, 3, 5, 7, 9))
    np.testing.assert_array_equal(load("digits", "odd").T, odd)
    assert load("digits", "odd").classes == ("even", "odd")
    assert load("digits", "7").classes == ("not 7", "7")


def test_iris_is_fishers_table() -> None:
    data = load("iris", "species")
    assert data.X.sum(axis=0) == pytest.approx([876.5, 458.6, 563.7, 179.9])
    assert data.features == ("sepal length", "sepal width", "petal length", "petal width")
    # The two rows in which UCI's file differs from the paper.
    assert data.X[[34, 37]].tolist() == [[4.9, 3.1, 1.5, 0.2], [4.9, 3.6, 1.4, 0.1]]
    assert counts("iris", "species") == [50, 50, 50]
    assert data.classes == data.outputs == ("setosa", "versicolor", "virginica")
    for column, name in enumerate(data.classes):
        one = load("iris", name)
        np.testing.assert_array_equal(one.T[:, 0], data.T[:, column])
        assert (one.task, one.classes, one.outputs) == ("binary", (f"not {name}", name), (name,))


def test_wine_is_the_published_table() -> None:
    data = load("wine", "cultivar")
    assert data.X.shape == (178, 13)
    assert counts("wine", "cultivar") == [59, 71, 48]
    assert data.X[0].tolist() == [14.23, 1.71, 2.43, 15.6, 127, 2.8, 3.06, 0.28, 2.29, 5.64, 1.04, 3.92, 1065]
    assert data.T[0].tolist() == [1, 0, 0]


def test_diabetes_is_the_published_table_in_its_own_units() -> None:
    data = load("diabetes", "progression")
    assert data.X.shape == (442, 10)
    assert data.X[0].tolist() == [59, 2, 32.1, 101, 157, 93.2, 38, 4, 4.8598, 87]
    assert (data.T[0, 0], data.T.min(), data.T.max(), data.T.sum()) == (151, 25, 346, 67243)
    assert data.task == "regression"


def test_images_can_be_resized() -> None:
    small = load("digits", "digit").X.reshape(-1, 8, 8)
    data = load("digits", "digit", 32)
    assert (data.image, data.X.shape, len(data.features)) == ((32, 32, 1), (1797, 1024), 1024)
    assert data.features[33] == "row 2 column 2"
    large = data.X.reshape(-1, 32, 32)
    # The middles of four pixels of the large image lie around that of one of the small: 1/8 and 3/8 of a pixel off.
    near = np.array([0.125, 0.875])
    expected = near @ small[:, 2:4, 4:6] @ near[::-1]
    np.testing.assert_allclose(large[:, 13, 18], expected)
    np.testing.assert_allclose(large.mean(axis=(1, 2)), small.mean(axis=(1, 2)), rtol=0.2)
    assert large.min() >= 0
    assert large.max() <= 16
    np.testing.assert_array_equal(load("digits", "digit", 8).X, load("digits", "digit").X)
    halves = load("digits", "digit", 1).X
    assert halves.shape == (1797, 1)


@given(st.integers(1, 40), st.integers(1, 40))
@settings(deadline=None, max_examples=100)
def test_weights_keep_what_is_flat_and_what_is_symmetric(old: int, new: int) -> None:
    weights = interpolation(old, new)
    assert weights.shape == (new, old)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(weights, weights[::-1, ::-1], atol=1e-12)
    assert weights.min() >= 0
    if old == new:
        np.testing.assert_array_equal(weights, np.eye(old))


def test_too_many_pixels_are_refused_before_they_are_made() -> None:
    with pytest.raises(DataError, match=r"^data\.image_size = 129: .* 8 × 8 pixels; at most 128 a side are allowed$"):
        load("digits", "digit", 129)
    assert load("iris", "species", 129).X.shape == (150, 4)


def test_every_table_has_its_source_and_its_licence() -> None:
    text = (SETS / "SOURCES.md").read_text()
    assert re.findall(r"^## (.*)\.csv\.gz$", text, re.M) == list(BUNDLED) == list(TARGETS)
    for name in BUNDLED:
        data = load(name, TARGETS[name][0])
        assert data.source
        assert data.licence


@pytest.mark.heavy
def test_the_tables_can_be_made_again(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    from nntui.data.sets import prepare

    prepare.main(tmp_path)
    for made in sorted(tmp_path.iterdir()):
        assert gzip.decompress(made.read_bytes()) == gzip.decompress((SETS / made.name).read_bytes())
    assert {made.name for made in tmp_path.iterdir()} == {kept.name for kept in SETS.glob("*.gz")}
    before = {made.name: made.read_bytes() for made in tmp_path.iterdir()}
    prepare.main(tmp_path)
    assert before == {made.name: made.read_bytes() for made in tmp_path.iterdir()}
