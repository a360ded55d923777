"""The plane: what is asked of the network, and what is seen of its answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from nntui.store.reader import Reader
from nntui.store.records import LayerRecord
from nntui.tui.panes.plane.pane import PlanePane
from nntui.tui.picture import Answer, Asked, Picture, Question, Table, WantedTables
from tests.tui import recorded
from tests.tui.recorded import Shape
from tests.tui.screen import unpaced

Forward = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Scenario = Callable[["OnePlane", Pilot[None]], Awaitable[None]]


class OnePlane(App[None]):
    """Holds the pane, and answers what it asks as a feed does."""

    CSS = "PlanePane { width: 100%; height: 100%; border: round white; }"

    def __init__(self, picture: Picture, forward: Forward, marker: str) -> None:
        super().__init__()
        self.pane = PlanePane(marker)
        self.picture, self.forward = picture, forward
        self.asked: list[Question | None] = []
        self.wanted: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_asked(self, message: Asked) -> None:
        self.asked.append(message.question)
        if message.question is not None:
            self.give()

    def on_wanted_tables(self, message: WantedTables) -> None:
        self.wanted = message.names

    def give(self) -> None:
        """A picture with the answer to what was asked last."""
        question = self.asked[-1] if self.asked else None
        answers = {}
        if question is not None:
            X = question.X
            units = [layer.outputs for layer in self.picture.run.layers] if question.layers else []
            layers = tuple(np.tanh(X[:, :1] * np.arange(1, count + 1)) for count in units)
            answers["plane"] = Answer(question, self.picture.run.step, self.forward(X), layers)
        self.pane.picture(replace(self.picture, answers=answers))

    @property
    def lines(self) -> list[str]:
        """What the terminal shows."""
        return [strip.text for strip in self.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        """The same as one text."""
        return "\n".join(self.lines)


def play(
    picture: Picture, forward: Forward, scenario: Scenario, size: tuple[int, int] = (60, 16), marker: str = "braille"
) -> None:
    async def session() -> None:
        app = OnePlane(picture, forward, marker)
        async with app.run_test(size=size) as pilot:
            app.pane.focus()
            app.give()
            await quiet(app, pilot)
            await scenario(app, pilot)

    with unpaced():
        asyncio.run(session())


async def quiet(app: OnePlane, pilot: Pilot[None]) -> None:
    """Waits until all that was asked has been answered and drawn."""
    for _ in range(4):
        await pilot.pause()


def shown(picture: Picture, forward: Forward, *keys: str, **options: Any) -> str:
    """The screen after some keys."""
    found: list[str] = []

    async def scenario(app: OnePlane, pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        await quiet(app, pilot)
        found.append(app.text)

    play(picture, forward, scenario, **options)
    return found[0]


def picture_of(tmp_path: Path, shape: Shape, weights: bool = True) -> Picture:
    folder = recorded.finished(tmp_path / "runs", shape)
    reader = Reader(folder)
    try:
        rows, predictions = reader.table("rows"), reader.table("predictions")
        assert rows is not None
        assert predictions is not None
        tables = {"rows": Table(*rows), "predictions": Table(*predictions)}
        if weights:
            tables["weights"] = Table(2000, weights_of(shape.layers))
        return Picture(reader.run(), tables=tables)
    finally:
        reader.close()


def weights_of(layers: tuple[LayerRecord, ...]) -> dict[str, NDArray[np.float32]]:
    arrays = {}
    for layer in layers:
        count = np.arange(layer.inputs * layer.outputs, dtype=np.float32).reshape(layer.inputs, layer.outputs)
        arrays[f"{layer.name}.W"] = (count - count.mean()) / 4
        arrays[f"{layer.name}.b"] = np.full(layer.outputs, 0.125, dtype=np.float32)
    return arrays


def line_shape() -> Shape:
    """A number told from one; the last rows are held out."""
    X = np.linspace(-2, 2, 21)[:, None]
    return replace(
        recorded.heights(),
        X=X,
        T=np.where(X > 0, 4.0, -4.0),
        features=("x",),
        target="y",
        test_rows=5,
        layers=(LayerRecord("layer 1", 1, 3, "tanh", 6), LayerRecord("output", 3, 1, "identity", 4)),
    )


def xor(X: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where((X[:, :1] > 0.5) != (X[:, 1:] > 0.5), 1.0, 0.0)


@pytest.fixture
def table(tmp_path: Path) -> Picture:
    return picture_of(tmp_path, recorded.table())


# The surface


def test_the_surface_asks_for_a_grid_that_holds_all_data(table: Picture) -> None:
    async def scenario(app: OnePlane, pilot: Pilot[None]) -> None:
        [question] = app.asked
        assert question is not None
        assert not question.layers
        assert question.X.min() < 0
        assert question.X.max() > 1
        app.give()
        await quiet(app, pilot)
        assert len(app.asked) == 1  # the same question stands

    play(table, xor, scenario)


def test_without_colours_the_surface_is_seen_in_characters(table: Picture) -> None:
    lines = shown(table, xor, marker="ascii").split("\n")
    canvas = [line[8:-2] for line in lines[1:-3]]
    assert canvas[0][:20] == "#" * 20
    assert canvas[0][-20:] == " " * 20
    assert canvas[-1][:20] == " " * 20
    assert canvas[-1][-20:] == "#" * 20


def test_each_class_has_a_mark(table: Picture) -> None:
    screen = shown(table, xor)
    body = "\n".join(screen.split("\n")[:-1])
    assert body.count("●") == 2
    assert body.count("◆") == 2


def test_rows_that_are_held_out_have_hollow_marks(tmp_path: Path) -> None:
    picture = picture_of(tmp_path, replace(recorded.table(), test_rows=2))
    body = "\n".join(shown(picture, xor).split("\n")[:-1])
    assert [body.count(mark) for mark in "●○◆◇"] == [1, 1, 1, 1]


def test_a_wrong_row_stands_out(table: Picture) -> None:
    P = table.rows["T"].copy()
    P[0] = 1 - P[0]
    wrong = replace(table, tables={**table.tables, "predictions": Table(2000, {"P": P})})

    async def scenario(app: OnePlane, pilot: Pilot[None]) -> None:
        marks = [segment for strip in app.pane._lines for segment in strip if segment.text in "●◆"]
        assert [bool(mark.style and mark.style.reverse) for mark in marks].count(True) == 1

    play(wrong, xor, scenario)


def test_the_cross_reads_the_prediction_and_follows_the_training(table: Picture) -> None:
    async def scenario(app: OnePlane, pilot: Pilot[None]) -> None:
        await pilot.press("right")
        await quiet(app, pilot)
        assert "╋" in app.text
        await pilot.press(*["right"] * 12, *["up"] * 4)
        await quiet(app, pilot)
        assert "P(1) 0.000" in app.lines[-1]
        app.forward = lambda X: np.full((len(X), 1), 0.75)
        app.give()
        await quiet(app, pilot)
        assert "P(1) 0.750" in app.lines[-1]
        await pilot.press("home")
        await quiet(app, pilot)
        assert "╋" not in app.text

    play(table, xor, scenario)


def test_a_click_puts_the_cross_there(table: Picture) -> None:
    async def scenario(app: OnePlane, pilot: Pilot[None]) -> None:
        await pilot.click(PlanePane, offset=(30, 4))
        await quiet(app, pilot)
        assert app.lines[4][30] == "╋"

    play(table, xor, scenario)


def test_the_cross_stays_on_the_plane(table: Picture) -> None:
    screen = shown(table, xor, *["left"] * 60, *["down"] * 20)
    assert "╋" in screen


def test_what_is_not_finite_is_marked(table: Picture) -> None:
    assert "✗" in shown(table, lambda X: np.full((len(X), 1), np.nan))


def test_an_error_is_told(table: Picture) -> None:
    async def scenario(app: OnePlane, pilot: Pilot[None]) -> None:
        question = app.asked[-1]
        assert question is not None
        app.pane.picture(replace(table, answers={"plane": Answer(question, error="no weights yet")}))
        await quiet(app, pilot)
        assert "no weights yet" in app.text

    play(table, xor, scenario)


def test_several_classes_have_a_digit_each_without_colours(tmp_path: Path) -> None:
    three = np.eye(3)
    shape = replace(
        recorded.table(),
        T=three[[0, 1, 2, 0]],
        task="multi-class",
        classes=("a", "b", "c"),
        outputs=("a", "b", "c"),
    )
    screen = shown(
        picture_of(tmp_path, shape), lambda X: three[np.clip((X[:, 0] * 3).astype(int), 0, 2)], marker="ascii"
    )
    row = screen.split("\n")[1]
    assert "".join(dict.fromkeys(char for char in row[8:] if char.isdigit())) == "012"


def test_small_movements_are_not_drawn_while_training_goes_on(table: Picture) -> None:
    running = replace(table, run=replace(table.run, state="running"))

    async def scenario(app: OnePlane, pilot: Pilot[None]) -> None:
        before = app.pane._lines
        app.forward = lambda X: np.full((len(X), 1), 0.442)
        app.give()
        await quiet(app, pilot)
        assert app.pane._lines == before
        app.picture = replace(running, run=replace(running.run, state="finished"))
        app.give()
        await quiet(app, pilot)
        assert app.pane._lines != before

    play(running, lambda X: np.full((len(X), 1), 0.42), scenario)


def test_a_step_of_the_past_is_drawn_as_it_was_wherever_one_comes_from(table: Picture) -> None:
    then = replace(table, run=replace(table.run, state="running"), now=table.run)

    async def scenario(app: OnePlane, pilot: Pilot[None]) -> None:
        before = app.pane._lines
        app.forward = lambda X: np.full((len(X), 1), 0.442)
        app.picture = replace(then, run=replace(then.run, step=then.run.step + 1))
        app.give()
        await quiet(app, pilot)
        assert app.pane._lines != before

    play(then, lambda X: np.full((len(X), 1), 0.42), scenario)


def test_a_hidden_pane_asks_nothing(table: Picture) -> None:
    async def scenario(app: OnePlane, pilot: Pilot[None]) -> None:
        app.pane.display = False
        await quiet(app, pilot)
        assert app.asked[-1] is None
        app.pane.picture(table)
        await quiet(app, pilot)
        assert app.asked[-1] is None
        app.pane.display = True
        await quiet(app, pilot)
        app.pane.picture(table)
        await quiet(app, pilot)
        assert app.asked[-1] is not None

    play(table, xor, scenario)


# The curve


def test_one_input_has_a_curve_in_the_unit_of_the_target(tmp_path: Path) -> None:
    screen = shown(picture_of(tmp_path, line_shape()), lambda X: X * 2)
    assert "6 Plane · curve" in screen
    assert "●" in screen
    assert "○" in screen
    assert any(0x2800 < ord(char) < 0x2900 for char in screen)


def test_the_cross_reads_the_curve(tmp_path: Path) -> None:
    async def scenario(app: OnePlane, pilot: Pilot[None]) -> None:
        await pilot.press("left", "left")
        await quiet(app, pilot)
        x, y = (float(part.split()[-1]) for part in app.lines[-1].strip("╰─╯ ").split(" → "))
        assert y == pytest.approx(2 * x, rel=0.02)
        assert "┊" in app.text

    play(picture_of(tmp_path, line_shape()), lambda X: X * 2, scenario)


# The units


def test_every_unit_has_a_map(table: Picture) -> None:
    async def scenario(app: OnePlane, pilot: Pilot[None]) -> None:
        await pilot.press("v")
        await quiet(app, pilot)
        assert "6 Plane · units" in app.text
        question = app.asked[-1]
        assert question is not None
        assert question.layers
        assert app.wanted == ("weights",)
        for name in ("layer 1 · sigmoid · 0 to 1", "output · sigmoid", "1 ", "2 ", "3 "):
            assert name in app.text

    play(table, xor, scenario)


def test_units_that_do_not_fit_are_scrolled_to(tmp_path: Path) -> None:
    picture = picture_of(tmp_path, recorded.heights())
    one = lambda X: X[:, :1]  # noqa: E731
    assert "output" not in shown(picture, one, "v", size=(40, 12))
    assert "output" in shown(picture, one, "v", "end", size=(40, 12))
    assert "layer 1" in shown(picture, one, "v", "end", "home", size=(40, 12))


def test_the_units_of_one_input_have_curves(tmp_path: Path) -> None:
    screen = shown(picture_of(tmp_path, line_shape()), lambda X: X, "v")
    assert any(0x2800 < ord(char) < 0x2900 for char in screen)


# The weights


def test_a_small_network_is_drawn(table: Picture) -> None:
    screen = shown(table, xor, "v", "v", size=(90, 16))
    assert "6 Plane · weights" in screen
    for words in ("x1 ●", "x2 ●", "x1 → 1.1", "bias"):
        assert words in screen


def test_after_the_weights_comes_the_surface_again(table: Picture) -> None:
    assert "6 Plane · surface" in shown(table, xor, "v", "v", "v")


def test_the_weights_of_an_image_are_images(tmp_path: Path) -> None:
    picture = picture_of(tmp_path, recorded.images())
    screen = shown(picture, lambda X: X, size=(60, 20))
    assert "6 Plane · weights" in screen
    assert "the first layer's 20 units" in screen
    assert "▀" in screen


def test_of_many_inputs_the_largest_weights_are_listed_first(tmp_path: Path) -> None:
    layers = LayerRecord("layer 1", 4, 9, "tanh", 45), LayerRecord("output", 9, 3, "softmax", 30)
    picture = picture_of(tmp_path, replace(recorded.species(), layers=layers))
    rows = [line for line in shown(picture, lambda X: X).split("\n") if "→" in line]
    sizes = [abs(float(row[2:].split("│")[0].split("█")[0].split()[-1])) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    assert "sepal length" in "".join(rows)


def test_both_ends_of_a_weight_are_told_however_long_their_names(tmp_path: Path) -> None:
    shape = replace(recorded.species(), features=tuple(f"measured length of part {i}" for i in range(4)))
    layers = LayerRecord("layer 1", 4, 9, "tanh", 45), LayerRecord("output", 9, 3, "softmax", 30)
    rows = shown(picture_of(tmp_path, replace(shape, layers=layers)), lambda X: X, size=(28, 20)).split("\n")
    ends = [row.partition("→")[2].split()[0] for row in rows if "→" in row]
    assert ends
    assert all(end.startswith("1.") for end in ends)


def test_a_legend_without_room_says_so_and_keeps_the_axes(tmp_path: Path) -> None:
    names = tuple(f"a rather long name {i}" for i in range(7))
    picture = picture_of(tmp_path, recorded.table())
    data = {**picture.run.data, "classes": names, "task": "multi-class"}
    T = np.eye(7, dtype=np.float32)[np.arange(len(picture.rows["row"])) % 7]
    tables = {"rows": Table(0, {**picture.rows, "T": T}), "predictions": Table(1, {"P": T})}
    picture = replace(picture, run=replace(picture.run, data=data), tables=tables)
    edge = shown(picture, lambda X: np.ones((len(X), 7)) / 7, size=(100, 20)).rstrip().split("\n")[-1]
    assert "x1 → x2 ↑" in edge
    assert "…" in edge


def test_many_inputs_have_one_view_alone(tmp_path: Path) -> None:
    assert "6 Plane · weights" in shown(picture_of(tmp_path, recorded.species()), lambda X: X, "v")


def test_a_run_that_kept_no_weights_says_so(tmp_path: Path) -> None:
    picture = picture_of(tmp_path, recorded.species(), weights=False)
    assert "kept no weights" in shown(picture, lambda X: X)
    live = replace(picture, run=replace(picture.run, state="running"))
    assert "after the first step" in shown(live, lambda X: X)


# Any size


@pytest.mark.parametrize("marker", ["braille", "ascii"])
def test_every_view_fits_every_size(tmp_path: Path, marker: str) -> None:
    async def scenario(app: OnePlane, pilot: Pilot[None]) -> None:
        for key in ("right", "v", "v"):
            await pilot.press(key)
            for size in ((200, 60), (120, 40), (40, 8), (12, 4), (3, 3)):
                await pilot.resize_terminal(*size)
                await quiet(app, pilot)
                assert marker == "braille" or not any("▀" <= char <= "⣿" for char in app.text), (key, size)

    for number, (shape, forward) in enumerate(((recorded.table(), xor), (line_shape(), lambda X: X))):
        play(picture_of(tmp_path / str(number), shape), forward, scenario, marker=marker)
