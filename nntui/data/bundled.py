"""The data sets that come with the program as tables of numbers; ``sets/SOURCES.md`` says where they are from.

To add one, let ``sets/prepare.py`` write its table, write a function here, and enter it in :data:`BUNDLED`, and its
targets in :data:`TARGETS`.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nntui.data.dataset import BINARY, MULTI_CLASS, REGRESSION, Column, DataError, Dataset

Array = NDArray[np.float64]

SETS = Path(__file__).parent / "sets"
#: The most pixels a side that bundled images are resized to: the 1797 digits then fill 225 MiB.
MAX_SIDE = 128

CC_BY = "CC BY 4.0"
UCI = "UCI Machine Learning Repository"
DIGITS = tuple("0123456789")
SPECIES = ("setosa", "versicolor", "virginica")
CULTIVARS = ("1", "2", "3")

#: What can be learned from each data set, the usual target first.
TARGETS: dict[str, tuple[str, ...]] = {
    "breast-cancer": ("malignant",),
    "digits": ("digit", "odd", *DIGITS),
    "iris": ("species", *SPECIES),
    "wine": ("cultivar",),
    "diabetes": ("progression",),
}


def breast_cancer(target: str) -> Dataset:
    """569 tumours by 30 measurements of their cell nuclei; the target is 1 where the tumour was malignant."""
    columns, X, malignant = _read("breast-cancer.csv.gz")
    classes = ("benign", "malignant")
    source = f"Breast Cancer Wisconsin (Diagnostic), {UCI}"
    return Dataset("breast-cancer", X, malignant, BINARY, columns, target, (target,), classes, source, CC_BY)


def digits(target: str) -> Dataset:
    """1797 handwritten digits of 8 × 8 pixels from 0 to 16: which one it is, whether it is odd, or a certain one."""
    columns, X, digit = _read("digits.csv.gz", np.int64)
    classes: tuple[str, ...] = ("even", "odd")
    task, T = BINARY, digit % 2
    if target != "odd":
        task, T, classes = _classes(target, "digit", digit, DIGITS)
    return Dataset(
        name="digits",
        X=X,
        T=T,
        task=task,
        columns=columns,
        target=target,
        outputs=classes if task == MULTI_CLASS else (target,),
        classes=classes,
        source=f"Optical Recognition of Handwritten Digits (test part), {UCI}",
        licence=CC_BY,
        image=(8, 8, 1),
        value_range=(0.0, 16.0),
    )


def iris(target: str) -> Dataset:
    """150 irises of three species by the length and width of their sepals and petals in cm."""
    columns, X, species = _read("iris.csv.gz")
    task, T, classes = _classes(target, "species", species, SPECIES)
    outputs = classes if task == MULTI_CLASS else (target,)
    return Dataset("iris", X, T, task, columns, target, outputs, classes, f"Iris, {UCI}", CC_BY)


def wine(target: str) -> Dataset:
    """178 wines of three cultivars, from the same region of Italy, by 13 chemical measurements."""
    columns, X, cultivar = _read("wine.csv.gz")
    task, T, classes = _classes(target, "cultivar", cultivar - 1, CULTIVARS)
    return Dataset("wine", X, T, task, columns, target, classes, classes, f"Wine, {UCI}", CC_BY)


def diabetes(target: str) -> Dataset:
    """442 patients by ten measurements; the target is how far their diabetes had progressed a year later."""
    columns, X, progression = _read("diabetes.csv.gz")
    source = "Efron, Hastie, Johnstone & Tibshirani, Least Angle Regression, Annals of Statistics 32 (2004)"
    licence = "none stated; distributed with scikit-learn"
    return Dataset("diabetes", X, progression, REGRESSION, columns, target, (target,), (), source, licence)


BUNDLED: dict[str, Callable[[str], Dataset]] = {
    "breast-cancer": breast_cancer,
    "digits": digits,
    "iris": iris,
    "wine": wine,
    "diabetes": diabetes,
}


def load(name: str, target: str, image_size: int = 0) -> Dataset:
    """The bundled data set of this name; images become ``image_size`` pixels a side (0: as they are).

    Raises DataError for images that would not fit in memory.
    """
    dataset = BUNDLED[name](target)
    return resized(dataset, image_size) if dataset.image and image_size else dataset


def resized(dataset: Dataset, side: int) -> Dataset:
    """Square images of one channel with this many pixels a side, by linear interpolation. Raises DataError."""
    assert dataset.image is not None
    height, width, _ = dataset.image
    if side > MAX_SIDE:
        raise DataError(
            f"data.image_size = {side}: the images of {dataset.name} have {height} × {width} pixels; "
            f"at most {MAX_SIDE} a side are allowed"
        )
    pixels = dataset.X.reshape(-1, height, width)
    X = interpolation(height, side) @ pixels @ interpolation(width, side).T
    names = (Column(f"row {row} column {column}") for row in range(1, side + 1) for column in range(1, side + 1))
    return replace(dataset, X=X.reshape(len(X), -1), columns=tuple(names), image=(side, side, 1))


def interpolation(old: int, new: int) -> Array:
    """The weights, (new, old), of the old pixels of a line in the new ones.

    A triangle around the centre of each new pixel, as wide as two pixels of the coarser line, so that shrinking
    averages; cut off at the edges, so that the weights always sum to 1.
    """
    centre = (np.arange(new)[:, None] + 0.5) * old / new
    distance = np.abs(np.arange(old) + 0.5 - centre) / max(1.0, old / new)
    weights = np.maximum(1.0 - distance, 0.0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float64)


def _classes(target: str, all_of_them: str, codes: Array, names: tuple[str, ...]) -> tuple[str, Array, tuple[str, ...]]:
    """Task, T and classes for codes (samples, 1) from 0 up: which of the names it is, or whether it is the target."""
    if target == all_of_them:
        return MULTI_CLASS, (codes == np.arange(len(names))).astype(np.float64), names
    return BINARY, (codes == names.index(target)).astype(np.float64), (f"not {target}", target)


def _read(name: str, dtype: DTypeLike = np.float64) -> tuple[tuple[Column, ...], Array, Array]:
    """The columns of the features, X, and the last column (samples, 1) of a bundled table of numbers of this type."""
    with gzip.open(SETS / name, "rt", encoding="ascii") as file:
        names = file.readline().rstrip("\n").split(",")
        numbers = np.fromstring(file.read().replace("\n", ","), dtype=dtype, sep=",")
    table = numbers.reshape(-1, len(names)).astype(np.float64)
    return tuple(map(Column, names[:-1])), table[:, :-1].copy(), table[:, -1:].copy()
