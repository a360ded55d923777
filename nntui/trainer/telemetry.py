"""From steps to records: which series a run has, how slices, layers and evaluations become rows of the run folder."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.store.records import LayerRecord
from nntui.store.writer import Writer
from nntui.trainer.loop import Loop, Slice
from nntui.trainer.problem import Problem

Array = NDArray[Any]

#: Streams: every step; every flush; every evaluation.
STEP, LAYERS, EVALUATION = "step", "layers", "evaluation"
#: At most so many rows, and so many input values, are kept for the prediction table.
TABLE_ROWS, TABLE_VALUES = 2000, 1_000_000
TRAIN, TEST = 0, 1


class Telemetry:
    """Stages what the trainer sees; the session says when it is committed."""

    def __init__(self, writer: Writer, loop: Loop, problem: Problem) -> None:
        self._writer, self._loop, self._problem = writer, loop, problem
        self._inputs = {part: problem.inputs(rows) for part, rows in _parts(problem)}
        self._targets = {part: problem.targets(rows) for part, rows in _parts(problem)}
        self._shown = _shown_rows(problem)
        self._evaluated = -1
        self.latest: dict[str, Any] = {}
        names = [layer.name for layer in loop.network.layers]
        writer.add_stream(STEP, ["loss", *(f"grad_norm/{name}" for name in names)])
        layer_series = [f"{kind}/{name}" for kind in ("weight_norm", "update_ratio") for name in names]
        writer.add_stream(LAYERS, ["lr", "steps_per_s", *layer_series])
        tested = ["val_loss", "val_accuracy"] if len(problem.test) else []
        writer.add_stream(EVALUATION, ["accuracy", *tested])

    def describe(self) -> None:
        """Stages what does not change: the layers, the data, the rows of the prediction table."""
        dataset, problem = self._problem.dataset, self._problem
        facts = {
            "name": dataset.name,
            "features": dataset.features,
            "target": dataset.target,
            "classes": dataset.classes,
            "image": dataset.image,
            "value_range": dataset.value_range,
            "train_rows": len(problem.train),
            "test_rows": len(problem.test),
            "shown_rows": len(self._shown),
        }
        layers = [
            LayerRecord(layer.name, layer.inputs, layer.outputs, layer.activation, layer.parameters.size)
            for layer in self._loop.network.layers
        ]
        self._writer.describe(layers, facts)
        arrays: dict[str, Array] = {
            "row": self._shown + 1,
            "X": dataset.X[self._shown].astype(np.float32),
            "T": dataset.T[self._shown].astype(np.float32),
            "part": np.isin(self._shown, problem.test).astype(np.uint8),
        }
        self._writer.table("rows", 0, arrays)

    def record(self, happened: Slice) -> None:
        """Stages every step of a slice."""
        if len(happened.steps) == 0:
            return
        self._writer.record(STEP, happened.steps, np.column_stack((happened.losses, happened.norms)))
        self.latest["loss"] = _number(happened.losses[-1])
        self.latest["grad_norm"] = [_number(norm) for norm in happened.norms[-1]]
        self.latest["lr"] = self._loop.training.lr

    def record_layers(self, steps_per_s: float) -> str | None:
        """Stages the weights' norms and how far the last step moved them; names a layer whose weights are spoiled."""
        weights = self._loop.network.weight_norms()
        ratios = self._loop.update_norms() / np.maximum(weights, np.finfo(np.float32).tiny)
        values = np.concatenate(([self._loop.training.lr, steps_per_s], weights, ratios))
        self._writer.record(LAYERS, np.array([self._loop.step]), values[None, :])
        self.latest["weight_norm"] = [_number(norm) for norm in weights]
        self.latest["update_ratio"] = [_number(ratio) for ratio in ratios]
        layers = zip(self._loop.network.layers, weights, strict=True)
        return next((layer.name for layer, norm in layers if not math.isfinite(norm)), None)

    def evaluate(self) -> None:
        """Stages accuracy, validation loss and accuracy, and the predictions, unless this step has them already."""
        network, step = self._loop.network, self._loop.step
        if step == self._evaluated:
            return
        self._evaluated = step
        values = [_accuracy(network.predict_proba(self._inputs[TRAIN]), self._targets[TRAIN])]
        self.latest["accuracy"] = _number(values[0])
        if TEST in self._inputs:
            X, T = self._inputs[TEST], self._targets[TEST]
            values += [network.loss(X, T), _accuracy(network.predict_proba(X), T)]
            self.latest |= {"val_loss": _number(values[1]), "val_accuracy": _number(values[2])}
        self._writer.record(EVALUATION, np.array([step]), np.array([values]))
        predictions = network.predict_proba(self._problem.inputs(self._shown))
        self._writer.table("predictions", step, {"P": predictions.astype(np.float32)})


def _parts(problem: Problem) -> list[tuple[int, NDArray[np.int64]]]:
    return [(part, rows) for part, rows in ((TRAIN, problem.train), (TEST, problem.test)) if len(rows)]


def _shown_rows(problem: Problem) -> NDArray[np.int64]:
    """The rows of the prediction table: all of them or, of large data, the held-out rows first."""
    most = max(1, min(TABLE_ROWS, TABLE_VALUES // problem.dataset.X.shape[1]))
    return np.sort(np.concatenate((problem.test, problem.train))[:most])


def _accuracy(P: Array, T: Array) -> float:
    """The share of outputs on the right side of one half; NaN is on neither."""
    return float(np.mean(np.isfinite(P) & ((P >= 0.5) == (T >= 0.5))))


def _number(value: float) -> float | None:
    """A float that JSON can hold; NaN and infinity become null."""
    return float(value) if math.isfinite(value) else None
