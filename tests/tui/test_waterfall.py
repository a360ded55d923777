"""Waterfall: curves as rows of colour, told apart by characters where there are no colours, and little redrawn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.color import Color
from rich.style import Style
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from nntui.store.records import Curve
from nntui.tui import terminal
from nntui.tui.widgets.scale import x_axis
from nntui.tui.widgets.waterfall import ASCII_SHADES, DARK, LIGHT, SHADES, Waterfall, by_column, rows_of

Scenario = Callable[[Pilot[None], "Recorder"], Awaitable[None]]
WIDTH = 70


class Recorder(Waterfall):
    """A waterfall that remembers which regions it asked to be redrawn."""

    as_rows = True
    asked: list[Region]

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Recorder:
        self.asked = [*getattr(self, "asked", []), *(regions or [Region(0, 0, 999, 999)])]
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


class OneWaterfall(App[None]):
    def compose(self) -> ComposeResult:
        yield Recorder()


def run(scenario: Scenario, size: tuple[int, int] = (WIDTH, 12)) -> None:
    async def session() -> None:
        app = OneWaterfall()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scenario(pilot, app.query_one(Recorder))

    asyncio.run(session())


def curve(name: str, mean: Sequence[float] | NDArray[Any], bad: Sequence[int] = (), steps: int = 10) -> Curve:
    """Buckets of so many steps with these means, some of which hold a value that is not finite."""
    values = np.array(mean, np.float32)
    last = steps * np.arange(1, len(values) + 1)
    count, broken = np.full(len(values), steps), np.isin(np.arange(len(values)), bad).astype(np.int64)
    return Curve(name, last - steps + 1, last, count, values, values, values, values, broken)


def layers(count: int, buckets: int = 100) -> list[Curve]:
    """Each of a tenth of the norm of the one below it, the first the least."""
    return [curve(f"layer {i}", np.full(buckets, 10.0 ** (i - count))) for i in range(1, count + 1)]


def canvas(widget: Waterfall) -> list[str]:
    """The text right of the axis, without the lines below."""
    return [line.text.partition("┤")[2] or line.text.partition("│")[2] for line in widget._lines[:-2]]


def names(widget: Waterfall) -> list[str]:
    return [line.text.partition("┤")[0].strip() for line in widget._lines[:-2] if "┤" in line.text]


def backgrounds(widget: Waterfall, row: int) -> list[int]:
    """The numbers of the background colours of a row, one a run of cells."""
    found = [segment.style.bgcolor for segment in widget._lines[row] if segment.style and segment.style.bgcolor]
    return [colour.number for colour in found if colour.number is not None]


# Values by column


def test_a_column_has_the_mean_logarithm_of_its_buckets() -> None:
    axis = x_axis((0, 40))
    values = by_column([curve("a", [1.0, 100.0, 1.0, 1.0])], axis, 2, 1)
    assert values.tolist() == [[1.0, 0.0]]


def test_a_column_within_a_bucket_has_what_that_has_and_one_beyond_the_newest_has_none() -> None:
    values = by_column([curve("a", [1.0, 1000.0], steps=50)], x_axis((0, 200)), 9, 2)[0]
    assert values[:5].tolist() == [0.0, 0.0, 3.0, 3.0, 3.0]
    assert np.isnan(values[5:]).all()


def test_what_is_not_finite_and_what_is_nothing_are_told_apart() -> None:
    values = by_column([curve("a", [np.nan, 0.0, 1.0], bad=[0])], x_axis((0, 30)), 31, 1)
    assert values[0, [5, 15, 25]].tolist() == [np.inf, -np.inf, 0.0]


def test_curves_recorded_at_other_steps_have_columns_of_their_own() -> None:
    curves = [curve("a", [1.0, 10.0]), curve("b", [1.0, 10.0, 100.0, 1000.0], steps=5), curve("c", [])]
    values = by_column(curves, x_axis((0, 20)), 2, 1)
    assert values[:2].tolist() == [[0.0, 1.0], [0.5, 2.5]]
    assert np.isnan(values[2]).all()


def test_of_layers_that_share_a_row_the_worst_is_shown() -> None:
    values = np.array([[1.0, np.nan], [-2.0, 0.0], [3.0, 4.0], [5.0, np.inf]])
    assert rows_of(values, 2).tolist() == [[-2.0, 0.0], [3.0, np.inf]]
    assert rows_of(values[:2], 4)[:, 0].tolist() == [1.0, 1.0, -2.0, -2.0]


# Rows of colour


def test_each_layer_has_its_rows_and_its_name() -> None:
    async def scenario(pilot: Pilot[None], widget: Recorder) -> None:
        widget.plot(layers(5))
        assert names(widget) == [f"layer {i}" for i in range(1, 6)]
        assert [backgrounds(widget, row)[0] for row in range(10)] == [DARK[i] for i in (0, 0, 2, 2, 3, 3, 5, 5, 6, 6)]
        pilot.app.theme = "textual-light"
        await pilot.pause()
        assert backgrounds(widget, 0)[0] == LIGHT[0]

    run(scenario)


@pytest.mark.parametrize("scale", [DARK, LIGHT])
def test_colours_grow_ever_lighter_or_darker(scale: tuple[int, ...]) -> None:
    light = [np.dot(Color.from_ansi(number).get_truecolor(), (0.2126, 0.7152, 0.0722)) for number in scale]
    steps = np.diff(light) * (1 if scale is DARK else -1)
    assert (steps > 10).all()


def test_more_layers_than_rows_share_cells_by_halves_then_rows() -> None:
    async def scenario(pilot: Pilot[None], widget: Recorder) -> None:
        widget.plot(layers(20))
        assert all("▀" in row or set(row) == {" "} for row in canvas(widget))
        assert any("▀" in row for row in canvas(widget))
        assert names(widget)[0] == "layer 1"
        widget.plot(layers(40))
        assert len(names(widget)) == 10

    run(scenario)


@pytest.mark.parametrize(("marker", "palette", "shades"), [("ascii", True, ASCII_SHADES), ("braille", False, SHADES)])
def test_without_colours_characters_tell_the_levels(
    marker: str, palette: bool, shades: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "shows_palette", lambda app: palette)

    async def scenario(pilot: Pilot[None], widget: Recorder) -> None:
        widget.marker = marker
        widget.plot(layers(10))
        rows = [line.text[-10] for line in widget._lines[:-2]]
        assert "".join(sorted(set(rows), key=rows.index)) == shades
        assert widget.scale() == [(shades, Style.null())]
        assert not backgrounds(widget, 0)

    run(scenario)


def test_no_color_has_characters() -> None:
    async def scenario(pilot: Pilot[None], widget: Recorder) -> None:
        pilot.app.no_color = True
        widget.plot(layers(3))
        assert "█" in canvas(widget)[-1]

    run(scenario)


def test_what_is_not_finite_is_crossed() -> None:
    async def scenario(pilot: Pilot[None], widget: Recorder) -> None:
        widget.plot([curve("a", np.ones(100)), curve("b", np.ones(100), bad=[50])])
        assert ["✗" in row for row in canvas(widget)] == [False] * 5 + [True] * 5

    run(scenario)


def test_the_scale_is_told_in_its_colours() -> None:
    async def scenario(pilot: Pilot[None], widget: Recorder) -> None:
        widget.plot(layers(5))
        assert [style.color.number for _, style in widget.scale() if style.color] == list(DARK)
        low, high = map(float, widget.bounds_text)
        assert 0 < low <= 1e-4
        assert 1 <= high < 10

    run(scenario)


def test_only_new_columns_are_redrawn_while_the_run_grows() -> None:
    async def scenario(pilot: Pilot[None], widget: Recorder) -> None:
        widget.plot(layers(5, 90))
        widget.asked = []
        widget.plot(layers(5, 91))
        assert 0 < sum(region.area for region in widget.asked) <= 20

    run(scenario)


def test_the_cursor_reads_every_layer() -> None:
    async def scenario(pilot: Pilot[None], widget: Recorder) -> None:
        widget.plot(layers(3), cursor=900)
        text = "\n".join(canvas(widget))
        assert "step" in text
        assert all(f"layer {i}" in text for i in (1, 2, 3))
        assert "│" in canvas(widget)[-1]

    run(scenario)


def test_curves_come_back_as_they_were() -> None:
    async def scenario(pilot: Pilot[None], widget: Recorder) -> None:
        widget.as_rows = False
        widget.plot(layers(3), log=True)
        before = [line.text for line in widget._lines]
        widget.as_rows = True
        widget.plot(layers(3), log=True)
        assert [line.text for line in widget._lines] != before
        widget.as_rows = False
        widget.plot(layers(3), log=True)
        assert [line.text for line in widget._lines] == before

    run(scenario)


@pytest.mark.parametrize("size", [(10, 3), (20, 5), (1, 1), (200, 60)])
@pytest.mark.parametrize("hostile", ["\x1b[31mred", "名前" * 20, "a" * 10_000])
def test_any_size_and_any_name_is_drawn(size: tuple[int, int], hostile: str) -> None:
    async def scenario(pilot: Pilot[None], widget: Recorder) -> None:
        widget.plot([curve(hostile, np.ones(50)), curve("b", np.ones(50))])
        await pilot.pause()
        assert all(line.cell_length <= size[0] for line in widget._lines)
        assert "\x1b" not in "".join(line.text for line in widget._lines)

    run(scenario, size)
