"""Arrays in an NPZ file, as NumPy's savez writes them."""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nntui.data.dataset import DROP, ERROR, MAX_FEATURES, MULTI_CLASS, REGRESSION, Column, DataError, Dataset
from nntui.data.files import contents, listed, named, quoted, reason, suggestion
from nntui.data.targets import AUTO, LARGEST, MAX_NAME, Target, encode_targets, outputs

T = TypeVar("T")
Image = tuple[int, int, int]

#: Bytes of texts that are looked at together.
CHUNK = 2**20
#: The most texts in an array, and bytes of them, of which few make many: compressed, they are next to nothing.
MAX_TEXTS, MAX_TEXT_BYTES = 2**22, 2**28
#: The most bytes of a file and of an array in it as float64, and the most channels of an image.
MAX_BYTES, MAX_CHANNELS = 2**31, 4
INPUTS = ("X", "x", "X_train", "x_train", "data", "features", "inputs", "images")
TARGETS = ("y", "Y", "T", "t", "y_train", "target", "targets", "labels", "label")


def load(path: Path | str, target: str = "", task: str = AUTO, missing: str = ERROR) -> Dataset:
    """The arrays X and y (or a usual name of theirs) in an NPZ file; ``target`` can name another array than y.

    X has the shape (samples, features), or (samples, height, width[, channels]) for images; y (samples,) or
    (samples, outputs), where rows with a single 1 are classes. ``feature_names`` and ``target_names`` may name the
    columns. NaN in X is a missing value: an error, a row left out ("drop"), or kept for later. Raises DataError.
    """
    where, arrays = named(path), Npz(path)
    inputs = arrays.read(arrays.find(INPUTS, "inputs"))
    key = target or arrays.find(TARGETS, "targets")
    X, image = _features(where, inputs)
    shape = arrays.shape(key)
    if len(shape) not in (1, 2) or shape[0] != len(X) or 0 in shape:
        found = f"{quoted(key)} has the shape {quoted(shape)}"
        raise DataError(f"{where}: {found}; must be ({len(X)},) or ({len(X)}, outputs), a row for each of the inputs")
    y = arrays.read(key)
    kept = _kept(where, X, y, missing)
    X, y = X[kept], y[kept]
    if len(X) < 2:
        raise DataError(f"{where}: has {len(X)} rows; at least 2 are needed")
    features = _names(arrays, ("feature_names", "columns"), X.shape[1]) or _default_names(image, X.shape[1])
    target_names = _names(arrays, ("target_names", "classes"), None)
    encoded = _target(f"{where}: {quoted(key)}", y, task, target_names)
    several = encoded.task == REGRESSION and encoded.T.shape[1] > 1
    columns = [f"{key} {i + 1}" for i in range(encoded.T.shape[1])] if several else [key]
    return Dataset(
        name=Path(path).name,
        X=X,
        T=encoded.T,
        task=encoded.task,
        columns=tuple(map(Column, features)),
        target=key,
        outputs=outputs(target_names if several and len(target_names) == len(columns) else columns, encoded),
        classes=encoded.classes,
        source=str(path),
        licence="as its owner says",
        image=image,
        value_range=_value_range(X, inputs.dtype) if image else None,
        lines=(np.flatnonzero(kept) + 1).tolist(),
    )


def read_inputs(path: Path | str) -> NDArray[np.float64]:
    """X (samples, features) of an NPZ file, whatever else is in it. Raises DataError."""
    arrays = Npz(path)
    return _features(named(path), arrays.read(arrays.find(INPUTS, "inputs")))[0]


class Npz:
    """The arrays in an NPZ file, each read when it is asked for, and none that would need pickle; raises DataError.

    ``keys`` are their names.
    """

    def __init__(self, path: Path | str) -> None:
        self.where = named(path)
        data = contents(path, MAX_BYTES)
        if not data:
            raise DataError(f"{self.where}: is empty")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except Exception as error:  # a damaged file can make the parsers raise anything
            raise DataError(f"{self.where}: is not an NPZ file: {reason(error)}") from None
        self.keys = [name.removesuffix(".npy") for name in self._zip.namelist() if name.endswith(".npy")]
        self.listed = listed(self.keys) or "none"

    def find(self, usual: Sequence[str], kind: str) -> str:
        """The first of the usual names that is here. Raises DataError."""
        for key in usual:
            if key in self.keys:
                return key
        called = " or ".join(usual[:3])
        raise DataError(f"{self.where}: has no array of {kind}, called {called}; its arrays: {self.listed}")

    def shape(self, key: str) -> tuple[int, ...]:
        """The shape of an array, from its header. Raises DataError as :meth:`read` does."""
        return self._taken(key, _check_header)

    def read(self, key: str) -> NDArray[Any]:
        """An array of numbers or texts. Raises DataError if it is damaged, something else, or not here."""
        self.shape(key)
        return self._taken(key, _array)

    def _taken(self, key: str, take: Callable[[str, IO[bytes], int], T]) -> T:
        """What is taken from the file of an array. Raises DataError."""
        if key not in self.keys:
            hint = suggestion(key, self.keys)
            raise DataError(f"{self.where}: has no array {quoted(key)}{hint}; its arrays: {self.listed}")
        place = f"{self.where}: array {quoted(key)}"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                info = self._zip.getinfo(f"{key}.npy")
                with self._zip.open(info) as file:
                    return take(place, file, info.file_size)
        except DataError:
            raise
        except Exception as error:  # a damaged file can make the parsers raise anything
            raise DataError(f"{place} cannot be read: {reason(error)}") from None


def _array(place: str, file: IO[bytes], size: int) -> NDArray[Any]:
    """The array in a file. Raises what NumPy does, and UnicodeError for texts that are none."""
    array: NDArray[Any] = np.asarray(npy.read_array(file, allow_pickle=False))
    if array.dtype.kind == "U":
        texts = array.reshape(-1)
        step = max(1, CHUNK // max(1, array.dtype.itemsize))
        for start in range(0, len(texts), step):
            "".join(texts[start : start + step].tolist()).encode()
    return array


def _check_header(place: str, file: IO[bytes], size: int) -> tuple[int, ...]:
    """The shape of an array, before room is made for it.

    Raises DataError for one that is no numbers or texts, or that claims more than is there.
    """
    version = npy.read_magic(file)
    shape, _, dtype = npy.read_array_header_1_0(file) if version == (1, 0) else npy.read_array_header_2_0(file)
    if dtype.kind not in "biufUS":
        raise DataError(f"{place} is of type {quoted(str(dtype))}; must be numbers or text")
    elements = math.prod(shape)
    if elements * max(dtype.itemsize, 1) > size or elements * max(dtype.itemsize, 8) > MAX_BYTES:
        raise DataError(f"{place} has the shape {quoted(shape)}, more than the file holds or than 2 GiB")
    if dtype.kind in "US" and (elements > MAX_TEXTS or elements * dtype.itemsize > MAX_TEXT_BYTES):
        most = f"{MAX_TEXTS} texts and {MAX_TEXT_BYTES / 2**20:.0f} MiB of them"
        raise DataError(f"{place} has the shape {quoted(shape)} and the type {quoted(str(dtype))}; at most {most}")
    return shape


def _features(where: str, X: NDArray[Any]) -> tuple[NDArray[np.float64], Image | None]:
    """X (samples, features), and the shape of the images that its rows are. Raises DataError."""
    shape = X.shape
    found = f"{where}: the inputs have the shape {quoted(shape)}"
    if X.ndim < 2 or 0 in shape or X.dtype.kind not in "biuf":
        raise DataError(f"{found} and the type {quoted(str(X.dtype))}; must be numbers, (samples, features)")
    if X.ndim > 4 or (X.ndim == 4 and shape[3] > MAX_CHANNELS):
        raise DataError(f"{found}; images are (samples, height, width) or (samples, height, width, 1 to 4)")
    width = math.prod(shape[1:])
    if width > MAX_FEATURES:
        raise DataError(f"{found}; at most {MAX_FEATURES} features are possible")
    values = X.reshape(len(X), width).astype(np.float64)
    wrong = np.argwhere(np.abs(values) > LARGEST)
    if len(wrong):
        row, column = wrong[0].tolist()
        place = f"row {row + 1}, column {column + 1}: {values[row, column]:g}"
        raise DataError(f"{where}: inputs, {place} is not a finite number up to {LARGEST:g}")
    return values, (shape[1], shape[2], shape[3] if X.ndim == 4 else 1) if X.ndim > 2 else None


def _value_range(X: NDArray[np.float64], dtype: np.dtype[Any]) -> tuple[float, float]:
    """The darkest and the brightest value of images: those that bytes can have, else those that there are."""
    if dtype == np.uint8:
        return 0.0, 255.0
    lowest, highest = float(np.nanmin(X)), float(np.nanmax(X))
    return lowest, highest if highest > lowest else lowest + 1.0


def _kept(where: str, X: NDArray[np.float64], y: NDArray[Any], missing: str) -> NDArray[np.bool_]:
    """Which rows are learned from. Raises DataError where a value is missing that must not be."""
    gaps = np.isnan(X)
    if missing == ERROR and gaps.any():
        row, column = np.argwhere(gaps)[0].tolist()
        place = f"row {row + 1}, column {column + 1}"
        raise DataError(f"{where}: inputs, {place}: has no value (NaN); data.missing can be drop, zero, mean or median")
    empty = gaps.all(axis=0)
    if empty.any():
        raise DataError(f"{where}: inputs, column {int(empty.argmax()) + 1}: has no values at all")
    kept = np.ones(len(X), dtype=bool)
    if missing == DROP:
        kept &= ~gaps.any(axis=1)
        kept &= ~np.isnan(y).reshape(len(y), -1).any(axis=1) if y.dtype.kind == "f" else True
    return kept


def _target(name: str, y: NDArray[Any], task: str, names: Sequence[str]) -> Target:
    """A target from y, shape (samples,) or (samples, outputs); ``names`` are those of its classes. Raises DataError."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y.reshape(-1)
    elif y.ndim == 2 and task != REGRESSION and _is_one_hot(y):
        task = MULTI_CLASS if task == AUTO and y.shape[1] > 2 else task
        y = y.argmax(axis=1)
    encoded = encode_targets(name, list(y.T) if y.ndim == 2 else [y], task)
    places = [int(label) for label in encoded.classes if label.isdecimal() and int(label) < len(names)]
    if y.dtype.kind in "iuf" and places and len(places) == len(encoded.classes):
        return encoded._replace(classes=tuple(names[place] for place in places))
    return encoded


def _is_one_hot(y: NDArray[Any]) -> bool:
    """Whether each row is a single 1 among zeros."""
    return y.dtype.kind in "biuf" and bool(np.all((y == 0) | (y == 1)) and np.all(y.sum(axis=1) == 1))


def _names(arrays: Npz, keys: Iterable[str], width: int | None) -> list[str]:
    """The names in the first of these arrays that holds as many different texts as there are columns; else none."""
    for key in keys:
        array = arrays.read(key) if key in arrays.keys else np.empty(0)
        names: list[str] = list(map(str, array)) if array.ndim == 1 and array.dtype.kind == "U" else []
        fit = len(set(names)) == len(names) and all(0 < len(name) <= MAX_NAME for name in names)
        if names and fit and width in (None, len(names)):
            return names
    return []


def _default_names(image: Image | None, width: int) -> list[str]:
    """The names of features that have none: columns by number, pixels by row and column."""
    return [f"x{i + 1}" for i in range(width)] if image is None else pixel_names(image)


def pixel_names(image: Image) -> list[str]:
    """The names of the pixels of an image (height, width, channels), row by row, channels last."""
    height, width, channels = image
    hues = {1: [""], 3: [" red", " green", " blue"]}.get(channels, [f" channel {i + 1}" for i in range(channels)])
    return [
        f"row {row + 1} column {column + 1}{hue}" for row in range(height) for column in range(width) for hue in hues
    ]
