"""Follows a run without a dashboard: a progress line now and then, or one JSON object per line."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import typer

from nntui import ending
from nntui.cli.output import FAILED, duration, line_of_json, number, talk
from nntui.knobs import KNOBS
from nntui.store import catalog, folder
from nntui.store.records import RunRecord
from nntui.text import plain

POLL_SECONDS = 0.1
#: A line of progress this often: for people, and for programs.
PLAIN_SECONDS, JSON_SECONDS = 2.0, 0.25


class Reporter(Protocol):
    """Tells how a run goes."""

    def start(self, run: RunRecord) -> None:
        """The run as it was found."""

    def progress(self, run: RunRecord) -> None:
        """The run a moment later; called several times a second."""

    def end(self, run: RunRecord) -> None:
        """The run when no trainer owns it any more."""


class JsonReporter:
    """One object per line: ``start``, then ``progress`` at least once, then ``end``.

    Where a run has to wait, ``wait`` says so, and ``continue`` that it goes on.
    """

    def __init__(self, run_folder: Path) -> None:
        self._folder = run_folder
        self._due = 0.0
        self._told: tuple[int, str] | None = None
        self._waits = False

    def start(self, run: RunRecord) -> None:
        self._write("start", run=run.id, name=run.name, preset=run.preset, folder=str(self._folder), config=run.config)

    def progress(self, run: RunRecord) -> None:
        if run.waits_for_room != self._waits:
            self._waits = run.waits_for_room
            why = {"reason": run.why} if self._waits else {}
            self._write("wait" if self._waits else "continue", step=run.step, **why)
        if run.step and time.monotonic() >= self._due and self._told != (run.step, run.state):
            self._tell(run)

    def _tell(self, run: RunRecord) -> None:
        self._due, self._told = time.monotonic() + JSON_SECONDS, (run.step, run.state)
        self._write("progress", state=run.state, **_values(run))

    def end(self, run: RunRecord) -> None:
        self._tell(run)
        self._write("end", state=run.state, reason=run.reason, run=run.id, **_values(run))

    def _write(self, event: str, **values: object) -> None:
        typer.echo(line_of_json({"event": event, **values}))


def _values(run: RunRecord) -> dict[str, object]:
    """What a program wants to know of a run, null where there is nothing yet."""
    metrics = run.figures | {name: run.latest.get(name) for name in ("lr", "grad_norm")}
    pace = run.steps_per_s or (run.step / run.elapsed if run.elapsed else None)
    return {"step": run.step, "epoch": run.epoch, **metrics, "steps_per_s": pace}


class PlainReporter:
    """A line now and then, and a summary with a chart of the loss at the end."""

    def __init__(self, run_folder: Path) -> None:
        self._folder = run_folder
        self._due = 0.0
        self._standing = ""

    def start(self, run: RunRecord) -> None:
        talk(f"run {run.id}: {run.title or run.name}; nntui watch {run.id} shows it")

    def progress(self, run: RunRecord) -> None:
        now = time.monotonic()
        changed = run.standing != self._standing
        if changed or (now >= self._due and run.standing == "running"):
            self._due, self._standing = now + PLAIN_SECONDS, run.standing
            typer.echo(progress_line(run))

    def end(self, run: RunRecord) -> None:
        from nntui.cli.report import summary

        typer.echo(progress_line(run))
        typer.echo(summary(self._folder, run))


def progress_line(run: RunRecord) -> str:
    """How a run stands, in one line of steady columns."""
    steps, epochs = (KNOBS[f"training.{name}"].value_in(run.config) for name in ("steps", "epochs"))
    ends = (f"/{steps:,}", "") if steps else ("", f"/{epochs:,}")
    parts = [f"{run.standing:<8}  step {run.step:>9,}{ends[0]}  epoch {run.epoch:>7,}{ends[1]}"]
    parts += [f"{name} {number(value):<7}" for name, value in run.figures.items() if name in run.latest]
    if run.waits_for_room:
        parts.append(run.why)
    elif run.state == "running" and run.steps_per_s:
        parts.append(f"{run.steps_per_s:,.0f} steps/s")
        if run.remaining:
            parts.append(f"{duration(run.remaining)} left")
    return plain("  ".join(parts).rstrip())


class Interrupt:
    """Ctrl-C: the first is noted in :attr:`came`, for a stop in good order; the second leaves at once."""

    def __init__(self) -> None:
        self.came = False
        self._before: Any = None

    def __enter__(self) -> Interrupt:
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.came:
            raise KeyboardInterrupt
        self.came = True


def follow(run_folder: Path, reporter: Reporter, interrupt: Interrupt | None = None) -> RunRecord:
    """Reports a run until no trainer owns it; on Ctrl-C asks it to stop. Returns it as it ended. Raises RunError."""
    run = catalog.open_run(run_folder)
    reporter.start(run)
    followed, asked = run.live, 0.0
    while run.live:
        reporter.progress(run)
        if interrupt and interrupt.came:
            if not asked:
                asked = time.monotonic()
                talk("stopping; Ctrl-C again leaves at once")
                ending.ask_to_stop(run_folder, run)
            elif time.monotonic() - asked > ending.OBEY_SECONDS:
                asked = time.monotonic()
                ending.tell_to_stop(run)
        time.sleep(POLL_SECONDS)
        run = catalog.open_run(run_folder)
    if followed:
        ending.wait_for_exit(run)
        run = catalog.open_run(run_folder)
    reporter.end(run)
    return run


def exit_code(run_folder: Path, run: RunRecord) -> int:
    """0 for a run that finished or was stopped; else 1, with step and reason told on stderr."""
    if run.state not in ("diverged", "crashed"):
        return 0
    reason = run.reason
    if reason == catalog.VANISHED and run.step == 0:
        reason = f"{reason}; {_last_words(run_folder)}"
    talk(f"nntui: run {run.id} {run.state} at step {run.step}: {reason}")
    return FAILED


def _last_words(run_folder: Path) -> str:
    """The last line that a trainer wrote to its log."""
    try:
        lines = (run_folder / folder.LOG).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        lines = []
    return next((line.strip()[:500] for line in reversed(lines) if line.strip()), f"{folder.LOG} is empty")
