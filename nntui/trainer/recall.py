"""A run's past made again: the nearest checkpoint, the steps after it, and what was asked of the trainer meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nntui import config
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.knobs import KNOBS
from nntui.store import catalog
from nntui.store.folder import CHECKPOINTS
from nntui.store.reader import Reader
from nntui.store.schema import FOREVER
from nntui.store.tables import Arrays
from nntui.trainer import checkpoints
from nntui.trainer.checkpoints import Checkpoint, CheckpointError
from nntui.trainer.loop import Loop, Slice
from nntui.trainer.problem import Problem, configure_network
from nntui.trainer.tables import rows_of
from nntui.trainer.weights import initial_network
from nntui.turns import Turn, path_of

#: So many steps are made again at once at most, and for about so long, before whoever waits is told: the run's heart
#: beats then.
STRIDE, STRIDE_SECONDS = 1024, 0.5

Meanwhile = Callable[[Slice], object]
#: Arrays and facts of a loop, as :attr:`Loop.state` has them.
State = tuple[Mapping[str, NDArray[Any]], Mapping[str, Any]]


def _nobody(made: Slice) -> None:
    """Is told, and does nothing."""


class Moment(NamedTuple):
    """A run as it was: what trains, the configuration that held, and the last command that had taken effect."""

    loop: Loop
    config: RunConfig
    command: int


def make_loop(settings: RunConfig, problem: Problem) -> Loop:
    """A run before its first step. Raises UserError."""
    train, test = problem.train, problem.test
    held_out = (problem.inputs(test), problem.targets(test)) if len(test) else None
    network = initial_network(settings, problem)
    return Loop(network, problem.inputs(train), problem.targets(train), settings.training, held_out)


def turned(moment: Moment, settings: RunConfig, task: str, command: int) -> Moment:
    """The same loop, which goes on with another configuration; weights and the optimizer's state stay."""
    moment.loop.configure(settings.training)
    if settings.model != moment.config.model:
        configure_network(moment.loop.network, settings, task)
    return Moment(moment.loop, settings, command)


def become(now: Moment, then: Moment, task: str) -> Moment:
    """The loop of ``now``, which is where another one is."""
    found = turned(now, then.config, task, then.command)
    found.loop.load(*then.loop.state)
    return found


def check_data(folder: Path, problem: Problem) -> None:
    """Raises UserError where the data are others by now than those of which a run has recorded rows."""
    with closing(Reader(folder)) as reader:
        known = reader.table("rows")
    if known is None:
        return
    told, rows = known[1], rows_of(problem)
    if any(not np.array_equal(told[name], rows[name], equal_nan=True) for name in told.keys() & rows.keys()):
        raise UserError("the data are others than the run learned from: put those back, or start a new run")


class Past:
    """What a run folder tells of how its run came to where it is. Read once, when this is made. Raises RunError."""

    def __init__(self, folder: Path, problem: Problem) -> None:
        self._checkpoints, self._problem = folder / CHECKPOINTS, problem
        reader = Reader(folder)
        try:
            asked = reader.commands(FOREVER)
            self._given = [command for command in asked if command.status == "applied"]
            waiting = [command.id for command in asked if command.status == "waiting"]
            #: What came of the commands up to this one is recorded.
            self._answered = min(waiting) - 1 if waiting else max((command.id for command in asked), default=0)
            self._first = catalog.first_config(folder) or reader.config()
            known = reader.table("history")
            #: What is kept of the losses of rows, if anything.
            self.losses: Arrays = known[1] if known else {}
            #: How far the run has come.
            self.step = reader.run().step
            self.has_begun = self.step > 0 or (self._checkpoints / checkpoints.LATEST).exists()
        finally:
            reader.close()

    def at(self, step: int, *, until: int = FOREVER, begin: int = FOREVER, meanwhile: Meanwhile = _nobody) -> Moment:
        """The run at a step, to the bit; of the commands that took effect there, those with an id up to ``until``.

        All steps after ``begin`` are made again, and more before it where there is no checkpoint of just that step.
        ``meanwhile`` is given what is made again, slice by slice. Raises CheckpointError where that step cannot be
        reached.
        """
        moment = self.nearest(min(step if until == FOREVER else step - 1, begin))
        return self.onward(moment, step, until=until, meanwhile=meanwhile)

    def now(self, step: int, *, meanwhile: Meanwhile = _nobody) -> Moment:
        """The run where it is, or just before. As :meth:`at`, but a checkpoint of it will say that it went back."""
        moment = self.at(step, meanwhile=meanwhile)
        back = max((command.id for command in self._given if command.kind == "rewind"), default=0)
        return moment._replace(command=max(moment.command, back))

    def onward(self, moment: Moment, step: int, *, until: int = FOREVER, meanwhile: Meanwhile = _nobody) -> Moment:
        """From a moment of this past to a later one; the rest as :meth:`at`."""
        for command in self.path:
            if command.id <= moment.command or command.step > step or (command.step == step and command.id > until):
                continue
            _advance(moment.loop, command.step, meanwhile)
            settings = moment.config.with_value(command.key, KNOBS[command.key].parse(command.value))
            moment = turned(moment, settings, self._problem.dataset.task, command.id)
        _advance(moment.loop, step, meanwhile)
        return moment

    @property
    def path(self) -> list[Turn]:
        """The knobs that were turned on the way to where the run is."""
        return path_of(self._given)

    @property
    def beginning(self) -> Moment:
        """The run before its first step."""
        settings = config.from_dict(self._first)
        return Moment(make_loop(settings, self._problem), settings, 0)

    def witnesses(self) -> Iterator[Checkpoint]:
        """The checkpoints on the way to where the run is, the earliest first, without those that cannot be read."""
        latest = self._read(checkpoints.LATEST)
        for step, path in checkpoints.kept(self._checkpoints):
            if latest is not None and latest.step < step:  # a run that diverged has gone back to its last good step
                yield latest
                latest = None
            if found := self._read(path.name):
                yield found
        if latest is not None:
            yield latest

    def _read(self, name: str) -> Checkpoint | None:
        """A checkpoint, if it can be read and is on the way to where the run is."""
        with suppress(CheckpointError):
            found = checkpoints.load_checkpoint(self._checkpoints / name)
            return found if self._on_the_way(found) else None
        return None

    def nearest(self, step: int, moment: Moment | None = None) -> Moment:
        """The newest checkpoint that is on the way to a step, or the beginning; the loop of ``moment`` becomes that."""
        for found in checkpoints.newest_first(self._checkpoints, step):
            if self._on_the_way(found):
                settings = config.from_dict(found.config)
                with suppress(KeyError, ValueError, TypeError):  # of another version, or of other data
                    return self.restored(settings, found.command, (found.arrays, found.facts["state"]), moment)
        return self.beginning if moment is None else become(moment, self.beginning, self._problem.dataset.task)

    def restored(self, settings: RunConfig, command: int, state: State, moment: Moment | None = None) -> Moment:
        """A moment of which the loop's state is known; the loop of ``moment`` becomes that.

        Raises KeyError, ValueError or TypeError for the state of another network.
        """
        if moment is None:
            now = Moment(make_loop(settings, self._problem), settings, command)
        else:
            now = turned(moment, settings, self._problem.dataset.task, command)
        now.loop.load(*state)
        return now

    def _on_the_way(self, checkpoint: Checkpoint) -> bool:
        """Whether it holds nothing that is not recorded, and the run has not gone back to an earlier step since.

        Whoever was killed between a checkpoint and what is recorded of it does again what it was asked.
        """
        return checkpoint.command <= self._answered and all(
            checkpoint.step < int(command.value)
            for command in self._given
            if command.kind == "rewind" and command.id > checkpoint.command
        )


def _advance(loop: Loop, step: int, meanwhile: Meanwhile) -> None:
    count = 1
    while loop.step < step:
        begun = time.monotonic()
        made = loop.run(min(count, step - loop.step))
        if not len(made.steps):
            raise CheckpointError(f"step {step:,} cannot be reached again: the run ends at step {loop.step:,}")
        meanwhile(made)
        count = min(STRIDE, 2 * count) if time.monotonic() - begun < STRIDE_SECONDS / 2 else max(1, count // 2)
