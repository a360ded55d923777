"""The knobs that were turned on the way to where a run is, as the commands that it was given tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nntui.knobs import KNOBS
from nntui.store.records import Command


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
        if command.kind == "set" and command.key in KNOBS:
            path.append(Turn(command.id, command.step, command.key, command.value))
        elif command.kind == "rewind":
            path = [turn for turn in path if turn.step < int(command.value)]
    return path
