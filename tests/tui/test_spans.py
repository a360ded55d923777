"""What is sent to a terminal: the same screen as with Textual's own sequences, in fewer bytes."""

from __future__ import annotations

import inspect
from typing import Any

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual import _compositor
from textual.app import App
from textual.geometry import Region
from textual.strip import Strip

from nntui.tui.spans import FrameUpdate, Pen, Shown, SpansUpdate

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


WIDTH, HEIGHT = 12, 3
LINES = st.text("ab█漢", min_size=WIDTH, max_size=WIDTH).map(lambda text: Strip([Segment(text)]).crop(0, WIDTH))
FRAMES = st.builds(
    lambda lines: FrameUpdate([[line] for line in lines], Region(0, 0, WIDTH, HEIGHT)),
    st.lists(LINES, min_size=HEIGHT, max_size=HEIGHT),
)


@st.composite
def spans(draw: st.DrawFn) -> SpansUpdate:
    """An update of some spans; nothing is known of the lines around them."""
    y, start = draw(st.integers(0, HEIGHT - 1)), draw(st.integers(0, WIDTH - 2))
    end = draw(st.integers(start + 1, WIDTH))
    strip = draw(LINES).apply_style(draw(STYLES))
    return SpansUpdate(
        [{0: strip if y == row else None} for row in range(HEIGHT)], [(y, start, end)], [[WIDTH]] * HEIGHT
    )


@given(st.lists(FRAMES | spans(), min_size=1, max_size=6))
@settings(deadline=None, max_examples=200)
def test_what_is_shown_already_need_not_be_sent(updates: list[FrameUpdate | SpansUpdate]) -> None:
    console, shown = Console(), Shown()
    lazy, eager = pyte.Screen(WIDTH, HEIGHT), pyte.Screen(WIDTH, HEIGHT)
    for update in updates:
        pyte.Stream(eager).feed(update.render_segments(console))
        update.shown = shown
        pyte.Stream(lazy).feed(update.render_segments(console))
        assert lazy.buffer == eager.buffer


def test_textual_still_has_the_private_names_that_are_used() -> None:
    for kind, name, parameters in (
        (_compositor.ChopsUpdate, "__init__", ["self", "chops", "spans", "chop_ends"]),
        (_compositor.LayoutUpdate, "__init__", ["self", "strips", "region"]),
        (_compositor.CompositorUpdate, "render_segments", ["self", "console"]),
        (App, "_display", ["self", "screen", "renderable"]),
    ):
        found = list(inspect.signature(getattr(kind, name)).parameters)
        assert found == parameters, f"Textual has changed: compare nntui/tui/spans.py. {kind.__name__}.{name}()"
    source = inspect.getsource(_compositor.Compositor)
    assert source.count("ChopsUpdate(") == source.count("LayoutUpdate(") == 1
    assert "renderable.render_segments(console)" in inspect.getsource(App._display)


def test_the_same_frame_is_sent_once_and_again_when_it_was_forgotten() -> None:
    console, shown = Console(), Shown()
    frame = FrameUpdate([[Strip([Segment("abc")])], [Strip([Segment("def")])]], Region(0, 0, 3, 2))
    frame.shown = shown
    sent = frame.render_segments(console)
    assert "abc" in sent
    assert frame.render_segments(console) == ""
    shown.forget()
    assert frame.render_segments(console) == sent


@pytest.mark.parametrize("name", ["👨‍👩‍👧 ab", "e\u0301\u0302 ab", "☝🏽 ab", "❤️ ab", "🫩 ab", "a漢b"])
def test_what_follows_a_character_of_unsure_width_stands_where_it_belongs(name: str) -> None:
    """The terminal here draws each code point by itself, as many do."""
    line = Strip([Segment(name)])
    screen = pyte.Screen(WIDTH, 1)
    pyte.Stream(screen).feed(FrameUpdate([[line]], Region(0, 0, WIDTH, 1)).render_segments(Console()))
    assert screen.buffer[0][line.cell_length - 1].data == "b"
    assert screen.buffer[0][line.cell_length].data == " "


def test_colours_that_come_and_go_are_not_held_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nntui.tui.spans.STYLES", 4)
    shown = Shown()
    for green in range(50):
        segments = [Segment("a", Style(color=f"#00{green:02x}00"))]
        assert list(shown.draw(0, 0, segments))
        assert list(shown.draw(0, 0, segments)) == []
    assert len(shown._styles) <= 6
