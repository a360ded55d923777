"""A network that answers at once, without another process: recorded runs have none that could be asked."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nntui.errors import UserError
from nntui.store.reader import Reader
from nntui.store.records import RunRecord
from nntui.tui import reading
from nntui.tui.inference import InferenceError
from nntui.tui.picture import Answer, Question, Recalled

Array = NDArray[np.float64]


class Network:
    """Stands for :class:`nntui.tui.inference.Inference`.

    Only sums, products and quotients: the same bits on every machine.
    """

    #: Whether it can tell anything of a step of the past.
    remembers = False

    def __init__(self, threads: int = 1) -> None:
        """In no process there are no threads."""

    async def recall(self, folder: Path, step: int) -> Recalled | float:
        """A step at which every prediction was only half as far as it is."""
        if not self.remembers:
            raise InferenceError("nobody knows any more", told=True)
        with closing(Reader(folder)) as reader:
            run = reader.run()
            tables = {name: (reader.table(name) or (0, {}))[1] for name in ("predictions", "weights")}
        tables["predictions"] = {"P": (0.5 * tables["predictions"]["P"]).astype(np.float32)}
        share = step / run.step
        latest = {name: value * share if isinstance(value, float) else value for name, value in run.latest.items()}
        left, config = run.steps_left + run.step - step, {**run.config}
        config["training"] = {**config["training"], "lr": 0.0625}
        return Recalled(
            step, config, int(run.epoch * share), run.progress * share, left, latest, run.layers, run.data, tables
        )

    async def forward(self, folder: Path, question: Question, at: int | None = None) -> Answer:
        """What some network of the run's shape might say: something smooth that depends on every input."""
        try:
            run = reading.open_run(folder)
        except UserError as error:
            return Answer(question, error=str(error))
        if not run.layers:
            return Answer(question, error="no checkpoint yet")
        A = _bounded((question.X - question.X.mean(axis=0)) / (question.X.std(axis=0) + 0.1))
        found = []
        for layer in run.layers:
            n = np.arange(A.shape[1] * layer.outputs).reshape(A.shape[1], layer.outputs)
            Z = sum(A[:, [i]] * ((n[[i]] * 37 % 101 - 50) / 12) for i in range(A.shape[1]))
            A = _bounded(Z + np.arange(layer.outputs) * 53 % 89 / 60 - 0.5)
            found.append(A)
        return Answer(question, run.step if at is None else at, _said(run, A), tuple(found) if question.layers else ())

    async def close(self) -> None:
        """There is nothing to be ended."""


def _bounded(Z: Array) -> Array:
    """From -1 to 1, steep around 0."""
    bounded: Array = Z / (1 + np.abs(Z))
    return bounded


def _said(run: RunRecord, A: Array) -> Array:
    """What the output layer's activations mean in the run's task: a probability, several, or a number."""
    if run.data.get("task") == "regression":
        return 10 * A
    P: Array = (A + 1) / 2
    return P if P.shape[1] == 1 else P / P.sum(axis=1, keepdims=True)
