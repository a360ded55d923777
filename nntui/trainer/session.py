"""The life of a run: slices of training, and between them commands, records, checkpoints and signals."""

from __future__ import annotations

import logging
import signal
import sqlite3
import time
from pathlib import Path

import numpy as np

from nntui import config
from nntui.config import check_answer
from nntui.knob import ConfigError
from nntui.knobs import KNOBS
from nntui.store import catalog, folder
from nntui.store.records import LIVE_STATES, Command
from nntui.store.schema import RunError
from nntui.store.writer import Status, Writer
from nntui.trainer import SIGNALS
from nntui.trainer.keeping import Keeping
from nntui.trainer.loop import CAPACITY, Slice
from nntui.trainer.problem import configure_network, make_problem
from nntui.trainer.recall import Moment, Past, become
from nntui.trainer.telemetry import STEP, Telemetry

log = logging.getLogger("nntui.trainer")

SLICE_SECONDS = 0.03
FLUSH_SECONDS = 0.1
#: The pace is taken over about so long.
PACE_SECONDS = 3.0
#: While nothing trains, commands are looked for this often, and the heart beats that often.
POLL_SECONDS, BEAT_SECONDS = 0.02, 3.0
#: Evaluations may take at most this share of the time.
EVALUATION_SHARE = 0.05
RETRY_SECONDS = 0.5


class Session:
    """Owns one run folder from the first step to the last."""

    def __init__(self, run_folder: Path) -> None:
        self._folder = run_folder
        record = catalog.open_run(run_folder)
        self._created = record.created
        self._problem = make_problem(config.from_dict(record.config))
        self._writer = Writer(run_folder)
        self._flushed_at = 0.0
        self._past = Past(run_folder, self._problem)
        self._loop, self._config, self._command = self._past.at(record.step, meanwhile=self._beat)
        self._telemetry = Telemetry(self._writer, self._loop, self._problem, self._past.losses)
        self._keeping = Keeping(run_folder / folder.CHECKPOINTS, record.elapsed)
        self._is_new = not self._past.has_begun
        # One that has begun already goes on when somebody says so.
        self._state, self._reason = "running" if self._is_new else "paused", ""
        self._asked_to_stop = False
        self._pause_at: int | None = None
        self._slice_steps = 1
        self._elapsed = record.elapsed
        self._paced_elapsed, self._paced_step = self._elapsed, self._loop.step
        self._steps_per_s, self._new_pace = 0.0, True
        self._evaluate_at = 0.0

    def run(self) -> str:
        """Trains until the run ends; returns its final state."""
        for number in SIGNALS:
            signal.signal(number, self._on_signal)
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        self._writer.claim()
        self._telemetry.describe()
        self._telemetry.keep_rows()
        self._evaluate_all()
        if self._is_new:
            self._event("state", "started")
        self._flush()
        self._checkpoint()
        self._flushed_at = 0.0  # whoever waits for the curve shall see the first step at once
        while self._live:
            if self._obey() and self._live:
                self._flush()
            if self._state == "running":
                self._train()
            elif self._live:
                self._idle()
        self._finish()
        return self._state

    @property
    def _live(self) -> bool:
        """Whether the run has not ended."""
        return self._state in LIVE_STATES

    def _beat(self, made: Slice) -> None:
        """While steps are made again, nothing is recorded; but the heart beats."""
        if time.monotonic() - self._flushed_at >= BEAT_SECONDS:
            self._writer.beat()
            self._flushed_at = time.monotonic()

    def _on_signal(self, number: int, frame: object) -> None:
        self._asked_to_stop = True

    # Training

    def _train(self) -> None:
        """One slice, and what is due after it."""
        count = min(self._slice_steps, self._loop.remaining)
        if self._pause_at is not None:
            count = min(count, self._pause_at - self._loop.step)
        begun = time.monotonic()
        happened = self._loop.run(count)
        seconds = time.monotonic() - begun
        done = len(happened.steps)
        if done == self._slice_steps:
            pace = SLICE_SECONDS / max(seconds, 1e-6)
            self._slice_steps = max(1, min(CAPACITY, int(self._slice_steps * min(2.0, pace))))
        self._telemetry.record(happened)
        self._note_end(happened)
        if begun - self._flushed_at >= FLUSH_SECONDS or self._state != "running":
            self._evaluate()
            self._measure_pace()
            if 0 < done == count and not happened.diverged:
                spoiled = self._record_layers()
                if spoiled and self._live:
                    self._end("diverged", f"NaN or infinity in {spoiled}")
            if self._live:
                self._flush()
        if self._state == "running" and self._keeping.due:
            self._flush()  # a checkpoint that is newer than what is recorded could not be gone on from
            self._checkpoint()
        self._elapsed += time.monotonic() - begun

    def _note_end(self, happened: Slice) -> None:
        if happened.diverged is not None:
            self._end("diverged", f"NaN or infinity, first in {happened.diverged}")
        elif self._loop.finished:
            self._end("finished", self._stalled)
        elif self._asked_to_stop:
            self._end("stopped", "by signal")
        elif self._loop.step == self._pause_at:
            self._pause()

    @property
    def _stalled(self) -> str:
        """Why a run ends early; nothing when it does not."""
        if not self._loop.stalled:
            return ""
        better = "; the best weights are back" if self._loop.watch.has_best else ""
        return f"no better loss for {self._config.training.patience:,} epochs{better}"

    def _end(self, state: str, reason: str) -> None:
        self._state, self._reason, self._pause_at = state, reason, None
        self._event("state", f"{state} {reason}".strip())

    def _pause(self) -> None:
        """Holds here, with everything about this step on the disk."""
        self._state, self._pause_at = "paused", None
        self._evaluate_all()
        self._checkpoint()

    def _evaluate(self) -> None:
        """At most once a flush, and never for more than a small share of the time."""
        begun = time.monotonic()
        if begun < self._evaluate_at and self._state == "running":
            return
        at_rest = self._state != "running"
        self._telemetry.evaluate(at_rest=at_rest)
        self._telemetry.keep_weights(at_rest=at_rest)
        self._evaluate_at = time.monotonic() + (time.monotonic() - begun) / EVALUATION_SHARE

    def _evaluate_all(self) -> None:
        """Where the network is at rest: all that can be told of it."""
        self._telemetry.evaluate()
        self._telemetry.keep_weights(at_rest=True)

    def _record_layers(self) -> str | None:
        wall = time.time() - self._created
        return self._telemetry.record_layers(self._steps_per_s, self._elapsed, wall)

    def _measure_pace(self) -> None:
        """Steps a second of the wall clock, pauses left out, over the last few seconds."""
        trained = self._elapsed - self._paced_elapsed
        if trained > 0:
            pace = (self._loop.step - self._paced_step) / trained
            share = 1.0 if self._new_pace else min(1.0, trained / PACE_SECONDS)
            self._steps_per_s += share * (pace - self._steps_per_s)
            self._new_pace = False
        self._paced_elapsed, self._paced_step = self._elapsed, self._loop.step

    def _idle(self) -> None:
        """Paused: waits for a command, a signal, or the next heartbeat."""
        if self._asked_to_stop:
            self._end("stopped", "by signal")
            return
        time.sleep(POLL_SECONDS)
        if time.monotonic() - self._flushed_at >= BEAT_SECONDS:
            self._flush()

    # Commands

    def _obey(self) -> bool:
        """Stages the answers to what was asked since the last call; returns whether there are any."""
        waiting = self._writer.waiting()
        for command in waiting:
            self._command = command.id
            try:
                text = self._apply(command)
            except ConfigError as error:
                self._writer.answer(command, "refused", self._loop.step, str(error))
            else:
                self._writer.answer(command, "applied", self._loop.step, text)
                if command.kind == "rewind":
                    self._keep_after_rewind()
        return bool(waiting)

    def _keep_after_rewind(self) -> None:
        """Only when it is on the disk that the run went back may checkpoints of what was given up be replaced."""
        self._flush()
        try:
            self._keeping.go_back(self._loop.step)
        except OSError as error:
            log.warning("step %d: old checkpoints stay: %s", self._loop.step, error)
        self._checkpoint()

    def _apply(self, command: Command) -> str:
        """Does what is asked, at this step boundary; returns the answer. Raises ConfigError to refuse."""
        if not self._live:
            raise ConfigError(f"the run has {self._state}")
        match command.kind:
            case "set":
                return self._turn(command)
            case "pause":
                if self._state != "paused":
                    self._event("state", f"paused by {command.who}")
                self._pause()
                return "paused"
            case "resume":
                if self._state != "running":
                    self._event("state", f"resumed by {command.who}")
                self._state, self._pause_at = "running", None
                return "running"
            case "step":
                return self._step(command)
            case "rewind":
                return self._rewind(command)
            case "stop":
                self._end("stopped", f"by {command.who}")
                return "stopped"
        raise ConfigError(f"unknown command {command.kind!r}")

    def _step(self, command: Command) -> str:
        """Trains so many more steps, then pauses; more may be asked for meanwhile."""
        count = _count(command.value)
        if self._state == "running" and self._pause_at is None:
            self._event("state", f"paused by {command.who}")
        self._pause_at = (self._pause_at or self._loop.step) + count
        self._state = "running"
        return f"{count} single"

    def _rewind(self, command: Command) -> str:
        """Back at an earlier step, to the bit, and paused; what came after it becomes a branch."""
        step, last = _earlier(command.value, self._loop.step), self._loop.step
        self._flush()  # all that is given up is told from what is on the disk
        begin = min(self._writer.recorded(STEP, step), max(0, step - 1))
        again: list[Slice] = []

        def note(made: Slice) -> None:
            again.append(made.since(begin))
            self._beat(made)

        moment = Past(self._folder, self._problem).at(step, until=0, begin=begin, meanwhile=note)
        now = Moment(self._loop, self._config, self._command)
        self._config = become(now, moment, self._problem.dataset.task).config
        self._writer.go_back(step, last)
        self._telemetry.go_back()
        for made in again:
            self._telemetry.record(made)
        self._writer.configure(self._config.to_dict())
        self._telemetry.describe()
        self._telemetry.latest["lr"] = self._loop.rate
        self._event("state", f"back from step {last:,} by {command.who}")
        self._state, self._pause_at = "paused", None
        self._slice_steps, self._new_pace = 1, True
        self._paced_elapsed, self._paced_step = self._elapsed, self._loop.step
        self._evaluate_all()
        return f"back from step {last:,}"

    def _turn(self, command: Command) -> str:
        knob = KNOBS.get(command.key)
        if knob is None:
            raise ConfigError(f"unknown key {command.key!r}")
        if not knob.live:
            raise ConfigError(f"{knob.key}: cannot change while the network trains; start a new run with it")
        old = self._config.get(knob.key)
        settings = self._config.with_value(knob.key, knob.parse(command.value))
        new = settings.get(knob.key)
        if new != old:
            if not self._loop.remaining_with(settings.training):
                done = f"at step {self._loop.step:,}, epoch {self._loop.batches.epoch:,}"
                raise ConfigError(f"{knob.key} = {knob.show(new)}: the run is {done} already; stop ends it")
            task = self._problem.dataset.task
            check_answer(settings, task)
            self._config = settings
            self._loop.configure(settings.training)
            if knob.key.startswith("model."):
                configure_network(self._loop.network, settings, task)
                self._telemetry.describe()
                if self._state == "paused":
                    self._telemetry.evaluate()
                    self._checkpoint()
            # A step may take another time from now on.
            self._slice_steps, self._new_pace = 1, True
            self._writer.configure(settings.to_dict())
            self._event("set", f"{knob.name} {knob.show(old)} → {knob.show(new)} by {command.who}")
            self._telemetry.latest["lr"] = self._loop.rate
        return f"{knob.show(old)} → {knob.show(new)}"

    # Records

    def _event(self, kind: str, text: str) -> None:
        self._writer.event(self._loop.step, kind, text)

    def _status(self) -> Status:
        return Status(
            state=self._state,
            step=self._loop.step,
            epoch=self._loop.batches.epoch,
            progress=self._loop.progress,
            steps_left=self._loop.remaining,
            steps_per_s=self._steps_per_s,
            elapsed=self._elapsed,
            reason=self._reason,
            latest=self._telemetry.latest,
        )

    def _flush(self) -> None:
        """Commits what is staged. Without room on the disk it waits for some: nothing recorded is lost."""
        self._writer.status(self._status())
        told = False
        while True:
            try:
                self._writer.commit()
                break
            except sqlite3.OperationalError as error:
                if self._asked_to_stop:
                    raise
                if not self._writer.in_place:
                    raise
                if not told:
                    log.warning("step %d: the run folder cannot be written (%s); waiting", self._loop.step, error)
                    told = True
                self._writer.make_room()
                self._asked_to_stop |= any(command.kind == "stop" for command in self._writer.waiting())
                time.sleep(RETRY_SECONDS)
        self._flushed_at = time.monotonic()
        if not self._writer.in_place:
            raise RunError(f"{self._folder}: the run folder has been removed")

    def _checkpoint(self) -> None:
        """Keeps the network as it is, unless it is spoiled: then the last good checkpoint stays."""
        if self._state == "diverged" or not np.isfinite(self._loop.network.parameters).all():
            return
        try:
            self._keeping.save(self._loop, self._problem, self._config, self._command, self._elapsed)
        except OSError as error:
            log.warning("step %d: no checkpoint: %s", self._loop.step, error)
            self._event("warning", f"no checkpoint: {error.strerror or error}")

    def _finish(self) -> None:
        """The last evaluation and checkpoint; only then is the end told. What was asked too late is refused."""
        self._evaluate_all()
        self._checkpoint()
        self._flush()
        if self._obey():
            self._flush()
        self._writer.close()


def _earlier(text: str, now: int) -> int:
    """The step to go back to. Raises ConfigError."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < max(1, now)):
        raise ConfigError(f"rewind {text!r}: must be a step from 0 to {max(0, now - 1)}")
    return int(text)


def _count(text: str) -> int:
    """How many single steps are asked for. Raises ConfigError."""
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and len(text) < 12 and 1 <= int(text) <= 1_000_000):
        raise ConfigError(f"step {text!r}: must be a whole number from 1 to 1000000")
    return int(text)
