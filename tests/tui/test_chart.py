"""Chart: what a person sees, in which colours, and how little of it is redrawn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import numpy as np
import pytest
from rich.style import Style
from textual.app import App, ComposeResult
from textual.color import Color
from textual.geometry import Region
from textual.pilot import Pilot
from textual.theme import BUILTIN_THEMES

from nntui.store.records import Curve
from nntui.tui.widgets.chart import SERIES, Chart, Mark
from nntui.tui.widgets.smoothing import Smoothing

Scenario = Callable[[Pilot[None], Chart], Awaitable[None]]


class ChartApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Chart()


class Recorder(Chart):
    """A chart that remembers which regions it asked to be redrawn."""

    asked: list[Region]

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Recorder:
        self.asked = [*getattr(self, "asked", []), *(regions or [Region(0, 0, 999, 999)])]
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


def run(scenario: Scenario, size: tuple[int, int] = (60, 14)) -> None:
    async def session() -> None:
        app = ChartApp()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scenario(pilot, app.query_one(Chart))

    asyncio.run(session())


def falling(buckets: int = 100, name: str = "loss", *, offset: float = 0.0) -> Curve:
    """A metric that falls from 2 to 1, in buckets of ten steps."""
    first = 10 * np.arange(buckets)
    mean = np.linspace(2 + offset, 1 + offset, buckets).astype(np.float32)
    spread = np.float32(0.4)
    count, bad = np.full(buckets, 10), np.zeros(buckets, dtype=np.int64)
    return Curve(name, first, first + 9, count, mean - spread, mean + spread, mean, mean, bad)


def screen(chart: Chart) -> list[str]:
    return [strip.text for strip in chart.screen._compositor.render_strips()]


def colours(chart: Chart) -> dict[str, Style]:
    """The style of each character on the screen."""
    strips = chart.screen._compositor.render_strips()
    return {char: style for strip in strips for text, style, _ in strip if style for char in text}


def test_a_curve_has_axes_and_dots() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        chart.plot([falling()])
        await pilot.pause()
        lines = screen(chart)
        assert lines[-1].split() == ["0", "200", "400", "600", "800", "1.0k"]
        assert lines[-2].lstrip().startswith("└┬")
        labels = [line[:5].strip() for line in lines[:-2] if line[5] == "┤"]
        assert labels == ["2.5", "2.0", "1.5", "1.0"]
        assert sum("\u2800" < char <= "\u28ff" for line in lines for char in line) > 60

    run(scenario)


def test_the_empty_chart_says_so_in_the_middle() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        chart.empty_text = "The curve appears after the first step."
        chart.plot([])
        await pilot.pause()
        lines = screen(chart)
        assert lines[6].strip() == "The curve appears after the first step."
        assert abs(len(lines[6]) - len(lines[6].lstrip()) - 10) <= 1
        assert chart.column_text == ""
        chart.empty_text = "Nothing here."
        chart.plot([falling(0)])
        await pilot.pause()
        assert screen(chart)[6].strip() == "Nothing here."

    run(scenario)


def test_plotting_before_the_chart_is_shown_is_remembered() -> None:
    class Early(App[None]):
        def compose(self) -> ComposeResult:
            chart = Chart()
            chart.plot([falling()])
            yield chart

    async def session() -> None:
        async with Early().run_test(size=(60, 14)) as pilot:
            await pilot.pause()
            assert "1.0k" in screen(pilot.app.query_one(Chart))[-1]

    asyncio.run(session())


def test_the_x_axis_grows_in_steps_and_the_y_axis_stays() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        texts = set()
        for buckets in range(61, 80):
            chart.plot([falling(buckets)])
            texts.add(chart.column_text)
        assert texts == {"1 column = 14.8 steps"}

    run(scenario)


def test_column_text_of_a_window() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        chart.plot([falling()], window=(0, 54))
        assert chart.column_text == "1 column = 1 step"
        chart.plot([falling()], window=(100, 100 + 54 * 412))
        assert chart.column_text == "1 column = 412 steps"

    run(scenario)


def test_a_late_curve_does_not_begin_at_zero() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        early = falling()
        chart.plot([replace(early, first=early.first + 50_000, last=early.last + 50_000)])
        await pilot.pause()
        assert screen(chart)[-1].split()[0] == "50.0k"

    run(scenario)


def test_buckets_wanted_are_the_dot_columns_of_the_canvas() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        chart.plot([falling()])
        assert chart.buckets_wanted == 2 * 54
        chart.marker = "ascii"
        assert chart.buckets_wanted == 54

    run(scenario)
    assert Chart().buckets_wanted == 200


def test_a_mark_has_a_line_a_symbol_and_a_label() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        marks = [Mark(900, "●", "saved"), Mark(901, "▲", "lr"), Mark(500, "✕", "\x1b[2J"), Mark(5000, "◆", "late")]
        chart.plot([falling()], marks)
        await pilot.pause()
        lines = screen(chart)
        assert "▲lr" in lines[0]
        assert "✕\ufffd[2J" in lines[0]
        assert "●" not in lines[0]
        assert "◆" not in lines[0]
        column = lines[0].index("▲")
        below = {line[column] for line in lines[1:-2]}
        assert "┊" in below
        assert len(below) > 1

    run(scenario)


def test_a_label_without_room_is_left_out() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        chart.plot([falling()], [Mark(500, "▲", "learning rate"), Mark(600, "●", "saved")])
        await pilot.pause()
        top = screen(chart)[0]
        assert "▲    ●" in top
        assert "●saved" in top

    run(scenario)


def test_bad_values_are_marked_below_their_column() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        good = falling()
        bad = good.bad.copy()
        bad[50] = 3
        chart.plot([replace(good, bad=bad)], log=True)
        await pilot.pause()
        row = screen(chart)[-3]
        assert row.count("✗") == 1
        assert abs(row.index("✗") - 6 - 27) <= 1
        nothing = np.full(100, np.nan, dtype=np.float32)
        chart.plot([replace(good, low=nothing, high=nothing, mean=nothing, bad=good.count)])
        await pilot.pause()
        assert screen(chart)[-3].count("✗") > 50

    run(scenario)


def test_a_growing_curve_redraws_only_what_changed() -> None:
    class RecorderApp(App[None]):
        def compose(self) -> ComposeResult:
            yield Recorder()

    async def session() -> None:
        async with RecorderApp().run_test(size=(60, 14)) as pilot:
            chart = pilot.app.query_one(Recorder)
            chart.plot([falling(60)], window=(0, 1000))
            await pilot.pause()
            chart.asked.clear()
            chart.plot([falling(60)], window=(0, 1000))
            assert chart.asked == []
            whole = falling()
            parts = {name: getattr(whole, name) for name in Curve.__slots__ if name != "name"}
            shorter, longer = (
                Curve("loss", **{name: values[:end] for name, values in parts.items()}) for end in (60, 63)
            )
            chart.plot([shorter], window=(0, 1000))
            chart.asked.clear()
            chart.plot([longer], window=(0, 1000))
            assert chart.asked
            assert sum(region.area for region in chart.asked) < 30

    asyncio.run(session())


@pytest.mark.parametrize("marker", ["braille", "ascii"])
def test_whatever_is_plotted_next_every_changed_cell_is_redrawn(marker: str) -> None:
    class RecorderApp(App[None]):
        def compose(self) -> ComposeResult:
            yield Recorder(marker=marker)

    def cells(chart: Chart) -> list[list[tuple[str, Style | None]]]:
        rows = [chart.render_line(y) for y in range(chart.size.height)]
        return [[(char, style) for text, style, _ in row for char in text] for row in rows]

    async def session() -> None:
        app = RecorderApp()
        async with app.run_test(size=(60, 14)) as pilot:
            chart = app.query_one(Recorder)
            await pilot.pause()
            random = np.random.default_rng(0)
            curves = [falling(100, f"curve {i}", offset=i) for i in range(3)]
            before = cells(chart)
            for _ in range(40):
                chart.asked.clear()
                start = int(random.integers(0, 800))
                window = (start, start + int(random.integers(10, 1000))) if random.random() < 0.7 else None
                chosen = random.permutation(3)[: random.integers(0, 4)]
                marks = [Mark(int(random.integers(0, 1000)), "▲", "lr")] if random.random() < 0.5 else []
                chart.plot(
                    [curves[i] for i in chosen],
                    marks,
                    window=window,
                    palette=chosen.tolist(),
                    log_x=bool(random.random() < 0.3),
                    smoothing=Smoothing(0.9) if random.random() < 0.5 else None,
                    cursor=int(random.integers(0, 1000)) if random.random() < 0.5 else None,
                )
                after = cells(chart)
                for y, (old, new) in enumerate(zip(before, after, strict=True)):
                    for x in range(60):
                        if old[x] != new[x]:
                            assert any(region.contains(x, y) for region in chart.asked), (x, y, old[x], new[x])
                before = after

    asyncio.run(session())


def test_a_new_theme_recolours_the_curve() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        chart.plot([falling()])
        for theme in ("textual-dark", "gruvbox", "textual-light"):
            pilot.app.theme = theme
            await pilot.pause()
            await pilot.pause()
            expected = Color.parse(pilot.app.theme_variables["text-primary"]).rich_color
            assert chart.legend()[0][2].color == expected
            strips = pilot.app.screen._compositor.render_strips()
            assert expected in {style.color for strip in strips for _, style, _ in strip if style}

    run(scenario)


@pytest.mark.parametrize("theme", sorted(BUILTIN_THEMES))
def test_every_theme_can_be_used(theme: str) -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        pilot.app.theme = theme
        curves = [falling(name=str(i), offset=i) for i in range(SERIES)]
        chart.plot(curves, [Mark(500, "▲", "lr")])
        await pilot.pause()
        await pilot.pause()
        series = [style.color for _, _, style in chart.legend()]
        if theme.startswith("ansi"):
            assert len(set(series)) == SERIES
            assert colours(chart)["┊"].dim
        else:
            assert chart.rich_style.bgcolor not in [*series, *(colours(chart)[char].color for char in "▲┊┤")]

    run(scenario)


def test_without_colours_bands_are_dim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        chart.plot([falling()])
        await pilot.pause()
        assert chart.get_component_rich_style("chart--band-1").dim
        assert not chart.get_component_rich_style("chart--series-1").dim

    run(scenario)


def test_without_colours_the_box_of_the_cursor_is_reversed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        chart.plot([falling()], cursor=500)
        await pilot.pause()
        strips = chart.screen._compositor.render_strips()
        box = [text for strip in strips for text, style, _ in strip if style and style.reverse]
        assert any("steps 4" in text or "steps 5" in text for text in box)

    run(scenario)


def test_a_cursor_moves_by_columns_and_at_least_by_a_step() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        chart.plot([falling()], cursor=500)
        axis, columns = chart.axis, chart.columns
        right = chart.step_beside(500, 1)
        assert axis.cell(right, columns, 2) == axis.cell(500, columns, 2) + 1
        assert axis.cell(chart.step_beside(right, -1), columns, 2) == axis.cell(500, columns, 2)
        assert chart.step_beside(990, 5) > 1000
        chart.plot([falling()], window=(0, 10), cursor=5)
        assert chart.step_beside(5, 1) == 6
        assert chart.step_beside(5, -1) == 4

    run(scenario)


def test_the_cursor_is_where_the_pointer_is() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        assert chart.step_at(10) is None
        chart.plot([falling()])
        for x in (6, 20, 59):
            step = chart.step_at(x)
            assert step is not None
            assert chart.axis.cell(step, chart.columns, 2) == x - 6
        assert chart.step_at(-5) == chart.step_at(6)
        assert chart.step_at(500) == chart.step_at(59)

    run(scenario)


def test_the_legend_tells_curves_apart_without_colours() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        chart.plot([falling(name="a\x1b"), falling(name="b"), falling(name="c")], palette=[0, 3, 1])
        legend = chart.legend()
        assert [name for _, name, _ in legend] == ["a\ufffd", "b", "c"]
        assert len({symbol for symbol, _, _ in legend}) == 3
        assert len({style.color for _, _, style in legend}) == 3
        alone = falling(name="c")
        chart.plot([alone], palette=[1])
        assert chart.legend()[0] == legend[2]
        chart.marker = "ascii"
        assert all(symbol.isascii() for symbol, _, _ in chart.legend())

    run(scenario)


def test_ascii_uses_ascii_only() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        good = falling()
        chart.plot([replace(good, bad=good.bad + 1)], [Mark(500, "▲", "lr")])
        chart.marker = "ascii"
        await pilot.pause()
        assert all(line.isascii() for line in screen(chart))
        assert "^lr" in screen(chart)[0]

    run(scenario)


@pytest.mark.parametrize("values", [(0, 0), (1e-45, 2e-45), (-3e38, 3e38), (5, 5), (-1, 0), (1e-30, 1e30)])
@pytest.mark.parametrize("log", [False, True])
def test_extreme_values_are_drawn(values: tuple[float, float], log: bool) -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        mean = np.linspace(*values, 100).astype(np.float32)
        chart.plot([replace(falling(), low=mean, high=mean, mean=mean)], log=log)
        await pilot.pause()
        assert any("\u2800" < char <= "\u28ff" for line in screen(chart) for char in line) or log

    run(scenario)


def test_an_unknown_marker_is_refused() -> None:
    with pytest.raises(ValueError, match=r"sextant.*braille, quadrant, ascii"):
        Chart(marker="sextant")
    with pytest.raises(ValueError, match="dots"):
        Chart().marker = "dots"


def test_a_resized_chart_is_drawn_anew() -> None:
    async def scenario(pilot: Pilot[None], chart: Chart) -> None:
        chart.plot([falling()])
        await pilot.resize_terminal(30, 8)
        await pilot.pause()
        assert len(screen(chart)) == 8
        assert screen(chart)[-2].rstrip().endswith(("─", "┬"))
        await pilot.resize_terminal(12, 4)
        await pilot.pause()
        assert "│" not in "".join(screen(chart))
        assert any("\u2800" < char <= "\u28ff" for line in screen(chart) for char in line)

    run(scenario)
