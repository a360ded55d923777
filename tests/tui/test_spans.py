"""The sequences that are sent for changed spans: the same screen as Textual's own, in fewer bytes."""

from __future__ import annotations

from typing import Any

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from nntui.tui.widgets.spans import Pen

COLORS = st.sampled_from([None, "#ff8000", "#00c0ff", "#202020", "red", "default", "color(200)"])
STYLES = st.builds(
    Style,
    color=COLORS,
    bgcolor=COLORS,
    bold=st.sampled_from([None, True, False]),
    italic=st.sampled_from([None, True]),
    reverse=st.sampled_from([None, True]),
)
SEGMENTS = st.lists(st.builds(Segment, st.text("ab⣿█ ", min_size=1, max_size=3), st.none() | STYLES), max_size=12)
SYSTEMS = st.sampled_from([ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD])


def cells(sequences: str) -> list[tuple[Any, ...]]:
    """What a terminal shows, and after it one more character in the colours that are left."""
    screen = pyte.Screen(60, 1)
    pyte.Stream(screen).feed(sequences + "x")
    return [tuple(screen.buffer[0][x]) for x in range(60)]


def written(segments: list[Segment], system: ColorSystem = ColorSystem.TRUECOLOR) -> str:
    pen = Pen(system)
    for segment in segments:
        pen.write(segment)
    return pen.text()


@given(SEGMENTS, SYSTEMS)
@settings(deadline=None, max_examples=200)
def test_the_screen_is_that_of_segments_sent_one_by_one(segments: list[Segment], system: ColorSystem) -> None:
    each = "".join(style.render(text, color_system=system) if style else text for text, style, _ in segments)
    assert cells(written(segments, system)) == cells(each)


def test_a_style_is_sent_once() -> None:
    style = Style(color="#ff8000", bgcolor="#202020", bold=True)
    assert written([Segment("a", style), Segment("b", style), Segment("c", Style.parse(str(style)))]) == (
        "\x1b[1;38;2;255;128;0;48;2;32;32;32mabc\x1b[0m"
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (Style(color="#0000ff", bgcolor="#202020"), "\x1b[38;2;0;0;255m"),
        (Style(color="#ff8000", bgcolor="#ffffff"), "\x1b[48;2;255;255;255m"),
        (Style(color="#ff8000", bgcolor="#202020", bold=True), "\x1b[0;1;38;2;255;128;0;48;2;32;32;32m"),
    ],
)
def test_of_the_colours_only_what_changes_is_sent(changed: Style, expected: str) -> None:
    first = Segment("a", Style(color="#ff8000", bgcolor="#202020"))
    assert written([first, Segment("b", changed)]).endswith(f"ma{expected}b\x1b[0m")


def test_links_are_kept() -> None:
    link = Style(color="#ff8000", link="https://example.org")
    sent = written([Segment("a", Style(color="#00c0ff")), Segment("b", link), Segment("c", Style(color="#00c0ff"))])
    assert "https://example.org" in sent
    assert [cell[1] for cell in cells(sent)[:3]] == ["00c0ff", "ff8000", "00c0ff"]
