"""What a trainer tells of a run at a step, made again and kept in memory; nothing is written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.store.records import LayerRecord
from nntui.store.tables import Arrays
from nntui.trainer.checkpoints import CheckpointError
from nntui.trainer.problem import Problem
from nntui.trainer.recall import Moment, Past
from nntui.trainer.telemetry import Telemetry


class Portrait:
    """The newest of all that is staged, instead of a run folder: tables by name, layers, facts of the data.

    ``latest`` are the newest values by metric.
    """

    def __init__(self) -> None:
        self.tables: dict[str, Arrays] = {}
        self.layers: tuple[LayerRecord, ...] = ()
        self.data: dict[str, Any] = {}
        self.latest: dict[str, Any] = {}

    def describe(self, layers: Sequence[LayerRecord], data: Mapping[str, Any]) -> None:
        """Takes what the network and its data look like."""
        self.layers, self.data = tuple(layers), dict(data)

    def add_stream(self, name: str, series: Sequence[str], keep: int | None = None) -> None:
        """Takes nothing: the series of the run are in its folder."""

    def record(self, stream: str, steps: NDArray[np.int64], values: NDArray[Any]) -> None:
        """Takes nothing either."""

    def table(self, name: str, step: int, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Takes the arrays as they are now."""
        self.tables[name] = {key: array.copy() for key, array in arrays.items()}


def portray(past: Past, moment: Moment, step: int, problem: Problem) -> tuple[Moment, Portrait]:
    """Makes the last step before ``step``, from the moment before it, and tells of it what the trainer tells.

    The moment is one of ``past``, a step earlier; of step 0 it is the beginning. Raises CheckpointError.
    """
    portrait = Portrait()
    telemetry = Telemetry(portrait, moment.loop, problem)
    if step:
        made = moment.loop.run(1)
        if not len(made.steps):
            raise CheckpointError(f"step {step:,} cannot be reached again: the run ends at step {moment.loop.step:,}")
        telemetry.record(made)
        if made.diverged is None:
            telemetry.record_layers(math.nan, math.nan, math.nan)
    moment = past.onward(moment, step)  # the knobs that were turned there
    telemetry.describe()
    telemetry.keep_rows()
    telemetry.evaluate()
    telemetry.keep_weights(at_rest=True)
    portrait.latest = telemetry.latest | {"lr": moment.loop.rate}
    return moment, portrait
