"""From steps to records: which series a run has, how slices, layers and evaluations become rows of the run folder."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui import outcomes
from nntui.data.dataset import REGRESSION
from nntui.engine import Network, activity
from nntui.store.records import LayerRecord
from nntui.store.tables import Arrays
from nntui.trainer.loop import Loop, Slice
from nntui.trainer.pace import Pace
from nntui.trainer.problem import Problem
from nntui.trainer.stage import Stage
from nntui.trainer.tables import Tables

Array = NDArray[Any]

#: Streams: every step; every flush; every evaluation, and what the units do then.
STEP, LAYERS, EVALUATION, ACTIVATIONS = "step", "layers", "evaluation", "activations"
#: The figures of a layer's units, by the names that :class:`~nntui.engine.Activity` has for them.
ACTIVITY = {"act_mean": "mean", "act_std": "std", "dead": "dead", "saturated": "saturated"}
#: They are taken at least so many seconds apart while the network trains,
ACTIVITY_SECONDS = 0.45
#: and over at most so many training rows and input values.
SAMPLE_ROWS, SAMPLE_VALUES = 256, 2**20
#: With four series a layer, the most buckets: less is drawn of them than of a loss.
ACTIVATIONS_KEEP = 16_384


class Telemetry:
    """Stages what the trainer sees; the session says when it is committed."""

    def __init__(self, writer: Stage, loop: Loop, problem: Problem, losses: Arrays | None = None) -> None:
        """``losses`` is what an earlier trainer of the run kept of the losses of rows."""
        self._writer, self._loop, self._problem = writer, loop, problem
        self._score = "r2" if problem.dataset.task == REGRESSION else "accuracy"
        self._tables = Tables(writer, loop, problem, losses)
        self._sample, self._activity_pace = _sample(loop.batches.X), Pace(ACTIVITY_SECONDS)
        self._evaluated, self._stale = -1, True
        self.latest: dict[str, Any] = {}
        names = [layer.name for layer in loop.network.layers]
        writer.add_stream(STEP, ["loss", *(f"grad_norm/{name}" for name in names)])
        layer_series = [f"{kind}/{name}" for kind in ("weight_norm", "update_ratio") for name in names]
        writer.add_stream(LAYERS, ["lr", "steps_per_s", "epoch", "elapsed", "wall", *layer_series])
        tested = ["val_loss", f"val_{self._score}"] if loop.held_out else []
        writer.add_stream(EVALUATION, [self._score, *tested])
        writer.add_stream(ACTIVATIONS, [f"{kind}/{name}" for kind in ACTIVITY for name in names], ACTIVATIONS_KEEP)

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
            "shown_rows": len(self._tables.shown),
        }
        self._stale = True
        layers = [
            LayerRecord(layer.name, layer.inputs, layer.outputs, layer.activation, layer.parameters.size)
            for layer in self._loop.network.layers
        ]
        self._writer.describe(layers, facts)

    def keep_rows(self) -> None:
        """Stages the rows of the prediction table."""
        self._tables.keep_rows()

    def keep_weights(self, *, at_rest: bool) -> None:
        """Stages the weights, if they are due or the network is at rest."""
        self._tables.keep_weights(at_rest=at_rest)

    def go_back(self) -> None:
        """The run is at an earlier step again: nothing that was seen of later ones counts any more."""
        self._evaluated, self._stale = -1, True
        self._tables.go_back()

    def record(self, happened: Slice) -> None:
        """Stages every step of a slice."""
        if len(happened.steps) == 0:
            return
        self._writer.record(STEP, happened.steps, np.column_stack((happened.losses, happened.norms)))
        self.latest["loss"] = _number(happened.losses[-1])
        self.latest["grad_norm"] = [_number(norm) for norm in happened.norms[-1]]
        self.latest["lr"] = self._loop.rate

    def record_layers(self, steps_per_s: float, elapsed: float, wall: float) -> None:
        """Stages the weights' norms and how far the last step moved them.

        ``elapsed`` are seconds of training, ``wall`` those since the run was made.
        """
        times = (self._loop.rate, steps_per_s, self._loop.epochs_done, elapsed, wall)
        values = np.concatenate((times, *self.measure_layers(self._loop.update_norms())))
        self._writer.record(LAYERS, np.array([self._loop.step]), values[None, :])

    def measure_layers(self, moved: Array) -> tuple[Array, Array]:
        """The weights' norms, and how far the last step has ``moved`` them, divided by these; shape (layers,)."""
        weights = self._loop.network.layer_norms(self._loop.network.parameters)
        ratios = moved / np.maximum(weights, np.finfo(np.float32).tiny)
        self.latest["weight_norm"] = [_number(norm) for norm in weights]
        self.latest["update_ratio"] = [_number(ratio) for ratio in ratios]
        return weights, ratios

    def evaluate(self, *, at_rest: bool = True) -> None:
        """Stages score, validation loss and score, activations and predictions, unless this step has them already.

        Where the network was changed since, without a step, only the predictions are taken anew. Of a network that is
        not ``at_rest`` the activations are taken only now and then.
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
            if at_rest or self._activity_pace.due:
                self._record_activity()
        self._tables.keep_predictions()

    def _record_activity(self) -> None:
        """Stages what the units of each layer do on the sample of training rows."""
        found = activity(self._loop.network, self._sample)
        figures = {kind: getattr(found, name) for kind, name in ACTIVITY.items()}
        self._writer.record(ACTIVATIONS, np.array([self._loop.step]), np.concatenate([*figures.values()])[None, :])
        self.latest |= {kind: [_number(value) for value in values] for kind, values in figures.items()}
        self._activity_pace.wrote(0)


def score(network: Network, X: Array, T: Array, task: str) -> float:
    """The share of rows that are right or, of a regression, how much of the targets' variance is explained."""
    return _worth(network.predict_proba(X), T, task)


def _worth(P: Array, T: Array, task: str) -> float:
    return outcomes.r2(P, T) if task == REGRESSION else float(outcomes.right(P, T, task).mean())


def _sample(X: Array) -> Array:
    """Some of the training rows' inputs, evenly spaced over all of them; those themselves, if they are few."""
    most = max(1, min(SAMPLE_ROWS, SAMPLE_VALUES // X.shape[1]))
    if len(X) <= most:
        return X
    return np.ascontiguousarray(X[np.linspace(0, len(X) - 1, most).astype(np.int64)])


def _number(value: float) -> float | None:
    """A float that JSON can hold; NaN and infinity become null."""
    return float(value) if math.isfinite(value) else None
