"""The life of a run: slices of training, and between them commands, records, checkpoints and signals."""

from __future__ import annotations

import logging
import signal
import time
from pathlib import Path

from nntui import guard
from nntui.knob import ConfigError
from nntui.knobs import KNOBS
from nntui.store import catalog
from nntui.store.records import LIVE_STATES, Command
from nntui.store.writer import Status, Writer
from nntui.trainer import SIGNALS
from nntui.trainer.journal import Journal
from nntui.trainer.learner import Learner
from nntui.trainer.loop import Slice
from nntui.trainer.speed import Speed

log = logging.getLogger("nntui.trainer")

#: While nothing trains, commands are looked for this often.
POLL_SECONDS = 0.02
#: Evaluations may take at most this share of the time.
EVALUATION_SHARE = 0.05


class Session:
    """Owns one run folder from the first step to the last."""

    def __init__(self, run_folder: Path) -> None:
        record = catalog.open_run(run_folder)
        self._created, self._elapsed = record.created, record.elapsed
        self._writer = Writer(run_folder)
        self._asked_to_stop = False
        self._journal = Journal(run_folder, self._writer, lambda: self._asked_to_stop)
        self._learner = Learner(run_folder, record, self._writer, self._journal.beat)
        self._loop, self._telemetry = self._learner.loop, self._learner.telemetry
        self._speed = Speed(self._loop.step, self._elapsed)
        # One that has begun already goes on when somebody says so.
        self._state, self._reason = "running" if self._learner.is_new else "paused", ""
        self._pause_at: int | None = None
        self._diverged_at: int | None = None
        self._evaluate_at = 0.0

    def run(self) -> str:
        """Trains until the run ends; returns its final state."""
        for number in SIGNALS:
            signal.signal(number, self._on_signal)
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        self._writer.claim()
        self._learner.describe()
        if self._learner.is_new:
            self._event("state", "started")
        self._flush()
        self._checkpoint()
        self._journal.hurry()  # whoever waits for the curve shall see the first step at once
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

    def _on_signal(self, number: int, frame: object) -> None:
        self._asked_to_stop = True

    # Training

    def _train(self) -> None:
        """One slice, and what is due after it."""
        count = min(self._speed.slice_steps, self._loop.remaining)
        if self._pause_at is not None:
            count = min(count, self._pause_at - self._loop.step)
        begun, waited = time.monotonic(), self._journal.waited
        happened = self._loop.run(count)
        done = len(happened.steps)
        self._speed.fit(done, time.monotonic() - begun)
        self._telemetry.record(happened)
        if fault := self._fault(happened):
            self._diverge(fault)
            if self._live:  # at once: what it asks of itself is to be obeyed before it trains again
                self._flush()
        elif self._note_end() or self._journal.is_due(begun):
            self._evaluate()
            self._speed.measure(self._loop.step, self._elapsed)
            if 0 < done == count:
                self._record_layers()
            if self._live and self._loop.spoiled:
                self._diverge(f"NaN or infinity in the optimizer's {self._loop.spoiled}")
            if self._live:
                self._flush()
        if self._state == "running" and self._learner.due:
            self._flush()  # a checkpoint that is newer than what is recorded could not be gone on from
            self._checkpoint()
        self._elapsed += time.monotonic() - begun - (self._journal.waited - waited)

    def _fault(self, happened: Slice) -> str:
        """How the network diverged in a slice; nothing when it did not."""
        if self._loop.finished and not happened.diverged and not self._loop.is_sound:
            return "NaN or infinity after the last step"
        return happened.diverged or ""

    def _note_end(self) -> bool:
        """Ends or holds where that is due; whether it trains no more."""
        if self._loop.finished:
            self._end("finished", self._stalled)
        elif self._asked_to_stop:
            self._end("stopped", "by signal")
        elif self._loop.step == self._pause_at:
            self._pause()
        return self._state != "running"

    @property
    def _stalled(self) -> str:
        """Why a run ends early; nothing when it does not."""
        if not self._loop.stalled:
            return ""
        better = "; the best weights are back" if self._loop.watch.has_best else ""
        return f"no better loss for {self._learner.config.training.patience:,} epochs{better}"

    def _end(self, state: str, reason: str) -> None:
        self._state, self._reason, self._pause_at = state, reason, None
        self._event("state", f"{state} {reason}".strip())

    def _diverge(self, reason: str) -> None:
        """Asks itself to go back, if that is wanted and has not been tried too often; else the run ends."""
        way = self._learner.way_out()
        if way is None:
            count = self._learner.times_back
            often = f"; it went back {count} time{'s'[: count != 1]} by itself" if count else ""
            self._end("diverged", reason + often)
            return
        self._event("warning", f"diverged: {reason}")
        for command in way.asked:
            self._writer.ask(guard.WHO, *command)

    def _pause(self) -> None:
        """Holds here, with everything about this step on the disk."""
        self._state, self._pause_at = "paused", None
        self._learner.evaluate_all()
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

    def _record_layers(self) -> None:
        wall = time.time() - self._created
        self._telemetry.record_layers(self._speed.steps_per_s, self._elapsed, wall)

    def _idle(self) -> None:
        """Paused: waits for a command, a signal, or the next heartbeat."""
        if self._asked_to_stop:
            self._end("stopped", "by signal")
            return
        time.sleep(POLL_SECONDS)
        if self._journal.is_still:
            self._flush()

    # Commands

    def _obey(self) -> bool:
        """Stages the answers to what was asked since the last call; returns whether there are any."""
        waiting, is_back = self._writer.waiting(), False
        for command in waiting:
            self._learner.note(command.id)
            is_guard = command.who == guard.WHO
            is_back |= is_guard and command.kind == "rewind" and self._loop.is_sound
            try:
                if is_guard and is_back:
                    raise ConfigError("somebody else went back before")
                text = self._apply(command)
            except ConfigError as error:
                self._writer.answer(command, "refused", self._step_now, str(error))
            else:
                self._writer.answer(command, "applied", self._loop.step, text)
                if command.kind == "rewind":
                    self._flush()
                    self._learner.forget_later()
                    self._checkpoint()
        return bool(waiting)

    def _apply(self, command: Command) -> str:
        """Does what is asked, at this step boundary; returns the answer. Raises ConfigError to refuse."""
        if not self._live:
            raise ConfigError(f"the run has {self._state}")
        done = {
            "set": self._turn,
            "turn": self._turn,
            "pause": self._hold,
            "resume": self._go_on,
            "step": self._step,
            "rewind": self._rewind,
            "checkpoint": self._keep,
            "stop": self._stop,
        }
        if command.kind not in done:
            raise ConfigError(f"unknown command {command.kind!r}")
        return done[command.kind](command)

    def _hold(self, command: Command) -> str:
        if self._state != "paused":
            self._event("state", f"paused by {command.who}")
        self._pause()
        return "paused"

    def _go_on(self, command: Command) -> str:
        if self._state != "running":
            self._event("state", f"resumed by {command.who}")
        self._state, self._pause_at = "running", None
        return "running"

    def _stop(self, command: Command) -> str:
        self._end("stopped", f"by {command.who}")
        return "stopped"

    def _step(self, command: Command) -> str:
        """Trains so many more steps, then pauses; more may be asked for meanwhile."""
        count = _count(command.value)
        if self._state == "running" and self._pause_at is None:
            self._event("state", f"paused by {command.who}")
        self._pause_at = (self._pause_at or self._loop.step) + count
        self._state = "running"
        return f"{count} single"

    def _keep(self, command: Command) -> str:
        """A checkpoint of this step, which is kept; under a name, it is never thinned out."""
        self._flush()
        self._learner.keep(command.value, self._elapsed)
        self._event("state", f"checkpoint {command.value} by {command.who}".replace("  ", " "))
        return f"kept {command.value}".strip()

    def _rewind(self, command: Command) -> str:
        """Back at an earlier step, to the bit, and paused, unless it goes back by itself; the rest becomes a branch."""
        step, last = _earlier(command.value, self._loop.step), self._loop.step
        self._flush()  # all that is given up is told from what is on the disk
        self._learner.go_back(step)
        self._event("state", f"back from step {last:,} by {command.who}")
        if command.who != guard.WHO:
            self._state, self._pause_at = "paused", None
        self._speed.start_anew(step, self._elapsed)
        return f"back from step {last:,}"

    def _turn(self, command: Command) -> str:
        change = self._learner.set if command.kind == "set" else self._learner.turn
        told, is_news = change(command.key, command.value)
        if is_news:
            if command.key.startswith("model.") and self._state == "paused":
                self._telemetry.evaluate()
                self._checkpoint()
            self._speed.start_anew(self._loop.step, self._elapsed)
            self._event("set", f"{KNOBS[command.key].name} {told} by {command.who}")
        return told

    # Records

    def _event(self, kind: str, text: str) -> None:
        self._writer.event(self._step_now, kind, text)

    @property
    def _step_now(self) -> int:
        """The step that the run has come to; once it has diverged, its network is that of an earlier one."""
        return self._loop.step if self._diverged_at is None else self._diverged_at

    def _status(self) -> Status:
        return Status(
            state=self._state,
            step=self._step_now,
            epoch=self._loop.batches.epoch,
            progress=self._loop.progress,
            steps_left=self._loop.remaining,
            steps_per_s=self._speed.steps_per_s,
            elapsed=self._elapsed,
            reason=self._reason,
            latest=self._telemetry.latest,
        )

    def _flush(self) -> None:
        """Commits what is staged, and how the run stands."""
        self._writer.status(self._status())
        self._journal.flush(self._step_now)

    def _checkpoint(self) -> None:
        """Keeps the network as it is; where that cannot be, the last good checkpoint stays."""
        try:
            self._learner.checkpoint(self._elapsed)
        except OSError as error:
            log.warning("step %d: no checkpoint: %s", self._loop.step, error)
            self._event("warning", f"no checkpoint: {error.strerror or error}")

    def _finish(self) -> None:
        """The last evaluation and checkpoint; only then is the end told. What was asked too late is refused."""
        if not self._loop.is_sound:
            self._diverged_at = self._loop.step
            self._learner.settle()
        self._learner.evaluate_all()
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
