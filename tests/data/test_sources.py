from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from nntui import config
from nntui.data import SOURCES, DataError, load
from nntui.data.sources import SETS
from nntui.errors import UserError


@pytest.mark.parametrize("source", SOURCES)
def test_every_data_set_fits_together(source: str) -> None:
    data = load(source)
    assert data.name == source
    assert data.target == SOURCES[source].targets[0]
    assert data.X.dtype == data.T.dtype == np.float64
    assert data.X.shape == (len(data.T), len(data.features))
    assert data.T.shape == (len(data.X), 1)
    assert set(np.unique(data.T)) == {0.0, 1.0}
    assert len(set(data.features)) == len(data.features)
    assert len(data.classes) == 2
    assert data.source
    assert data.licence
    if data.image is not None:
        assert data.image[0] * data.image[1] == len(data.features)
        assert data.value_range == (data.X.min(), data.X.max())


def test_xor_is_its_truth_table() -> None:
    data = load("xor")
    assert [(*x, *t) for x, t in zip(data.X.tolist(), data.T.tolist(), strict=True)] == [
        (0, 0, 0),
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 0),
    ]


def test_breast_cancer_is_the_published_table() -> None:
    data = load("breast-cancer")
    assert data.X.shape == (569, 30)
    assert data.T.sum() == 212
    assert data.features[0] == "mean radius"
    assert data.features[-1] == "worst fractal dimension"
    assert data.X[0, :4].tolist() == [17.99, 10.38, 122.8, 1001.0]
    assert data.X[:, 0].mean() == pytest.approx(14.127291739894552)
    assert data.classes[int(data.T[0, 0])] == "malignant"
    assert data.X[data.T[:, 0] == 1, 0].mean() > data.X[data.T[:, 0] == 0, 0].mean()


def test_digits_are_the_published_images() -> None:
    data = load("digits")
    assert data.X.shape == (1797, 64)
    assert data.X.sum() == 561718
    zero = data.X[0].reshape(8, 8)
    assert zero[0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert data.features[8] == "row 2 column 1"


def test_each_digit_can_be_the_target() -> None:
    counts = [int(load("digits", str(digit)).T.sum()) for digit in range(10)]
    assert counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    odd = sum(load("digits", str(digit)).T for digit in (1, 3, 5, 7, 9))
    np.testing.assert_array_equal(load("digits", "odd").T, odd)
    assert load("digits", "7").classes == ("not 7", "7")


def test_the_configuration_names_the_same_sources_and_targets() -> None:
    assert {name: source.targets for name, source in SOURCES.items()} == config.TARGETS


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (
            "diggits",
            "",
            "data.source = 'diggits': must be one of xor, breast-cancer, digits (did you mean digits?)",
        ),
        (
            "breast-cancer",
            "malignent",
            "data.target = 'malignent': breast-cancer has the targets malignant (did you mean malignant?)",
        ),
    ],
)
def test_unknown_names_are_told_in_one_line(source: str, target: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        load(source, target)
    assert str(caught.value) == message
    assert isinstance(caught.value, (UserError, ValueError))


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
