"""The screen of one run: panes fed from its folder, keys that steer it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.screen import Screen
from textual.widget import Widget

from nntui.config import KNOBS, Knob, Value
from nntui.tui import keymap, terminal
from nntui.tui.feed import Answered, Feed, NewPicture, Picture, Unreadable
from nntui.tui.panes.curves import CurvePane, GradientPane, LossPane, Wanted
from nntui.tui.panes.header import Header
from nntui.tui.panes.knobs import KnobPane, Turned, Typed
from nntui.tui.panes.layers import LayerPane
from nntui.tui.panes.predictions import PredictionPane
from nntui.tui.screens.keys import hints
from nntui.tui.screens.question import Question
from nntui.tui.screens.value import ValueEntry
from nntui.tui.widgets.keybar import KeyBar
from nntui.tui.widgets.toosmall import TooSmall

#: Below this size one pane is shown at a time.
WIDE, HIGH = 72, 20
#: Below this height panes give up what can be scrolled to.
SHORT = 28
#: What needs a trainer.
STEERING = frozenset(("toggle_pause", "single_step", "stop", "turn_rate", "turn", "type"))


class DashboardScreen(Screen[None]):
    """Five panes and a header. Small terminals show one pane at a time; its key brings another."""

    BINDINGS: ClassVar = keymap.bindings(keymap.DASHBOARD)
    CSS_PATH = "../styles/dashboard.tcss"

    def __init__(self, folder: Path, *, marker: str) -> None:
        super().__init__()
        self.folder = folder
        self._marker = marker
        self._picture: Picture | None = None
        self._feed: Feed | None = None
        self._hidden: set[int] = set()
        self._alone: int | None = None
        self._shown_alone = 1

    def compose(self) -> ComposeResult:
        """Curves on the left, figures on the right."""
        yield Header()
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                yield LossPane(self._marker, log_axis=False, id="loss")
                yield GradientPane(self._marker, log_axis=True, id="gradients")
            with Vertical(id="right"):
                yield KnobPane()
                yield LayerPane(id="layers")
                yield PredictionPane(ascii_only=self._marker == "ascii")
        yield KeyBar()
        yield TooSmall()

    def on_mount(self) -> None:
        """Starts following the run."""
        self._feed = Feed(self.folder, self.post_message, lambda: terminal.backlog(self.app) > 0)
        self.run_worker(self._feed.run(), name="feed", exclusive=True)
        self.query_one(KnobPane).focus()
        self._arrange()

    # What comes from the feed

    @on(NewPicture)
    def _show(self, message: NewPicture) -> None:
        message.stop()
        before, self._picture = self._picture, message.picture
        for pane in (self.query_one(Header), *self._panes()):
            pane.picture(message.picture)
        state = message.picture.run.state
        if before is None or before.run.state != state:
            self._tell_state(before, message.picture)

    def _tell_state(self, before: Picture | None, picture: Picture) -> None:
        run = picture.run
        self._offer_keys()
        if before is None or not before.run.live or run.live:
            return
        if run.state in ("diverged", "crashed"):
            self.notify(f"{run.state} at step {run.step:,}: {run.reason}", severity="error", timeout=10, markup=False)
        else:
            self.notify(f"{run.state} at step {run.step:,}", timeout=5, markup=False)

    @on(Unreadable)
    def _say_unreadable(self, message: Unreadable) -> None:
        self.notify(message.text, severity="error", timeout=30, markup=False)

    @on(Answered)
    def _take_answer(self, message: Answered) -> None:
        command = message.command
        if command is None:
            self.notify(message.text, severity="error", markup=False)
            return
        if command.kind == "set":
            self.query_one(KnobPane).answered(command.key, command.value)
        if command.status == "refused":
            self.notify(command.answer, severity="warning", markup=False)
        elif command.status == "waiting":
            self.notify(f"{command.kind}: the run ended before it was done", severity="warning", markup=False)

    @on(Wanted)
    def _pass_on(self, message: Wanted) -> None:
        if self._feed is not None:
            self._feed.want(message.chart, message.query)

    # Steering

    @property
    def live(self) -> bool:
        """Whether there is a trainer to steer."""
        return self._picture is not None and self._picture.run.live

    def on_descendant_focus(self) -> None:
        """Another pane has other keys."""
        self._offer_keys()

    def _offer_keys(self) -> None:
        words = (
            {"leave": "leave, training goes on" if self.app.size.width >= 80 else "leave, runs on"} if self.live else {}
        )
        if self._picture is not None and self._picture.run.state == "paused":
            words["toggle_pause"] = "go on"
        places = (keymap.APP, keymap.DASHBOARD, getattr(self.focused, "PLACE", ""))
        self.query_one(KeyBar).offer(hints(places, words=words, without=() if self.live else STEERING))

    @on(KeyBar.Pressed)
    def _press(self, message: KeyBar.Pressed) -> None:
        # Sent by the app: a key that a screen sends does not bubble past that screen, to the app's own keys.
        self.app.call_later(self.app.simulate_key, message.key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A run that has ended offers no steering."""
        return self.live if action in STEERING else True

    def _command(self, kind: str, key: str = "", value: str = "") -> None:
        if self._feed is not None:
            self._feed.command(kind, key, value)

    def action_toggle_pause(self) -> None:
        """Pauses, or goes on."""
        paused = self._picture is not None and self._picture.run.state == "paused"
        self._command("resume" if paused else "pause")

    def action_single_step(self) -> None:
        """One step, then pause."""
        self._command("step", value="1")

    def action_turn_rate(self, direction: int) -> None:
        """The learning rate, whatever pane has the focus."""
        self.query_one(KnobPane).turn(KNOBS["training.lr"], direction)

    @on(Turned)
    def _turn(self, message: Turned) -> None:
        self._set(message.knob, message.value)

    def _set(self, knob: Knob, value: Value) -> None:
        self.query_one(KnobPane).asked(knob, value)
        self._command("set", knob.key, knob.show(value))

    @on(Typed)
    async def _type(self, message: Typed) -> None:
        def take(value: Value | None) -> None:
            if value is not None:
                self._set(message.knob, value)

        await self.app.push_screen(ValueEntry(message.knob, message.value), take)

    async def action_stop(self) -> None:
        """Asks, then stops."""

        def take(yes: bool | None) -> None:
            if yes:
                self._command("stop")

        await self.app.push_screen(Question("Stop this run for good?", "Its curves and weights are kept."), take)

    # Which panes are seen

    def _panes(self) -> list[LossPane | GradientPane | KnobPane | LayerPane | PredictionPane]:
        loss, gradients = self.query_one(LossPane), self.query_one(GradientPane)
        return [loss, gradients, self.query_one(KnobPane), self.query_one(LayerPane), self.query_one(PredictionPane)]

    def on_resize(self, event: Resize) -> None:
        """A small terminal shows one pane at a time."""
        self._arrange()

    @property
    def _small(self) -> bool:
        return self.app.size.width < WIDE or self.app.size.height < HIGH

    def _arrange(self) -> None:
        alone = self._shown_alone if self._small else self._alone
        for pane in self._panes():
            pane.display = pane.number == alone if alone else pane.number not in self._hidden
        for column in ("#left", "#right"):
            box = self.query_one(column)
            seen = [child for child in box.children if child.display]
            box.display = bool(seen)
            for child in box.children:
                child.set_class(child is seen[-1] if seen else False, "last")
        self.set_class(self._small, "small")
        self.set_class(self.app.size.height < SHORT, "short")
        focused = self.focused
        if focused is None or not focused.display:
            for pane in self._panes():
                if pane.display:
                    pane.focus()
                    break

    def action_pane(self, number: int) -> None:
        """Shows or hides a pane; in a small terminal, or with one pane alone, goes to it."""
        if self._small:
            self._shown_alone = number
        elif self._alone:
            self._alone = number
        elif number in self._hidden:
            self._hidden.discard(number)
        elif len(self._hidden) < len(self._panes()) - 1:
            self._hidden.add(number)
        self._arrange()
        shown = self._pane(number)
        if shown.display:
            shown.focus()

    def action_next_pane(self, direction: int) -> None:
        """The next pane; where only one is seen, it is shown in place of this one."""
        panes = self._panes()
        if self._small or self._alone:
            here = self._shown_alone if self._small else (self._alone or 1)
            self.action_pane((here - 1 + direction) % len(panes) + 1)
        elif direction > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def _pane(self, number: int) -> Widget:
        return next(pane for pane in self._panes() if pane.number == number)

    def action_maximise(self) -> None:
        """One pane fills the screen, or all come back."""
        if self._small:
            return
        number = getattr(self.focused, "number", 1)
        self._alone = None if self._alone else number
        self._arrange()
        self._pane(number).focus()

    def action_toggle_log(self) -> None:
        """The focused chart's axis, or the loss's."""
        chart = self.focused if isinstance(self.focused, CurvePane) else self.query_one(LossPane)
        chart.toggle_log()

    def action_back(self) -> None:
        """From one pane to all; else to the start screen, if the app began there."""
        if self._alone and not self._small:
            self.action_maximise()
        elif len(self.app.screen_stack) > 2:
            self.app.pop_screen()
