"""Every key of a run once, with its type, range, default, ladder, help, and whether it is live.

The dataclasses below are the only list of keys. The command line, the knob panel, ``nntui set``, the documentation
and the trainer's own checks all read :data:`KNOBS`, which is made from their fields.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from nntui.errors import closest
from nntui.knob import ConfigError, Knob, Value, decades, shown

MAX_UNITS = 65_536
MAX_LAYERS = 64
MAX_COUNT = 10**15
MAX_FEATURES = 256
#: More would fill the memory of most machines before the first step.
MAX_PARAMETERS = 500_000_000

ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky-relu", "elu", "gelu", "silu", "softplus", "identity")
OUTPUTS = ("sigmoid", "softmax", "identity")
INITIALIZERS = ("zeros", "normal", "uniform", "xavier", "he", "lecun", "orthogonal")
LOSSES = ("cross-entropy", "squared-error", "huber")
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
SCHEDULES = ("constant", "step", "exponential", "cosine", "on-plateau")
GUARDS = ("stop", "rewind")
TASKS = ("binary", "multi-class", "regression")
FILLINGS = ("error", "drop", "zero", "mean", "median")
DTYPES = ("float32", "float64")

#: The output and the loss that suit each task.
SUITED = {
    "binary": ("sigmoid", "cross-entropy"),
    "multi-class": ("softmax", "cross-entropy"),
    "regression": ("identity", "squared-error"),
}

_BINARY, _MULTI, _REGRESSION = TASKS
_FUNCTIONS = ("xor", "and", "or", "nand", "nor", "xnor", "parity-3", "parity-4", "majority-3")
#: The data sets a preset can name: what can be learned from each, the usual target first, and what task that is.
#: The target of "function" is any expression in x.
TARGETS: dict[str, dict[str, str]] = {
    "truth-table": dict.fromkeys(_FUNCTIONS, _BINARY),
    "quadrants": {"quadrant": _BINARY},
    "gaussians": {"2 clouds": _BINARY, "3 clouds": _MULTI, "4 clouds": _MULTI},
    "circles": {"ring": _BINARY},
    "moons": {"moon": _BINARY},
    "spirals": {"2 arms": _BINARY, "3 arms": _MULTI, "5 arms": _MULTI},
    "plane": {"height": _REGRESSION},
    "bumps": {"height": _REGRESSION},
    "function": {"sin(x)": _REGRESSION},
    "cat-sketches": {"cat": _BINARY},
    "breast-cancer": {"malignant": _BINARY},
    "digits": {"digit": _MULTI, "odd": _BINARY} | dict.fromkeys("0123456789", _BINARY),
    "iris": {"species": _MULTI} | dict.fromkeys(("setosa", "versicolor", "virginica"), _BINARY),
    "wine": {"cultivar": _MULTI},
    "diabetes": {"progression": _REGRESSION},
}
#: Fewer rows would not be enough for every class of every generator.
MIN_ROWS = 10
#: How the names of files that hold data end; any other path is a folder of images.
TABLES = (".csv", ".tsv", ".txt", ".npz")


#: What is told of one data source, and holds for no other.
OF_SOURCE = ("target", "task", "features", "rows", "noise", "image_size", "grey")


def _knob(default: Value, text: str, **options: Any) -> Any:
    return field(default=default, metadata={"help": text, **options})


def is_path(source: str) -> bool:
    """Whether a data source is a file or a folder, not one of the named data sets."""
    return source not in TARGETS and ("/" in source or "\\" in source or source.lower().endswith(TABLES))


@dataclass(frozen=True, slots=True)
class DataConfig:
    """``[data]``: what to learn from."""

    source: str = _knob("truth-table", "a data set's name, a .csv or .npz file, or a folder of images, such as ./cats")
    target: str = _knob("", "what to predict: a target or column, several with commas; empty: the usual one")
    task: str = _knob("auto", "what kind of answer; auto: found out from the target", choices=("auto", *TASKS))
    features: tuple[str, ...] = _knob(
        (), "inputs as expressions, such as x1, x1*x2, sin(x1); empty: all there are", most=MAX_FEATURES
    )
    rows: int = _knob(0, f"how many rows a generator makes, at least {MIN_ROWS}", low=0, high=10**6, none=(0, "auto"))
    noise: float = _knob(0.0, "standard deviation of a generator's noise", low=0.0, high=100.0)
    missing: str = _knob("error", "what to do where a table has no value", choices=FILLINGS)
    image_size: int = _knob(0, "pixels a side that images are resized to", low=0, high=1024, none=(0, "auto"))
    grey: bool = _knob(False, "make colour images grey")
    test_fraction: float = _knob(0.2, "share of the rows held out for validation", low=0.0, high=0.9)
    standardize: bool = _knob(
        True, "shift and scale inputs, and the targets of a regression, to mean 0 and variance 1 (by the training part)"
    )


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """``[model]``: the network."""

    layers: tuple[int, ...] = _knob(
        (), "units of each hidden layer; empty: the outputs alone", low=1, high=MAX_UNITS, most=MAX_LAYERS
    )
    activation: tuple[str, ...] = _knob(
        ("tanh",), "activation of the hidden layers", choices=ACTIVATIONS, most=MAX_LAYERS, live=True
    )
    leak: float = _knob(
        0.01,
        "slope of leaky-relu below zero",
        low=0.0,
        high=1.0,
        ladder=(0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1),
        live=True,
        needs=("model.activation", ("leaky-relu",)),
    )
    dropout: float = _knob(
        0.0,
        "share of the hidden units left out at each step",
        low=0.0,
        high=0.95,
        ladder=(0, 0.02, 0.05, *(n / 10 for n in range(1, 10))),
        live=True,
    )
    init: tuple[str, ...] = _knob(
        ("xavier",), "how the weights of the layers start", choices=INITIALIZERS, most=MAX_LAYERS + 1
    )
    weights: str = _knob("", "a .toml, .npz or .safetensors file to start from, instead of init")
    output: str = _knob("auto", "activation of the output; auto: as suits the task", choices=("auto", *OUTPUTS))
    loss: str = _knob("auto", "what is minimised; auto: as suits the task", choices=("auto", *LOSSES), live=True)
    huber_delta: float = _knob(
        1.0,
        "where the Huber loss turns from a parabola into lines",
        low=1e-6,
        high=1e6,
        ladder=decades(-3, 3, (1, 2, 5)),
        live=True,
        needs=("model.loss", ("huber",)),
    )
    dtype: str = _knob("float32", "precision of all arithmetic", choices=DTYPES)


#: Ten rungs a decade: one press changes a rate by a quarter.
_TENTHS = (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8)
_THIRDS = (1, 2, 5)
_SHARES = (0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
_PENALTIES = (0, *decades(-6, 1, _THIRDS))
_LIMITS = (0, *decades(-3, 3, _THIRDS))
_EPOCHS = (0, *decades(0, 6, _THIRDS))


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """``[training]``: how it learns."""

    optimizer: str = _knob("sgd", "the rule that turns gradients into steps", choices=OPTIMIZERS, live=True)
    lr: float = _knob(0.1, "learning rate", low=1e-9, high=1e3, ladder=decades(-6, 2, _TENTHS), live=True)
    momentum: float = _knob(
        0.9,
        "share of the last step kept",
        low=0.0,
        high=0.9999,
        ladder=_SHARES,
        live=True,
        needs=("training.optimizer", ("momentum", "nesterov")),
    )
    beta1: float = _knob(
        0.9,
        "memory of the mean gradient, in steps 1 / (1 - beta1)",
        low=0.0,
        high=0.99999,
        ladder=_SHARES,
        live=True,
        needs=("training.optimizer", ("adam", "adamw")),
    )
    beta2: float = _knob(
        0.999,
        "memory of the mean square gradient",
        low=0.0,
        high=0.99999,
        ladder=(*_SHARES, 0.9999),
        live=True,
        needs=("training.optimizer", ("rmsprop", "adam", "adamw")),
    )
    weight_decay: float = _knob(
        0.01,
        "share of the weights, times the rate, that adamw takes off a step",
        low=0.0,
        high=10.0,
        ladder=_PENALTIES[:-3],
        live=True,
        needs=("training.optimizer", ("adamw",)),
    )
    schedule: str = _knob("constant", "how the learning rate falls by itself", choices=SCHEDULES, live=True)
    schedule_epochs: int = _knob(
        100,
        "epochs after which the schedule multiplies the rate by schedule_factor",
        low=1,
        high=MAX_COUNT,
        ladder=_EPOCHS[1:],
        live=True,
        needs=("training.schedule", ("step", "exponential", "on-plateau")),
    )
    schedule_factor: float = _knob(
        0.5,
        "what the schedule multiplies the rate by",
        low=0.001,
        high=1.0,
        ladder=(0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99),
        live=True,
        needs=("training.schedule", ("step", "exponential", "on-plateau")),
    )
    warmup: float = _knob(
        0.0,
        "epochs in which the rate rises, from a hundredth, to where the schedule has it",
        low=0.0,
        high=MAX_COUNT,
        ladder=(0, *decades(-1, 6, _THIRDS)),
        live=True,
    )
    l1: float = _knob(0.0, "weight of the L1 penalty", low=0.0, high=1e3, ladder=_PENALTIES, live=True)
    l2: float = _knob(0.0, "weight of the L2 penalty", low=0.0, high=1e3, ladder=_PENALTIES, live=True)
    clip_norm: float = _knob(
        0.0,
        "longest gradient; longer ones are shortened",
        low=0.0,
        high=1e9,
        ladder=_LIMITS,
        live=True,
        none=(0, "off"),
    )
    clip_value: float = _knob(
        0.0, "largest element of a gradient", low=0.0, high=1e9, ladder=_LIMITS, live=True, none=(0, "off")
    )
    patience: int = _knob(
        0,
        "epochs without a better held-out loss after which to end, at the best weights",
        low=0,
        high=MAX_COUNT,
        ladder=_EPOCHS,
        live=True,
        none=(0, "off"),
    )
    guard: str = _knob(
        "stop",
        "what to do when the loss diverges: end, or go back by itself and on at half the rate",
        choices=GUARDS,
        live=True,
    )
    guard_limit: int = _knob(
        5,
        "how often the guard goes back, at most, since somebody last went back",
        low=0,
        high=1000,
        ladder=(0, 1, 2, 3, 5, 10, 20, 50, 100),
        live=True,
        needs=("training.guard", ("rewind",)),
    )
    batch_size: int = _knob(
        0,
        "rows a step",
        low=0,
        high=10**9,
        ladder=(*(2**n for n in range(17)), 0),
        live=True,
        none=(0, "all"),
    )
    epochs: int = _knob(
        1000,
        "passes over the training rows",
        low=1,
        high=MAX_COUNT,
        ladder=decades(0, 9, _THIRDS),
        live=True,
    )
    steps: int = _knob(
        0,
        "steps after which to end, if the epochs are not over before",
        low=0,
        high=MAX_COUNT,
        ladder=(0, *decades(0, 12, _THIRDS)),
        live=True,
        none=(0, "off"),
    )
    threads: int = _knob(
        0, "cores that matrix products may use; auto: half of the machine's", low=0, high=1024, none=(0, "auto")
    )
    seed: int = _knob(
        0, "seed of the data, the split, the weights, dropout and the order of the rows", low=0, high=MAX_COUNT
    )


SECTIONS: dict[str, type] = {"data": DataConfig, "model": ModelConfig, "training": TrainingConfig}

#: Every knob by its full key, in the order of the file.
KNOBS: dict[str, Knob] = {
    f"{table}.{f.name}": Knob(f"{table}.{f.name}", getattr(cls(), f.name), **f.metadata)
    for table, cls in SECTIONS.items()
    for f in fields(cls)
}


def find_knob(key: str) -> Knob:
    """The knob named by a dotted key or by a unique last part. Raises ConfigError."""
    if key in KNOBS:
        return KNOBS[key]
    found = [knob for knob in KNOBS.values() if knob.name == key]
    if len(found) == 1:
        return found[0]
    names = (*KNOBS, *(knob.name for knob in KNOBS.values()))
    raise ConfigError(f"unknown key {shown(key)}{closest(key, names)}; keys: {', '.join(KNOBS)}")


def parse_setting(setting: str) -> tuple[str, Value]:
    """``KEY=VALUE`` as (full key, checked value). Raises ConfigError."""
    key, equals, text = setting.partition("=")
    if not equals:
        raise ConfigError(f"{shown(setting)}: must be KEY=VALUE, such as lr=0.1")
    knob = find_knob(key.strip())
    return knob.key, knob.parse(text)
