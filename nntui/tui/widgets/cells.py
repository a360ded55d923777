"""A grid of lines that sends to the terminal only the cells that changed.

Of the names that Textual keeps private, these are used here; ``tests/tui/test_cells.py`` holds them:
``DOMNode._get_component_classes()``, ``._component_styles``, ``._attach(parent)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import ClassVar, Self

from rich.segment import Segment
from rich.style import Style
from textual.css.styles import RenderStyles
from textual.dom import DOMNode
from textual.events import Resize
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from nntui.text import plain
from nntui.tui import spans

spans.install()

_BLANK_LINE = Strip([], 0)


def line(*parts: str | tuple[str, Style]) -> Strip:
    """Build one line from texts, each with a style or in the widget's own.

    Texts are made plain first, so that nothing in them can act on the terminal.
    """
    segments = []
    for part in parts:
        text, style = part if isinstance(part, tuple) else (part, Style.null())
        if text:
            segments.append(Segment(plain(text), style))
    return Strip(segments)


def ink(style: Style) -> Style:
    """A component's style without its ground, for a line that has another.

    Textual's partial styles would leave out how far a colour is blended with the ground, and so come out full.
    """
    return Style(color=style.color, bold=style.bold, dim=style.dim, italic=style.italic, reverse=style.reverse)


class Cells(Widget):
    """Shows lines, and redraws the spans in which they differ from the lines shown before.

    Textual sends a dirty region to the terminal without comparing it to what is there, so the comparison is made
    here. A chart that grows by a few dots ten times a second costs a few hundred bytes a frame instead of
    several thousand.
    """

    ALLOW_SELECT = False
    #: Whether its lines are others while it has the focus.
    TELLS_FOCUS: ClassVar[bool] = False

    #: How many cells the latest lines have sent to the terminal.
    cells_sent = 0
    #: Theme and grounds, from which the styles of components follow, and whether it has a focus that it tells.
    _lit: tuple[object, ...] = ()
    _lines: Sequence[Strip] = ()
    _ground: Style | None = None
    #: The size it was last drawn for.
    _fitted = Size(0, 0)

    def show(self, lines: Sequence[Strip], changed: Sequence[Region] | None = None) -> None:
        """Show `lines`, one `Strip` for each row from the top; rows without a line are blank.

        `changed` are the regions in which they differ from the lines shown before, from a caller that knows.
        Every segment must have a style (`Style()` for the widget's own): Textual cannot remove the colours of a
        segment without one. A strip that is shown must not be changed afterwards.
        """
        before, self._lines = self._lines, tuple(lines)
        if self.styles.auto_dimensions and _extent(before) != _extent(self._lines):
            self.cells_sent = self.size.area
            self.refresh(layout=True)
            return
        regions = list(_changes(before, self._lines, self.size)) if changed is None else changed
        if regions:
            self.refresh(*regions)
        self.cells_sent = sum(region.area for region in regions)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Has regions drawn or, without any, the whole widget, whose background may be another."""
        if not regions:
            self._ground = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def redraw(self) -> None:
        """Makes the lines anew, in the size and the colours of now, in a widget that knows how."""

    def on_mount(self) -> None:
        """Looks at its size after each layout.

        Textual forgets to tell of a new size when somebody asks where a widget is between a change of the styles and
        the layout that follows, while a hidden widget is to be refreshed: it then makes the layout there and then.
        """
        self.screen.screen_layout_refresh_signal.subscribe(self, self._look_at_size, immediate=True)

    def _look_at_size(self, _: Screen[object]) -> None:
        if self.size != self._fitted:
            self.call_next(self._fit)  # after what Textual has told

    def _fit(self) -> None:
        size = self.size
        if size != self._fitted:
            self.post_message(Resize(size, size))

    def on_resize(self) -> None:
        """There is room for more or for less."""
        self._fitted = self.size
        self.redraw()

    @classmethod
    def _get_component_classes(cls) -> frozenset[str]:  # type: ignore[override]
        # Textual would look up all of them again whenever a class or the focus changes.
        return frozenset()

    def get_component_styles(self, *names: str) -> RenderStyles:
        """The styles of components, looked up when they are first asked for in a theme."""
        for name in names:
            if name not in self._component_styles:
                part = DOMNode(classes=name)
                part._attach(self)
                self.app.stylesheet.apply(part)
                self._component_styles[name] = part.styles
        return super().get_component_styles(*names)

    def notify_style_update(self) -> None:
        """A new theme brings new colours and another background; the focus may bring other lines."""
        super().notify_style_update()
        self._ground = None
        before, self._lit = self._lit, (self.app.theme, self.background_colors, self.TELLS_FOCUS and self.has_focus)
        if self._lit[:2] != before[:2]:
            self._component_styles.clear()
        if self._lit != before:
            self.call_next(self.redraw)

    def render_line(self, y: int) -> Strip:
        """Return row `y` on the widget's background, cut or extended to its width."""
        row = self._lines[y] if y < len(self._lines) else _BLANK_LINE
        if self._ground is None:  # to ask all that lies around the widget for each line costs more than the line
            self._ground = self.rich_style
        style = self._ground
        styled = row.apply_style(style)
        # A strip that is cropped to what it is keeps itself in its cache, and so lives until the collector comes.
        return styled if styled.cell_length == self.size.width else styled.crop_extend(0, self.size.width, style)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return the cells of the longest line, for ``width: auto``."""
        return _extent(self._lines)[0]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines, for ``height: auto``."""
        return _extent(self._lines)[1]


def _extent(lines: Sequence[Strip]) -> tuple[int, int]:
    return max((strip.cell_length for strip in lines), default=0), len(lines)


def _changes(before: Sequence[Strip], after: Sequence[Strip], size: Size) -> Iterator[Region]:
    """Yield the regions inside `size` in which two grids of lines differ."""
    pairs = zip_longest(before, after, fillvalue=_BLANK_LINE)
    for y, (old, new) in zip(range(size.height), pairs, strict=False):
        if old is new or old == new:
            continue
        for start, end in spans.differing(spans.cells(old), spans.cells(new)):
            if start < size.width:
                yield Region(start, y, min(end, size.width) - start, 1)
