"""From the columns of a data set to the inputs of a network: missing values filled, features crossed, scaled."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nntui.data.dataset import Column, DataError, Dataset
from nntui.data.files import listed, named, quoted, suggestion
from nntui.data.standardize import Standardizer
from nntui.expressions import FUNCTIONS, Expression, ExpressionError, parse

Array = NDArray[np.float64]

#: How NumPy computes what an expression can call.
NUMPY_FUNCTIONS = {name: getattr(np, name) for name in FUNCTIONS}

#: What stands for the missing values of a numeric column, of the values that it does have.
FILLINGS: dict[str, Callable[[Array], Any]] = {"zero": lambda values: 0.0, "mean": np.mean, "median": np.median}


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """What messages call a data set and the rows of it."""

    name: str
    lines: Sequence[int] | None
    unit: str

    @classmethod
    def of(cls, dataset: Dataset) -> Origin:
        """Of a data set; one that was read from a file is called by its path."""
        name = dataset.name if dataset.lines is None else named(dataset.source)
        return cls(name, dataset.lines, dataset.unit)

    def place(self, row: int) -> str:
        """Where the row with this number, from 0, is found."""
        return f"{self.name}: {self.unit} {row + 1 if self.lines is None else self.lines[row]}"


@dataclass(frozen=True, slots=True, eq=False)
class Preparation:
    """Raw columns in, network inputs out.

    ``columns`` are those of the data set and give its features. ``expressions`` say in canonical form which inputs are
    made of them; if there are none, the features are the inputs. ``fill`` (features,) stands for missing values; where
    it is NaN, none may be missing. ``inputs`` scales what the expressions give. ``image`` is the (height, width,
    channels) of the features if they are pixels. ``origin`` is the data set that it was fitted to, if
    it was not loaded, so that a message can name the place of a value there.
    """

    columns: tuple[Column, ...]
    expressions: tuple[str, ...]
    fill: Array
    inputs: Standardizer
    image: tuple[int, int, int] | None = None
    origin: Origin | None = None

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        train_rows: NDArray[np.integer],
        *,
        features: Sequence[str] = (),
        missing: str = "error",
        standardize: bool = True,
    ) -> Preparation:
        """Learns fillings and scales from these rows alone.

        Raises DataError for a feature that cannot be read, names no column, or has no finite value in some row.
        """
        origin = Origin.of(dataset)
        known = dict.fromkeys(dataset.features)
        try:
            expressions = tuple(str(_parsed(feature, known)) for feature in features)
        except DataError as error:
            raise DataError(f"{origin.name}: {error}") from None
        fill = np.full(len(dataset.features), np.nan)
        X = dataset.X[train_rows]
        if missing in FILLINGS:
            fill = _fillings(origin.name, dataset.columns, X, missing)
        unscaled = Standardizer.identity(len(expressions or dataset.features))
        fitted = cls(dataset.columns, expressions, fill, unscaled, dataset.image, origin)
        values = fitted._values(X, train_rows)
        fitted._refuse_infinite(values, values, train_rows)
        return replace(fitted, inputs=_scaling(origin.name, values, fitted.names)) if standardize else fitted

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the columns of X."""
        return tuple(feature for column in self.columns for feature in column.features)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the network's inputs."""
        return self.expressions or self.features

    def transform(
        self, X: NDArray[Any], dtype: DTypeLike = np.float64, rows: NDArray[np.integer] | None = None
    ) -> NDArray[Any]:
        """The network's inputs (rows, inputs) for X (rows, features), in a new array.

        Raises DataError, naming row and feature, for a missing value that nothing stands for and for an input that is
        not a finite number. ``rows`` are the numbers, from 0, of the rows of X in the data set that they are from.
        """
        if rows is None:
            return replace(self, origin=None).transform(X, dtype, np.arange(len(X)))
        values = self._values(X, rows)
        with np.errstate(over="ignore", invalid="ignore"):
            inputs = self.inputs.transform(values, dtype)
        self._refuse_infinite(inputs, values, rows)
        return inputs

    def _values(self, X: NDArray[Any], rows: NDArray[np.integer]) -> NDArray[Any]:
        """The inputs before they are scaled."""
        X = self._filled(X, rows)
        return self._crossed(X) if self.expressions else X

    def _refuse_infinite(self, inputs: NDArray[Any], values: NDArray[Any], rows: NDArray[np.integer]) -> None:
        """Raises DataError, with the value that it was made of, for an input that is not finite."""
        row, column = _first(~np.isfinite(inputs))
        if row >= 0:
            made = "data.features: " if self.expressions else ""
            raise DataError(
                f"{self._place(rows[row])}: {made}{quoted(self.names[column])} is {values[row, column]:.6g}, which "
                f"{inputs.dtype} cannot hold as a finite number"
            )

    def _place(self, row: np.integer) -> str:
        return self.origin.place(int(row)) if self.origin else f"row {row + 1}"

    def _filled(self, X: NDArray[Any], rows: NDArray[np.integer]) -> NDArray[Any]:
        """X with what stands for its missing values."""
        absent = np.isnan(X)
        if not absent.any():
            return X
        row, column = _first(absent & np.isnan(self.fill))
        if row >= 0:
            raise DataError(
                f"{self._place(rows[row])}: {quoted(self.features[column])} has no value; data.missing = zero, mean or "
                f"median puts one in its place, drop leaves such rows out"
            )
        return np.where(absent, self.fill, X)

    def _crossed(self, X: NDArray[Any]) -> NDArray[Any]:
        """The values of the expressions (rows, expressions)."""
        env = dict(zip(self.features, X.T, strict=True))
        result = np.empty((len(X), len(self.expressions)))
        with np.errstate(all="ignore"):
            for column, text in enumerate(self.expressions):
                result[:, column] = parse(text).evaluate(env, NUMPY_FUNCTIONS)
        return result

    def facts(self) -> dict[str, Any]:
        """What a preparation is besides its arrays, for JSON; :meth:`load` reads it."""
        return {
            "columns": [{"name": column.name, "levels": list(column.levels)} for column in self.columns],
            "expressions": list(self.expressions),
            "image": list(self.image) if self.image else None,
        }

    def arrays(self) -> dict[str, Array]:
        """Its arrays by name."""
        return {"input.fill": self.fill, "input.mean": self.inputs.mean, "input.scale": self.inputs.scale}

    @classmethod
    def load(cls, facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Preparation:
        """The preparation of these facts and arrays. Raises KeyError or ValueError if they are damaged."""
        try:
            columns = tuple(Column(str(one["name"]), tuple(map(str, one["levels"]))) for one in facts["columns"])
            expressions = tuple(map(str, facts["expressions"]))
            image = facts["image"] and _image(*map(int, facts["image"]))
            fill, mean, scale = (
                np.asarray(arrays[name], np.float64) for name in ("input.fill", "input.mean", "input.scale")
            )
        except (TypeError, OverflowError) as error:
            raise ValueError(f"not a preparation of inputs: {error}") from None
        loaded = cls(columns, expressions, fill, Standardizer(mean, scale), image or None)
        loaded._check()
        return loaded

    def _check(self) -> None:
        """Raises ValueError if its parts do not fit each other."""
        features, inputs = len(self.features), (len(self.names),)
        if self.fill.shape != (features,) or self.inputs.mean.shape != inputs or self.inputs.scale.shape != inputs:
            raise ValueError("fill, mean and scale do not fit the columns")
        if not (
            np.isfinite(self.inputs.mean).all() and np.isfinite(self.inputs.scale).all() and self.inputs.scale.all()
        ):
            raise ValueError("mean and scale must be finite, and no scale 0")
        if self.image and np.prod(self.image) != features:
            raise ValueError("the image has not as many pixels as there are columns")
        known = dict.fromkeys(self.features)
        for text in self.expressions:
            _parsed(text, known)


def _image(height: int, width: int, channels: int) -> tuple[int, int, int]:
    return height, width, channels


def _parsed(text: str, features: Mapping[str, None]) -> Expression:
    """The expression, if it is one of these features."""
    try:
        expression = parse(text)
    except ExpressionError as error:
        raise DataError(f"data.features: {error}") from None
    for name in sorted(expression.names.difference(features)):
        raise DataError(
            f"data.features: {quoted(text)} names {quoted(name)}, which is none of the {len(features)} features "
            f"{listed(features)}{suggestion(name, features)}"
        )
    return expression


def _fillings(where: str, columns: Sequence[Column], X: Array, missing: str) -> Array:
    """What stands for a missing value of each feature; of a category the training part's most frequent level.

    Raises DataError for a column without any value.
    """
    fill: list[float] = []
    for column in columns:
        part = X[:, len(fill) : len(fill) + len(column.features)]
        values = part[~np.isnan(part).any(axis=1)]
        if not len(values) and (column.levels or missing != "zero"):
            raise DataError(
                f"{where}: column {quoted(column.name)} has no value in the training part to fill the missing with"
            )
        if column.levels:
            counts = values.sum(axis=0)
            fill.extend((np.arange(len(counts)) == counts.argmax()).tolist())
        else:
            fill.append(float(FILLINGS[missing](values)))
    return np.array(fill, np.float64)


def _scaling(where: str, values: Array, names: Sequence[str]) -> Standardizer:
    """The scaling of these inputs. Raises DataError for one whose variance is beyond float64."""
    with np.errstate(over="ignore", invalid="ignore"):
        scaling = Standardizer.fit(values)
    beyond = ~np.isfinite(scaling.mean) | ~np.isfinite(scaling.scale)
    for name in itertools.compress(names, beyond):
        raise DataError(
            f"{where}: {quoted(name)} has values up to {np.abs(values[:, beyond]).max():.3g}: too large to scale"
        )
    return scaling


def _first(wrong: NDArray[np.bool_]) -> tuple[int, int]:
    """Row and column of the first true element, or (-1, -1)."""
    if not wrong.any():
        return -1, -1
    row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return int(row), int(column)
