"""The tables of a run: rows of its data, what the network says of them, how their loss went, and the weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.store.tables import Arrays
from nntui.trainer.history import History
from nntui.trainer.loop import Loop
from nntui.trainer.pace import Pace
from nntui.trainer.problem import Problem
from nntui.trainer.stage import Stage

Array = NDArray[Any]

#: At most so many rows, input values and predictions are kept for the prediction table.
TABLE_ROWS, TABLE_VALUES, TABLE_PREDICTIONS = 2000, 1_000_000, 20_000
#: The weights of a network of more parameters are in its checkpoints alone.
TABLE_WEIGHTS = 4_000_000
#: Seconds from one writing of the weights to the next, at least.
WEIGHTS_SECONDS = 0.45


class Tables:
    """Stages the newest arrays; some of them only as often as their size allows."""

    def __init__(self, writer: Stage, loop: Loop, problem: Problem, losses: Arrays | None = None) -> None:
        self._writer, self._loop, self._problem = writer, loop, problem
        #: The numbers of the rows that are shown, from 0.
        self.shown = _shown_rows(problem)
        self._inputs, self._targets = problem.inputs(self.shown), problem.targets(self.shown)
        # Damaged, it says nothing of these rows.
        are_these = losses is not None and losses and len(losses["loss"]) == len(self.shown)
        self._history, self._history_pace = History(losses if are_these else None), Pace()
        self._weights_step, self._weights_pace = -1, Pace(WEIGHTS_SECONDS)

    def go_back(self) -> None:
        """The run is at an earlier step again: forgets what came later."""
        self._history.go_back(self._loop.step)
        self._weights_step = -1

    def keep_rows(self) -> None:
        """Stages ``rows``, those of the prediction table."""
        self._writer.table("rows", 0, rows_of(self._problem))

    def keep_predictions(self) -> None:
        """Stages ``predictions``, what the network says of these rows, and now and then their losses in ``history``."""
        network, step = self._loop.network, self._loop.step
        Z = network.forward(self._inputs)
        self._writer.table("predictions", step, {"P": _short(self._problem.scale.inverse(network.outputs(Z)))})
        if self._history.wants(step) and self._history_pace.due:
            self._history.add(step, network.losses_of(Z, self._targets))
            self._stage("history", self._history.arrays, self._history_pace)

    def keep_weights(self, *, at_rest: bool) -> None:
        """Stages ``weights``, W and b of each layer, if this step's are due or the network is at rest.

        Weights that are not finite are not kept: the last good ones stay, as in checkpoints.
        """
        network, step = self._loop.network, self._loop.step
        is_known = step == self._weights_step or network.parameters.size > TABLE_WEIGHTS
        if is_known or not (at_rest or self._weights_pace.due) or not np.isfinite(network.parameters).all():
            return
        self._weights_step = step
        arrays = {f"{layer.name}.{name}": array for layer in network.layers for name, array in layer.arrays}
        self._stage("weights", {name: _short(array) for name, array in arrays.items()}, self._weights_pace)

    def _stage(self, name: str, arrays: dict[str, Array], pace: Pace) -> None:
        self._writer.table(name, self._loop.step, arrays)
        pace.wrote(sum(array.nbytes for array in arrays.values()))


def rows_of(problem: Problem) -> dict[str, Array]:
    """The rows of the prediction table: their numbers from 1 ``row``, raw inputs ``X``, targets ``T``, and ``part``."""
    shown, dataset = _shown_rows(problem), problem.dataset
    return {
        "row": shown + 1,
        "X": _short(dataset.X[shown]),
        "T": _short(dataset.T[shown]),
        "part": np.isin(shown, problem.test).astype(np.uint8),
    }


def _shown_rows(problem: Problem) -> NDArray[np.int64]:
    """The rows of the prediction table: all of them or, of large data, the held-out rows first."""
    features, outputs = problem.dataset.X.shape[1], problem.dataset.T.shape[1]
    most = max(1, min(TABLE_ROWS, TABLE_VALUES // features, TABLE_PREDICTIONS // outputs))
    return np.sort(np.concatenate((problem.test, problem.train))[:most])


def _short(values: Array) -> Array:
    """As float32, unless that cannot hold them."""
    largest = np.abs(values).max(initial=0.0, where=np.isfinite(values))
    return values.astype(np.float32, copy=False) if largest < np.finfo(np.float32).max else values
