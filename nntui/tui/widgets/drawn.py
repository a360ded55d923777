"""A chart as it is on the screen: its lines, and what changed since the one before."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from nntui.tui.spans import MERGE_GAP
from nntui.tui.widgets.axes import Frame
from nntui.tui.widgets.raster import Raster

_TO_ASCII = str.maketrans("│─└┤┬┊✗▲▼●✕◆★·–…→×□", "|-+++!x^vox#*,-.>x?")


class Drawn(NamedTuple):
    """Everything from which the lines are made; ``styles`` has the style of each owner of a cell."""

    frame: Frame
    canvas: Raster
    styles: dict[int, Style]
    marker: str

    def lines(self, axis: Style) -> list[Strip]:
        """The frame, in the style of an axis, and the canvas, a segment for each run of cells in one style."""
        outline, canvas, styles, marker = self
        text = canvas.codes.astype("<u4").tobytes().decode("utf-32-le")
        frame_lines = outline.lines
        if marker == "ascii":
            text = text.translate(_TO_ASCII)
            frame_lines = tuple(line.translate(_TO_ASCII) for line in frame_lines)
        starts = np.ones(canvas.owner.shape, dtype=np.bool_)
        np.not_equal(canvas.owner[:, 1:], canvas.owner[:, :-1], out=starts[:, 1:])
        begins = np.flatnonzero(starts)
        places, owners = begins.tolist(), canvas.owner.reshape(-1)[begins].tolist()
        pieces = map(text.__getitem__, map(slice, places, [*places[1:], len(text)]))
        segments = list(map(Segment, pieces, map(styles.__getitem__, owners)))
        rows = np.flatnonzero(begins % outline.columns == 0).tolist()
        width = outline.left + outline.columns
        lines = [
            Strip([Segment(beside[: outline.left], axis), *segments[start:end]], width)
            for beside, start, end in zip(frame_lines, rows, [*rows[1:], len(segments)], strict=False)
        ]
        return lines + [Strip([Segment(text, axis)]) for text in frame_lines[outline.rows :]]

    def changes(self, before: Drawn | None) -> list[Region] | None:
        """Where this differs from what was drawn before; None when that is as good as everywhere.

        Looking at the canvas as arrays is ten times faster than comparing the lines.
        """
        frame, canvas = self.frame, self.canvas
        if before is None or (before.styles, before.marker) != (self.styles, self.marker):
            return None
        old = before.frame
        sizes = [(one.left, one.columns, one.rows, len(one.lines)) for one in (old, frame)]
        if sizes[0] != sizes[1]:
            return None
        regions = []
        for y, (one, two) in enumerate(zip(old.lines, frame.lines, strict=True)):
            if one != two:
                regions.append(Region(0, y, frame.left if y < frame.rows else frame.left + frame.columns, 1))
        differs = (before.canvas.codes != canvas.codes) | (before.canvas.owner != canvas.owner)
        rows, columns = np.nonzero(differs)
        if len(rows):
            ends = np.flatnonzero((rows[1:] != rows[:-1]) | (columns[1:] - columns[:-1] > MERGE_GAP)).tolist()
            ends.append(len(rows) - 1)
            row_of, column_of, start = rows.tolist(), columns.tolist(), 0
            for end in ends:
                left, right = column_of[start], column_of[end]
                regions.append(Region(frame.left + left, row_of[start], right - left + 1, 1))
                start = end + 1
        return regions
