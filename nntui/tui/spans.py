"""Sends the terminal what it does not show yet, and of its colours only what changes.

Textual 8.2 crops what it sends of a partly changed line on the right, but not on the left: one changed cell at the
right end of a chart costs the whole line. It sends the whole screen, often three times, when a dialog opens. And it
names both colours of every piece of text, and takes them back after it: thirty-five bytes, often for one dot. The names
used here are private to Textual, whose minor version is pinned for that reason; ``tests/tui/test_spans.py`` holds them:
``_compositor.ChopsUpdate`` and ``.LayoutUpdate``, what they hold and their ``render_segments(console)``,
``App._display(screen, renderable)``, in which the app says what its terminal shows, and ``Console._color_system``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, compress, count, groupby, repeat, starmap, zip_longest
from operator import itemgetter, ne

from rich.cells import split_graphemes
from rich.color import ColorSystem
from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual import _compositor

_RESET = "\x1b[0m"


#: A new span costs a cursor movement and a colour, about as many bytes as this many unchanged cells.
MERGE_GAP = 4
#: So many styles are held as one object at most: pictures have ever new colours.
STYLES = 4096
#: ASCII, lines, blocks and braille: what charts are made of, one cell each.
_SINGLE_CELLS = re.compile("[ -~\u2500-\u259f\u2800-\u28ff]*")

#: A character and its style. A wide one fills two cells: the second, its continuation, is marked by NUL, so that the
#: two always equal or differ from those of another line together.
Cell = tuple[str, Style]
BLANK: Cell = (" ", Style.null())
_TEXT, _STYLE = itemgetter(0), itemgetter(1)


def cells(segments: Iterable[Segment]) -> list[Cell]:
    """Splits a line into its cells; what has no width belongs to the character before it."""
    found: list[Cell] = []
    for text, segment_style, _ in segments:
        style = segment_style or BLANK[1]
        if _SINGLE_CELLS.fullmatch(text):
            found.extend(zip(text, repeat(style)))
            continue
        for start, end, width in split_graphemes(text)[0]:
            grapheme = text[start:end]
            if width:
                found.append((grapheme, style))
            if width == 2:
                found.append(("\0" + grapheme, style))
    return found


def differing(old: Sequence[Cell | None], new: Sequence[Cell | None]) -> Iterator[tuple[int, int]]:
    """Yields (start, end) of the runs of cells that differ, those a few cells apart as one; a shorter one is padded."""
    start = end = -1
    for x in compress(count(), starmap(ne, zip_longest(old, new, fillvalue=BLANK))):
        if start >= 0 and x - end >= MERGE_GAP:
            yield start, end
            start = x
        elif start < 0:
            start = x
        end = x + 1
    if start >= 0:
        yield start, end


def placed(run: Sequence[Cell]) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The parts of a run, each after the cell where it begins, before which the cursor has to be placed.

    Terminals do not agree how wide a character of several code points is, or a new emoji: what comes after one shall
    stand where it belongs, since it is not sent again.
    """
    begin = 0
    if _SINGLE_CELLS.fullmatch("".join(map(_TEXT, run))):
        yield begin, run
        return
    for x, (text, _) in enumerate(run[:-1]):
        if ord(text[0]) >= 0x1F000 or (len(text) > 1 and text[0] != "\0"):
            end = x + 1 + (run[x + 1][0][0] == "\0")
            yield begin, run[begin:end]
            begin = end
    if begin < len(run):
        yield begin, run[begin:]


class Shown:
    """What a terminal shows, cell by cell, as far as that is known.

    Textual sends the whole screen for a dialog that opens or a pane that closes; here only what then differs is sent.
    """

    def __init__(self) -> None:
        self._lines: dict[int, list[Cell | None]] = {}
        #: Equal styles as one object: those are compared in no time.
        self._styles: dict[Style, Style] = {}

    def forget(self) -> None:
        """The terminal may show anything now."""
        self._lines.clear()
        self._styles.clear()

    def draw(self, x: int, y: int, segments: Iterable[Segment]) -> Iterator[tuple[int, list[Cell]]]:
        """Takes note of what is drawn from a cell on; yields the runs that were not there, each after its column."""
        if len(self._styles) > STYLES:
            self._styles.clear()
        one, null = self._styles.setdefault, BLANK[1]
        new = cells([Segment(text, one(style or null, style or null)) for text, style, _ in segments])
        line, end = self._lines.setdefault(y, []), x + len(new)
        line += [None] * (end - len(line))
        for start, stop in differing(line[x:end], new):
            whole = start - (start > 0 and new[start][0][0] == "\0")
            yield x + whole, new[whole:stop]
        line[x:end] = new


class Update:
    """An update of the screen of which a terminal is sent what it does not show yet; ``shown`` is set by the app."""

    shown: Shown | None = None

    def pieces(self) -> Iterator[tuple[int, int, Iterable[Segment]]]:
        """Where each piece of the update begins, x and y, and what it is."""
        raise NotImplementedError

    def render_segments(self, console: Console) -> str:
        """Return the terminal sequences of the update; they assume no colours and leave none."""
        pen = Pen(console._color_system or ColorSystem.TRUECOLOR)
        shown = self.shown or Shown()
        for x, y, segments in self.pieces():
            for start, run in shown.draw(x, y, segments):
                for offset, part in placed(run):
                    pen.move(start + offset, y)
                    pen.draw(part)
        return pen.text()


class SpansUpdate(Update, _compositor.ChopsUpdate):
    """An update of the screen that holds exactly the spans that were marked as changed."""

    def pieces(self) -> Iterator[tuple[int, int, Iterable[Segment]]]:
        for y, start, end in self.spans:
            for right, (left, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                begin, stop = max(left, start), min(right, end)
                if strip is not None and begin < stop:
                    yield begin, y, strip.crop(begin - left, stop - left)


class FrameUpdate(Update, _compositor.LayoutUpdate):
    """An update of the whole screen."""

    def pieces(self) -> Iterator[tuple[int, int, Iterable[Segment]]]:
        for y, strips in enumerate(self.strips, self.region.y):
            yield self.region.x, y, chain.from_iterable(strips)


class Pen:
    """Writes segments one after the other in terminal sequences, and remembers in which style it is."""

    def __init__(self, color_system: ColorSystem) -> None:
        self._color_system = color_system
        self._style: Style | None = None
        self.sequences: list[str] = []

    def write(self, segment: Segment) -> None:
        """Adds a segment."""
        text, style, _ = segment
        style = style or Style.null()
        if style.link:
            self._to(None)
            self.sequences.append(style.render(text, color_system=self._color_system))
            return
        self._to(style)
        self.sequences.append(text)

    def move(self, x: int, y: int) -> None:
        """Goes on at a cell."""
        self.sequences.append(Control.move_to(x, y).segment.text)

    def draw(self, run: Sequence[Cell]) -> None:
        """Adds cells."""
        for style, same in groupby(run, key=_STYLE):
            self.write(Segment("".join([text for text, _ in same if text[0] != "\0"]), style))

    def text(self) -> str:
        """All that was written, its colours taken back."""
        self._to(None)
        return "".join(self.sequences)

    def _to(self, style: Style | None) -> None:
        if style is not self._style:
            self.sequences.append(_change(self._style or Style.null(), style or Style.null(), self._color_system))
            self._style = style


@lru_cache(maxsize=4096)
def _change(before: Style, after: Style, color_system: ColorSystem) -> str:
    """The sequence that leads from one style to another."""
    if before == after:
        return ""
    codes = _codes(after, color_system)
    same_attributes = before.without_color == after.without_color
    if same_attributes and not (before.color and not after.color) and not (before.bgcolor and not after.bgcolor):
        color = after.color if after.color != before.color else None
        bgcolor = after.bgcolor if after.bgcolor != before.bgcolor else None
        codes = _codes(Style(color=color, bgcolor=bgcolor), color_system)
        return f"\x1b[{codes}m" if codes else ""
    if not codes:
        return _RESET
    return f"\x1b[{codes}m" if before == Style.null() else f"\x1b[0;{codes}m"


def _codes(style: Style, color_system: ColorSystem) -> str:
    """The numbers that select a style, as Rich knows them."""
    return style.render(" ", color_system=color_system).partition("m")[0].removeprefix("\x1b[").strip()


def install() -> None:
    """Make every Textual screen of this process send its updates this way."""
    _compositor.ChopsUpdate = SpansUpdate  # type: ignore[misc]
    _compositor.LayoutUpdate = FrameUpdate  # type: ignore[misc]
