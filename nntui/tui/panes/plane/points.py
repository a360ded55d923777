"""Data points on a plane: their marks, which of them are shown, and the legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.style import Style as RichStyle
from textual.color import Color
from textual.content import Content
from textual.style import Style

from nntui.tui.panes.data.marks import glyph
from nntui.tui.panes.plane.view import Look
from nntui.tui.panes.predictions.verdict import Verdict
from nntui.tui.picture import Picture

#: Colours of the classes' marks, pale on a dark surface and deep on a light one.
_DARK_INKS, _LIGHT_INKS = (195, 222, 157, 219, 231, 123), (17, 52, 22, 53, 16, 23)


def ink(which: int, look: Look) -> RichStyle:
    """The colour of a class's marks."""
    inks = _DARK_INKS if look.dark else _LIGHT_INKS
    return RichStyle(color=RichColor.from_ansi(inks[which % len(inks)])) if look.coloured else RichStyle()


def shown_points(X: NDArray[Any], part: NDArray[Any], most: int) -> NDArray[np.int64]:
    """The positions of at most so many rows with finite inputs, spread evenly over the data; held-out rows last."""
    whole = np.flatnonzero(np.isfinite(X).all(axis=1))
    if len(whole) > most:
        whole = whole[np.linspace(0, len(whole) - 1, most).astype(np.int64)]
    order = np.argsort(part[whole], kind="stable")
    return whole[order]


def legend(told: Verdict, names: Sequence[str], picture: Picture, look: Look, room: int) -> Content:
    """Which tones and marks mean what, and which input goes where, as room allows."""
    tested = bool(np.any(picture.rows["part"]))
    filled, hollow = (glyph(0, test=test, ascii_only=look.ascii) for test in (False, True))
    axes = f"{names[0]} → {names[1]} ↑" if not look.ascii else f"{names[0]} right, {names[1]} up"
    train = f"{filled} train {hollow} test" if tested else ("" if told.names else f"{filled} data")
    others = [more for more in (train, axes) if more]
    kept = sum(cell_len(more) + 3 for more in others)
    parts, whole = _key(told, look, room - kept if kept <= room // 2 else room)
    room -= sum(cell_len(part if isinstance(part, str) else part[0]) for part in parts)
    if told.output_name and len(picture.run.data.get("outputs") or ()) > 1 and not told.key()[2:]:
        parts.insert(0, f"{told.output_name}: ")
        room -= cell_len(told.output_name) + 2
    for more in others:
        if cell_len(more) + 3 <= room:
            parts.append(f"· {more} " if parts else f"{more} ")
            room -= cell_len(more) + 3
        else:
            whole = False
    return Content.assemble(*parts, "…" if not whole and room > 0 else "")


def _key(told: Verdict, look: Look, room: int) -> tuple[list[str | tuple[str, Style]], bool]:
    """A swatch and a name for as many of the classes as there is room for, and whether that is all of them."""
    parts: list[str | tuple[str, Style]] = []
    for i, (name, level) in enumerate(told.key()):
        mark = glyph(int(i), test=False, ascii_only=look.ascii) if told.names else ""
        text = f"{mark}{name}"
        if room < cell_len(text) + 4:
            return parts, False
        room -= cell_len(text) + 4
        parts += [_swatch(told, level, look), f"{text} "]
    return parts, True


def _swatch(told: Verdict, level: int, look: Look) -> str | tuple[str, Style]:
    """A sample of a tone, two cells."""
    if not look.coloured:
        return f"{told.tones.shades[level]} "
    colours = told.tones.dark if look.dark else told.tones.light
    return "  ", Style(background=Color.parse(colours[level]))
