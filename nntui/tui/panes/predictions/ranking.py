"""Which rows of the prediction table are shown, and in which order: by how far off they are, by number, by a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui import outcomes
from nntui.rowfilter import Rows
from nntui.store.records import RunRecord
from nntui.tui.picture import Arrays

Array = NDArray[Any]

#: Of columns there are these two that no table has: how far off a row is, and where it stands in the data.
WORST, NUMBER = "worst", "row"


@dataclass(frozen=True, slots=True)
class Order:
    """What the rows are ordered by: a column by name, or an input by number, from 0; ``reverse``: the other way."""

    by: str | int = WORST
    reverse: bool = False

    def ranked(self, P: Array, rows: Arrays, task: str, columns: Mapping[str, tuple[str, Array]]) -> NDArray[np.int64]:
        """The positions of the rows in this order, equal ones in the order of the data, what is not a number last."""
        if self.by == WORST:
            order = outcomes.worst_first(P, rows["T"], task)
            return order[::-1] if self.reverse else order
        if self.by == NUMBER:
            values: Array = np.arange(len(P))
        elif isinstance(self.by, int):
            values = rows["X"][:, self.by]
        else:
            values = columns[self.by][1]
        values = values.astype(np.float64)
        return np.argsort(-values if self.reverse else values, kind="stable")

    def next(self, possible: tuple[str | int, ...], direction: int = 1) -> Order:
        """The next of the orders that are possible, the natural way round."""
        place = possible.index(self.by) if self.by in possible else -direction
        return Order(possible[(place + direction) % len(possible)])

    def mark(self, by: str | int) -> str:
        """The sign in the heading of a column: ▲ when its values rise downwards, ▼ when they fall, else nothing.

        The worst rows first is an order of its own, which stands in the caption.
        """
        return ("▼" if self.reverse else "▲") if by == self.by and by != WORST else ""

    def told(self, names: tuple[str, ...], columns: Mapping[str, tuple[str, Array]]) -> str:
        """The order in words."""
        if self.by == WORST:
            return "best first" if self.reverse else "worst first"
        if self.by == NUMBER:
            return "last row first" if self.reverse else "in order"
        name = names[self.by] if isinstance(self.by, int) else columns[self.by][0]
        return f"by {name}{', falling' if self.reverse else ''}"


def filtered_rows(run: RunRecord, rows: Arrays, P: Array) -> Rows:
    """What can be asked of the rows of a table, in the language of `nntui.rowfilter`."""
    task, T = run.data.get("task", "binary"), rows["T"]
    words = {"train": rows["part"] == 0, "test": rows["part"] == 1}
    numbers: dict[str, Array] = {"row": rows["row"]}
    classes: dict[str, tuple[Array, tuple[str, ...]]] = {}
    if task == "regression":
        numbers |= {"target": T[:, 0], "pred": P[:, 0], "error": P[:, 0] - T[:, 0]}
    else:
        right = outcomes.right(P, T, task)
        words = {"wrong": ~right, "right": right, **words}
        names = tuple(str(name) for name in run.data["classes"])
        target, predicted = class_numbers(T, task), class_numbers(P, task)
        classes = {"class": (target, names), "pred": (predicted, names)}
        numbers["P"] = P[:, 0] if task == "binary" else P.max(axis=1)
    return Rows(words, numbers, classes, tuple(run.data["features"]), rows["X"])


def class_numbers(values: Array, task: str) -> NDArray[np.int64]:
    """The class of each row of targets or predictions (rows, outputs); -1 where a value is not finite."""
    found = values.argmax(axis=1) if task == "multi-class" else (values[:, 0] >= 0.5).astype(np.int64)
    return np.where(np.isfinite(values).all(axis=1), found, -1)
