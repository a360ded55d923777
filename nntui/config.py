"""What a run is: the values of all knobs, checked one by one and against each other."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from nntui.errors import closest
from nntui.expressions import Expression, ExpressionError, parse
from nntui.knob import ConfigError, Knob, Value, shown
from nntui.knobs import (
    KNOBS,
    MAX_PARAMETERS,
    MIN_ROWS,
    OF_SOURCE,
    SECTIONS,
    SUITED,
    TARGETS,
    DataConfig,
    ModelConfig,
    TrainingConfig,
    is_path,
    parse_setting,
)


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
        """A copy with each ``KEY=VALUE`` applied, as typed on a command line, in any order. Raises ConfigError.

        Paths are of the current folder, and are made absolute: the run may be read elsewhere. Another source leaves
        behind what the old one was told, such as its target.
        """
        tables, given = self.to_dict(), dict(map(parse_setting, settings))
        if given.get("data.source", self.data.source) != self.data.source:
            tables["data"] = {name: value for name, value in tables["data"].items() if name not in OF_SOURCE}
        for key, value in given.items():
            table, _, name = key.partition(".")
            tables[table][name] = value
        return _anchored(from_dict(tables), Path())

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers: what TOML and JSON can hold."""
        plain = asdict(self)
        for table in SECTIONS:
            plain[table] = {name: _plain(value) for name, value in plain[table].items()}
        return plain

    @property
    def target(self) -> str:
        """What is predicted, the data set's default filled in."""
        return self.data.target or next(iter(TARGETS.get(self.data.source, {"": ""})))

    @property
    def task(self) -> str:
        """The kind of answer; ``auto`` while only the data can tell."""
        known = TARGETS.get(self.data.source, {}).get(self.target, "auto")
        if self.data.source == "function":
            known = "regression"
        return known if self.data.task == "auto" else self.data.task

    def output(self, task: str) -> str:
        """The activation of the output for a task."""
        return SUITED[task][0] if self.model.output == "auto" else self.model.output

    def loss(self, task: str) -> str:
        """The loss for a task. Under an identity output there is no cross-entropy."""
        if self.model.loss != "auto":
            return self.model.loss
        return "squared-error" if self.output(task) == "identity" else SUITED[task][1]


def _plain(value: Value) -> Any:
    """A value as TOML and JSON have it; a list of one text is the text."""
    if not isinstance(value, tuple):
        return value
    return value[0] if len(value) == 1 and isinstance(value[0], str) else list(value)


def from_dict(tables: Mapping[str, Any]) -> RunConfig:
    """A checked configuration from nested dicts, defaults filled in. Raises ConfigError."""
    parts: dict[str, Any] = {}
    for name, content in tables.items():
        if name in ("title", "description"):
            if not isinstance(content, str) or len(content) > 5000:
                raise ConfigError(f"{name}: must be a text of at most 5000 characters")
            parts[name] = content
        elif name in SECTIONS:
            if not isinstance(content, Mapping):
                raise ConfigError(f"{name} = {shown(content)}: must be a table, [{name}]")
            parts[name] = SECTIONS[name](**{k: _find(name, k).check(v) for k, v in content.items()})
        else:
            allowed = ("title", "description", *SECTIONS)
            homes = {knob.name: f" (it belongs in [{knob.key.partition('.')[0]}])" for knob in KNOBS.values()}
            hint = homes.get(name) or closest(name, (*allowed, *homes))
            raise ConfigError(f"unknown key {shown(name)}{hint}; allowed: {', '.join(allowed)}")
    return _consistent(RunConfig(**parts))


def _find(table: str, name: str) -> Knob:
    if knob := KNOBS.get(f"{table}.{name}"):
        return knob
    names = [k.name for k in KNOBS.values() if k.key.startswith(table + ".")]
    raise ConfigError(
        f"unknown key {table}.{shown(name)[1:-1]}{closest(name, names)}; allowed in [{table}]: {', '.join(names)}"
    )


def _consistent(config: RunConfig) -> RunConfig:
    """The configuration, if its keys fit each other."""
    _check_source(config.data)
    _check_features(config.data.features)
    model, hidden = config.model, len(config.model.layers)
    for name, found, layers in (("activation", model.activation, hidden), ("init", model.init, hidden + 1)):
        if len(found) not in (1, layers):
            raise ConfigError(
                f"model.{name} = {shown(found)}: must be one name or {layers}, as many as there are layers"
            )
    check_size(model.layers)
    task = config.task
    if task != "auto":
        check_answer(config, task)
    elif (model.output, model.loss) == ("identity", "cross-entropy"):
        raise ConfigError("model.loss = 'cross-entropy': needs the output sigmoid or softmax, not identity")
    return config


def _check_source(data: DataConfig) -> None:
    if is_path(data.source):
        return
    if data.source not in TARGETS:
        raise ConfigError(
            f"data.source = {shown(data.source)}: must be one of {', '.join(TARGETS)}; or a path, such as ./cats or "
            f"rows.csv{closest(data.source, TARGETS)}"
        )
    if 0 < data.rows < MIN_ROWS:
        raise ConfigError(f"data.rows = {data.rows}: must be at least {MIN_ROWS}; or 0 for auto")
    targets = TARGETS[data.source]
    target = data.target or next(iter(targets))
    if data.source == "function":
        if _parsed("data.target", target).names != {"x"}:
            raise ConfigError(f"data.target = {shown(target)}: must be an expression in x alone, such as sin(x)")
        target = next(iter(targets))
    if target not in targets:
        raise ConfigError(
            f"data.target = {shown(target)}: {data.source} has {', '.join(targets)}{closest(target, targets)}"
        )
    if data.task not in ("auto", targets[target]):
        raise ConfigError(f"data.task = {shown(data.task)}: for {data.source} it is {targets[target]}")


def _check_features(features: tuple[str, ...]) -> None:
    found: dict[Expression, str] = {}
    for feature in features:
        expression = _parsed("data.features", feature)
        if expression in found:
            raise ConfigError(f"data.features: {shown(feature)} is there twice, as {shown(found[expression])} before")
        found[expression] = feature


def _parsed(key: str, text: str) -> Expression:
    try:
        return parse(text)
    except ExpressionError as error:
        raise ConfigError(f"{key}: {error}") from None


def check_size(units: Sequence[int]) -> None:
    """Raises ConfigError for layers of so many units, one after the other, that no memory would hold their weights."""
    count = sum((before + 1) * after for before, after in pairwise(units))
    if count > MAX_PARAMETERS:
        raise ConfigError(f"model.layers: {count:,} parameters; must be at most {MAX_PARAMETERS:,}")


def check_answer(config: RunConfig, task: str) -> None:
    """Raises ConfigError where output or loss cannot give the answers of this task."""
    output, loss = config.output(task), config.loss(task)
    if task == "regression" and output != "identity":
        raise ConfigError(f"model.output = {shown(output)}: a regression needs identity")
    if task != "multi-class" and output == "softmax":
        raise ConfigError(f"model.output = 'softmax': is for more than two classes; here the task is {task}")
    if output == "identity" and loss == "cross-entropy":
        raise ConfigError("model.loss = 'cross-entropy': needs the output sigmoid or softmax, not identity")


def load(path: Path) -> RunConfig:
    """Reads a TOML file. Raises ConfigError, which names the file."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError("a directory or a device, not a file")
        if path.stat().st_size > 1_000_000:
            raise ConfigError("larger than 1 MB, which no configuration is")
        return _anchored(from_dict(tomllib.loads(path.read_text(encoding="utf-8-sig"))), path.parent)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        detail = " ".join(str(error).split()) or type(error).__name__
        raise ConfigError(f"{path}: not valid TOML: {detail}") from None


def _anchored(config: RunConfig, folder: Path) -> RunConfig:
    """The configuration with the files it names looked for beside its own file."""
    if is_path(config.data.source):
        config = config.with_value("data.source", _beside(folder, config.data.source))
    if config.model.weights:
        config = config.with_value("model.weights", _beside(folder, config.model.weights))
    return config


def _beside(folder: Path, path: str) -> str:
    """A path that a person wrote, as an absolute one."""
    return str((folder / os.path.expanduser(path)).absolute())  # noqa: PTH111 - Path.expanduser raises without a home
