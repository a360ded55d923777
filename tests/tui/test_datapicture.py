"""Pictures of data: each kind is drawn as what tells most of it, by marks as well as by colours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style
from textual.app import App, ComposeResult

from nntui.tui.panes.data.marks import FILLED
from nntui.tui.panes.data.picture import DataPicture
from nntui.tui.panes.data.scatter import Plane, by_class
from nntui.tui.picture import Sample
from tests.tui import samples


class Frame(App[None]):
    CSS = "DataPicture { border: round $primary; width: 100%; height: 100%; }"

    def __init__(self, marker: str) -> None:
        super().__init__()
        self.picture = DataPicture(marker)

    def compose(self) -> ComposeResult:
        yield self.picture


def drawn(sample: Sample, size: tuple[int, int] = (46, 16), marker: str = "braille", **_: Any) -> list[str]:
    """The lines of a picture with its frame, drawn in a terminal of this size."""

    async def session() -> list[str]:
        app = Frame(marker)
        async with app.run_test(size=size) as pilot:
            app.picture.sample(sample)
            await pilot.pause()
            return [strip.text for strip in app.screen._compositor.render_strips()]

    return asyncio.run(session())


def inner(lines: list[str]) -> Iterator[str]:
    return (line[1:-1] for line in lines[1:-1])


def test_two_inputs_are_points_told_apart_by_their_marks() -> None:
    lines = drawn(samples.clouds())
    for mark in "●◆■":
        assert any(mark in line for line in inner(lines))
    assert all(name in lines[-1] for name in ("● cloud 1", "◆ cloud 2", "■ cloud 3"))
    tops = {mark: next(y for y, line in enumerate(lines[:-1]) if mark in line) for mark in "●◆■"}
    assert tops["■"] < tops["◆"] < tops["●"]  # the last cloud is uppermost


def test_a_truth_table_has_its_rows_in_the_corners() -> None:
    lines = list(inner(drawn(samples.truth_table())))
    (top, bottom) = (line for line in lines if "●" in line)
    assert top.index("◆") < top.index("●")
    assert bottom.index("●") < bottom.index("◆")
    assert lines[-1].split() == ["0", "x1", "1"]


def test_one_input_is_a_curve() -> None:
    lines = drawn(samples.curve())
    dots = [line for line in inner(lines) if any("\u2800" < char <= "\u28ff" for char in line)]
    assert len(dots) >= 8
    assert "100 rows" in lines[-1]
    assert any("*" in line for line in inner(drawn(samples.curve(), marker="ascii")))


def test_a_height_over_two_inputs_is_bars() -> None:
    lines = drawn(samples.hills())
    row = next(line for line in inner(lines) if "█" in line)
    assert row.index("▁") < row.index("█")
    assert "▁ low, █ high" in lines[-1]


def test_many_inputs_are_strips_the_most_telling_first() -> None:
    lines = list(inner(drawn(samples.flowers(), (46, 7))))
    assert lines[0].split()[0] == "telling"
    assert lines[0].index("●") < lines[0].index("◆") < lines[0].index("■")


def test_below_the_strips_there_is_room_for_the_two_most_telling_inputs() -> None:
    lines = list(inner(drawn(samples.flowers(), (46, 20))))
    assert "telling" in lines[-1]
    assert "└" in "".join(lines)


def test_few_rows_of_many_inputs_are_a_table() -> None:
    lines = drawn(samples.flowers(6))
    assert "a" in lines[1].split()
    assert "→ setosa" in lines[2]
    assert "6 rows" in lines[-1]


def test_images_are_shown_with_their_classes() -> None:
    lines = drawn(samples.pictures())
    assert any("dark" in line and "light" in line for line in lines)
    assert "▀▀▀▀" in lines[1]
    ascii_lines = drawn(samples.pictures(), marker="ascii")
    assert "########" in ascii_lines[1]


def test_more_inputs_than_lines_are_counted() -> None:
    X = np.random.default_rng(0).normal(size=(50, 40))
    assert "inputs" in drawn(samples.sample(X, X[:, 0] > 0), (60, 12))[-1]


@pytest.mark.parametrize("words", ["rows.csv: column 'y' is missing", "\x1b[31m[red]x[/]", "x" * 10_000, ""])
def test_words_stand_in_for_a_picture(words: str) -> None:
    async def session() -> str:
        app = Frame("braille")
        async with app.run_test(size=(46, 16)) as pilot:
            app.picture.say(words, wrong=True)
            await pilot.pause()
            return "\n".join(strip.text for strip in app.screen._compositor.render_strips())

    shown = asyncio.run(session())
    assert "\x1b" not in shown
    assert words[:5].strip("\x1b[") in shown


def test_missing_values_and_hostile_names_are_borne() -> None:
    hostile = ("\x1b[31m", "[red]", "漢字" * 100, "nul\0")
    found = samples.flowers()
    found.X[::2, 1] = np.nan
    lines = drawn(replace(found, features=hostile, classes=hostile[:3]))
    assert not any("\x1b" in line or "\0" in line for line in lines)
    nothing = replace(found, X=np.full_like(found.X, np.nan))
    assert "no rows without missing values" in "\n".join(drawn(nothing))


KINDS = (samples.truth_table, samples.clouds, samples.curve, samples.hills, samples.flowers, samples.pictures)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.integers(3, 120),
    st.integers(3, 45),
    st.sampled_from(("braille", "ascii")),
    st.sampled_from((1.0, 0.0, 1e300, -1e-300)),
)
def test_no_size_and_no_numbers_break_a_picture(kind: Any, width: int, height: int, marker: str, scale: float) -> None:
    found = kind()
    lines = drawn(replace(found, X=found.X.astype(np.float64) * scale), (width, height), marker)
    assert len(lines) == height


def test_a_cell_has_the_mark_of_the_class_with_most_points_in_it() -> None:
    random = np.random.default_rng(7)
    x, y, kinds = random.random(400), random.random(400), random.integers(0, 5, 400)
    plane = Plane(x, y, (30, 12), ("x", "y"))
    drawn = [strip.text for strip in by_class(plane, kinds, [Style()], Style(), FILLED)]
    columns, rows = plane.places(1, 1)
    for row in range(plane.rows):
        for column in range(plane.columns):
            here = kinds[(rows == row) & (columns == column)]
            expected = FILLED[np.bincount(here).argmax()] if len(here) else " "
            assert drawn[row][plane.margin + 1 + column] == expected
