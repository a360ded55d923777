"""The way out of a divergence: back to an earlier step, and on from there at half the learning rate.

The trainer takes it by itself if ``training.guard`` says so; screen and command line offer it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from nntui.knobs import KNOBS
from nntui.store import catalog
from nntui.store.reader import Reader
from nntui.store.records import Command
from nntui.store.schema import FOREVER
from nntui.turns import path_of

#: Who asks for what the trainer does by itself; no login has a space in it.
WHO = "the guard"
#: Just before a divergence the weights are huge already. So it goes back a tenth of the way, if that does not help two
#: tenths, and so on; and at least so many steps.
TENTH, LEAST = 10, 100

_RATE = KNOBS["training.lr"]


class WayOut(NamedTuple):
    """The step to go back to, and the learning rate to go on with."""

    step: int
    rate: float

    @property
    def lr(self) -> str:
        """The rate as it is written, to the last digit."""
        return _RATE.show(self.rate)

    @property
    def asked(self) -> tuple[tuple[str, str, str], ...]:
        """Kinds, keys and values of the commands that go there."""
        return ("rewind", "", str(self.step)), ("set", _RATE.key, self.lr)


def way_out(
    step: int, config: Mapping[str, Any], first: Mapping[str, Any], commands: Sequence[Command], time: int = 1
) -> WayOut:
    """From the step where a run diverged with a configuration, for the first, the second time and so on.

    ``first`` is the configuration with which the run began, ``commands`` are all that it was given. A rate that was
    lower than half of the present one where the run goes back to stays as it was there.
    """
    back = max(0, step - max(LEAST, step * time // TENTH))
    turned = [turn.value for turn in path_of(commands) if turn.key == _RATE.key and turn.step < back]
    there = _RATE.parse(turned[-1]) if turned else _RATE.value_in(first)
    assert _RATE.low is not None
    return WayOut(back, max(_RATE.low, min(_number(there), _number(_RATE.value_in(config)) / 2)))


def _number(value: object) -> float:
    assert isinstance(value, (int, float))
    return float(value)


def times(commands: Sequence[Command]) -> int:
    """How often a run went back by itself, since somebody last took it back."""
    count = 0
    for command in commands:
        if command.kind == "rewind" and command.status == "applied":
            count = count + 1 if command.who == WHO else 0
    return count


def offered(folder: Path) -> WayOut:
    """What to offer to whoever looks at a run that has diverged. Raises RunError."""
    with closing(Reader(folder)) as reader:
        run, commands = reader.run(), reader.commands(FOREVER)
    return way_out(run.step, run.config, catalog.first_config(folder) or run.config, commands)
