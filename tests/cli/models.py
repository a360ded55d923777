"""Networks to predict with and to export: some made up, some trained for a moment in this process."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nntui import presets
from nntui.data import Column, Dataset, Preparation, Standardizer
from nntui.data.dataset import BINARY, MULTI_CLASS, REGRESSION
from nntui.engine import Network
from nntui.store import folder
from nntui.trainer import SIGNALS
from nntui.trainer.checkpoints import Model
from nntui.trainer.session import Session

#: A column far from zero, one of tiny numbers, and a category.
COLUMNS = (Column("a"), Column("b"), Column("long way"), Column("colour", ("blue", "red")))
OUTPUTS = {BINARY: ("answer",), MULTI_CLASS: ("no", "maybe", "yes"), REGRESSION: ("height", "weight")}
CLASSES = {BINARY: ("no", "yes"), MULTI_CLASS: ("no", "maybe", "yes"), REGRESSION: ()}
SUITED = {BINARY: "sigmoid", MULTI_CLASS: "softmax", REGRESSION: "identity"}
EXPRESSIONS = (
    "a",
    "a*b-`long way`/1e5",
    "sin(a)+cos(b)*tan(b)",
    "-a^2",
    "exp(-a)*log(`long way`)",
    "sqrt(abs(a))+square(b)",
    "sign(a)*tanh(2*pi*a)",
    "`colour=red`*2^a",
    "2*pi",
)


def raw_rows(rows: int = 60, seed: int = 1) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """X (rows, features) that float32 holds exactly, as the input of an ONNX model must."""
    rng = np.random.default_rng(seed)
    red = rng.integers(0, 2, rows)
    columns = (rng.normal(0, 1, rows), rng.normal(0, 1e-3, rows), rng.normal(1e5, 50, rows), 1 - red, red)
    return np.column_stack(columns).astype(np.float32).astype(np.float64)


def make_model(
    task: str = BINARY,
    *,
    activation: str | Sequence[str] = "tanh",
    output: str = "",
    features: Sequence[str] = (),
    missing: str = "error",
    leak: float = 0.2,
    dtype: str = "float32",
) -> Model:
    """A network with two hidden layers; what is before it is fitted to :func:`raw_rows`."""
    X, outputs = raw_rows(), OUTPUTS[task]
    dataset = Dataset(
        name="made",
        X=X,
        T=np.zeros((len(X), len(outputs))),
        task=task,
        columns=COLUMNS,
        target="answer",
        outputs=outputs,
        classes=CLASSES[task],
        source="",
        licence="",
    )
    preparation = Preparation.fit(dataset, np.arange(len(X)), features=features, missing=missing)
    network = Network(
        (len(preparation.names), 6, 4, len(outputs)),
        activation=activation,
        output=output or SUITED[task],
        loss="squared-error",
        leak=leak,
        seed=3,
        dtype=dtype,
    )
    network.parameters += 0.3 * np.random.default_rng(4).standard_normal(network.parameters.size).astype(dtype)
    scale = Standardizer.identity(len(outputs))
    if task == REGRESSION:
        scale = Standardizer(np.array([170.0, -3.0]), np.array([12.0, 0.5]))
    return Model(network, preparation, scale, 7, task, dataset.target, outputs, dataset.classes)


def train(home: Path, settings: Sequence[str], *, name: str, preset: str = "xor", steps: int = 30) -> Path:
    """The folder of a run under ``home``, trained to its end in this process."""
    config = presets.find(preset).load().with_settings([*settings, f"steps={steps}"])
    place = folder.create(home / "runs", name=name, preset=preset, config=config.to_dict())
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        assert Session(place).run() == "finished"
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return place
