"""What is to be predicted: which task a column of values is, and the numbers a network learns it by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nntui.data.dataset import BINARY, MULTI_CLASS, REGRESSION, DataError
from nntui.data.files import listed, quoted
from nntui.errors import closest

AUTO = "auto"
#: Whole numbers are classes if they have at most so many values and on average at least so many rows each.
MAX_COUNTED, MIN_ROWS_EACH = 20, 5
#: The most classes, the longest name of one, and the most elements of a one-hot array (0.8 GB).
MAX_CLASSES, MAX_NAME, MAX_ONE_HOT = 1000, 200, 10**8
#: The largest number that can be learned from: its square and sums of it are still far from overflow.
LARGEST = 1e100

#: Answers that mean "it is not so", whatever the other answer is.
_NEGATIVE = frozenset(
    ("no", "n", "false", "f", "0", "negative", "neg", "-", "off", "absent", "none", "other", "others")
)
_NOT = re.compile(r"(?:not|non)[ _-]?|no[ _-]")


class Target(NamedTuple):
    """An encoded target: T (samples, outputs), the task, and the classes, which a regression has none of."""

    T: NDArray[np.float64]
    task: str
    classes: tuple[str, ...]


def encode_target(
    name: str, values: Sequence[str] | NDArray[Any], task: str = AUTO, *, lines: Sequence[int] | None = None
) -> Target:
    """One column of texts or numbers, shape (samples,), as a target.

    The task, if it is "auto": two distinct values are binary; more texts are classes, as are whole numbers with at
    most 20 distinct values and 5 rows each on average; other numbers are a regression. Classes are in the order of
    their numbers or of the alphabet, but of two the negative one ("no", "false", "not-cats") comes first.

    ``name`` is what messages call the column, ``lines`` where in a file its samples are (else they are numbered).
    Raises DataError when the values do not fit the task, there is only one class, or a number is not finite.
    """
    if task not in (AUTO, BINARY, MULTI_CLASS, REGRESSION):
        tasks = (AUTO, BINARY, MULTI_CLASS, REGRESSION)
        raise DataError(f"{name}: task {quoted(task)}: must be one of {', '.join(tasks)}{closest(task, tasks)}")
    if len(values) == 0:
        raise DataError(f"{name}: has no values")
    texts, numbers = _texts_and_numbers(name, values)
    if numbers is None and task == REGRESSION:
        row = next(i for i, text in enumerate(texts) if not is_number(text))
        raise DataError(f"{name}: {_row(row, lines)}: {quoted(texts[row])} is not a number, which a regression needs")
    if numbers is not None:
        wrong = np.flatnonzero(~(np.abs(numbers) <= LARGEST))
        if len(wrong):
            found = f"{_row(int(wrong[0]), lines)}: {numbers[wrong[0]]:g}"
            raise DataError(f"{name}: {found} is not a finite number up to {LARGEST:g}")
        if task == REGRESSION:
            return Target(numbers[:, None].copy(), REGRESSION, ())
    if numbers is None:
        labels, index = _distinct(texts)
    else:
        distinct, index = np.unique(numbers, return_inverse=True)
        if task == AUTO and len(distinct) > 2 and not _is_counted(distinct, len(numbers)):
            return Target(numbers[:, None].copy(), REGRESSION, ())
        labels = [_plain(number) for number in distinct[: MAX_CLASSES + 1].tolist()]
    return _encode_classes(name, labels, index.reshape(-1), task)


def encode_targets(
    name: str,
    columns: Sequence[Sequence[str] | NDArray[Any]],
    task: str = AUTO,
    *,
    lines: Sequence[int] | None = None,
    names: Sequence[str] = (),
) -> Target:
    """One column as :func:`encode_target` does it; several as a regression with an output for each.

    ``names`` are what messages call each of several columns. Raises DataError.
    """
    if len(columns) == 1:
        return encode_target(names[0] if names else name, columns[0], task, lines=lines)
    if task not in (AUTO, REGRESSION):
        raise DataError(f"{name}: several targets are a regression; {quoted(task)} needs one column")
    parts = [
        encode_target(names[i] if names else f"{name} {i + 1}", column, REGRESSION, lines=lines).T
        for i, column in enumerate(columns)
    ]
    return Target(np.hstack(parts), REGRESSION, ())


def outputs(names: Sequence[str], target: Target) -> tuple[str, ...]:
    """The names of T's columns: the classes if there is a column for each, else the names of the target's columns."""
    return target.classes if target.task == MULTI_CLASS else tuple(names)


def is_number(text: str) -> bool:
    """Whether a text is a number as tables write them; Python's underscores are not."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def to_numbers(texts: Sequence[str]) -> NDArray[np.float64] | None:
    """The texts as numbers, shape (samples,), or None if one of them is none."""
    try:
        numbers = np.fromiter(map(float, texts), np.float64, len(texts))
    except ValueError:
        return None
    return None if any("_" in text for text in texts) else numbers


def _texts_and_numbers(
    name: str, values: Sequence[str] | NDArray[Any]
) -> tuple[Sequence[str], NDArray[np.float64] | None]:
    """The values as texts if they are some, and as numbers if they all are."""
    if not isinstance(values, np.ndarray):
        texts = [text.strip() for text in values]
        return texts, to_numbers(texts)
    if values.dtype.kind == "b":
        return [("false", "true")[value] for value in values.tolist()], None
    if values.dtype.kind in "iuf":
        return (), values.astype(np.float64)
    if values.dtype.kind == "U":
        return _texts_and_numbers(name, values.tolist())
    if values.dtype.kind == "S":
        return _texts_and_numbers(name, [value.decode("utf-8", "replace") for value in values.tolist()])
    raise DataError(f"{name}: is of type {quoted(str(values.dtype))}; must be numbers or text")


def _distinct(texts: Sequence[str]) -> tuple[list[str], NDArray[np.intp]]:
    """The sorted distinct texts, and the place of each text among them."""
    labels = sorted(set(texts))
    places = {label: place for place, label in enumerate(labels)}
    return labels, np.fromiter((places[text] for text in texts), np.intp, len(texts))


def _is_counted(distinct: NDArray[np.float64], samples: int) -> bool:
    """Whether numbers look like classes: few, whole, and each seen several times."""
    few = len(distinct) <= MAX_COUNTED and samples >= MIN_ROWS_EACH * len(distinct)
    return few and bool(np.all(distinct == np.round(distinct)))


def _encode_classes(name: str, labels: list[str], index: NDArray[np.intp], task: str) -> Target:
    """The samples of these classes as 0 and 1, or one-hot. Raises DataError."""
    if len(labels) == 1:
        raise DataError(f"{name}: all values are {quoted(labels[0])}; classes need at least two different ones")
    if task == BINARY and len(labels) != 2:
        raise DataError(f"{name}: has {_many(labels)} values ({listed(labels)}); binary needs two")
    if len(labels) > MAX_CLASSES or len(labels) * len(index) > MAX_ONE_HOT:
        raise DataError(
            f"{name}: has {_many(labels)} classes in {len(index)} rows ({listed(labels, 3)}); "
            f"at most {min(MAX_CLASSES, MAX_ONE_HOT // len(index))} can be told apart"
        )
    longest = max(labels, key=len)
    if "" in labels or len(longest) > MAX_NAME:
        found = quoted("" if "" in labels else longest)
        raise DataError(f"{name}: {found} cannot be a class; the name of one has 1 to {MAX_NAME} characters")
    if len(labels) == 2 and _is_negative(labels[1], labels[0]):
        labels, index = labels[::-1], 1 - index
    if len(labels) == 2 and task != MULTI_CLASS:
        return Target(index[:, None].astype(np.float64), BINARY, tuple(labels))
    one_hot = np.zeros((len(index), len(labels)))
    one_hot[np.arange(len(index)), index] = 1.0
    return Target(one_hot, MULTI_CLASS, tuple(labels))


def _is_negative(label: str, other: str) -> bool:
    """Whether a label denies the other one."""
    label, other = label.casefold(), other.casefold()
    denies = _NOT.match(label)
    return (label in _NEGATIVE and other not in _NEGATIVE) or (denies is not None and label[denies.end() :] == other)


def _plain(number: float) -> str:
    """A number as the name of a class: 3, not 3.0."""
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def _many(labels: Sequence[str]) -> str:
    """How many distinct labels; beyond the limit they are no longer counted."""
    return str(len(labels)) if len(labels) <= MAX_CLASSES else f"more than {MAX_CLASSES}"


def _row(index: int, lines: Sequence[int] | None) -> str:
    return f"line {lines[index]}" if lines is not None else f"row {index + 1}"
