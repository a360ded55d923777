"""What a run is: every key once, with its type, range, default, ladder, help, and whether it is live.

The dataclasses below are the only list of keys. The command line, the knob panel, ``nntui set``, the documentation
and the trainer's own checks all read :data:`KNOBS`, which is made from their fields.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from nntui.errors import UserError, closest

Value = str | int | float | bool | tuple[int, ...]

MAX_UNITS = 65_536
MAX_LAYERS = 64
MAX_COUNT = 10**15

ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky-relu", "identity")
INITIALIZERS = ("zeros", "normal", "xavier", "he")
LOSSES = ("cross-entropy", "squared-error")
OPTIMIZERS = ("sgd", "momentum", "adam")
DTYPES = ("float32", "float64")

#: The data sets a preset can name and what can be learned from each; the first target is the default.
TARGETS: dict[str, tuple[str, ...]] = {
    "xor": ("x1 xor x2",),
    "breast-cancer": ("malignant",),
    "digits": ("odd", *"0123456789"),
}


class ConfigError(UserError):
    """A key or a value that no run can have."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One key of a run's configuration.

    ``ladder`` holds, in rising order, the values that one press of ←/→ walks along; any value in the range may
    still be typed. A ``live`` knob can be turned while the network trains, with weights and optimizer state kept.
    ``none`` is a value with a meaning of its own (``0`` rows a batch: all of them) and how it is shown.
    """

    key: str
    default: Value
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    ladder: tuple[float, ...] = ()
    live: bool = False
    none: tuple[float, str] | None = None

    @property
    def name(self) -> str:
        """The last part of the key, which is enough wherever it is unique."""
        return self.key.rpartition(".")[2]

    @property
    def allowed(self) -> str:
        """What may stand here, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if isinstance(self.default, bool):
            return "true or false"
        if isinstance(self.default, tuple):
            return f"a list of 0 to {MAX_LAYERS} whole numbers from 1 to {MAX_UNITS}"
        if isinstance(self.default, str):
            return "a text of at most 1000 characters"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        meaning = f" ({self.none[0]:g} means {self.none[1]})" if self.none else ""
        return f"{kind} from {self.low:g} to {self.high:g}{meaning}"

    def check(self, value: object) -> Value:
        """The value in this knob's own type. Raises ConfigError, naming key, value and what is allowed."""
        default = self.default
        if isinstance(default, bool):
            good = isinstance(value, bool)
        elif isinstance(default, tuple):
            value = tuple(value) if isinstance(value, (list, tuple)) else value
            good = isinstance(value, tuple) and len(value) <= MAX_LAYERS
            good = good and all(type(n) is int and 1 <= n <= MAX_UNITS for n in value)  # type: ignore[attr-defined]
        elif isinstance(default, str):
            good = isinstance(value, str) and (value in self.choices if self.choices else len(value) <= 1000)
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            good = False
        elif isinstance(default, int):
            good = self._within(value) and value == int(value)
            value = int(value) if good else value
        else:
            good = self._within(value)
            value = float(value) if good else value
        if not good:
            hint = closest(value, self.choices) if isinstance(value, str) else ""
            raise ConfigError(f"{self.key} = {_shown(value)}: must be {self.allowed}{hint}")
        return value  # type: ignore[return-value]

    def _within(self, value: float) -> bool:
        """Whether a number lies in the range; a NaN never does."""
        assert self.low is not None
        assert self.high is not None
        return self.low <= value <= self.high

    def parse(self, text: str) -> Value:
        """The value that a person typed. Raises ConfigError."""
        text = text.strip()
        if isinstance(self.default, str):
            return self.check(text)
        if isinstance(self.default, tuple):
            parts = text.strip("[]").replace(",", " ").split()
            return self.check([int(p) if p.isascii() and p.isdigit() and len(p) < 20 else p for p in parts])
        if isinstance(self.default, bool):
            return self.check({"true": True, "false": False}.get(text.lower(), text))
        if self.none and text.lower() == self.none[1]:
            return self.check(self.none[0])
        try:
            return self.check(float(text) if isinstance(self.default, float) or not _is_whole(text) else int(text))
        except (ValueError, OverflowError):
            return self.check(text)

    def turned(self, value: Value, direction: int) -> Value:
        """The next value up (``direction`` 1) or down (-1) the ladder; the same one at its end."""
        rungs: tuple[Any, ...] = self.choices or self.ladder
        if self.choices:
            return rungs[(rungs.index(value) + direction) % len(rungs)]  # type: ignore[no-any-return]
        here = self._height(value)
        if direction > 0:
            beyond = [rung for rung in rungs if self._height(rung) > here * (1 + 1e-9)]
        else:
            beyond = [rung for rung in reversed(rungs) if self._height(rung) < here * (1 - 1e-9)]
        return self.check(beyond[0]) if beyond else value

    def _height(self, value: Any) -> float:
        """Where a value stands on the ladder: a batch of 0 rows means all rows, more than any number."""
        return float("inf") if value == 0 and self.ladder[-1] == 0 else float(value)

    def show(self, value: Value) -> str:
        """The value as the screen and the tables write it; :meth:`parse` reads it back."""
        if self.none and value == self.none[0]:
            return self.none[1]
        return show(value)


def show(value: Value) -> str:
    """A configuration value as text, short and exact."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(str, value)) + "]"
    if isinstance(value, float):
        return repr(value).removesuffix(".0") if abs(value) < 1e15 else repr(value)
    return str(value)


def _shown(value: object) -> str:
    text = repr(list(value)) if isinstance(value, tuple) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _is_whole(text: str) -> bool:
    return text.lstrip("+-").isdigit()


def _decades(low: int, high: int, *mantissas: float) -> tuple[float, ...]:
    return (*tuple(float(f"{m}e{e}") for e in range(low, high) for m in mantissas), float(f"1e{high}"))


_TENTHS = (
    1,
    1.25,
    1.6,
    2,
    2.5,
    3.2,
    4,
    5,
    6.3,
    8,
)  # ten steps a decade: one press changes a rate by a quarter


def _knob(default: Value, text: str, **options: Any) -> Any:
    return field(default=default, metadata={"help": text, **options})


@dataclass(frozen=True, slots=True)
class DataConfig:
    """``[data]``: what to learn from."""

    source: str = _knob("xor", "the data set", choices=tuple(TARGETS))
    target: str = _knob("", "what to predict; empty: the data set's own target")
    test_fraction: float = _knob(0.2, "share of the rows held out for validation", low=0.0, high=0.9)
    standardize: bool = _knob(True, "shift and scale each input to mean 0 and variance 1 (by the training part)")


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """``[model]``: the network."""

    layers: tuple[int, ...] = _knob((), "units of each hidden layer; empty: the output unit alone")
    activation: str = _knob("tanh", "activation of the hidden layers", choices=ACTIVATIONS)
    init: str = _knob("xavier", "how the weights start", choices=INITIALIZERS)
    loss: str = _knob("cross-entropy", "what is minimised", choices=LOSSES)
    dtype: str = _knob("float32", "precision of all arithmetic", choices=DTYPES)


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """``[training]``: how it learns."""

    optimizer: str = _knob("sgd", "the rule that turns gradients into steps", choices=OPTIMIZERS, live=True)
    lr: float = _knob(0.1, "learning rate", low=1e-9, high=1e3, ladder=_decades(-6, 2, *_TENTHS), live=True)
    momentum: float = _knob(
        0.9,
        "share of the last step kept (optimizer momentum)",
        low=0.0,
        high=0.9999,
        ladder=(0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999),
        live=True,
    )
    l2: float = _knob(
        0.0, "weight of the L2 penalty", low=0.0, high=1e3, ladder=(0, *_decades(-6, 1, 1, 2, 5)), live=True
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
        ladder=_decades(0, 9, 1, 2, 5),
        live=True,
    )
    steps: int = _knob(
        0,
        "steps after which to end, if the epochs are not over before",
        low=0,
        high=MAX_COUNT,
        ladder=(0, *_decades(0, 12, 1, 2, 5)),
        live=True,
        none=(0, "off"),
    )
    seed: int = _knob(0, "seed of the split, the weights and the order of the rows", low=0, high=MAX_COUNT)


_TABLES: dict[str, type] = {"data": DataConfig, "model": ModelConfig, "training": TrainingConfig}

#: Every knob by its full key, in the order of the file.
KNOBS: dict[str, Knob] = {
    f"{table}.{f.name}": Knob(f"{table}.{f.name}", getattr(cls(), f.name), **f.metadata)
    for table, cls in _TABLES.items()
    for f in fields(cls)
}


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Everything that determines a run, checked."""

    title: str = ""
    description: str = ""
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def get(self, key: str) -> Value:
        """The value of a knob by its full key."""
        table, _, name = key.partition(".")
        return getattr(getattr(self, table), name)  # type: ignore[no-any-return]

    def with_value(self, key: str, value: object) -> RunConfig:
        """A copy with one knob changed. Raises ConfigError."""
        table, _, name = key.partition(".")
        part = replace(getattr(self, table), **{name: KNOBS[key].check(value)})
        return _consistent(replace(self, **{table: part}))

    def with_settings(self, settings: Iterable[str]) -> RunConfig:
        """A copy with each ``KEY=VALUE`` applied, as typed on a command line, in any order. Raises ConfigError."""
        tables = self.to_dict()
        for setting in settings:
            key, value = parse_setting(setting)
            table, _, name = key.partition(".")
            tables[table][name] = value
        return from_dict(tables)

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers: what TOML and JSON can hold."""
        plain = asdict(self)
        plain["model"]["layers"] = list(self.model.layers)
        return plain

    @property
    def target(self) -> str:
        """What is predicted, the data set's default filled in."""
        return self.data.target or TARGETS[self.data.source][0]


def from_dict(tables: Mapping[str, Any]) -> RunConfig:
    """A checked configuration from nested dicts, defaults filled in. Raises ConfigError."""
    parts: dict[str, Any] = {}
    for name, content in tables.items():
        if name in ("title", "description"):
            if not isinstance(content, str) or len(content) > 5000:
                raise ConfigError(f"{name}: must be a text of at most 5000 characters")
            parts[name] = content
        elif name in _TABLES:
            if not isinstance(content, Mapping):
                raise ConfigError(f"{name} = {_shown(content)}: must be a table, [{name}]")
            parts[name] = _TABLES[name](**{k: _find(name, k).check(v) for k, v in content.items()})
        else:
            allowed = ("title", "description", *_TABLES)
            homes = {knob.name: f" (it belongs in [{knob.key.partition('.')[0]}])" for knob in KNOBS.values()}
            hint = homes.get(name) or closest(name, (*allowed, *homes))
            raise ConfigError(f"unknown key {_shown(name)}{hint}; allowed: {', '.join(allowed)}")
    return _consistent(RunConfig(**parts))


def _find(table: str, name: str) -> Knob:
    if knob := KNOBS.get(f"{table}.{name}"):
        return knob
    names = [k.name for k in KNOBS.values() if k.key.startswith(table + ".")]
    raise ConfigError(
        f"unknown key {table}.{_shown(name)[1:-1]}{closest(name, names)}; allowed in [{table}]: {', '.join(names)}"
    )


def _consistent(config: RunConfig) -> RunConfig:
    """The configuration, if its keys fit each other."""
    targets = TARGETS[config.data.source]
    if config.target not in targets:
        found = config.data.target
        raise ConfigError(
            f"data.target = {_shown(found)}: {config.data.source} has {', '.join(targets)}{closest(found, targets)}"
        )
    return config


def load(path: Path) -> RunConfig:
    """Reads a TOML file. Raises ConfigError, which names the file."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError("a directory or a device, not a file")
        if path.stat().st_size > 1_000_000:
            raise ConfigError("larger than 1 MB, which no configuration is")
        return from_dict(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        detail = " ".join(str(error).split()) or type(error).__name__
        raise ConfigError(f"{path}: not valid TOML: {detail}") from None


def find_knob(key: str) -> Knob:
    """The knob named by a dotted key or by a unique last part. Raises ConfigError."""
    if key in KNOBS:
        return KNOBS[key]
    found = [knob for knob in KNOBS.values() if knob.name == key]
    if len(found) == 1:
        return found[0]
    names = (*KNOBS, *(knob.name for knob in KNOBS.values()))
    raise ConfigError(f"unknown key {_shown(key)}{closest(key, names)}; keys: {', '.join(KNOBS)}")


def parse_setting(setting: str) -> tuple[str, Value]:
    """``KEY=VALUE`` as (full key, checked value). Raises ConfigError."""
    key, equals, text = setting.partition("=")
    if not equals:
        raise ConfigError(f"{_shown(setting)}: must be KEY=VALUE, such as lr=0.1")
    knob = find_knob(key.strip())
    return knob.key, knob.parse(text)
