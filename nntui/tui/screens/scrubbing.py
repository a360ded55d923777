"""Looking through a run's past: which step all panes show, while the run goes on."""

from __future__ import annotations

from dataclasses import replace

from textual import on

from nntui.tui.panes.board import Board
from nntui.tui.panes.curves import CurvePane, LossPane
from nntui.tui.panes.looking import Pointed
from nntui.tui.picture import Picture
from nntui.tui.screens.notice import say
from nntui.tui.screens.steering import SteeringScreen


class ScrubbingScreen(SteeringScreen):
    """While somebody looks at a step of the past, the cursor of the curves is there, and moves it."""

    #: The step that is looked at, whether or not it is there yet; None: now.
    at: int | None = None

    def action_past(self) -> None:
        """All panes as they were at the step of the cursor, or as they are."""
        if self.at is not None:
            self.look(None)
        elif self._picture is not None:
            pane = self.focused if isinstance(self.focused, CurvePane) else self.query_one(LossPane)
            self.look(self._picture.run.step if pane.view.cursor is None else pane.view.cursor)

    def action_past_step(self, steps: int) -> None:
        """A step earlier or later than the one that is looked at, or than now."""
        if self._picture is not None:
            newest = self._picture.run.step
            self.look(max(0, min(newest, (newest if self.at is None else self.at) + steps)))

    def look(self, step: int | None) -> None:
        """Looks at a step; with None at the run as it is."""
        if step == self.at or self._feed is None or self.unreadable:
            return
        self.at = step
        self.query_one(Board).point(step)
        self._feed.look(step)
        if step is None and self._picture is not None:  # at once: knobs that do not turn must not be seen any longer
            self._picture = self.as_looked_at(self._picture)
            self.draw_picture()
        self.offer_keys()

    def as_looked_at(self, picture: Picture) -> Picture:
        """The picture without the past, once nobody looks at that any more."""
        return picture if self.at is not None or picture.then is None else replace(picture, then=None, seeking=None)

    def draw_picture(self) -> None:
        """Shows the newest picture."""

    def offer_keys(self) -> None:
        """Another state has other keys."""

    @on(Pointed)
    def _follow_cursor(self, message: Pointed) -> None:
        if self.at is not None and not message.is_over:
            self.look(message.step)

    def note_branches(self, before: Picture | None, picture: Picture) -> None:
        """Once the run has gone back, what is looked at may never have been."""
        if self.at is not None and before is not None and before.run.branches != picture.run.branches:
            self.look(None)
            say(self, "The run went back: this is where it is now.")
