"""Turning knobs of a run: by a rung of the ladder, and which were turned on the way to where it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from nntui import config
from nntui.config import RunConfig
from nntui.knob import ConfigError, Knob, Value
from nntui.knobs import KNOBS
from nntui.store.records import Command

#: Between the old and the new value in the answer to a command that turned a knob.
ARROW = " → "


def turned(knob: Knob, value: Value, direction: int, fits: Callable[[Value], bool]) -> Value:
    """The next value up (``direction`` 1) or down (-1) that fits; the same one if none does."""
    here = value
    while (beyond := knob.turned(here, direction)) not in (here, value):
        if fits(beyond):
            return beyond
        here = beyond
    return value


def fits(settings: RunConfig, knob: Knob, value: Value, *, task: str, step: int) -> bool:
    """Whether a run at this step can have a value: with its other values, and not if it would have ended already."""
    if knob.key == "training.steps" and value:
        return isinstance(value, int) and value > step
    if not knob.choices:
        return True
    try:
        config.check_answer(settings.with_value(knob.key, value), task)
    except ConfigError:
        return False
    return True


class Turn(NamedTuple):
    """A knob that was turned: the command's id, the step, the knob's key and its new value."""

    id: int
    step: int
    key: str
    value: str


def path_of(commands: Sequence[Command]) -> list[Turn]:
    """The knobs that were turned on the way to where the run is, without those that were given up by a rewind."""
    path: list[Turn] = []
    for command in commands:
        if command.status != "applied" or command.step is None:
            continue
        if command.kind in ("set", "turn") and command.key in KNOBS:
            value = command.value if command.kind == "set" else command.answer.rpartition(ARROW)[2]
            path.append(Turn(command.id, command.step, command.key, value))
        elif command.kind == "rewind":
            path = [turn for turn in path if turn.step < int(command.value)]
    return path
