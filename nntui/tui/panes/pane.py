"""What panes have in common: a number that is their key, a name in the border, and a picture to show."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.timer import Timer

from nntui.store.records import RunRecord
from nntui.text import plain
from nntui.tui.picture import Picture
from nntui.tui.widgets.cells import Cells

if TYPE_CHECKING:
    from textual.widget import Widget

    _Base = Widget
else:
    _Base = object


def awaited(run: RunRecord, what: str, verb: str = "appears") -> str:
    """What is said where something of a run would stand, once there is any; one that has ended gets none any more."""
    return f"The {what} {verb} after the first step." if run.live else f"This run has no {what}."


class Pane(_Base):
    """Mixed into a widget that draws: says who it is in the border, and takes the focus."""

    can_focus = True
    #: Where in the keymap the pane's own keys stand; nothing when it has none.
    PLACE: ClassVar[str] = ""
    #: What it shows, what good looks like, and what to turn: a sentence each.
    EXPLAIN: ClassVar[tuple[str, ...]] = ("It follows the run while it trains.",)
    number: int
    heading: str
    _caption: Content | None = None

    def on_mount(self) -> None:
        """Puts number and name in the upper edge."""
        self.border_title = Content.assemble((f"{self.number} ", "bold"), self.heading)

    def take_back(self) -> bool:
        """Takes back something that a person opened in the pane, on the way back; whether there was anything."""
        return False

    @property
    def words(self) -> dict[str, str]:
        """What the key bar calls actions of this pane otherwise than the keymap."""
        return {}

    @property
    def lines_wanted(self) -> int | None:
        """How many lines there are to show; None when more lines always show more."""
        return None

    @property
    def caption_width(self) -> int:
        """The cells that a caption can have: the edge keeps one at either end."""
        return max(0, self.size.width - 2)

    def caption(self, text: str | Content) -> None:
        """Puts a unit, a legend or a hint in the lower edge; nothing is redrawn while it stays the same."""
        content = Content(plain(text)) if isinstance(text, str) else text
        if self._caption is None or not self._caption.is_same(content):
            self._caption = content
            self.border_subtitle = content


class Pictured(_Base):
    """Mixed into a widget that is drawn from the latest picture.

    Nobody reads figures that change ten times a second, and each costs bytes: ``EVERY`` is the least time, in
    seconds, from one picture drawn to the next. The last one is always drawn, and a new state at once.
    """

    EVERY: ClassVar[float] = 0.25
    _last: Picture | None = None
    _drawn_at = 0.0
    _late: Timer | None = None

    def picture(self, picture: Picture) -> None:
        """Shows the run as it is in the picture, soon."""
        urgent = self._last is None or self._last.run.state != picture.run.state
        self._last = picture
        wait = self._drawn_at + self.EVERY - time.monotonic()
        if urgent or wait <= 0:
            self.redraw()
        elif self._late is None:
            self._late = self.set_timer(wait, self._draw_late)

    def _draw_late(self) -> None:
        if self._late is not None:  # else it was drawn while this call waited its turn
            self.redraw()

    @property
    def late(self) -> bool:
        """Whether a picture waits to be drawn."""
        return self._late is not None

    def draw(self, picture: Picture) -> None:
        """Draws the picture in the size there is."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draws the latest picture anew, if there is one."""
        if self._late is not None:
            self._late.stop()
            self._late = None
        if self._last is not None and self.size.width > 0 and self.size.height > 0:
            self._drawn_at = time.monotonic()
            self.draw(self._last)

    def on_resize(self) -> None:
        """Columns and words come and go with the size."""
        self.redraw()

    def notify_style_update(self) -> None:
        """A new theme brings new colours."""
        super().notify_style_update()
        self.call_next(self.redraw)


class PictureCells(Pictured, Cells):
    """Cells drawn from the latest picture."""
