"""What panes have in common: a number that is their key, a name in the border, and a picture to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from nntui.tui.feed import Picture
from nntui.tui.widgets.cells import Cells
from nntui.tui.widgets.text import plain

if TYPE_CHECKING:
    from textual.widget import Widget

    _Base = Widget
else:
    _Base = object


class Pane(_Base):
    """Mixed into a widget that draws: says who it is in the border, and takes the focus."""

    can_focus = True
    number: int
    heading: str
    _caption: Content | None = None

    def on_mount(self) -> None:
        """Puts number and name in the upper edge."""
        self.border_title = Content.assemble((f"{self.number} ", "bold"), self.heading)

    def caption(self, text: str | Content) -> None:
        """Puts a unit, a legend or a hint in the lower edge; nothing is redrawn while it stays the same."""
        content = Content(plain(text)) if isinstance(text, str) else text
        if self._caption is None or not self._caption.is_same(content):
            self._caption = content
            self.border_subtitle = content


class PictureCells(Cells):
    """Cells drawn from the latest picture, and again when the size or the theme changes."""

    _last: Picture | None = None

    def picture(self, picture: Picture) -> None:
        """Shows the run as it is in the picture."""
        self._last = picture
        self.redraw()

    def draw(self, picture: Picture) -> None:
        """Builds the lines for the size there is, and shows them."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draws the latest picture anew, if there is one."""
        if self._last is not None and self.size.width > 0 and self.size.height > 0:
            self.draw(self._last)

    def on_resize(self) -> None:
        """Columns and words come and go with the size."""
        self.redraw()

    def notify_style_update(self) -> None:
        """A new theme brings new colours."""
        super().notify_style_update()
        self.call_next(self.redraw)
