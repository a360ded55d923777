"""From steps to records: which series a run has, how slices, layers and evaluations become rows of the run folder."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui import outcomes
from nntui.data.dataset import REGRESSION
from nntui.engine import Network
from nntui.store.records import LayerRecord
from nntui.store.writer import Writer
from nntui.trainer.loop import Loop, Slice
from nntui.trainer.problem import Problem

Array = NDArray[Any]

#: Streams: every step; every flush; every evaluation.
STEP, LAYERS, EVALUATION = "step", "layers", "evaluation"
#: At most so many rows, input values and predictions are kept for the prediction table.
TABLE_ROWS, TABLE_VALUES, TABLE_PREDICTIONS = 2000, 1_000_000, 20_000


class Telemetry:
    """Stages what the trainer sees; the session says when it is committed."""

    def __init__(self, writer: Writer, loop: Loop, problem: Problem) -> None:
        self._writer, self._loop, self._problem = writer, loop, problem
        self._score = "r2" if problem.dataset.task == REGRESSION else "accuracy"
        self._shown = _shown_rows(problem)
        self._shown_inputs = problem.inputs(self._shown)
        self._evaluated, self._stale = -1, True
        self.latest: dict[str, Any] = {}
        names = [layer.name for layer in loop.network.layers]
        writer.add_stream(STEP, ["loss", *(f"grad_norm/{name}" for name in names)])
        layer_series = [f"{kind}/{name}" for kind in ("weight_norm", "update_ratio") for name in names]
        writer.add_stream(LAYERS, ["lr", "steps_per_s", *layer_series])
        tested = ["val_loss", f"val_{self._score}"] if loop.held_out else []
        writer.add_stream(EVALUATION, [self._score, *tested])

    def describe(self) -> None:
        """Stages what the network and its data look like: at the start, and after an activation was changed."""
        dataset, problem = self._problem.dataset, self._problem
        facts = {
            "name": dataset.name,
            "features": dataset.features,
            "inputs": problem.preparation.names,
            "task": dataset.task,
            "target": dataset.target,
            "outputs": dataset.outputs,
            "classes": dataset.classes,
            "image": dataset.image,
            "value_range": dataset.value_range,
            "train_rows": len(problem.train),
            "test_rows": len(problem.test),
            "shown_rows": len(self._shown),
        }
        self._stale = True
        layers = [
            LayerRecord(layer.name, layer.inputs, layer.outputs, layer.activation, layer.parameters.size)
            for layer in self._loop.network.layers
        ]
        self._writer.describe(layers, facts)

    def keep_rows(self) -> None:
        """Stages the rows of the prediction table."""
        dataset, problem = self._problem.dataset, self._problem
        arrays: dict[str, Array] = {
            "row": self._shown + 1,
            "X": _short(dataset.X[self._shown]),
            "T": _short(dataset.T[self._shown]),
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
        self.latest["lr"] = self._loop.rate

    def record_layers(self, steps_per_s: float) -> str | None:
        """Stages the weights' norms and how far the last step moved them; names what is not finite."""
        network, spoiled = self._loop.network, self._loop.spoiled
        weights = network.layer_norms(network.parameters)
        ratios = self._loop.update_norms() / np.maximum(weights, np.finfo(np.float32).tiny)
        values = np.concatenate(([self._loop.rate, steps_per_s], weights, ratios))
        self._writer.record(LAYERS, np.array([self._loop.step]), values[None, :])
        self.latest["weight_norm"] = [_number(norm) for norm in weights]
        self.latest["update_ratio"] = [_number(ratio) for ratio in ratios]
        layers = zip(network.layers, weights, strict=True)
        bad = next((f"the weights of {layer.name}" for layer, norm in layers if not math.isfinite(norm)), None)
        return bad or (f"the optimizer's {spoiled}" if spoiled else None)

    def evaluate(self) -> None:
        """Stages score, validation loss and score, and the predictions, unless this step has them already.

        Where the network was changed since, without a step, only the predictions are taken anew.
        """
        loop, network = self._loop, self._loop.network
        is_new = loop.step != self._evaluated
        if not is_new and not self._stale:
            return
        self._evaluated, self._stale = loop.step, False
        task = self._problem.dataset.task
        values, names = [score(network, loop.batches.X, loop.batches.T, task)], [self._score]
        if loop.held_out:
            X, T = loop.held_out
            Z = network.forward(X)
            values += [float(network.losses_of(Z, T).mean()), _worth(network.outputs(Z), T, task)]
            names += ["val_loss", f"val_{self._score}"]
        self.latest |= {name: _number(value) for name, value in zip(names, values, strict=True)}
        if is_new:
            self._writer.record(EVALUATION, np.array([loop.step]), np.array([values]))
        predictions = self._problem.scale.inverse(network.predict_proba(self._shown_inputs))
        self._writer.table("predictions", loop.step, {"P": _short(predictions)})


def score(network: Network, X: Array, T: Array, task: str) -> float:
    """The share of rows that are right or, of a regression, how much of the targets' variance is explained."""
    return _worth(network.predict_proba(X), T, task)


def _worth(P: Array, T: Array, task: str) -> float:
    return outcomes.r2(P, T) if task == REGRESSION else float(outcomes.right(P, T, task).mean())


def _shown_rows(problem: Problem) -> NDArray[np.int64]:
    """The rows of the prediction table: all of them or, of large data, the held-out rows first."""
    features, outputs = problem.dataset.X.shape[1], problem.dataset.T.shape[1]
    most = max(1, min(TABLE_ROWS, TABLE_VALUES // features, TABLE_PREDICTIONS // outputs))
    return np.sort(np.concatenate((problem.test, problem.train))[:most])


def _short(values: Array) -> Array:
    """As float32, unless that cannot hold them."""
    largest = np.abs(values).max(initial=0.0, where=np.isfinite(values))
    return values.astype(np.float32) if largest < np.finfo(np.float32).max else values


def _number(value: float) -> float | None:
    """A float that JSON can hold; NaN and infinity become null."""
    return float(value) if math.isfinite(value) else None
