"""The prediction pane: which row is chosen, in which order rows stand, which are shown, and how they compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.geometry import Size
from textual.pilot import Pilot
from textual.widgets import Input

from nntui import paths
from nntui.store.records import LayerRecord
from nntui.tui.panes.choice import Choice
from nntui.tui.panes.predictions.agreement import agreement
from nntui.tui.panes.predictions.confusion import ConfusionMatrix, counted
from nntui.tui.panes.predictions.pane import PredictionPane
from nntui.tui.panes.predictions.ranking import WORST, Order
from nntui.tui.picture import Picture, Table
from tests.tui import recorded
from tests.tui.screen import lines, play, settled, shows, text, until
from tests.tui.test_panes import picture_of, show


def no_style(_: str) -> Style:
    return Style()


# The chosen row


def orders() -> st.SearchStrategy[np.ndarray[Any, Any]]:
    return st.integers(1, 40).flatmap(lambda n: st.permutations(range(n))).map(np.array)


@given(st.lists(orders(), min_size=1, max_size=6), st.integers(1, 5), st.integers(1, 9), st.lists(st.integers(-50, 50)))
def test_the_chosen_row_is_always_one_in_sight(
    found: list[np.ndarray[Any, Any]], across: int, down: int, moves: list[int]
) -> None:
    choice = Choice()
    for order in found:
        seen = choice.settle(order, across, down)
        assert choice.row in seen
        for move in moves:
            choice.move(move)
            assert choice.row in choice.settle(order, across, down)


def test_a_row_in_sight_stays_chosen_and_one_that_has_left_gives_its_place_to_another() -> None:
    choice = Choice()
    choice.settle(np.arange(100), 1, 10)
    choice.move(3)
    assert list(choice.settle(np.arange(100), 1, 10)) == list(range(10))
    near = np.array([5, 3, *(i for i in range(100) if i not in (3, 5))])
    choice.settle(near, 1, 10)
    assert (choice.row, choice.place, choice.first) == (3, 1, 0)
    far = np.array([*(i for i in range(100) if i != 3), 3])
    choice.settle(far, 1, 10)
    assert (choice.row, choice.place, choice.first) == (1, 1, 0)


def test_a_row_that_was_asked_for_is_scrolled_to() -> None:
    choice = Choice()
    choice.settle(np.arange(100), 3, 4)
    choice.choose(70)
    assert 70 in choice.settle(np.arange(100), 3, 4)
    assert choice.first == 70 // 3 - 3
    assert len(choice.settle(np.empty(0, np.int64), 3, 4)) == 0
    assert choice.row == -1


# Orders


def test_the_orders_come_in_turn_and_each_can_be_turned_round() -> None:
    rows = {"X": np.array([[3.0], [1.0], [np.nan]]), "T": np.array([[0.0], [1.0], [1.0]])}
    P = np.array([[0.9], [0.8], [0.3]])
    columns = {"answer": ("P", P[:, 0])}
    possible = (WORST, "row", "answer", 0)
    order, found = Order(), []
    for _ in range(5):
        found.append(order.ranked(P, rows, "binary", columns).tolist())
        order = order.next(possible)
    assert found == [[0, 2, 1], [0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]]
    assert Order("answer", reverse=True).ranked(P, rows, "binary", columns).tolist() == [0, 1, 2]
    assert Order(0, reverse=True).ranked(P, rows, "binary", columns).tolist() == [0, 1, 2]
    assert Order(0).next((WORST, "row")) == Order(WORST)


def test_an_order_is_told_in_words() -> None:
    columns = {"answer": ("P", np.zeros(1))}
    told = [Order(by, turned).told(("x1",), columns) for by in (WORST, "row", "answer", 0) for turned in (False, True)]
    assert told == [
        "worst first",
        "best first",
        "in order",
        "last row first",
        "by P",
        "by P, falling",
        "by x1",
        "by x1, falling",
    ]


# The pane, by its keys


def pane_of(pilot: Pilot[None]) -> PredictionPane:
    return pilot.app.screen.query_one(PredictionPane)


def on_pane(scenario: Callable[[Pilot[None], PredictionPane], Any], shape: Any, size: tuple[int, int]) -> None:
    """Plays with the pane of a finished run alone on the screen."""

    async def played(pilot: Pilot[None]) -> None:
        pane = pane_of(pilot)
        pane.focus()
        await pilot.press("m")
        await until(pilot, lambda: pane.size.width > 0.8 * size[0] and pane._view.lines)
        await settled(pilot)
        await scenario(pilot, pane)

    play(played, recorded.finished(paths.runs_dir(), shape), size)


def numbers(pilot: Pilot[None]) -> list[int]:
    """The numbers of the rows in the table, from the top."""
    rows = [line[2:].replace("▸", " ").split() for line in lines(pilot)]
    return [int(cells[0]) for cells in rows if len(cells) > 5 and cells[0].isdigit()]


def marked(pilot: Pilot[None]) -> int:
    """The number of the chosen row."""
    (row,) = (line for line in lines(pilot) if "▸" in line)
    return int(row.partition("▸")[2].split()[0])


def test_keys_choose_a_row_and_the_table_follows() -> None:
    async def scenario(pilot: Pilot[None], pane: PredictionPane) -> None:
        await pilot.press("o")  # in order
        await until(pilot, lambda: numbers(pilot)[:3] == [1, 2, 3])
        shown = len(numbers(pilot))
        for keys, number in ((["down", "j"], 3), (["k"], 2), (["end"], 30), (["pageup"], 30 - shown), (["home"], 1)):
            await pilot.press(*keys)
            await until(pilot, lambda number=number: marked(pilot) == number)  # type: ignore[misc]
            assert number in numbers(pilot)

    on_pane(scenario, recorded.species(), (90, 20))


def test_the_mouse_chooses_a_row_and_orders_by_a_heading() -> None:
    async def scenario(pilot: Pilot[None], pane: PredictionPane) -> None:
        await pilot.click(PredictionPane, offset=(4, 4))
        await until(pilot, lambda: marked(pilot) == numbers(pilot)[2])
        at = lines(pilot)[3].index("petal wi")
        await pilot.click(PredictionPane, offset=(at, 1))
        await until(pilot, lambda: "▲" in lines(pilot)[3])
        await pilot.click(PredictionPane, offset=(at, 1))
        await until(pilot, lambda: "▼" in lines(pilot)[3])
        assert "by petal width, falling" in text(pilot)

    on_pane(scenario, recorded.species(), (90, 20))


def test_rows_come_back_after_a_step_of_which_there_were_none() -> None:
    async def scenario(pilot: Pilot[None], pane: PredictionPane) -> None:
        now = pane._last
        assert now is not None
        before = numbers(pilot)
        assert before
        pane.picture(replace(now, tables={}, now=now.run))
        await shows(pilot, "This run has no predictions.")
        pane.picture(now)
        await until(pilot, lambda: numbers(pilot) == before)

    on_pane(scenario, recorded.species(), (90, 20))


def test_a_filter_shows_the_rows_it_is_true_of_as_it_is_typed() -> None:
    async def scenario(pilot: Pilot[None], pane: PredictionPane) -> None:
        await pilot.press("slash", *"test")
        await shows(pilot, "6 of 30 rows · test")
        assert sorted(numbers(pilot)) == [25, 26, 27, 28, 29, 30]
        await pilot.press("space", *"rwo")
        await shows(pilot, "rwo: no such word (did you mean row?)", "6 of 30 rows · test")
        await pilot.press("backspace", "backspace", *"ow", "equals_sign", *"27", "enter")
        await shows(pilot, "1 of 30 rows · test row=27")
        assert pane.has_focus
        await pilot.press("slash", *"1")
        await shows(pilot, "No row is like that.", "0 of 30 rows")
        await pilot.press("down", "enter", "i")  # nothing to open, nothing to type
        await pilot.press("escape")
        await shows(pilot, "worst first ·")
        assert not pilot.app.screen.query_one("#predictions-filter").display
        assert len(numbers(pilot)) > 6

    on_pane(scenario, recorded.species(), (90, 20))


def test_escape_takes_the_entry_away_and_typed_letters_steer_nothing() -> None:
    async def scenario(pilot: Pilot[None], pane: PredictionPane) -> None:
        await pilot.press("slash", "q", "5", "m")
        assert pilot.app.screen.query_one("#predictions-filter Input", Input).value == "q5m"
        await pilot.press("escape")
        await until(pilot, lambda: pane.has_focus)
        assert "q5m" not in text(pilot)
        assert pane.display

    on_pane(scenario, recorded.species(), (90, 20))


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
def test_the_matrix_of_held_out_rows_has_the_counts(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], pane: PredictionPane) -> None:
        await pilot.press("v")
        await shows(pilot, "found", "held-out rows")
        assert pane._last is not None
        P, T = pane._last.predictions["P"], pane._last.rows["T"]
        expected = counted(T[24:].argmax(axis=1), P[24:].argmax(axis=1), 3)
        shown = [line.strip("│ ").split() for line in lines(pilot) if line.strip("│ ").split()[-1:] and "%" in line]
        for name, row in zip(("setosa", "versicolor", "virginica"), expected, strict=True):
            (cells,) = (cells for cells in shown if name.startswith(cells[0].rstrip("…")) and len(cells[0]) > 3)
            assert [int(cell.replace("·", "0")) for cell in cells[1:4]] == row.tolist()
        await pilot.press("v")
        await shows(pilot, "▸")

    if size[0] < 72:
        played = recorded.finished(paths.runs_dir(), recorded.species())

        async def small(pilot: Pilot[None]) -> None:
            await pilot.press("5")
            await scenario(pilot, pane_of(pilot))

        play(small, played, size)
    else:
        on_pane(scenario, recorded.species(), size)


def test_numbers_are_drawn_over_what_is_with_the_chosen_row() -> None:
    async def scenario(pilot: Pilot[None], pane: PredictionPane) -> None:
        await pilot.press("v")
        await shows(pilot, "said│", "R² ", "× held out", "◆ row ")
        first = text(pilot).partition("◆ row ")[2].split()[0]
        await pilot.press("down")
        await until(pilot, lambda: text(pilot).rpartition("◆ row ")[2].split()[0] != first)

    on_pane(scenario, recorded.heights(), (90, 30))


# Words


def test_an_output_that_is_no_probability_is_not_called_one(tmp_path: Path) -> None:
    picture = picture_of(tmp_path, recorded.table())
    layers = (*picture.run.layers[:-1], LayerRecord("output", 3, 1, "identity", 4))
    P = np.array([[-0.2], [1.1], [12345.0], [-98765.0]], dtype=np.float32)
    tables = {**picture.tables, "predictions": Table(1, {"P": P})}
    shown = show(
        PredictionPane("braille"), replace(picture, run=replace(picture.run, layers=layers), tables=tables), (50, 6)
    )
    assert "output" in shown[0]
    assert {row[: row.index("█") if "█" in row else 30].split()[-1] for row in shown[1:5]} >= {"1.100", "1e+04"}
    assert len({len(row.rstrip()) for row in shown[1:5]}) == 1


def test_of_large_row_numbers_every_digit_is_shown(tmp_path: Path) -> None:
    picture = picture_of(tmp_path, recorded.table())
    rows = {**picture.rows, "row": np.array([7, 1234, 50_000, 60_001])}
    shown = show(
        PredictionPane("braille"),
        replace(picture, tables={**picture.tables, "rows": Table(0, rows)}),
        (50, 6),
    )
    assert {row.replace("▸", " ").split()[0] for row in shown[1:5]} == {"7", "1234", "50000", "60001"}


def test_hostile_names_are_text_everywhere(tmp_path: Path) -> None:
    bad = "\x1b[31m[b]\0\u202e漢字" * 300
    shape = replace(recorded.species(), features=(bad, bad, bad, bad), classes=(bad, bad + "1", bad + "2"))
    picture = picture_of(tmp_path, shape)
    for size in ((90, 20), (36, 10)):
        for compares in (False, True):
            pane = PredictionPane("braille")
            pane._compares = compares
            shown = "".join(show(pane, picture, size))
            assert not {"\x1b", "\0", "\u202e"} & set(shown)


# The matrix and the points, by themselves


def test_rows_are_counted_by_class_and_by_what_they_were_taken_for() -> None:
    counts = counted(np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, -1, 0]), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_of_many_classes_those_without_room_are_a_scroll_away() -> None:
    counts = np.diag(np.full(8, 9))
    counts[6, 2] = 5
    drawn = ConfusionMatrix(counts, tuple("abcdefgh"), Size(40, 5), no_style, (5, 0))
    assert drawn.told == "3 of 8 classes"
    rows = [strip.text.split() for strip in drawn.lines()]
    assert rows[1][1:] == [*"abcdefgh", "found"]
    assert [row[0] for row in rows[2:]] == ["f", "g", "h"]
    assert rows[3][1:] == ["·", "·", "5", "·", "·", "·", "9", "·", "64%"]
    assert ConfusionMatrix(counts, tuple("abcdefgh"), Size(40, 10), no_style, (5, 0)).told == ""
    narrow = ConfusionMatrix(counts, tuple("abcdefgh"), Size(14, 5), no_style, (99, 99))
    assert (narrow.corner, narrow.told) == ((5, 6), "3×2 of 8 classes")


def test_every_class_of_a_matrix_is_within_reach(tmp_path: Path) -> None:
    shape = replace(recorded.species(), classes=tuple(f"kind {i}" for i in range(9)))
    picture = picture_of(tmp_path, shape)
    T = np.pad(picture.rows["T"], ((0, 0), (0, 6)))
    tables = {"rows": Table(0, {**picture.rows, "T": T}), "predictions": Table(1, {"P": T})}
    picture = replace(picture, tables=tables)
    seen = set[str]()
    for first in (0, 3, 6):
        pane = PredictionPane("braille")
        pane._compares, pane._corner = True, (first, 0)
        seen |= {row.split()[1] for row in show(pane, picture, (60, 6))[2:]}
    assert seen == {str(i) for i in range(9)}


@given(st.integers(1, 25), st.integers(8, 120), st.integers(3, 40), st.integers(0, 10**6))
def test_a_matrix_fits_and_its_columns_stand_under_each_other(n: int, width: int, height: int, most: int) -> None:
    counts = np.arange(n * n).reshape(n, n) * most
    drawn = ConfusionMatrix(counts, [f"class {i}" for i in range(n)], Size(width, height), no_style)
    found = drawn.lines()
    assert len(found) <= height
    assert len({strip.cell_length for strip in found[1:]}) == 1
    if width >= 30:
        assert found[1].cell_length <= width


@pytest.mark.parametrize("marker", ["braille", "quadrant", "ascii"])
@given(
    st.lists(st.tuples(st.floats(allow_nan=True, width=32), st.floats(allow_nan=True, width=32)), max_size=30),
    st.integers(10, 60),
    st.integers(4, 20),
)
def test_points_fill_the_room_and_no_more(
    marker: str, points: list[tuple[float, float]], width: int, height: int
) -> None:
    t, p = np.array([*points, (0.0, 0.0)]).T
    drawn = agreement(t, p, np.arange(len(t)) % 2 == 0, 0, Size(width, height), no_style, marker)
    assert len(drawn) == height
    assert {strip.cell_length for strip in drawn} <= {width - 1, width}
    if marker == "ascii":
        cells = "".join(strip.text.partition("│")[2] for strip in drawn[: height - 2])
        assert cells.isascii()


def test_a_right_number_lies_on_the_diagonal() -> None:
    values = np.linspace(-3, 5, 40)
    drawn = agreement(values, values, np.ones(40, np.bool_), 0, Size(41, 22), no_style, "braille")
    marks = [(x, y) for y, strip in enumerate(drawn) for x, char in enumerate(strip.text) if char in "×◆"]
    assert len(marks) >= 20
    columns, rows = 41 - 8, 20
    assert all(abs((x - 8) / columns + y / rows - 1) < 0.1 for x, y in marks)


def test_a_picture_of_many_rows_and_inputs_is_drawn_whole(tmp_path: Path) -> None:
    """What a trainer keeps of images of 64×64 in colour."""
    rng = np.random.default_rng(1)
    shape = recorded.images()
    cats = replace(
        shape,
        X=rng.random((81, 12_288)) * 255,
        T=(np.arange(81, dtype=np.float64) % 2)[:, None],
        features=tuple(f"p{i}" for i in range(12_288)),
        image=(64, 64, 3),
        value_range=None,
        test_rows=10,
    )
    picture: Picture = picture_of(tmp_path, cats)
    assert "▀" * 20 in show(PredictionPane("braille"), picture, (100, 30))[0]
