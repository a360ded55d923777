"""Whether a run's own row holds what a trainer writes: SQLite keeps whatever lies in one that is damaged or made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import NoneType

from nntui.store.records import STATES, LayerRecord, RunRecord
from nntui.text import plain

#: The tables that every configuration has.
SECTIONS = ("data", "model", "training")

#: The types of values, by the annotation of a field.
_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "int | None": (int, NoneType),
    "float": (float, int),
    "bool": (bool,),
    "dict[str, Any]": (dict,),
    "tuple[LayerRecord, ...]": (tuple,),
}
_FIELDS: dict[type, dict[str, tuple[type, ...]]] = {
    record: {f.name: _KINDS[str(f.type)] for f in fields(record)} for record in (RunRecord, LayerRecord)
}
#: No number of these is as great.
_LIMIT = 2**63
#: The newest values that are one number, and those that are a list, a number a layer; others may be either.
_FIGURES = frozenset(("loss", "val_loss", "accuracy", "val_accuracy", "r2", "val_r2", "lr"))
_BY_LAYER = frozenset(("grad_norm", "weight_norm", "update_ratio", "act_mean", "act_std", "dead", "saturated"))
#: What is told of the data, where it is.
_FACTS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("name", "task", "target"), (str,)),
    **dict.fromkeys(("features", "inputs", "outputs", "classes"), (list,)),
    **dict.fromkeys(("image", "value_range"), (list, NoneType)),
    **dict.fromkeys(("train_rows", "test_rows", "shown_rows"), (int,)),
}


def check(run: RunRecord) -> None:
    """Raises ValueError for what no trainer writes."""
    if run.state not in STATES:
        raise ValueError(f"no state {run.state!r}")
    for record in (run, *run.layers):
        for name, kinds in _FIELDS[type(record)].items():
            value = getattr(record, name)
            if type(value) not in kinds or (isinstance(value, (int, float)) and not abs(value) < _LIMIT):
                raise _fault(name)
    if not has_sections(run.config):
        raise _fault("config")
    for name, value in run.latest.items():
        if not _is_newest(name, value):
            raise _fault(f"latest {name}")
    for name, kinds in _FACTS.items():
        if name in run.data and type(run.data[name]) not in kinds:
            raise _fault(f"data {name}")


def has_sections(config: Mapping[str, object]) -> bool:
    """Whether a configuration has the tables that every one has."""
    return all(isinstance(config.get(section), dict) for section in SECTIONS)


def _is_newest(name: str, value: object) -> bool:
    """Whether the newest value of a metric can be this."""
    if isinstance(value, list):
        return name not in _FIGURES and all(map(_is_figure, value))
    return name not in _BY_LAYER and _is_figure(value)


def _is_figure(value: object) -> bool:
    """Whether this is a number, NaN and infinity included, or None."""
    return value is None or type(value) is float or (type(value) is int and abs(value) < _LIMIT)


def _fault(name: str) -> ValueError:
    return ValueError(f"a value of another kind as {plain(name[:40])}")
