"""Runs recorded by this process: every number in them is fixed, so that what is drawn from them is, too."""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui import config
from nntui.knobs import KNOBS
from nntui.processes import start_of
from nntui.store import folder
from nntui.store.records import LayerRecord
from nntui.store.schema import DATABASE
from nntui.store.writer import Status, Writer

#: Recorded runs are so old, in seconds: "3 d" on the start screen, for the next twelve hours.
AGE = 3.1 * 86_400
#: Events happen 20 steps a second from then on: noon of a day in 2026, UTC.
NOON = 1_767_268_800.0
#: The series of the stream ``layers`` that are of no layer, and the kinds that are; and those of ``activations``.
TIMES = ("lr", "steps_per_s", "epoch", "elapsed", "wall")
NORMS = ("weight_norm", "update_ratio")
ACTIVITY = ("act_mean", "act_std", "dead", "saturated")
#: The points of a row's history.
HISTORY = 64


@dataclass(frozen=True)
class Shape:
    """What a recorded run trains, and on what: a row of ``X`` and ``T`` for each row of the prediction table."""

    name: str
    settings: dict[str, Any]
    layers: tuple[LayerRecord, ...]
    X: NDArray[np.float64]
    T: NDArray[np.float64]
    features: tuple[str, ...]
    target: str
    classes: tuple[str, ...] = ("0", "1")
    task: str = "binary"
    outputs: tuple[str, ...] = ()
    test_rows: int = 0
    image: tuple[int, int, int] | None = None
    value_range: tuple[float, float] | None = None
    title: str = ""
    events: tuple[tuple[int, str, str], ...] = field(default=((400, "set", "lr 0.1 → 0.125"),))

    @property
    def facts(self) -> dict[str, Any]:
        """What a trainer says of its data."""
        return {
            "name": self.name,
            "features": self.features,
            "inputs": self.features,
            "target": self.target,
            "task": self.task,
            "outputs": self.outputs or (self.target,),
            "classes": self.classes,
            "image": self.image,
            "value_range": self.value_range,
            "train_rows": len(self.X) - self.test_rows,
            "test_rows": self.test_rows,
            "shown_rows": len(self.X),
        }


def table() -> Shape:
    """The truth table of XOR, without held-out rows."""
    return Shape(
        name="xor",
        settings={
            "data": {"source": "truth-table", "target": "xor", "test_fraction": 0.0},
            "model": {"layers": [3], "activation": "sigmoid"},
            "training": {"lr": 0.125, "epochs": 2000},
        },
        layers=(LayerRecord("layer 1", 2, 3, "sigmoid", 9), LayerRecord("output", 3, 1, "sigmoid", 4)),
        X=np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
        T=np.array([[0.0], [1.0], [1.0], [0.0]]),
        features=("x1", "x2"),
        target="x1 xor x2",
        title="XOR: three hidden units",
    )


def tuned(shape: Shape, **training: Any) -> Shape:
    """The same with other knobs of training."""
    return replace(shape, settings=shape.settings | {"training": shape.settings["training"] | training})


def images() -> Shape:
    """Handwritten digits, odd or even; the last rows are held out."""
    X, digits = _digits()
    return Shape(
        name="digits",
        settings={
            "data": {"source": "digits", "target": "odd"},
            "model": {"layers": [20, 7], "activation": "relu", "init": "he"},
            "training": {"lr": 0.002, "batch_size": 64, "l2": 0.003, "epochs": 80},
        },
        layers=(
            LayerRecord("layer 1", 64, 20, "relu", 1300),
            LayerRecord("layer 2", 20, 7, "relu", 147),
            LayerRecord("output", 7, 1, "sigmoid", 8),
        ),
        X=X,
        T=(digits % 2.0)[:, None],
        features=_pixels(8, 8),
        target="odd",
        classes=("even", "odd"),
        test_rows=12,
        image=(8, 8, 1),
        value_range=(0.0, 16.0),
        title="Odd or even: 20 and 7 ReLU units",
    )


def ten_digits() -> Shape:
    """Handwritten digits, which of the ten it is, by a rate that a schedule lets fall."""
    _, digits = _digits()
    return replace(
        images(),
        settings={
            "data": {"source": "digits", "target": "digit"},
            "model": {"layers": [20, 7], "activation": ["relu", "leaky-relu"], "init": "he"},
            "training": {"optimizer": "adam", "lr": 0.002, "batch_size": 64, "epochs": 80, "schedule": "cosine"},
        },
        layers=(
            LayerRecord("layer 1", 64, 20, "relu", 1300),
            LayerRecord("layer 2", 20, 7, "leaky-relu", 147),
            LayerRecord("output", 7, 10, "softmax", 80),
        ),
        T=(digits[:, None] == np.arange(10)).astype(float),
        target="digit",
        classes=tuple("0123456789"),
        task="multi-class",
        outputs=tuple("0123456789"),
        title="Ten digits: 20 and 7 units",
    )


def species() -> Shape:
    """Flowers of three species, told by four measures; the last are held out."""
    flowers = np.array([[51, 35, 14, 2], [49, 30, 14, 2], [70, 32, 47, 14], [64, 32, 45, 15], [63, 33, 60, 25]])
    X = (np.tile(flowers, (6, 1)) + np.arange(30)[:, None] % 7) / 10.0
    names = ("setosa", "versicolor", "virginica")
    return Shape(
        name="iris",
        settings={
            "data": {"source": "iris"},
            "model": {"layers": [8], "activation": "tanh"},
            "training": {"lr": 0.125, "epochs": 400, "batch_size": 16},
        },
        layers=(LayerRecord("layer 1", 4, 8, "tanh", 40), LayerRecord("output", 8, 3, "softmax", 27)),
        X=X,
        T=np.eye(3)[np.tile([0, 0, 1, 1, 2], 6)],
        features=("sepal length", "sepal width", "petal length", "petal width"),
        target="species",
        classes=names,
        task="multi-class",
        outputs=names,
        test_rows=6,
        title="Iris: three species by four measures",
    )


def heights() -> Shape:
    """The height over a plane, a number to be told from two; the last rows are held out."""
    n = np.arange(40)
    X = np.column_stack((n * 37 % 41, n * 23 % 41)) / 20.0 - 1
    return Shape(
        name="bumps",
        settings={
            "data": {"source": "bumps", "features": ["x1", "x2", "x1*x2"]},
            "model": {"layers": [16, 16], "activation": "tanh"},
            "training": {"optimizer": "adam", "lr": 0.01, "epochs": 300, "batch_size": 32},
        },
        layers=(
            LayerRecord("layer 1", 3, 16, "tanh", 64),
            LayerRecord("layer 2", 16, 16, "tanh", 272),
            LayerRecord("output", 16, 1, "identity", 17),
        ),
        X=X,
        T=(X[:, :1] * X[:, 1:] - 0.5 * X[:, :1] ** 2) * 12 + 3,
        features=("x1", "x2"),
        target="height",
        classes=(),
        task="regression",
        test_rows=8,
        title="Bumps: the height over a plane",
    )


def _digits() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The first rows of the bundled digits: pixels (60, 64) from 0 to 16, and which digit each is (60,)."""
    rows = np.loadtxt(Path(__file__).with_name("digits.csv"), delimiter=",")
    return rows[:, :-1], rows[:, -1]


def _pixels(rows: int, columns: int) -> tuple[str, ...]:
    return tuple(f"row {row} column {column}" for row in range(1, rows + 1) for column in range(1, columns + 1))


class Recording:
    """A run folder, written as a trainer writes it; this process stands for the trainer while it is live.

    An ``old`` one has no more than the first versions recorded: steps, evaluations, rows and predictions. Its losses
    are so many times ``worse``.
    """

    def __init__(
        self,
        runs: Path,
        shape: Shape,
        *,
        run_id: str = "recorded",
        name: str = "",
        preset: str = "",
        old: bool = False,
        worse: float = 1.0,
    ) -> None:
        self.shape, self.old, self.worse = shape, old, worse
        self.config = config.from_dict({"title": shape.title, **shape.settings})
        made = folder.create(runs, name=name, preset=preset or shape.name, config=self.config.to_dict())
        self.folder = made.rename(runs / run_id)
        self.update(id=run_id, created=time.time() - AGE, host=socket.gethostname())
        folder.set_process(self.folder, os.getpid(), start_of(os.getpid()))
        self.writer = Writer(self.folder)
        self.status = Status("starting")
        names = [layer.name for layer in shape.layers]
        self.writer.describe(shape.layers, shape.facts)
        self.writer.add_stream("step", ["loss", *(f"grad_norm/{name}" for name in names)])
        score = "r2" if shape.task == "regression" else "accuracy"
        self.writer.add_stream("evaluation", [score, *(["val_loss", f"val_{score}"] if shape.test_rows else [])])
        if not old:
            self.writer.add_stream("layers", [*TIMES, *(f"{kind}/{name}" for kind in NORMS for name in names)])
            self.writer.add_stream("activations", [f"{kind}/{name}" for kind in ACTIVITY for name in names])
        rows: dict[str, NDArray[Any]] = {
            "row": np.arange(1, len(shape.X) + 1),
            "X": shape.X.astype(np.float32),
            "T": shape.T.astype(np.float32),
            "part": (np.arange(len(shape.X)) >= len(shape.X) - shape.test_rows).astype(np.uint8),
        }
        self.writer.table("rows", 0, rows)
        self.commit()

    def update(self, **columns: Any) -> None:
        """Writes columns of the run's row that no writer changes."""
        execute(self.folder, f"UPDATE run SET {', '.join(f'{name} = ?' for name in columns)}", *columns.values())

    def commit(self, **changes: Any) -> None:
        """Commits what is staged, the run's status changed as told."""
        self.status = replace(self.status, **changes)
        self.writer.status(self.status)
        self.writer.commit()
        execute(self.folder, "UPDATE events SET at = ? + step / 20.0", NOON)

    def train(self, steps: int, *, state: str = "running", total: int = 2000, bad: Sequence[int] = ()) -> None:
        """Records further steps, of which those in ``bad`` are not finite, and evaluates at the last."""
        first = self.status.step + 1
        numbers = np.arange(first, first + steps)
        losses = self.worse * _loss(numbers)
        losses[np.isin(numbers, bad)] = np.nan
        norms = np.column_stack([_norms(numbers, i) for i in range(len(self.shape.layers))])
        self.writer.record("step", numbers, np.column_stack((losses, norms)))
        every = numbers[numbers % 20 == 0]
        held_out = np.column_stack((_accuracy(every), 1.1 * self.worse * _loss(every) + every * 2e-5, _accuracy(every)))
        self.writer.record("evaluation", every, held_out if self.shape.test_rows else held_out[:, :1])
        last = int(numbers[-1])
        self.predict(last)
        if not self.old:
            self._record_layers(every, total)
            self._keep_tables(last)
        for step, kind, text in self.shape.events:
            if first <= step <= last:
                self.writer.event(step, kind, text)
        self.commit(
            state=state,
            step=last,
            epoch=int(last / total * self.shape.settings["training"]["epochs"]),
            progress=last / total,
            steps_per_s=12_345.0,
            elapsed=last / 20,
            latest=self._latest(last),
        )

    def _record_layers(self, steps: NDArray[np.int64], total: int) -> None:
        """Stages what a trainer tells of its layers and their units, and the time at these steps."""
        layers = range(len(self.shape.layers))
        lr = np.array([self._rate(int(step)) for step in steps])
        epochs = steps / total * self.shape.settings["training"]["epochs"]
        times = (lr, np.full(len(steps), 12_345.0), epochs, steps / 20, steps / 20 + 1)
        norms = [_layer_figures(steps, i)[kind] for kind in NORMS for i in layers]
        self.writer.record("layers", steps, np.column_stack((*times, *norms)))
        figures = [_layer_figures(steps, i)[kind] for kind in ACTIVITY for i in layers]
        self.writer.record("activations", steps, np.column_stack(figures))

    def _keep_tables(self, step: int) -> None:
        """Stages weights, and how the loss of each row went up to a step."""
        weights: dict[str, NDArray[Any]] = {}
        for number, layer in enumerate(self.shape.layers):
            n = np.arange(layer.inputs * layer.outputs).reshape(layer.inputs, layer.outputs)
            fade = 1 + step / 1000
            weights[f"{layer.name}.W"] = ((n * 37 % 101 - 50) / 40 * fade).astype(np.float32)
            weights[f"{layer.name}.b"] = ((np.arange(layer.outputs) * 53 % 89 - 44) / 60 + number / 10).astype(
                np.float32
            )
        self.writer.table("weights", step, weights)
        steps = np.linspace(0, step, min(HISTORY, step + 1)).astype(np.int64)
        share = 0.2 + np.arange(len(self.shape.X)) * 29 % 50 / 25
        loss = (share[:, None] * _loss(np.maximum(steps, 1))).astype(np.float32)
        self.writer.table("history", step, {"steps": steps, "loss": loss})

    def predict(self, step: int) -> None:
        """Stages predictions: about one class in six is wrong, and numbers are off by up to half a deviation."""
        T = self.shape.T
        distance = (np.arange(len(T)) * 37 % 100 / 100 * 0.6)[:, None]
        if self.shape.task == "regression":
            P = T + (distance - 0.3) * (T.max(axis=0) - T.min(axis=0)) / 3
        elif self.shape.task == "multi-class":
            P = T * (1 - distance) + np.roll(T, 1, axis=1) * distance * 0.9 + distance * 0.1 / T.shape[1]
        else:
            P = np.where(T > 0.5, 1 - distance, distance)
        self.writer.table("predictions", step, {"P": P.astype(np.float32)})

    def answer(self, status: str = "applied", text: str = "") -> list[tuple[str, str, str]]:
        """Answers the commands that wait, and turns the knobs as asked; returns kind, key and value of each."""
        waiting = self.writer.waiting()
        for command in waiting:
            if status == "applied" and command.kind in ("set", "turn"):
                knob = KNOBS[command.key]
                old, is_rung = self.config.get(knob.key), command.kind == "turn"
                new = knob.turned(old, int(command.value)) if is_rung else knob.parse(command.value)
                self.config = self.config.with_value(command.key, new)
                self.writer.configure(self.config.to_dict())
            self.writer.answer(command, status, self.status.step, text)
        self.commit()
        return [(command.kind, command.key, command.value) for command in waiting]

    def end(self, state: str = "finished", reason: str = "") -> Path:
        """Ends the run and closes the writer; returns the folder."""
        progress = 1.0 if state == "finished" else self.status.progress
        self.commit(state=state, reason=reason, progress=progress)
        self.writer.close()
        return self.folder

    def _latest(self, step: int) -> dict[str, Any]:
        here = np.array([step])
        score = "r2" if self.shape.task == "regression" else "accuracy"
        layers = range(len(self.shape.layers))
        kinds = NORMS if self.old else (*NORMS, *ACTIVITY)
        return {
            "loss": self.worse * float(_loss(here)[0]),
            "lr": self._rate(step),
            score: float(_accuracy(here)[0]),
            **(self._held_out(step, score) if self.shape.test_rows else {}),
            "grad_norm": [float(_norms(here, i)[0]) for i in layers],
            **{kind: [float(_layer_figures(here, i)[kind][0]) for i in layers] for kind in kinds},
        }

    def _held_out(self, step: int, score: str) -> dict[str, float]:
        here = np.array([step])
        loss = 1.1 * self.worse * float(_loss(here)[0]) + step * 2e-5
        return {"val_loss": loss, f"val_{score}": float(_accuracy(here)[0]) - 0.01}

    def _rate(self, step: int) -> float:
        """The learning rate in effect; a schedule lets it fall along a line."""
        training = self.config.training
        return training.lr * (1 if training.schedule == "constant" else 1 - step / 2500)


def execute(run: Path, statement: str, *values: Any) -> None:
    """Writes to a run's database past the writer."""
    with closing(sqlite3.connect(run / DATABASE, isolation_level=None)) as db:
        db.execute(statement, values)


def finished(runs: Path, shape: Shape, **options: Any) -> Path:
    """The folder of a run that has had its 2000 steps."""
    recording = Recording(runs, shape, **options)
    recording.train(2000)
    return recording.end()


# Only sums, products and quotients: the same bits on every machine.


def _loss(steps: NDArray[np.int64]) -> NDArray[np.float64]:
    noise = (steps * 7919 % 101 - 50) / 50
    falling: NDArray[np.float64] = 0.04 + (0.66 + 0.03 * noise) / (1 + steps / 250)
    return falling


def _norms(steps: NDArray[np.int64], layer: int) -> NDArray[np.float64]:
    noise = (steps * 6011 % 97 - 48) / 48
    norms: NDArray[np.float64] = (0.4 + 0.1 * noise) / 3**layer / (1 + steps / 150)
    return norms


def _layer_figures(steps: NDArray[np.int64], layer: int) -> dict[str, NDArray[np.float64]]:
    """What is told of one layer at these steps, by kind."""
    one = np.ones(len(steps))
    grown = steps / (steps + 500.0)
    return {
        "weight_norm": one * (1.5 + layer),
        "update_ratio": one * 2.5e-3 / (layer + 1),
        "act_mean": 0.1 * (layer + 1) + 0.3 * grown,
        "act_std": 0.2 + 0.25 * grown / (layer + 1),
        "dead": one * (0.25 if layer == 1 else 0.0),
        "saturated": 0.4 * grown / (layer + 1),
    }


def _accuracy(steps: NDArray[np.int64]) -> NDArray[np.float64]:
    return 1 - 0.5 / (1 + steps / 100)
