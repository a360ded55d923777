"""A run as it stood at an earlier step, from what its folder still tells of that time."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.errors import UserError
from nntui.knobs import KNOBS
from nntui.store.records import Command, Curve, Event, RunRecord
from nntui.tui.picture import Recalled, Table
from nntui.turns import path_of

#: Series that are told in fields of their own.
_FIELDS = frozenset(("epoch", "elapsed", "wall", "steps_per_s"))
#: What a curve holds for each bucket.
_ARRAYS = tuple(field.name for field in fields(Curve) if field.name != "name")


def as_of(
    run: RunRecord,
    step: int,
    values: Mapping[str, float],
    events: Sequence[Event],
    config: dict[str, Any],
) -> RunRecord:
    """The run at ``step``, one of those it has made, given the last values of its series and its events up to then.

    ``config`` is the configuration of that step. What no series tells is taken to have grown evenly with the steps.
    """
    if step >= run.step:
        return run
    share = step / run.step
    state = [event.text for event in events if event.kind == "state"]
    return replace(
        run,
        state="paused" if state and state[-1].startswith("paused") else "running",
        reason="",
        waits_for_room=False,
        heartbeat=time.time(),
        step=step,
        epoch=int(_finite(values, "epoch", run.epoch * share)),
        progress=run.progress * share,
        steps_left=run.steps_left + run.step - step,
        steps_per_s=_finite(values, "steps_per_s", run.steps_per_s),
        elapsed=_finite(values, "elapsed", run.elapsed * share),
        latest=_latest(run, values),
        config=config,
    )


def _finite(values: Mapping[str, float], name: str, otherwise: float) -> float:
    value = values.get(name, math.nan)
    return value if math.isfinite(value) else otherwise


def _latest(run: RunRecord, values: Mapping[str, float]) -> dict[str, Any]:
    """The newest values by metric; of those with a series a layer, a list in the order of the layers."""
    latest: dict[str, Any] = {}
    for name, value in values.items():
        metric, _, layer = name.partition("/")
        told = value if math.isfinite(value) else None
        if not layer and name not in _FIELDS:
            latest[name] = told
        for i, record in enumerate(run.layers):
            if layer == record.name:
                latest.setdefault(metric, [None] * len(run.layers))[i] = told
    return latest


def config_at(run: RunRecord, step: int, first: Mapping[str, Any], commands: Sequence[Command]) -> dict[str, Any]:
    """The configuration at a step: that of now, in which the knobs turned later stand as they did then.

    ``first`` is the configuration with which the run began, ``commands`` are all that it was given, in order.
    """
    config = copy.deepcopy(run.config)
    turned = path_of(commands)
    for key in {turn.key for turn in turned if turn.step > step}:
        section, _, name = key.partition(".")
        before = [turn.value for turn in turned if turn.key == key and turn.step <= step]
        with suppress(UserError):
            if before:
                config[section][name] = KNOBS[key].parse(before[-1])
            elif name in first.get(section, {}):
                config[section][name] = first[section][name]
    return config


def recalled(run: RunRecord, found: Recalled) -> RunRecord:
    """The run as it stood at a step, as :func:`as_of` tells it, with all that was made again of that step."""
    return replace(
        run,
        step=found.step,
        config=found.config,
        epoch=found.epoch,
        progress=found.progress,
        steps_left=found.steps_left,
        latest=found.latest,
        layers=found.layers,
        data=found.data,
    )


def until(curve: Curve, step: int) -> Curve:
    """A curve up to a step."""
    return _part(curve, curve.last <= step)


def since(curve: Curve, step: int) -> Curve:
    """A curve after a step."""
    return _part(curve, curve.last > step)


def _part(curve: Curve, told: NDArray[np.bool_]) -> Curve:
    arrays = {name: getattr(curve, name)[told] for name in _ARRAYS}
    return Curve(curve.name, **arrays)


def history(known: Table, made: Mapping[str, NDArray[Any]], step: int) -> Table:
    """The losses of rows up to a step: what is known of them, and what was made again of that step."""
    steps, loss = known.arrays.get("steps"), known.arrays.get("loss")
    if steps is None or loss is None or not made:
        return Table(step, dict(made), step)
    before = steps < step
    arrays = {
        "steps": np.concatenate((steps[before], made["steps"])),
        "loss": np.concatenate((loss[:, before], made["loss"]), axis=1),
    }
    return Table(step, arrays, step)
