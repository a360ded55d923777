"""What panes have in common: a number that is their key, a name in the border, and a picture to show."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, Self

from textual.content import Content
from textual.geometry import Region
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
    #: Whether it tells of the whole run, at whatever step somebody looks.
    WHOLE: ClassVar[bool] = False
    number: int
    heading: str
    _more: tuple[str, ...] = ()
    _stamp = ""
    _caption: Content | None = None
    _title: Content | None = None
    _edge: Region | None = None

    def on_mount(self) -> None:
        """Puts number and name in the upper edge."""
        self.title()

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

    def title(self, *more: str) -> None:
        """Puts number and name in the upper edge, and more; the pane is redrawn only where that is another."""
        self._more = more
        parts = (self.heading, *more, *([self._stamp] if self._stamp else []))
        content = Content.assemble((f"{self.number} ", "bold"), " · ".join(parts))
        if self._title is None or not self._title.is_same(content):
            self._title = content
            with self._only(-1):
                self.border_title = content

    def stamp(self, text: str) -> None:
        """From now on says in the upper edge of what time the pane tells, nothing of now."""
        if text != self._stamp:
            self._stamp = text
            self.title(*self._more)

    def caption(self, text: str | Content) -> None:
        """Puts a unit, a legend or a hint in the lower edge; nothing is redrawn while it stays the same."""
        content = Content(plain(text)) if isinstance(text, str) else text
        if self._caption is None or not self._caption.is_same(content):
            self._caption = content
            with self._only(self.size.height):
                self.border_subtitle = content

    @contextmanager
    def _only(self, line: int) -> Iterator[None]:
        """Of a pane that is refreshed as a whole meanwhile, as Textual does for a new title, only one line is sent."""
        self._edge = Region(-1, line, self.size.width + 2, 1)
        try:
            yield
        finally:
            self._edge = None

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Has the pane, or regions of it, drawn."""
        if self._edge is not None and not regions:
            regions = (self._edge,)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


class Pictured(_Base):
    """Mixed into a widget that is drawn from the latest picture.

    Nobody reads figures that change ten times a second, and each costs bytes: ``EVERY`` is the least time, in
    seconds, from one picture drawn to the next, and after one that has sent many cells it is as long as ``PACE``, in
    cells a second, wants it. The last one is always drawn; a new state, an event or what a key changes at once.
    """

    EVERY: ClassVar[float] = 0.25
    PACE: ClassVar[float] = 250.0
    #: A widget that moves everywhere rests at most so many seconds.
    MOST_REST: ClassVar[float] = 4.0
    cells_sent: int
    _last: Picture | None = None
    _drawn_at = 0.0
    _rest = 0.0
    _late: Timer | None = None

    def picture(self, picture: Picture) -> None:
        """Shows the run as it is in the picture, soon."""
        before, self._last = self._last, picture
        if before is not None and picture.is_same(before, self.id or ""):
            return
        urgent = before is None or picture.now is not before.now or _told(before) != _told(picture)
        wait = self._drawn_at + max(self.EVERY, self._rest) - time.monotonic()
        if urgent:
            self.redraw()
        elif wait <= 0:
            self._follow()
        elif self._late is None:
            self._late = self.set_timer(wait, self._draw_late)

    def _draw_late(self) -> None:
        if self._late is not None:  # else it was drawn while this call waited its turn
            self._follow()

    def _follow(self) -> None:
        """Draws the latest picture because it is another."""
        self.redraw()
        if self._last is not None and self._last.run.state == "running":
            self._rest = min(self.MOST_REST, self.cells_sent / self.PACE)

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
            self._drawn_at, self._rest, self.cells_sent = time.monotonic(), 0.0, 0
            self.draw(self._last)


def _told(picture: Picture) -> tuple[object, ...]:
    """What somebody has asked for, or has to know at once."""
    return picture.run.standing, picture.run.config, picture.events[-1:]


class PictureCells(Pictured, Cells):
    """Cells drawn from the latest picture."""
