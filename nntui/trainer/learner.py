"""What learns in a run: loop, configuration and records, turned and taken back as commands say."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from nntui import config, guard, turns
from nntui.config import RunConfig, check_answer
from nntui.guard import WayOut
from nntui.knob import ConfigError, Knob, Value
from nntui.knobs import KNOBS, TrainingConfig
from nntui.store import catalog, folder
from nntui.store.reader import Reader
from nntui.store.records import Command, RunRecord
from nntui.store.schema import FOREVER
from nntui.store.writer import Writer
from nntui.trainer import checkpoints
from nntui.trainer.checkpoints import CheckpointError
from nntui.trainer.keeping import Keeping
from nntui.trainer.loop import Slice
from nntui.trainer.problem import make_problem
from nntui.trainer.recall import Past, become, check_data, turned
from nntui.trainer.telemetry import STEP, Telemetry

log = logging.getLogger("nntui.trainer")

#: The most rungs that a knob is turned by at once; no ladder has more.
MOST_RUNGS = 100


class Learner:
    """A run's network where the run is, at first as its folder tells. Raises UserError."""

    def __init__(self, run_folder: Path, record: RunRecord, writer: Writer, beat: Callable[[str], object]) -> None:
        """``beat`` is told now and then how far it is while steps of the past are made again."""
        self._folder, self._writer, self._beat = run_folder, writer, beat
        self._problem = make_problem(config.from_dict(record.config))
        check_data(run_folder, self._problem)
        past = Past(run_folder, self._problem)
        self.is_new = not past.has_begun
        # A trainer that was killed may have kept what it had not recorded; this one may come there by another way.
        checkpoints.forget_from(run_folder / folder.CHECKPOINTS, record.step + 1)
        self._now = past.now(record.step, meanwhile=_telling(beat, record.step))
        self.loop = self._now.loop
        self.telemetry = Telemetry(writer, self.loop, self._problem, past.losses)
        self.telemetry.latest.update(record.latest)  # until there is something newer
        self._keeping = Keeping(run_folder / folder.CHECKPOINTS, record.elapsed)

    @property
    def config(self) -> RunConfig:
        """How it learns now."""
        return self._now.config

    def note(self, command: int) -> None:
        """The last command that was considered; a checkpoint tells it."""
        self._now = self._now._replace(command=command)

    def describe(self) -> None:
        """Stages what network and data are, and what is known of them at this step."""
        self.telemetry.describe()
        self.telemetry.keep_rows()
        self.evaluate_all()

    def evaluate_all(self) -> None:
        """Where the network is at rest: all that can be told of it."""
        self.telemetry.evaluate()
        self.telemetry.keep_weights(at_rest=True)

    def set(self, key: str, value: str) -> tuple[str, bool]:
        """Gives a knob a value; the old and the new one as text, and whether they differ. Raises ConfigError."""
        knob = _live(key)
        return self._change(knob, knob.parse(value))

    def turn(self, key: str, rungs: str) -> tuple[str, bool]:
        """Turns a knob up or down its ladder by so many rungs, or to its end; the rest as :meth:`set`."""
        knob, count = _live(key), _rungs(rungs)
        value = old = self.config.get(knob.key)
        for _ in range(abs(count)):
            value = turns.turned(knob, value, 1 if count > 0 else -1, lambda value: self._fits(knob, value))
        if value == old:
            raise ConfigError(f"{knob.key} = {knob.show(old)}: cannot be turned any further")
        return self._change(knob, value)

    def _fits(self, knob: Knob, value: Value) -> bool:
        return turns.fits(self.config, knob, value, task=self._problem.dataset.task, step=self.loop.step)

    def _change(self, knob: Knob, value: Value) -> tuple[str, bool]:
        old, settings = self.config.get(knob.key), self.config.with_value(knob.key, value)
        new = settings.get(knob.key)
        if new != old:
            self._reconfigure(settings, f"{knob.key} = {knob.show(new)}")
        return knob.show(old) + turns.ARROW + knob.show(new), new != old

    def _reconfigure(self, settings: RunConfig, what: str) -> None:
        ends_here = self.loop.remaining or _sooner(settings.training, self.config.training)
        if ends_here and not self.loop.remaining_with(settings.training):
            done = f"at step {self.loop.step:,}, epoch {self.loop.batches.epoch:,}"
            raise ConfigError(f"{what}: the run is {done} already; stop ends it")
        task = self._problem.dataset.task
        check_answer(settings, task)
        is_other = settings.model != self.config.model
        self._now = turned(self._now, settings, task, self._now.command)
        if is_other:
            self.telemetry.describe()
        self._tell_config()

    def _tell_config(self) -> None:
        self._writer.configure(self.config.to_dict())
        self.telemetry.latest["lr"] = self.loop.rate

    def go_back(self, step: int) -> None:
        """To an earlier step, to the bit. All that is recorded has to be on the disk; what this makes is staged.

        Raises ConfigError where it cannot be reached, and is where it was.
        """
        last, again = self.loop.step, list[Slice]()
        begin = min(self._writer.recorded(STEP, step), max(0, step - 1))
        tell = _telling(self._beat, step)

        def note(made: Slice) -> None:
            again.append(made.since(begin))
            tell(made)

        try:
            then = Past(self._folder, self._problem).at(step, until=0, begin=begin, meanwhile=note)
        except CheckpointError as error:
            raise ConfigError(str(error)) from None
        command = self._now.command
        self._now = become(self._now, then, self._problem.dataset.task)
        self.note(command)
        self._writer.go_back(step, last)
        self.telemetry.go_back()
        self.telemetry.latest.clear()
        for made in again:
            self.telemetry.record(made)
        if again:
            self.telemetry.measure_layers(then.loop.update_norms())
        self.telemetry.describe()
        self._tell_config()
        self.evaluate_all()

    @property
    def times_back(self) -> int:
        """How often the run has gone back by itself."""
        return guard.times(self._commands)

    @property
    def _commands(self) -> list[Command]:
        with closing(Reader(self._folder)) as reader:
            return reader.commands(FOREVER)

    def way_out(self) -> WayOut | None:
        """Where a run that has diverged is to go back to by itself, and with which rate; None if it is to end."""
        training, now, time = self.config.training, self.config.to_dict(), self.times_back + 1
        if training.guard != "rewind" or time > training.guard_limit or self.loop.step <= 1:
            return None  # of step 1: no rate helps against a bad beginning
        return guard.way_out(self.loop.step, now, catalog.first_config(self._folder) or now, self._commands, time)

    def settle(self) -> None:
        """Of a run that has diverged: makes the network what it was at its last good step, for whoever asks it later.

        That is the last one whose weights are known to have given a loss: those of the step after it gave none that
        is any good. Where it is not known when the optimizer's state was spoiled, it is that of the last checkpoint.
        """
        past = Past(self._folder, self._problem)
        if self.loop.diverged:
            sound = max(0, self.loop.step - 2)
            then = past.now(sound, meanwhile=_telling(self._beat, sound))
        else:
            then = past.nearest(self.loop.step)
        self._now = become(self._now, then, self._problem.dataset.task)
        self.telemetry.go_back()

    def forget_later(self) -> None:
        """Removes the checkpoints of what was given up, once it is on the disk that the run went back."""
        try:
            self._keeping.go_back(self.loop.step)
        except OSError as error:
            log.warning("step %d: old checkpoints stay: %s", self.loop.step, error)

    @property
    def due(self) -> bool:
        """Whether it is time for a checkpoint."""
        return self._keeping.due

    def checkpoint(self, elapsed: float) -> bool:
        """Writes one, unless the network is no good any more: then the last good one stays. Raises OSError."""
        good = self.loop.is_sound
        if good:
            self._keeping.save(self.loop, self._problem, self.config, self._now.command, elapsed)
        return good

    def keep(self, name: str, elapsed: float) -> None:
        """Writes one that stays, for good if it has a name. Raises ConfigError to refuse."""
        if fault := folder.checkpoint_fault(name):
            raise ConfigError(f"checkpoint {name[:40]!r}: {fault}")
        try:
            if not self.checkpoint(elapsed):
                raise ConfigError("no checkpoint: the network has diverged")
            checkpoints.keep(self._folder / folder.CHECKPOINTS, self.loop.step, name)
        except OSError as error:
            raise ConfigError(f"no checkpoint: {error.strerror or error}") from None


def _telling(beat: Callable[[str], object], step: int) -> Callable[[Slice], None]:
    """Is given what is made again on the way to a step, and tells how far that is."""
    begun: int | None = None

    def tell(made: Slice) -> None:
        nonlocal begun
        begun = int(made.steps[0]) - 1 if begun is None else begun
        beat(f"making step {step:,} again: {(int(made.steps[-1]) - begun) / (step - begun):.0%}")

    return tell


def _live(key: str) -> Knob:
    """The knob of this key, if it can be turned while the network trains. Raises ConfigError."""
    knob = KNOBS.get(key)
    if knob is None:
        raise ConfigError(f"unknown key {key!r}")
    if not knob.live:
        raise ConfigError(f"{knob.key}: cannot change while the network trains; start a new run with it")
    return knob


def _rungs(text: str) -> int:
    """By how many rungs a knob is to be turned. Raises ConfigError."""
    count = int(text) if re.fullmatch(r"[+-]?\d{1,3}", text, re.ASCII) else 0
    if not 1 <= abs(count) <= MOST_RUNGS:
        raise ConfigError(f"turn {text!r}: must be a whole number from -{MOST_RUNGS} to {MOST_RUNGS}, other than 0")
    return count


def _sooner(wanted: TrainingConfig, now: TrainingConfig) -> bool:
    """Whether a run is to end earlier; 0 steps are as many as there are epochs for."""
    return wanted.epochs < now.epochs or 0 < wanted.steps < (now.steps or wanted.steps + 1)
