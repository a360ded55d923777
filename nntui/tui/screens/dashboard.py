"""The screen of one run: panes fed from its folder, keys that steer it.

What lies over it is imported when it is opened: the first paint does not wait for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.events import Resize
from textual.widgets import Input
from textual.worker import Worker

from nntui.tui import keymap, terminal
from nntui.tui.budget import Budget
from nntui.tui.feed import Feed, NewPicture, Unreadable
from nntui.tui.panes import systemline
from nntui.tui.panes.board import Board, Rearranged
from nntui.tui.panes.curves import LossPane, Picking
from nntui.tui.panes.header import Header
from nntui.tui.panes.knobs.pane import ADOPT, KnobPane
from nntui.tui.panes.pane import Pane, Pictured
from nntui.tui.panes.predictions.pane import PredictionPane
from nntui.tui.panes.systemline import SystemLine
from nntui.tui.picture import Asked, Picture, Wanted, WantedTables
from nntui.tui.screens.ghosting import GhostingScreen
from nntui.tui.screens.keys import hints, places
from nntui.tui.screens.notice import say
from nntui.tui.screens.rundialog import RunDialog
from nntui.tui.screens.steering import STEERING
from nntui.tui.system import Meter
from nntui.tui.widgets.keybar import KeyBar
from nntui.tui.widgets.toosmall import TooSmall

#: What is offered to whoever looks at a run that has diverged.
WAY_OUT = "go back, halve lr"
#: What cannot be done while one looks at the past.
TURNING = ("turn", "turn_rate", "undo", "haunt")
#: From this width on the key bar has room for whole sentences.
WORDY = 100
#: What the machine is busy with is measured this often.
SYSTEM_SECONDS = 1.0


class DashboardScreen(GhostingScreen):
    """Follows a run, passes its pictures to the header and the panes, and steers it by keys."""

    BINDINGS: ClassVar = keymap.bindings(keymap.DASHBOARD)
    CSS_PATH = "../styles/dashboard.tcss"

    def __init__(
        self,
        folder: Path,
        *,
        marker: str,
        budgets: tuple[Budget, ...] = (),
        at: int | None = None,
        layout: Mapping[str, Any] | None = None,
    ) -> None:
        """``budgets`` are what news have to stay within, bytes first; ``at`` a step at which the run is shown for good.

        ``layout`` is what was remembered of where the panes stand.
        """
        super().__init__()
        self._at = at
        self._budgets = budgets or (Budget(lambda: 0),)
        self._layout = layout
        self.folder = folder
        self._marker = marker
        self._picture: Picture | None = None
        self._feed: Feed | None = None
        self._following: Worker[None] | None = None
        self.unreadable = ""  # or why the run cannot be read any more
        self._meter = Meter()

    def compose(self) -> ComposeResult:
        """Who and how far, the panes, the keys."""
        yield Header()
        yield SystemLine()
        yield Board(self._marker, self._layout)
        yield KeyBar()
        yield TooSmall()

    def on_mount(self) -> None:
        """Starts following the run."""
        self._feed = Feed(
            self.folder,
            self.post_message,
            congested=lambda: terminal.backlog(self.app) > 0,
            spent=lambda: any(budget.spent for budget in self._budgets),
            at=self._at,
        )
        # Before the loss pane knows what it has room for and asks itself, so that the first paint has a curve.
        self._feed.want("loss", LossPane.first_query(self.app.size.width))
        self._following = self.run_worker(self._feed.run, name="feed", exclusive=True)
        self.query_one(KnobPane).focus()
        self.set_interval(SYSTEM_SECONDS, self._measure)

    async def on_unmount(self) -> None:
        """Leaves no process behind."""
        if self._feed is not None and self._following is not None:
            self._following.cancel()
            await self._feed.ended()
        await self.leave_ghost()

    def on_resize(self, event: Resize) -> None:
        """The system line is the first to make room."""
        line, header = self.query_one(SystemLine), self.query_one(Header)
        line.display = event.size.width >= systemline.WIDE and event.size.height >= systemline.HIGH
        header.tells_pace = not line.display
        header.redraw()
        self.offer_keys()

    def _measure(self) -> None:
        line = self.query_one(SystemLine)
        if self.is_current and line.display and self._picture is not None:
            run = self._picture.newest
            usage = self._meter.read(run.pid if run.live and run.is_here else None)
            line.usage(usage, run, self._budgets[0].rate, self._budgets[0].limit)

    # What comes from the feed

    @on(NewPicture)
    def _show(self, message: NewPicture) -> None:
        message.stop()
        if self._at is not None and message.picture.then is not None:
            self.at = self._at
        picture = self.as_looked_at(message.picture)
        before, self._picture = self._picture, picture
        if self.is_current:  # in sight, if only around a dialog
            self.draw_picture()
        for screen in self.app.screen_stack:
            if isinstance(screen, RunDialog):
                screen.picture(picture.shown)
        state = picture.run.state
        if before is None or before.run.state != state:
            self._tell_state(before, picture)
        self.note_branches(before, picture)
        self.note_ghost(before, picture)

    def draw_picture(self) -> None:
        """Shows the newest picture."""
        if self._picture is not None:
            self.query_one(Header).picture(self._picture)
            self.query_one(Board).picture(self._picture)

    def on_screen_resume(self) -> None:
        """What lay over the screen is gone."""
        self.draw_picture()

    @property
    def settled(self) -> bool:
        """Whether all that is known of the run, and wanted, is drawn; or why it cannot be is told."""
        drawn = (node for screen in self.app.screen_stack for node in screen.walk_children())
        late = any(pane.late for pane in drawn if isinstance(pane, Pictured))
        return bool(self.unreadable) or (self._feed is not None and self._feed.settled(self._picture) and not late)

    @property
    def sought(self) -> float:
        """How much of the way to a step of the past is done."""
        return self._picture.seeking.share if self._picture is not None and self._picture.seeking else 0.0

    def _tell_state(self, before: Picture | None, picture: Picture) -> None:
        run = picture.run
        self.offer_keys()
        if before is None or not before.run.live or run.live:
            return
        if run.state in ("diverged", "crashed"):
            way = f"; {keymap.shown(keymap.DASHBOARD, 'toggle_pause')}: {WAY_OUT}" if run.state == "diverged" else ""
            say(self, f"{run.state} at step {run.step:,}: {run.reason}{way}", "error", 10)
        else:
            say(self, f"{run.state} at step {run.step:,}")

    @on(Unreadable)
    def _say_unreadable(self, message: Unreadable) -> None:
        self.unreadable = message.text
        here = message.text.replace(f"{self.folder.parent}{os.sep}", "")  # a long path leaves no room for the reason
        self.query_one(Header).lost(here)
        self.offer_keys()
        say(self, message.text, "error", 30)

    @on(Wanted)
    def _pass_on(self, message: Wanted) -> None:
        if self._feed is not None:
            self._feed.want(message.chart, message.query)

    @on(WantedTables)
    def _pass_on_tables(self, message: WantedTables) -> None:
        if self._feed is not None:
            self._feed.want_tables(message.pane, message.names)

    @on(Asked)
    def _pass_on_question(self, message: Asked) -> None:
        if self._feed is not None:
            self._feed.ask(message.pane, message.question)

    @on(Picking)
    async def _pick(self, message: Picking) -> None:
        from nntui.tui.screens.series import SeriesChoice

        def take(chosen: tuple[str, ...] | None) -> None:
            if chosen is not None:
                message.pane.choose(chosen)

        await self.app.push_screen(SeriesChoice(message.series, message.chosen), take)

    # What lies over it

    @on(PredictionPane.Opened)
    async def _open_row(self, message: PredictionPane.Opened) -> None:
        from nntui.tui.screens.autopsy import AutopsyScreen

        if self._picture is not None:
            screen = AutopsyScreen(
                self._picture.shown, self.post_message, message.order, message.place, marker=self._marker
            )
            await self.app.push_screen(screen, self.query_one(PredictionPane).choose)

    @on(PredictionPane.Typing)
    async def _type_values(self, message: PredictionPane.Typing) -> None:
        from nntui.tui.screens.values import ValuesScreen

        if self._picture is None:
            return
        if self._picture.run.data.get("image"):
            say(self, "Values can be typed where the inputs are numbers; these are images.")
        else:
            await self.app.push_screen(ValuesScreen(self._picture.shown, self.post_message, message.row))

    # Keys

    def on_descendant_focus(self) -> None:
        """Another pane has other keys."""
        self.offer_keys()

    @on(Rearranged)
    def offer_keys(self) -> None:
        """What the keys do here and now."""
        wide = self.app.size.width >= WORDY
        words = {"leave": "leave, training goes on" if wide else "leave, runs on"} if self.live else {}
        if self._picture is not None and (state := self._picture.newest.state) not in ("starting", "running"):
            words["toggle_pause"] = WAY_OUT if state == "diverged" else "go on"
        if self.at is not None:
            words["past"] = "now"
        if hidden := self.query_one(Board).hidden:
            words["pane(7)"] = f"panes, {hidden} hidden"
        own = places(self.focused)
        is_typing = isinstance(self.focused, Input)
        here = own[:1] if is_typing else [keymap.APP, keymap.DASHBOARD, keymap.PANES, *own]
        dead = set() if self.steers else set(STEERING)
        if self.read_only or not self.check_action("toggle_pause", ()):
            dead.add("toggle_pause")
        if isinstance(self.focused, Pane):
            words |= self.focused.words
            names = {key.action.partition("(")[0] for key in keymap.labelled(*own)}
            dead |= {name for name in names if self.focused.check_action(name, ()) is False}
        adopts = words.get("type") == ADOPT
        if self.at is None:
            dead |= {"past_step", *(["haunt"] if adopts else [])}
        else:
            dead |= {*TURNING, *(["type"] if isinstance(self.focused, KnobPane) else [])}
        first = ("past", "past_step") if self.at is not None else ("type",) if adopts else ()
        self.query_one(KeyBar).offer(hints(here, words=words, without=dead, first=first))

    async def action_explain(self) -> None:
        """What the focused pane shows, what good looks like, and what to turn."""
        from nntui.tui.screens.explanation import Explanation

        number = getattr(self.focused, "number", 1)
        await self.app.push_screen(Explanation(self.query_one(Board).panes[number - 1]))

    def action_back(self) -> None:
        """From the past to now; what the pane has open; the ghost; from one pane to all; to the start screen."""
        if self.at is not None:
            self.look(None)
            return
        if isinstance(self.focused, Pane) and self.focused.take_back():
            return
        if self.drop_ghost():
            return
        if not self.query_one(Board).restore() and len(self.app.screen_stack) > 2:
            self.app.pop_screen()
