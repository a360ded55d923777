"""Writes the bundled tables from scikit-learn's copies: ``python -m nntui.data.sets.prepare``."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine

#: What scikit-learn calls s1 to s6.
SERUM = ("total cholesterol", "ldl", "hdl", "cholesterol ratio", "log triglycerides", "glucose")


def main(folder: Path) -> None:
    """Writes every table into ``folder``."""
    cancer = load_breast_cancer()
    malignant = cancer.target == cancer.target_names.tolist().index("malignant")
    write(folder / "breast-cancer.csv.gz", [*cancer.feature_names.tolist(), "malignant"], cancer.data, malignant)

    digits = load_digits()
    columns = [f"row {row} column {column}" for row in range(1, 9) for column in range(1, 9)]
    write(folder / "digits.csv.gz", [*columns, "digit"], digits.data, digits.target)

    iris = load_iris()
    columns = [name.removesuffix(" (cm)") for name in iris.feature_names]
    write(folder / "iris.csv.gz", [*columns, "species"], iris.data, iris.target)

    wine = load_wine()
    columns = [name.replace("_", " ") for name in wine.feature_names]
    write(folder / "wine.csv.gz", [*columns, "cultivar"], wine.data, wine.target + 1)

    diabetes = load_diabetes(scaled=False)
    columns = [*diabetes.feature_names[:4], *SERUM, "progression"]
    write(folder / "diabetes.csv.gz", columns, diabetes.data, diabetes.target)


def write(path: Path, columns: Sequence[str], X: NDArray[np.float64], target: NDArray[np.number | np.bool]) -> None:
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
