"""The data sets that come with the program. To add one, write a function and enter it in :data:`SOURCES`."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nntui.data.dataset import DataError, Dataset
from nntui.errors import closest

SETS = Path(__file__).parent / "sets"


@dataclass(frozen=True, slots=True)
class Source:
    """The targets that can be learned from a data set, the usual one first, and the function that loads it."""

    targets: tuple[str, ...]
    load: Callable[[str], Dataset]


def xor(target: str) -> Dataset:
    """The truth table of exclusive or: the smallest problem that no single unit can solve."""
    return Dataset(
        name="xor",
        X=np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
        T=np.array([[0.0], [1.0], [1.0], [0.0]]),
        features=("x1", "x2"),
        target=target,
        classes=("0", "1"),
        source="the truth table of exclusive or",
        licence="none needed",
    )


def breast_cancer(target: str) -> Dataset:
    """569 tumours by 30 measurements of their cell nuclei; the target is 1 where the tumour was malignant."""
    features, X, T = _read("breast-cancer.csv.gz", np.float64)
    return Dataset(
        name="breast-cancer",
        X=X,
        T=T,
        features=features,
        target=target,
        classes=("benign", "malignant"),
        source="Breast Cancer Wisconsin (Diagnostic), UCI Machine Learning Repository",
        licence="CC BY 4.0",
    )


def digits(target: str) -> Dataset:
    """1797 handwritten digits of 8 × 8 pixels from 0 to 16; the target is 1 for odd digits, or for one digit."""
    features, X, digit = _read("digits.csv.gz", np.int64)
    return Dataset(
        name="digits",
        X=X,
        T=digit % 2 if target == "odd" else (digit == int(target)).astype(np.float64),
        features=features,
        target=target,
        classes=("even", "odd") if target == "odd" else (f"not {target}", target),
        source="Optical Recognition of Handwritten Digits (test part), UCI Machine Learning Repository",
        licence="CC BY 4.0",
        image=(8, 8),
        value_range=(0.0, 16.0),
    )


SOURCES: dict[str, Source] = {
    "xor": Source(("x1 xor x2",), xor),
    "breast-cancer": Source(("malignant",), breast_cancer),
    "digits": Source(("odd", *"0123456789"), digits),
}


def load(source: str, target: str = "") -> Dataset:
    """The data set of this name, with its usual target unless another is named. Raises DataError."""
    if source not in SOURCES:
        allowed = ", ".join(SOURCES)
        raise DataError(f"data.source = {source!r}: must be one of {allowed}{closest(source, SOURCES)}")
    entry = SOURCES[source]
    target = target or entry.targets[0]
    if target not in entry.targets:
        allowed = ", ".join(entry.targets)
        hint = closest(target, entry.targets)
        raise DataError(f"data.target = {target!r}: {source} has the targets {allowed}{hint}")
    return entry.load(target)


def _read(name: str, dtype: DTypeLike) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    """The features' names, X, and the last column (samples, 1) of a bundled table of numbers of this type."""
    with gzip.open(SETS / name, "rt", encoding="ascii") as file:
        columns = file.readline().rstrip("\n").split(",")
        numbers = np.fromstring(file.read().replace("\n", ","), dtype=dtype, sep=",")
    table = numbers.reshape(-1, len(columns)).astype(np.float64)
    return tuple(columns[:-1]), table[:, :-1].copy(), table[:, -1:].copy()
