"""Pictures of few tones: what a cell shows of two pixels, of a stamp, and where there are no colours."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from nntui.tui.widgets.pixels import BAD, CLASSES, CONFIDENCES, DIVERGING, HUES, UNKNOWN, paint, shade

COLOURS = ("#00005f", "#102030", "#008787")
BAD_STYLE = Style(bold=True)


def seen(strip: Strip) -> list[tuple[str | None, str | None]]:
    """The colours of the upper and the lower pixel of each cell."""
    found: list[tuple[str | None, str | None]] = []
    for text, style, _ in strip:
        assert style is not None
        ink, ground = (color.get_truecolor().hex if color else None for color in (style.color, style.bgcolor))
        found += [{"▀": (ink, ground), "▄": (ground, ink), " ": (ground, ground)}[char] for char in text]
    return found


shapes = st.tuples(st.integers(1, 4).map(lambda rows: 2 * rows), st.integers(1, 9))


@given(arrays(np.int64, shapes, elements=st.integers(0, 2)))
def test_a_cell_shows_its_two_pixels(levels: NDArray[np.int64]) -> None:
    for y, strip in enumerate(paint(levels, COLOURS, {}, BAD_STYLE)):
        expected = [(COLOURS[a], COLOURS[b]) for a, b in zip(levels[2 * y], levels[2 * y + 1], strict=True)]
        assert seen(strip) == expected


def test_cells_of_one_kind_are_one_segment() -> None:
    [strip] = paint(np.zeros((2, 70), dtype=np.int64), COLOURS, {}, BAD_STYLE)
    assert len(list(strip)) == 1


def test_what_is_not_finite_is_marked_and_what_is_unknown_blank() -> None:
    [strip] = paint(np.array([[BAD, 1, UNKNOWN, 1], [1, 1, UNKNOWN, UNKNOWN]]), COLOURS, {}, BAD_STYLE)
    assert strip.text == "✗  ▀"
    assert next(iter(strip)).style == BAD_STYLE
    assert list(strip)[-1].style == Style(color=Color.parse("#102030"))


def test_a_stamp_stands_on_the_colour_of_its_cell() -> None:
    ink = Style(color=Color.parse("#ffffff"))
    [strip] = paint(np.ones((2, 3), dtype=np.int64), COLOURS, {(0, 1): ("●", ink)}, BAD_STYLE)
    assert strip.text == " ● "
    assert list(strip)[1] == Segment("●", ink + Style(bgcolor=Color.parse("#102030")))


def test_without_colours_each_level_has_its_character() -> None:
    [strip] = shade(np.array([[0, 1, 2, BAD, UNKNOWN, 0]]), ".:#", {(0, 5): ("X", Style())}, BAD_STYLE, cross="?")
    assert strip.text == ".:#? X"


def test_tones_have_as_many_colours_as_characters() -> None:
    for tones in (DIVERGING, CLASSES):
        assert len(tones.dark) == len(tones.light) == len(tones.shades)
    assert len(CLASSES) == CONFIDENCES * HUES


def test_without_colours_the_sign_is_seen() -> None:
    below, above = DIVERGING.shades[:3], DIVERGING.shades[4:]
    assert set(below) == {"=", "-"}
    assert set(above) == {"+", "#"}
