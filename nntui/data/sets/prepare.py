"""Writes the bundled tables from scikit-learn's copies: ``python -m nntui.data.sets.prepare``."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_digits


def main(folder: Path) -> None:
    """Writes both tables into ``folder``."""
    cancer = load_breast_cancer()
    columns = [*cancer.feature_names.tolist(), "malignant"]
    malignant = cancer.target == cancer.target_names.tolist().index("malignant")
    write(folder / "breast-cancer.csv.gz", columns, cancer.data, malignant)

    digits = load_digits()
    columns = [f"row {row} column {column}" for row in range(1, 9) for column in range(1, 9)]
    write(folder / "digits.csv.gz", [*columns, "digit"], digits.data, digits.target)


def write(path: Path, columns: Sequence[str], X: NDArray[np.float64], target: NDArray[np.int_]) -> None:
    """One line of names, then one of numbers for each sample; no time stamp, so the bytes never vary."""
    rows = [
        ",".join([*(repr(value).removesuffix(".0") for value in x), str(int(t))])
        for x, t in zip(X.tolist(), target.tolist(), strict=True)
    ]
    text = "\n".join([",".join(columns), *rows]) + "\n"
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(text.encode("ascii"))


if __name__ == "__main__":
    main(Path(__file__).parent)
