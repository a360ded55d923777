"""What is told of a single row, and of values that somebody types: by hand, and with a real trainer behind it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.app import App
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Input

from nntui import config, launch, paths
from nntui.store import catalog
from nntui.store.records import LayerRecord
from nntui.tui.panes.layers.activations import Layer, activation_lines, lines_wanted
from nntui.tui.panes.predictions.pane import PredictionPane
from nntui.tui.picture import Answer, Asked, Picture, Question, Table, WantedTables
from nntui.tui.screens.autopsy import AutopsyScreen
from nntui.tui.screens.dashboard import DashboardScreen
from nntui.tui.screens.rundialog import RunDialog
from nntui.tui.screens.values import ValuesScreen
from tests.tui import recorded
from tests.tui.screen import play, settled, shows, text, unpaced, until
from tests.tui.test_panes import picture_of

STEPS = np.array([1, 500, 1000, 2000])


def no_style(_: str) -> Style:
    return Style()


class Beneath:
    """Stands for the dashboard: takes what a dialog posts, and passes it pictures with the answers."""

    def __init__(self, picture: Picture) -> None:
        n = len(picture.rows["row"])
        history = Table(2000, {"steps": STEPS, "loss": np.outer(np.arange(1, n + 1), 1 / STEPS).astype(np.float32)})
        self.picture = replace(picture, tables={**picture.tables, "history": history})
        self.questions: dict[str, Question | None] = {}
        self.tables: tuple[str, ...] = ()

    def post(self, message: Message) -> None:
        if isinstance(message, Asked):
            self.questions[message.pane] = message.question
        elif isinstance(message, WantedTables):
            self.tables = message.names

    def answered(self, P: Any, layers: tuple[Any, ...] = (), error: str = "") -> Picture:
        """The picture with an answer to what is asked now."""
        answers = {
            pane: Answer(question, 2000, np.atleast_2d(P).astype(float), tuple(map(np.atleast_2d, layers)), error)
            for pane, question in self.questions.items()
            if question is not None
        }
        return replace(self.picture, answers=answers)


def over(
    dialog: RunDialog[Any], scenario: Callable[[Pilot[None]], Awaitable[None]], size: tuple[int, int]
) -> list[Any]:
    """Plays with a dialog over an empty screen; returns what it was dismissed with."""
    results: list[Any] = []

    async def session() -> None:
        app: App[None] = App()
        async with app.run_test(size=size) as pilot:
            await app.push_screen(dialog, results.append)
            await pilot.pause()
            await scenario(pilot)

    with unpaced():
        asyncio.run(session())
    return results


@pytest.fixture
def species(tmp_path: Path) -> Beneath:
    return Beneath(picture_of(tmp_path, recorded.species()))


# The autopsy


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
def test_an_autopsy_tells_the_row_its_loss_and_its_activations(species: Beneath, size: tuple[int, int]) -> None:
    screen = AutopsyScreen(species.picture, species.post, np.array([7, 3, 12]), 1, marker="braille")
    hidden = np.linspace(-1, 1, 8)

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "row 4", "versicolor", "Its loss", "loss · 2.00e-3 at step 2,000", "layer 1", "output")
        assert species.tables == ("history",)
        question = species.questions["autopsy"]
        assert question is not None
        assert question.layers
        np.testing.assert_allclose(question.X, species.picture.rows["X"][3:4])
        assert "█" not in text(pilot)
        screen.picture(species.answered([0.2, 0.7, 0.1], (hidden, [0.2, 0.7, 0.1])))
        await shows(pilot, "█", "✓ training row 4", "predicted versicolor")
        if size[0] > 60:
            await shows(pilot, "0.700", "sepal length", "2 of 3", "petal width")
        if size == (120, 40):
            await shows(pilot, "-0.71", "+0.43", "+1.00", "0.20", "setosa", "8 tanh", "1.000")

    over(screen, scenario, size)


def test_another_row_of_the_order_is_asked_about_and_the_last_is_given_back(species: Beneath) -> None:
    screen = AutopsyScreen(species.picture, species.post, np.array([7, 3, 12]), 1, marker="braille")

    async def scenario(pilot: Pilot[None]) -> None:
        first = species.questions["autopsy"]
        screen.picture(species.answered([0.2, 0.7, 0.1], ([1.0] * 8, [0.2, 0.7, 0.1])))
        await shows(pilot, "█")
        await pilot.press("right", "right", "right")  # the order has no more than one
        await shows(pilot, "row 13", "3 of 3")
        assert species.questions["autopsy"] is not first
        assert "█" not in text(pilot)  # another row's activations are not shown as this one's
        await pilot.press("home")
        await shows(pilot, "row 8", "1 of 3", "loss · 4.00e-3 at step 2,000")
        await pilot.press("y")
        await shows(pilot, "loss, log · 4.00e-3")
        await pilot.press("escape")
        await pilot.pause()

    assert over(screen, scenario, (100, 30)) == [7]
    assert species.questions == {"autopsy": None}
    assert species.tables == ()


def test_without_history_or_network_an_autopsy_says_so(species: Beneath) -> None:
    tables = {name: table for name, table in species.picture.tables.items() if name != "history"}
    picture = replace(species.picture, tables=tables)
    screen = AutopsyScreen(picture, species.post, np.array([0]), 0, marker="ascii")

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "The loss of each row appears")
        screen.picture(species.answered([], (), "no checkpoint yet"))
        await shows(pilot, "no checkpoint yet")

    over(screen, scenario, (100, 30))


def test_an_image_is_drawn_as_large_as_there_is_room(tmp_path: Path) -> None:
    beneath = Beneath(picture_of(tmp_path, recorded.ten_digits()))
    screen = AutopsyScreen(beneath.picture, beneath.post, np.arange(60), 0, marker="braille")

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "▀" * 24, "target", "predicted")

    over(screen, scenario, (120, 40))


# Bars of activations


def layer(units: int, activation: str, values: Any = None, labels: tuple[str, ...] = ()) -> Layer:
    found = None if values is None else np.asarray(values, float)
    return Layer(LayerRecord(f"layer of {units}", 3, units, activation, units), found, labels)


def test_bars_grow_up_hang_down_and_are_told_in_numbers() -> None:
    drawn = activation_lines([layer(3, "tanh", [0.5, -1.0, 0.0])], 60, 10, no_style, ascii_only=False)
    rows = [strip.text for strip in drawn]
    assert rows[0].split()[-3:] == ["▄▄▄▄▄▄▄▄", "max", "1.000"]
    assert rows[1].split()[:2] == ["3", "tanh"]
    assert rows[1].rstrip().endswith("tanh") or "█" not in rows[1]
    assert rows[2].split() == ["+0.50", "-1.00", "+0.00"]
    hanging = [segment for segment in drawn[1] if segment.style and segment.style.reverse]
    assert [segment.text for segment in hanging] == [" " * 8]


def test_what_is_never_negative_has_both_lines_for_its_bars() -> None:
    rows = activation_lines([layer(4, "relu", [4, 3, 1, 0])], 80, 2, no_style, ascii_only=False)
    assert rows[0].text.split()[-4:] == ["████████", "▄▄▄▄▄▄▄▄", "max", "4.000"]
    assert rows[1].text.split()[2:] == ["████████", "████████", "▄▄▄▄▄▄▄▄"]


def test_with_ascii_only_the_sign_is_told_by_the_shape() -> None:
    rows = activation_lines([layer(2, "tanh", [1, -1])], 40, 1, no_style, ascii_only=True)
    assert rows[0].text[8:].isascii()
    assert "#" in rows[0].text
    assert "V" in rows[0].text


def test_of_more_units_than_cells_the_farthest_from_zero_stand_for_their_neighbours() -> None:
    values = np.zeros(500)
    values[123] = -2.0
    rows = activation_lines([layer(500, "tanh", values)], 60, 2, no_style, ascii_only=True)
    assert rows[0].text.split()[-1] == "2.000"
    assert "500," in rows[1].text
    assert rows[1].text.count("V") == 1


@given(
    st.lists(st.tuples(st.integers(1, 300), st.sampled_from(["tanh", "relu", "softmax"])), min_size=1, max_size=20),
    st.integers(30, 160),
    st.integers(1, 40),
    st.booleans(),
)
def test_any_layers_fit_any_room(shapes: list[tuple[int, str]], width: int, height: int, is_known: bool) -> None:
    rng = np.random.default_rng(0)
    layers = [
        layer(n, name, rng.standard_normal(n) * 10.0 ** rng.integers(-9, 9) if is_known else None) for n, name in shapes
    ]
    rows = activation_lines(layers, width, height, no_style, ascii_only=False)
    assert len(rows) == min(height, len(rows))
    assert all(strip.cell_length <= width for strip in rows)
    assert rows[-1 if height < len(layers) else 0].cell_length > 0
    if lines_wanted(layers, width) <= height:
        assert len(rows) == lines_wanted(layers, width)


# Values of one's own


def test_what_is_typed_is_asked_and_its_answer_follows_the_training(species: Beneath) -> None:
    screen = ValuesScreen(species.picture, species.post, 3)

    async def scenario(pilot: Pilot[None]) -> None:
        question = species.questions["values"]
        assert question is not None
        np.testing.assert_allclose(question.X, species.picture.rows["X"][3:4], rtol=1e-6)
        await shows(pilot, "at first those of row 4", "sepal width", "6.7", "The answer comes in a moment.")
        for P in ([0.2, 0.7, 0.1], [0.1, 0.1, 0.8]):
            screen.picture(species.answered(P))
            await shows(pilot, f"▸ {('setosa', 'versicolor', 'virginica')[int(np.argmax(P))]}", f"{max(P):.3f}")
        await pilot.press("down", "home", "shift+end", *"2", "full_stop", *"5")
        await until(pilot, lambda: species.questions["values"] is not question)
        asked = species.questions["values"]
        assert asked is not None
        assert asked.X[0, 1] == 2.5
        assert "0.800" not in text(pilot)  # that was of other values
        await pilot.press("x")
        await shows(pilot, "sepal width = 2.5x: must be a number")
        await pilot.press("escape")
        await pilot.pause()

    assert over(screen, scenario, (80, 24)) == [None]
    assert species.questions == {"values": None}


def test_many_inputs_are_typed_in_one_line_by_name(tmp_path: Path) -> None:
    shape = recorded.heights()
    names = tuple(f"x{i}" for i in range(40))
    beneath = Beneath(picture_of(tmp_path, replace(shape, X=np.tile(shape.X, (1, 20)), features=names)))
    screen = ValuesScreen(beneath.picture, beneath.post, 5)

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "all others as in row 6", "x0=")
        pilot.app.screen.query_one(Input).value = "x3=7, x39=-1"
        await pilot.pause()
        asked = beneath.questions["values"]
        assert asked is not None
        assert asked.X[0, [3, 39]].tolist() == [7, -1]
        np.testing.assert_allclose(asked.X[0, :3], beneath.picture.rows["X"][5, :3])
        screen.picture(beneath.answered([12.5]))
        await shows(pilot, "height", "12.50")
        pilot.app.screen.query_one(Input).value = "x99=1"
        await shows(pilot, "x99: no such input (did you mean x9?)")

    over(screen, scenario, (80, 24))


def test_a_network_that_cannot_answer_says_why(species: Beneath) -> None:
    screen = ValuesScreen(species.picture, species.post, 3)

    async def scenario(pilot: Pilot[None]) -> None:
        screen.picture(species.answered([], error="row 1: petal width is missing"))
        await shows(pilot, "row 1: petal width is missing")

    over(screen, scenario, (40, 12))


# From the dashboard


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the same
def test_enter_opens_the_row_and_closing_it_chooses_where_one_was() -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane = pilot.app.screen.query_one(PredictionPane)
        pane.focus()
        await pilot.press("o", "down", "enter")
        await shows(pilot, "Its activations", "row 2 (2 of 30)", "at step 2,000")
        await pilot.press("right", "right")
        await shows(pilot, "row 4 (4 of 30)")
        await pilot.press("i")
        await shows(pilot, "at first those of row 4")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, DashboardScreen))
        await shows(pilot, "▸  4")

    play(scenario, recorded.finished(paths.runs_dir(), recorded.species()))
    gc.collect()


def test_images_cannot_be_typed() -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pilot.app.screen.query_one(PredictionPane).focus()
        await pilot.press("i")
        await shows(pilot, "Values can be typed where the inputs are numbers")

    play(scenario, recorded.finished(paths.runs_dir(), recorded.images()))


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the loop of a test ends before its processes are waited for
def test_a_row_of_a_real_run_is_looked_into_while_it_trains(real_answers: None) -> None:
    settings = config.from_dict(
        {"data": {"test_fraction": 0.0}, "model": {"layers": [3]}, "training": {"epochs": 10**9}}
    )
    folder, trainer = launch.start_run(settings, preset="xor")
    steps: list[str] = []

    def step() -> str:
        return text(pilots[0]).partition("at step ")[2].split()[0]

    pilots: list[Pilot[None]] = []

    async def scenario(pilot: Pilot[None]) -> None:
        pilots.append(pilot)
        await shows(pilot, "running", "training")
        pilot.app.screen.query_one(PredictionPane).focus()
        await until(pilot, lambda: catalog.open_run(folder).step > 500)
        await pilot.press("enter")
        await shows(pilot, "Its activations", "█", "loss · ", "at step ")
        steps.append(step())
        await until(pilot, lambda: step() != steps[0])  # it goes on while one looks
        await pilot.press("i")
        await shows(pilot, "▸ ")
        await pilot.press("escape", "escape")
        await settled(pilot)
        await pilot.press("s", "y")
        await shows(pilot, "stopped at step")

    play(scenario, folder)
    assert trainer.wait(20) == 0
    gc.collect()
