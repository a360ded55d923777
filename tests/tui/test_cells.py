"""Cells: what is drawn, and how little is sent to the terminal when it changes."""

from __future__ import annotations

import asyncio
import inspect
import os
import pty
import re
import select
import subprocess
import sys
import termios
import textwrap
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.dom import DOMNode
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Static

from nntui.text import PLACEHOLDER, plain
from nntui.tui.widgets.cells import Cells, _changes, line
from nntui.tui.widgets.text import fit

PRIVATE = {"_get_component_classes": [], "_attach": ["self", "parent"]}

RED = Style(color="red")


class Recorder(Cells):
    """Remembers the regions it was asked to refresh."""

    def __init__(self) -> None:
        super().__init__()
        self.regions: list[tuple[Region, ...]] = []

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Recorder:
        if self.is_mounted:
            self.regions.append(regions)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


class CellsApp(App[None]):
    def __init__(self, widget: Cells) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


def screen_text(app: App[None]) -> list[str]:
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


def refreshed(before: list[Strip], after: list[Strip]) -> tuple[list[Region], list[str]]:
    """Show `before`, then `after`; return the regions refreshed by the second and the screen it left."""

    async def scenario() -> tuple[list[Region], list[str]]:
        app = CellsApp(widget := Recorder())
        async with app.run_test(size=(20, 4)) as pilot:
            widget.show(before)
            await pilot.pause()
            widget.regions.clear()
            widget.show(after)
            asked = [region for regions in widget.regions for region in (regions or [Region(-1, -1, 0, 0)])]
            await pilot.pause()
            return asked, screen_text(app)

    return asyncio.run(scenario())


def test_equal_content_refreshes_nothing() -> None:
    regions, screen = refreshed([line("abc", ("def", RED))], [line("abc", ("def", RED))])
    assert regions == []
    assert screen[0] == "abcdef"


def test_segments_cut_differently_are_the_same_content() -> None:
    assert refreshed([line("abcdef")], [line("ab", "cdef")])[0] == []


def test_one_changed_cell_refreshes_one_cell() -> None:
    regions, screen = refreshed([line("abcdef"), line("x")], [line("abXdef"), line("x")])
    assert regions == [Region(2, 0, 1, 1)]
    assert screen[:2] == ["abXdef", "x"]


def test_a_changed_style_is_a_change() -> None:
    assert refreshed([line("abc")], [line("a", ("b", RED), "c")])[0] == [Region(1, 0, 1, 1)]


def test_near_changes_join_and_far_ones_do_not() -> None:
    assert refreshed([line("0123456789")], [line("X12X456789")])[0] == [Region(0, 0, 4, 1)]
    assert refreshed([line("0123456789")], [line("X12345678X")])[0] == [
        Region(0, 0, 1, 1),
        Region(9, 0, 1, 1),
    ]


def test_shorter_and_missing_lines_are_blanked() -> None:
    regions, screen = refreshed([line("abcd"), line("ef")], [line("ab")])
    assert regions == [Region(2, 0, 2, 1), Region(0, 1, 2, 1)]
    assert screen[:2] == ["ab", ""]


def test_wide_characters_are_refreshed_whole() -> None:
    assert refreshed([line("日本x")], [line("日木x")])[0] == [Region(2, 0, 2, 1)]
    assert refreshed([line("日x")], [line("日\u0301x")])[0] == [Region(0, 0, 2, 1)]
    assert refreshed([line("ab日")], [line("b日")])[0] == [Region(0, 0, 4, 1)]


def test_content_outside_the_widget_is_not_refreshed() -> None:
    wide = "x" * 30
    assert refreshed([line(wide)] * 6, [line(wide[:-1] + "y")] * 6)[0] == []


texts = st.text(alphabet="ab 日⠿", max_size=8)
grids = st.lists(st.lists(st.tuples(texts, st.sampled_from([Style(), RED])), max_size=3), max_size=4)


@given(before=grids, after=grids)
@settings(deadline=None, max_examples=200)
def test_cells_outside_the_changes_are_equal(
    before: list[list[tuple[str, Style]]], after: list[list[tuple[str, Style]]]
) -> None:
    """Painting the changed regions of the new lines over the old ones gives the new lines."""
    old, new = ([line(*parts) for parts in grid] for grid in (before, after))
    app_size = Region(0, 0, 48, 5).size
    changed = {(region.x + dx, region.y) for region in _changes(old, new, app_size) for dx in range(region.width)}
    blank = Style()
    for y in range(5):
        rows = [(grid[y] if y < len(grid) else Strip([])).extend_cell_length(48, blank) for grid in (old, new)]
        for x in range(48):
            if (x, y) not in changed:
                one, other = (row.crop(x, x + 1).text for row in rows)
                assert one == other


def test_auto_height_follows_the_number_of_lines() -> None:
    async def scenario() -> int:
        widget = Cells()
        widget.styles.height = "auto"
        async with CellsApp(widget).run_test(size=(20, 6)) as pilot:
            widget.show([line("a"), line("b")])
            await pilot.pause()
            widget.show([line("a"), line("b"), line("c")])
            await pilot.pause()
            return widget.size.height

    assert asyncio.run(scenario()) == 3


@pytest.mark.parametrize("no_color", [False, True])
def test_the_background_is_the_widgets_own(monkeypatch: pytest.MonkeyPatch, no_color: bool) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        monkeypatch.delenv("NO_COLOR", raising=False)

    async def scenario() -> tuple[Strip, Style]:
        async with CellsApp(widget := Cells()).run_test(size=(20, 4)) as pilot:
            widget.styles.background = "#102030"
            widget.show([line("ab", ("c", RED))])
            await pilot.pause()
            return widget.render_lines(Region(0, 0, 20, 1))[0], widget.rich_style

    strip, style = asyncio.run(scenario())
    assert strip.cell_length == 20
    if not no_color:
        assert {segment.style.bgcolor for segment in strip if segment.style} == {style.bgcolor}


def test_line_makes_its_texts_plain() -> None:
    assert line("a\x1b[31mb", ("\x00", RED)).text == f"a{PLACEHOLDER}[31mb{PLACEHOLDER}"
    assert list(line("a", ("", RED))) == [Segment("a", Style())]


def test_plain_keeps_what_is_text() -> None:
    assert plain("naïve 日本 ⠿ می\u200cخواهم") == "naïve 日本 ⠿ می\u200cخواهم"
    assert plain("a\u00a0b") == "a b"


@given(st.text())
@settings(deadline=None, max_examples=200)
def test_plain_leaves_nothing_that_a_terminal_obeys(text: str) -> None:
    assert not re.search("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]", plain(text))
    assert len(plain(text)) == len(text)
    plain(text).encode()


def test_plain_replaces_lone_surrogates() -> None:
    assert plain("run-\udcff") == f"run-{PLACEHOLDER}"


def test_fit_cuts_pads_and_aligns() -> None:
    assert fit("learning rate", 8) == "learnin…"
    assert fit("loss", 6) == "loss  "
    assert fit("loss", 6, right=True) == "  loss"
    assert fit("日本語", 4) == "日… "
    assert fit("loss", 0) == ""


@given(st.text(), st.integers(1, 20))
@settings(deadline=None, max_examples=200)
def test_fit_is_exactly_as_wide_as_asked(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width


BLINKER = textwrap.dedent("""
    from textual.app import App
    from nntui.tui.widgets.cells import Cells, line

    class Blinker(App):
        def compose(self):
            yield Cells()
        def on_mount(self):
            self.query_one(Cells).show([line("." * 79)] * 20 + [line("ready")])
        def on_key(self, event):
            cells = self.query_one(Cells)
            cells.show([line("." * 78 + event.key)] + [line("." * 79)] * 19 + [line("ready")])

    Blinker().run()
""")


class Ruler(Cells):
    """Tells the size it was last drawn for."""

    drawn: tuple[int, int] = (0, 0)
    times = 0

    def redraw(self) -> None:
        self.drawn = self.size
        self.times += 1


@pytest.mark.parametrize("asked", [False, True], ids=["told by Textual", "not told"])
def test_another_size_is_drawn_once_also_when_textual_does_not_tell_of_it(asked: bool) -> None:
    async def scenario() -> None:
        app = CellsApp(ruler := Ruler())
        async with app.run_test(size=(20, 4)) as pilot:
            hidden = Static()
            hidden.display = False
            await app.mount(hidden)
            await pilot.pause()
            before = ruler.times

            def asks() -> None:
                """What happens in the moment between a frame of a hidden widget and a layout."""
                app.screen._compositor.update_widgets({hidden})
                app.screen._clear_arrangement_cache()
                assert ruler.region.width == (10 if ruler.display else 0), "the layout is made already"

            ruler.styles.width = 10
            if asked:
                asks()
            await pilot.pause()
            assert (ruler.size, ruler.drawn, ruler.times) == ((10, 4), (10, 4), before + 1)
            ruler.display = False
            if asked:
                asks()
            await pilot.pause()
            ruler.display = True
            await pilot.resize_terminal(12, 3)
            assert ruler.drawn == (10, 3)

    asyncio.run(scenario())


def test_textual_still_has_the_private_names_that_cells_use() -> None:
    found = {name: list(inspect.signature(getattr(DOMNode, name)).parameters) for name in PRIVATE}
    assert found == PRIVATE, "Textual has changed: compare nntui/tui/widgets/cells.py"
    assert DOMNode()._component_styles == {}


def read_until(terminal: int, found: bytes, seconds: float = 20) -> bytes:
    """Read from a terminal until `found` has been seen and nothing more comes."""
    output, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.3)[0]:
            output += os.read(terminal, 65536)
        elif found in output:
            return output
    raise AssertionError(f"{found!r} never came; the terminal saw {output[-300:]!r}")


def test_a_real_terminal_is_sent_a_few_bytes_for_one_cell() -> None:
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 80))
    process = subprocess.Popen([sys.executable, "-c", BLINKER], stdin=slave, stdout=slave, stderr=slave)
    try:
        read_until(master, b"ready")
        os.write(master, b"Q")
        sent = read_until(master, b"Q")
        assert len(sent) < 100
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)
