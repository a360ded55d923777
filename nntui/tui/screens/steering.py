"""Steering a run: what keys and knobs ask of its trainer, and what comes of it."""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from textual import on, work
from textual.screen import Screen

from nntui import launch
from nntui.errors import UserError
from nntui.knob import Value
from nntui.knobs import KNOBS
from nntui.tui import reading
from nntui.tui.feed import Answered, Feed
from nntui.tui.panes.knobs.pane import KnobPane, NeedsNewRun, Turned, Typed
from nntui.tui.panes.looking import Rewinding
from nntui.tui.picture import Picture
from nntui.tui.screens.notice import say
from nntui.turns import ARROW

#: What needs a trainer.
STEERING = frozenset(("single_step", "checkpoint", "stop", "turn_rate", "turn", "type", "haunt", "undo"))


class SteeringScreen(Screen[None]):
    """A screen with knobs, whose feed appends commands to a run; it has the feed once it is mounted."""

    folder: Path
    _picture: Picture | None = None
    _feed: Feed | None = None
    read_only = False
    unreadable = ""  # or why the run cannot be read any more
    _pausing = ""  # whether it was asked to pause or to resume, while the trainer has not answered

    @property
    def steers(self) -> bool:
        """Whether a trainer can be steered from here."""
        return self.live and not self.read_only

    @property
    def live(self) -> bool:
        """Whether there is a trainer to steer."""
        return self._picture is not None and self._picture.newest.live and not self.unreadable

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A run that has ended offers no steering."""
        if action == "toggle_pause":
            return self._picture is not None and not self.unreadable
        return self.steers if action in STEERING else True

    def _may_steer(self) -> bool:
        """Whether anything may be asked of a run from here; says so where it may not."""
        if self.read_only:
            say(self, "This viewer only looks: it was opened with --read-only.", "warning")
        return not self.read_only

    def _command(self, kind: str, key: str = "", value: str = "") -> None:
        if self._may_steer() and self._feed is not None:
            self._feed.command(kind, key, value)

    def action_toggle_pause(self) -> None:
        """Pauses, or goes on; a run that has ended gets a trainer again."""
        if not self._may_steer():
            return
        if not self.live:
            self._go_on()
            return
        paused = self._picture is not None and self._picture.run.state == "paused"
        if self._pausing:  # pressed again before the trainer has answered
            paused = self._pausing == "pause"
        self._pausing = "resume" if paused else "pause"
        self._command(self._pausing)

    def _go_on(self) -> None:
        """Goes on with a run that has ended: at once, or where there is something to be turned first, paused."""
        state = self._picture.run.state if self._picture else ""
        if state in ("stopped", "crashed"):
            self._start_again([("resume", "", "")])
        elif state == "finished":
            self._start_again([])
            say(self, "Paused where it finished: raise epochs or steps, then go on.")
        elif state == "diverged":
            self._offer_way_out()

    @work(group="way out", exclusive=True)
    async def _offer_way_out(self) -> None:
        """Asks, then goes back from a divergence, and on at half the rate."""
        from nntui.tui.screens.question import Question

        try:
            way = await asyncio.to_thread(reading.way_out, self.folder)
        except UserError as error:
            say(self, str(error), "error")
            return
        question = Question(f"Go back to step {way.step:,}, and on with lr {way.lr}?", "What it did since is kept.")
        if await self.app.push_screen_wait(question):
            self._start_again([*way.asked, ("resume", "", "")])

    @work(thread=True, group="trainer", exclusive=True)
    def _start_again(self, asked: Sequence[tuple[str, str, str]]) -> None:
        """Starts a trainer, which may take a moment, and does what is asked first."""
        try:
            _, trainer = launch.start_again(self.folder, asked)
            self.await_end(trainer)
        except (UserError, OSError) as error:
            self.app.call_from_thread(say, self, str(error), "error")

    @staticmethod
    def await_end(trainer: subprocess.Popen[bytes]) -> None:
        """When a trainer ends, somebody has to ask how, or it stays in the list of processes."""
        threading.Thread(target=trainer.wait, name="nntui-trainer", daemon=True).start()

    @on(Rewinding)
    async def _rewind(self, message: Rewinding) -> None:
        """Asks, then goes back."""
        from nntui.tui.screens.question import Question

        if not self._may_steer():
            return

        def take(yes: bool | None) -> None:
            if yes and self.live:
                self._command("rewind", value=str(message.step))
            elif yes:
                self._start_again([("rewind", "", str(message.step))])

        detail = "It holds there. What it did since is kept as a branch."
        await self.app.push_screen(Question(f"Go back to step {message.step:,}?", detail), take)

    def action_single_step(self) -> None:
        """One step, then pause."""
        self._command("step", value="1")

    def action_checkpoint(self) -> None:
        """Keeps a checkpoint of this step."""
        self._command("checkpoint")

    def action_turn_rate(self, direction: int) -> None:
        """The learning rate, whatever pane has the focus."""
        self.query_one(KnobPane).turn(KNOBS["training.lr"], direction)

    @on(Turned)
    def _turn(self, message: Turned) -> None:
        if self.read_only:
            self.query_one(KnobPane).answered(message.knob.key, message.value, None)
        self._command(message.kind, message.knob.key, message.value)

    @on(NeedsNewRun)
    def _say_new_run(self, message: NeedsNewRun) -> None:
        say(self, f"{message.knob.name} cannot change while the network trains: it needs a new run")

    def action_undo(self) -> None:
        """Turns the knob back that was turned here last."""
        if not self.query_one(KnobPane).undo():
            say(self, "nothing to undo: no knob was turned from here")

    @on(Typed)
    async def _type(self, message: Typed) -> None:
        from nntui.tui.screens.value import ValueEntry

        if not self._may_steer():
            return

        def take(value: Value | None) -> None:
            if value is not None:
                self.query_one(KnobPane).asked(message.knob, value)
                self._command("set", message.knob.key, message.knob.show(value))

        await self.app.push_screen(ValueEntry(message.knob, message.value), take)

    async def action_stop(self) -> None:
        """Asks, then stops."""
        from nntui.tui.screens.question import Question

        if not self._may_steer():
            return

        def take(yes: bool | None) -> None:
            if yes:
                self._command("stop")

        await self.app.push_screen(Question("Stop this run for good?", "Its curves and weights are kept."), take)

    @on(Answered)
    def _take_answer(self, message: Answered) -> None:
        command = message.command
        if command is None or command.kind == self._pausing:
            self._pausing = ""
        if message.key:
            applied = command is not None and command.status == "applied"
            before = command.answer.partition(ARROW)[0] if command is not None and applied else None
            self.query_one(KnobPane).answered(message.key, message.value, before)
        if command is None:
            say(self, message.text, "error")
        elif command.kind == "checkpoint" and command.status == "applied":
            say(self, f"A checkpoint of step {command.step or 0:,} is kept.")
        elif command.status == "refused":
            say(self, command.answer, "warning")
        elif command.status == "waiting":
            say(self, f"{command.kind}: the run ended before it was done", "warning")
