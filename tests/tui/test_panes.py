"""Panes by themselves: numbers of steady width, when they are drawn, and what each says of a picture."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widget import Widget

from nntui.knobs import KNOBS
from nntui.store.reader import Reader
from nntui.store.records import Curve, Event, LayerRecord
from nntui.tui.panes.data.thumbnail import thumbnail, thumbnail_size
from nntui.tui.panes.events import EventPane
from nntui.tui.panes.header import SYMBOLS, Header
from nntui.tui.panes.knobs.pane import LIVE, KnobPane
from nntui.tui.panes.layers.pane import LayerPane
from nntui.tui.panes.layers.table import FigureColumn
from nntui.tui.panes.numbers import bar, count, duration, figure
from nntui.tui.panes.pane import Pane, PictureCells
from nntui.tui.panes.plane.pane import PlanePane
from nntui.tui.panes.predictions.pane import PredictionPane
from nntui.tui.panes.predictions.ranking import NUMBER, WORST, Order
from nntui.tui.panes.systemline import SystemLine
from nntui.tui.picture import Beside, Picture, Table
from nntui.tui.system import Usage
from nntui.tui.widgets.cells import Cells, line
from tests.tui import recorded
from tests.tui.recorded import Shape
from tests.tui.screen import unpaced

# Numbers


@given(st.floats(-1e300, 1e300) | st.sampled_from([None, np.nan, np.inf, -np.inf]))
def test_a_figure_is_never_wider_than_its_column(value: float | None) -> None:
    text = figure(value, 10)
    assert len(text) == 10
    if value is not None and np.isfinite(value):
        assert float(text) == pytest.approx(value, rel=6e-3, abs=0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1.000"),
        (0.5, "0.5000"),
        (12.345678, "12.35"),
        (99_999.0, "99999"),
        (123_456.0, "1.23e5"),
        (0.00012345, "1.23e-4"),
        (-0.25, "-0.2500"),
        (None, "–"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
    ],
)
def test_a_figure_has_four_digits_or_a_power_of_ten(value: float | None, text: str) -> None:
    assert figure(value) == text.rjust(8)


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (3723, "1:02:03"), (8.64e6, "100 days")])
def test_a_duration_is_told_in_hours_minutes_and_seconds(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize("seconds", [None, float("nan"), float("inf")])
def test_a_duration_nobody_knows_is_a_dash(seconds: float | None) -> None:
    assert duration(seconds) == "–"


def test_thousands_are_set_apart() -> None:
    assert count(1_234_567) == "1,234,567"


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 50))
def test_a_bar_fills_its_width(share: float, width: int) -> None:
    assert len(bar(share, width)) == width


def test_a_bar_grows_with_its_share() -> None:
    bars = [bar(share / 64, 8) for share in range(65)]
    assert len(set(bars)) == 65
    assert bars[0].strip() == ""
    assert bars[-1] == "█" * 8


# A pane and its pictures


class OnePane(App[None]):
    """Holds one widget, as large as the terminal."""

    CSS = "Screen > * { width: 100%; height: 100%; }"

    def __init__(self, pane: Widget) -> None:
        super().__init__()
        self.pane = pane

    def compose(self) -> ComposeResult:
        yield self.pane


def lines(app: OnePane) -> list[str]:
    return [strip.text for strip in app.screen._compositor.render_strips()]


def show(pane: Any, picture: Picture, size: tuple[int, int]) -> list[str]:
    """The lines of a pane that has been given a picture."""
    found: list[str] = []

    async def scenario(pilot: Pilot[None]) -> None:
        pane.picture(picture)
        await pilot.pause()
        found.extend(lines(pilot.app))  # type: ignore[arg-type]

    with unpaced():
        alone(pane, scenario, size)
    return found


def alone(pane: Widget, scenario: Callable[[Pilot[None]], Awaitable[None]], size: tuple[int, int] = (60, 12)) -> None:
    async def session() -> None:
        async with OnePane(pane).run_test(size=size) as pilot:
            await pilot.pause()
            await scenario(pilot)

    asyncio.run(session())


@contextmanager
def read(folder: Path) -> Iterator[Reader]:
    reader = Reader(folder)
    try:
        yield reader
    finally:
        reader.close()


def picture_of(tmp_path: Path, shape: Shape, *, old: bool = False) -> Picture:
    """A finished run as a feed tells it."""
    with read(recorded.finished(tmp_path / "runs", shape, old=old)) as reader:
        rows, predictions = reader.table("rows"), reader.table("predictions")
        assert rows is not None
        assert predictions is not None
        return Picture(reader.run(), tables={"rows": Table(*rows), "predictions": Table(*predictions)})


@pytest.fixture
def table(tmp_path: Path) -> Picture:
    return picture_of(tmp_path, recorded.table())


@pytest.fixture
def images(tmp_path: Path) -> Picture:
    return picture_of(tmp_path, recorded.images())


class Counting(PictureCells):
    """Notes the step of each picture it draws."""

    EVERY = 0.05

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[int] = []
        self.times: list[float] = []

    def draw(self, picture: Picture) -> None:
        self.drawn.append(picture.run.step)
        self.times.append(time.monotonic())


def test_pictures_are_drawn_at_a_pace_and_the_last_one_always(table: Picture) -> None:
    pane = Counting()

    async def scenario(pilot: Pilot[None]) -> None:
        for step in range(200):
            pane.picture(replace(table, run=replace(table.run, step=step)))
            await asyncio.sleep(0.001)
        while pane.drawn[-1] != 199:
            await pilot.pause(0.01)

    alone(pane, scenario)
    assert pane.drawn == sorted(set(pane.drawn))
    assert len(pane.drawn) < 100
    assert min(np.diff(pane.times)) >= Counting.EVERY * 0.9


class Everywhere(Counting):
    """Has another character in each of its cells from one picture to the next."""

    EVERY, PACE = 0.0, 4000.0

    def draw(self, picture: Picture) -> None:
        super().draw(picture)
        self.show([line("ab"[len(self.drawn) % 2] * self.size.width) for _ in range(self.size.height)])


def test_a_pane_that_moves_everywhere_is_drawn_less_often_but_by_a_key_at_once(table: Picture) -> None:
    pane, running = Everywhere(), replace(table.run, state="running")

    async def scenario(pilot: Pilot[None]) -> None:
        for step in range(40):
            pane.picture(replace(table, run=replace(running, step=step)))
            await asyncio.sleep(0.01)
        while pane.drawn[-1] != 39:
            await pilot.pause(0.01)
        assert min(np.diff(pane.times[1:])) >= 0.9 * pane.size.area / Everywhere.PACE
        before = len(pane.drawn)
        pane.redraw()
        assert len(pane.drawn) == before + 1

    alone(pane, scenario)


class Framed(Pane, PictureCells):
    """A pane with edges."""

    DEFAULT_CSS = "Framed { border: round blue; }"
    number, heading = 8, "Framed"


def test_new_words_in_an_edge_send_that_line_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    pane, sent, refresh = Framed(), list[tuple[Region, ...]](), Cells.refresh

    def noted(self: Cells, *regions: Region, **options: bool) -> Cells:
        sent.append(regions)
        return refresh(self, *regions, **options)

    async def scenario(pilot: Pilot[None]) -> None:
        monkeypatch.setattr(Cells, "refresh", noted)
        width, height = pane.size
        pane.caption("below")
        pane.title("above")
        assert sent == [(Region(-1, height, width + 2, 1),), (Region(-1, -1, width + 2, 1),)]
        pane.caption("below")
        pane.title("above")
        assert len(sent) == 2
        await pilot.pause()
        shown = [strip.text for strip in pilot.app.screen._compositor.render_strips()]
        assert "8 Framed · above" in shown[0]
        assert "below" in shown[height + 1]

    alone(pane, scenario)


def test_a_new_state_is_drawn_at_once(table: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counting, "EVERY", 1000.0)
    pane = Counting()

    async def scenario(pilot: Pilot[None]) -> None:
        for step, state in enumerate(["running", "running", "paused", "paused", "running"]):
            pane.picture(replace(table, run=replace(table.run, step=step, state=state)))

    alone(pane, scenario)
    assert pane.drawn == [0, 2, 4]


def test_what_somebody_asked_for_is_drawn_at_once(table: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counting, "EVERY", 1000.0)
    pane = Counting()
    run, told = table.run, Event(99, 0.0, 3, "state", "checkpoint by ada")

    async def scenario(pilot: Pilot[None]) -> None:
        pane.picture(replace(table, run=replace(run, step=0)))
        pane.picture(replace(table, run=replace(run, step=1)))
        pane.picture(replace(table, run=replace(run, step=2, config={**run.config, "title": "another"})))
        pane.picture(replace(table, run=replace(run, step=3), events=(*table.events, told)))

    alone(pane, scenario)
    assert pane.drawn == [0, 2, 3]


def test_the_course_of_a_ghost_is_news_for_the_loss_alone(table: Picture) -> None:
    before, after = (replace(table, ghost=Beside("lr 0.5", "running", {})) for _ in range(2))
    assert not after.is_same(before, "loss")
    assert after.is_same(before, "gradients")
    assert not replace(table, ghost=Beside("lr 0.5", "crashed", {})).is_same(before, "knobs")
    assert not table.is_same(before, "knobs")


def test_a_picture_that_comes_before_there_is_room_is_drawn_when_there_is(table: Picture) -> None:
    pane = Counting()
    pane.picture(table)
    assert pane.drawn == []

    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.pause()

    alone(pane, scenario)
    assert set(pane.drawn) == {2000}


# The header


def test_what_a_trainer_does_instead_of_training_is_told(table: Picture) -> None:
    going = replace(table, run=replace(table.run, state="running", reason="making step 90 again: 40%"))
    assert "● running  xor  making step 90 again: 40%" in show(Header(), going, (120, 2))[0]


@pytest.mark.parametrize("state", SYMBOLS)
def test_the_header_says_the_state_by_word_and_sign(table: Picture, state: str) -> None:
    first = show(Header(), replace(table, run=replace(table.run, state=state)), (100, 2))[0]
    assert f"{SYMBOLS[state]} {state}  xor" in first
    assert first.rstrip().endswith("recorded")


@pytest.mark.parametrize("width", range(30, 140, 11))
def test_the_header_shows_whole_figures(table: Picture, width: int) -> None:
    run = replace(table.run, state="running", progress=0.25)
    second = show(Header(), replace(table, run=run), (width, 2))[1]
    assert " 25%" in second
    assert "step 2,000" in second
    assert "█" in second
    assert "…" not in second
    wanted = ["steps/s", "elapsed", "left", "epoch 2,000/2,000"] if width > 105 else []
    assert all(word in second for word in wanted)


def test_the_header_tells_where_a_run_failed_beside_any_name(table: Picture) -> None:
    run = replace(table.run, name="n" * 500, state="diverged", reason="first in layer 1")
    first = show(Header(), replace(table, run=run), (120, 2))[0]
    assert "at step 2,000: first in layer 1" in first


@pytest.mark.parametrize("state", ["running", "diverged"])
@pytest.mark.parametrize("width", range(32, 120, 8))
def test_the_header_tells_the_way_back_from_the_past(table: Picture, width: int, state: str) -> None:
    now = replace(table.run, state=state, id="20261126-0751-moons", name="xor-wide-and-deep")
    then = replace(table, run=replace(now, step=1999, state="running"), now=now, tables={})
    first = show(Header(), replace(table, run=now, then=then), (width, 2))[0]
    assert first.startswith(" ◂ past  xor")
    assert "esc: now" in first
    assert ("step 1,999" in first) == (width >= 48)
    assert ("at step 1,999 of 2,000 · " in first) == (width >= 64)
    assert (now.id in first) == (width >= 110)


def test_the_header_tells_of_a_silent_trainer(table: Picture) -> None:
    run = replace(table.run, state="running")
    assert "no word from the trainer for 1:10" in show(Header(), replace(table, run=run, silence=70), (120, 2))[0]


def test_the_header_tells_of_a_full_disk(table: Picture) -> None:
    run = replace(table.run, state="running", waits_for_room=True)
    first, second = show(Header(), replace(table, run=run, silence=70), (120, 2))
    assert first.startswith(" ◌ waits  xor")
    assert "  no room on the disk" in first
    assert "no word" not in first
    assert "– steps/s" in second


def test_a_trainer_that_still_reads_its_data_alarms_nobody(table: Picture) -> None:
    run = replace(table.run, state="starting", step=0)
    assert "  reading the data" in show(Header(), replace(table, run=run, silence=70), (120, 2))[0]


@pytest.mark.parametrize("state", ["paused", "crashed", "finished"])
def test_only_a_running_run_has_a_pace(table: Picture, state: str) -> None:
    run = replace(table.run, state=state, steps_per_s=2015, steps_left=10**6)
    second = show(Header(), replace(table, run=run), (120, 2))[1]
    assert "2,015" not in second
    assert ("– steps/s" in second) == (state == "paused")
    assert ("– left" in second) == (state == "paused")


@pytest.mark.parametrize(("state", "told"), [("running", "trainer not on this machine"), ("finished", "trainer ended")])
def test_the_system_line_says_why_it_has_no_figures_of_the_trainer(table: Picture, state: str, told: str) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        run = replace(table.run, state=state)
        pilot.app.query_one(SystemLine).usage(Usage(None, (0.1, 2**20)), run, 0.0)
        await pilot.pause()
        assert told in lines(pilot.app)[0]  # type: ignore[arg-type]

    alone(SystemLine(), scenario, (120, 1))


def test_of_an_earlier_step_panes_say_what_is_of_the_newest(table: Picture) -> None:
    past = replace(table, run=replace(table.run, step=1000))
    pane = PredictionPane("braille")
    show(pane, past, (70, 12))
    assert "of step 2,000" in str(pane.border_subtitle)
    assert "The network of an earlier step is not kept." in show(PlanePane("braille"), past, (60, 6))[0]


def test_before_the_data_are_read_a_pane_promises_no_surface(table: Picture) -> None:
    starting = replace(table, run=replace(table.run, state="starting", step=0, layers=(), data={}), tables={})
    assert show(PlanePane("braille"), starting, (40, 6))[0].strip() == "The plane appears after the first step."
    assert show(LayerPane(ascii_only=False), starting, (60, 6))[0].strip() == "The layers appear after the first step."


@pytest.mark.parametrize(
    ("latest", "words"),
    [
        ({"accuracy": 0.975}, "accuracy  97.5%"),
        ({"accuracy": 0.975, "val_accuracy": 0.5}, "val accuracy  50.0%"),
        ({"r2": 0.5}, " R² 0.5000"),
        ({"r2": 0.5, "val_r2": -1.25}, "val R² -1.250"),
        ({"accuracy": None}, "step"),
    ],
)
def test_the_header_tells_accuracy_or_r2(table: Picture, latest: dict[str, Any], words: str) -> None:
    second = show(Header(), replace(table, run=replace(table.run, latest=latest)), (120, 2))[1]
    assert words in second
    assert ("accuracy" in second, "R²" in second) == ("accuracy" in words, "R²" in words)


# The knobs


def running(picture: Picture, **settings: Any) -> Picture:
    """The run while it trains, with other settings of the training."""
    config = {**picture.run.config, "training": {**picture.run.config["training"], **settings}}
    return replace(picture, run=replace(picture.run, state="running", config=config))


def names(rows: list[str]) -> list[str]:
    return [words[0] for row in rows if (words := row.replace("▸", "").split())]


def test_the_knobs_show_value_and_place(table: Picture) -> None:
    pane = KnobPane()
    shown = show(pane, running(table), (60, 30))
    assert names(shown)[0] == "lr"
    assert len(names(shown)) == len(pane.offered)
    for knob, row in zip(pane.offered, shown, strict=False):
        words = row.split()
        told = [knob.name, *knob.show(pane.value(knob)).split()]
        assert (words[-3:-1] if knob.live else words[-len(told) :]) == told
        assert row.count("●") == knob.live


def test_a_knob_without_an_effect_is_left_out_unless_it_was_changed(table: Picture) -> None:
    assert {"momentum", "beta1", "leak", "huber_delta"}.isdisjoint(names(show(KnobPane(), running(table), (60, 30))))
    assert "beta1" in names(show(KnobPane(), running(table, optimizer="adam"), (60, 30)))
    assert "momentum" in names(show(KnobPane(), running(table, momentum=0.5), (60, 30)))


def test_an_end_of_the_run_that_has_passed_is_turned_over(table: Picture) -> None:
    asked: list[Any] = []

    class Knobs(KnobPane):
        def asked(self, knob: Any, value: Any, words: str = "") -> None:
            asked.append((knob.name, value))

    async def scenario(pilot: Pilot[None]) -> None:
        pane = pilot.app.query_one(Knobs)
        picture = running(table)
        pane.picture(replace(picture, run=replace(picture.run, step=403_279)))
        pane.turn(KNOBS["training.steps"], 1)
        assert asked == [("steps", 500_000)]

    alone(Knobs(), scenario)


def test_who_turned_a_knob_is_seen_beside_the_clock(table: Picture) -> None:
    event = Event(1, 0.0, 1_500, "set", "lr 0.1 → 0.125 by ada@pts/3")
    pane = EventPane()
    shown = show(pane, replace(table, events=(event,)), (44, 4))
    assert "1,500 ▲ lr 0.1 → 0.125 by ada@pts/3" in shown[0]


def test_what_was_given_up_is_told_apart_by_a_sign(table: Picture) -> None:
    events = Event(1, 0.0, 900, "set", "lr 0.1 → 9", branch=1), Event(2, 0.0, 500, "state", "back from step 1,000")
    pane, found, without = EventPane(), EventPane(), EventPane()
    shown = show(pane, replace(table, events=events), (44, 9))
    assert " 500 ● back from step 1,000" in shown[0]
    assert " 900┊▲ lr 0.1 → 9" in shown[1]
    assert str(pane.border_subtitle).startswith("2 events · ┊ given up · ")
    found.filter_by("given up")
    assert "back" not in "".join(show(found, replace(table, events=events), (44, 9)))
    show(without, replace(table, events=events[1:]), (44, 9))
    assert "given up" not in str(without.border_subtitle)


def test_a_knob_that_is_chosen_stays_when_it_loses_its_effect(table: Picture) -> None:
    pane = KnobPane()
    pane.chosen = KNOBS["training.beta1"]
    assert "beta1" in names(show(pane, running(table), (60, 30)))
    assert str(pane.border_subtitle).startswith("no effect now: ")


def test_a_wish_shows_the_knobs_that_come_with_it_at_once(table: Picture) -> None:
    pane = KnobPane()
    pane._asked["training.optimizer"] = "adam"
    assert "beta2" in names(show(pane, running(table), (60, 30)))


def test_names_of_knobs_are_whole_in_the_narrowest_pane(table: Picture) -> None:
    shown = show(KnobPane(), running(table, schedule="step", optimizer="adamw", warmup=5.0), (32, 30))
    assert {"schedule_epochs", "schedule_factor", "weight_decay", "batch_size"} <= set(names(shown))
    assert not any("…" in row for row in shown)


def test_several_values_are_shown_in_the_place_of_the_ladder(images: Picture) -> None:
    model = {**images.run.config["model"], "activation": ["relu", "leaky-relu"]}
    picture = replace(images, run=replace(images.run, config={**images.run.config, "model": model}))
    for width in (32, 44, 100):
        (row,) = (row for row in show(KnobPane(), picture, (width, 30)) if "activation" in row)
        assert "[relu, leaky-relu]" in row
        assert "●" not in row


def test_the_rate_that_a_schedule_makes_of_the_base_is_shown(table: Picture) -> None:
    for latest, words in ((0.125, ["0.125"]), (0.01, ["0.125", "→", "0.01"])):
        run = replace(table.run, latest={**table.run.latest, "lr": latest})
        (row,) = show(KnobPane(), replace(table, run=run), (60, 1))
        assert row.split()[2:][: len(words)] == words
        assert ("→" in row) == (len(words) > 1)


def test_a_run_of_an_older_version_shows_what_it_has(table: Picture) -> None:
    config = {"training": {"lr": 0.5, "steps": 0}, "model": {"activation": "tanh"}}
    shown = show(KnobPane(), replace(table, run=replace(table.run, config=config)), (60, 30))
    assert {"lr", "optimizer", "activation"} <= set(names(shown))


def test_the_place_of_a_knob_goes_from_one_end_to_the_other() -> None:
    pane, knob = KnobPane(), KNOBS["training.lr"]
    places = [pane._place(knob, rung, 20).index("●") for rung in knob.ladder]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, 19)


def test_the_chosen_knob_is_kept_in_sight(table: Picture) -> None:
    pane = KnobPane()
    run = replace(table.run, state="running")
    seen = []

    async def scenario(pilot: Pilot[None]) -> None:
        pane.picture(replace(table, run=run))
        for _ in LIVE:
            pane.action_choose(1)
            await pilot.pause()
            seen.append(any("▸" in line for line in lines(pilot.app)))  # type: ignore[arg-type]

    with unpaced():
        alone(pane, scenario, (50, 3))
    assert all(seen)


# The layers


def layer_pane() -> LayerPane:
    return LayerPane(ascii_only=False)


def test_the_layers_have_a_row_each(images: Picture) -> None:
    shown = show(layer_pane(), images, (48, 8))
    assert shown[0].split() == ["layer", "gradient", "weights", "update/w"]
    first = figure(images.run.latest["grad_norm"][0]).strip()
    assert shown[1].split()[:2] == ["1", first]
    assert [row.split()[0] for row in shown[1:4]] == ["1", "2", "output"]


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (32, ["grad", "weight", "upd/w"]),
        (44, ["gradient", "weights", "update/w"]),
        (60, ["gradient", "weights", "update/w", "shape"]),
        (78, ["gradient", "weights", "update/w", "shape", "activation", "params"]),
    ],
)
def test_in_a_wide_pane_columns_of_words_come(tmp_path: Path, width: int, words: list[str]) -> None:
    """Where there are no activations to tell first."""
    shown = show(layer_pane(), picture_of(tmp_path, recorded.images(), old=True), (width, 8))
    assert shown[0].split()[1:] == words
    assert all(len(row) == width for row in shown[:4])
    if width == 78:
        assert shown[1].split()[-3:] == ["64→20", "relu", "1,300"]


def active(picture: Picture) -> Picture:
    """The picture with activations, and a history of everything."""
    run = picture.run
    latest = {"act_mean": [-0.5, 0.0, 0.25], "act_std": [1.0, 0.5, 0.1], "dead": [0.0, 0.25, 0.0]}
    latest |= {"saturated": [0.0, 0.125, 1.0]}
    steps = np.arange(100, 2401, 100)
    rising = np.geomspace(0.01, 1, len(steps)).astype(np.float32)
    figures = ("grad_norm", "weight_norm", "update_ratio", *latest)
    curves = {
        name: Curve(name, steps - 99, steps, steps * 0 + 100, rising, rising, rising, rising, steps * 0)
        for name in (f"{kind}/{layer.name}" for kind in figures for layer in run.layers)
    }
    return replace(picture, run=replace(run, latest=run.latest | latest), curves={"layers": curves})


@pytest.mark.parametrize(("ascii_only", "history"), [(False, " ▁▄█"), (True, " _~#")])
def test_figures_have_their_history_beside_them(images: Picture, ascii_only: bool, history: str) -> None:
    shown = show(LayerPane(ascii_only=ascii_only), active(images), (44, 8))
    assert all(row.count(history) == 3 for row in shown[1:4])


def test_a_key_begins_with_other_columns(images: Picture) -> None:
    pane, seen = layer_pane(), list[str]()

    async def scenario(pilot: Pilot[None]) -> None:
        pane.picture(active(images))
        for _ in range(4):
            await pilot.pause()
            seen.append(" ".join(lines(pilot.app)[0].split()[1:]))  # type: ignore[arg-type]
            await pilot.press("v")

    with unpaced():
        alone(pane, scenario, (44, 8))
    norms = "gradient weights update/w"
    assert seen == [norms, "act mean spread dead satur.", "shape activation params", norms]


def test_shares_are_told_in_percent(images: Picture) -> None:
    pane = layer_pane()

    async def scenario(pilot: Pilot[None]) -> None:
        pane.picture(active(images))
        await pilot.press("v")
        await pilot.pause()
        shown = lines(pilot.app)[2]  # type: ignore[arg-type]
        assert re.findall(r"\S+% [▁-█]+", shown) == ["25% ▁▁▂▃▆", "12% ▁▁▂▃▆"]

    with unpaced():
        alone(pane, scenario, (60, 8))


@pytest.mark.parametrize(
    ("width", "caption"),
    [
        (72, "517,510 parameters · rule of thumb: 10 samples each, 5.2 M; here 1,437"),
        (57, "517,510 parameters · 10 samples each: 5.2 M; here 1,437"),
        (44, "517,510 parameters, 1,437 of 5.2 M samples"),
        (31, "517,510 params, 1,437 samples"),
    ],
)
def test_the_parameters_are_told_with_the_samples_they_ask_for(images: Picture, width: int, caption: str) -> None:
    layers = (LayerRecord("layer 1", 1024, 500, "tanh", 512_500), LayerRecord("output", 500, 10, "softmax", 5_010))
    data = {**images.run.data, "train_rows": 1437}
    pane = layer_pane()
    show(pane, replace(images, run=replace(images.run, layers=layers, data=data)), (width, 8))
    assert str(pane.border_subtitle) == caption


def test_figures_of_layers_are_written_alike_whatever_their_sign(table: Picture) -> None:
    column = FigureColumn("act_mean", "act mean", "mean")
    run = replace(table.run, latest={"act_mean": [0.06571, -0.05312, -1.5e-7]})
    assert [column.text(run, i) for i in range(3)] == [" 0.06571", " -0.0531", " -1.5e-7"]


def test_of_many_layers_every_one_can_be_reached(images: Picture) -> None:
    layers = tuple(LayerRecord(f"layer {i}", 4, 4, "relu", 20) for i in range(64))
    pane, seen = layer_pane(), dict[str, str]()

    async def scenario(pilot: Pilot[None]) -> None:
        pane.picture(replace(images, run=replace(images.run, layers=layers)))
        for key in ("", *["pagedown"] * 15, "up", "home", "down", "end", "down"):
            if key:
                await pilot.press(key)
            await pilot.pause()
            rows = [row.split()[0] for row in lines(pilot.app)[1:]]  # type: ignore[arg-type]
            seen.update(dict.fromkeys(rows, key))
            last = (rows[0], rows[-1], str(pane.border_subtitle).partition(" · ")[0])
            if key in ("", "home"):
                assert last == ("0", "4", "1–5 of 64")
        assert last == ("59", "63", "60–64 of 64")

    with unpaced():
        alone(pane, scenario, (40, 6))
    assert seen.keys() == {str(i) for i in range(64)}


@pytest.mark.parametrize("latest", [{}, {"grad_norm": []}, {"grad_norm": [None, None, None]}])
def test_a_layer_without_figures_has_dashes(images: Picture, latest: dict[str, Any]) -> None:
    shown = show(layer_pane(), replace(images, run=replace(images.run, latest=latest)), (32, 6))
    assert shown[1].split() == ["1", "–", "–", "–"]


def test_the_least_figure_stands_clear_of_the_name_beside_it(images: Picture) -> None:
    latest = {"grad_norm": [1.234e-10] * 3}
    shown = show(layer_pane(), replace(images, run=replace(images.run, latest=latest)), (32, 6))
    assert shown[3].split()[:2] == ["output", "1.2e-10"]


def vanishing(picture: Picture) -> Picture:
    latest = picture.run.latest | {"grad_norm": [1e-7, 0.1, 1.0]}
    return replace(picture, run=replace(picture.run, latest=latest))


def test_what_is_wrong_is_told_below_the_layers_and_marked_beside_them(images: Picture) -> None:
    shown = show(layer_pane(), vanishing(images), (50, 10))
    assert [row[0] for row in shown[1:4]] == ["↓", " ", " "]
    told = " ".join(row.strip() for row in shown[4:])
    assert told.startswith("↓ vanishing: layer 1: gradient 1.0e-7, 1/10,000,000 of the output's.")
    assert "Another init, or fewer layers." in told


def test_in_a_low_pane_it_is_told_in_the_lower_edge(images: Picture) -> None:
    pane = layer_pane()
    assert show(pane, vanishing(images), (40, 3))[1].startswith("↓1 ")
    assert str(pane.border_subtitle) == "1–2 of 3 · ↓ vanishing in layer 1"


def test_in_ascii_signs_are_ascii(images: Picture) -> None:
    shown = show(LayerPane(ascii_only=True), vanishing(images), (50, 10))
    assert shown[1].startswith("v1 ")
    assert shown[4].startswith("v vanishing: ")


# The predictions


def predictions(picture: Picture, size: tuple[int, int], *, in_order: bool = False) -> list[str]:
    pane = PredictionPane("braille")
    pane._order = Order(NUMBER if in_order else WORST)
    return unmarked(show(pane, picture, size))


def unmarked(rows: list[str]) -> list[str]:
    """Without the mark of the chosen row."""
    return [row.replace("▸", " ") for row in rows]


def test_a_row_has_inputs_target_probability_and_verdict(table: Picture) -> None:
    shown = predictions(table, (44, 6), in_order=True)
    assert shown[0].split() == ["row▲", "x1", "x2", "x1", "xor", "x2", "P"]
    P = table.predictions["P"][:, 0]
    for i, (x1, x2) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        cells = shown[i + 1].split()
        assert cells[:5] == [str(i + 1), str(x1), str(x2), str(x1 ^ x2), f"{P[i]:.3f}"]
        assert cells[-1] == ("✓" if (P[i] >= 0.5) == bool(x1 ^ x2) else "✗")


def told(picture: Picture, P: NDArray[np.float32]) -> Picture:
    """The picture with other predictions."""
    return replace(picture, tables={**picture.tables, "predictions": Table(1, {"P": P})})


def test_the_worst_rows_come_first_and_what_is_not_finite_before_them(table: Picture) -> None:
    P = np.array([[0.25], [0.75], [np.nan], [0.5]], dtype=np.float32)
    shown = predictions(told(table, P), (44, 6))
    assert [row.split()[0] for row in shown[1:5]] == ["3", "4", "1", "2"]


def test_inputs_go_before_a_wide_bar_and_those_left_out_are_counted(images: Picture) -> None:
    pane = PredictionPane("braille")
    size = (50, 3)  # too low for pictures
    shown = unmarked(show(pane, images, size))
    inputs = len(shown[1].split("even" if "even" in shown[1] else "odd")[0].split()) - 1
    assert inputs > 1
    assert str(pane.border_subtitle).endswith(f"right · {inputs}/64 inputs")


def test_right_rows_are_counted(images: Picture) -> None:
    pane = PredictionPane("braille")
    show(pane, images, (60, 20))
    right = np.sum((images.predictions["P"] >= 0.5) == (images.rows["T"] >= 0.5))
    assert 0 < right < 60
    assert str(pane.border_subtitle) == f"worst first · {right}/60 right"


def test_of_more_rows_than_are_kept_both_numbers_are_told(images: Picture) -> None:
    pane = PredictionPane("braille")
    data = {**images.run.data, "train_rows": 5000}
    show(pane, replace(images, run=replace(images.run, data=data)), (80, 20))
    assert str(pane.border_subtitle).endswith("/60 right · 60 of 5,012 rows")


def test_a_run_of_an_older_version_is_binary_and_its_image_grey(images: Picture) -> None:
    data = {**images.run.data, "image": [8, 8]}
    del data["task"], data["outputs"]
    assert predictions(replace(images, run=replace(images.run, data=data)), (24, 10))[0][:8] == "▀" * 8


def test_of_several_classes_target_prediction_and_its_probability_are_told(tmp_path: Path) -> None:
    species = picture_of(tmp_path, recorded.species())
    shown = predictions(species, (60, 32), in_order=True)
    assert shown[0].split()[-3:] == ["species", "predicted", "P"]
    P, T, classes = species.predictions["P"], species.rows["T"], species.run.data["classes"]
    for i, row in enumerate(shown[1:31]):
        said, target = P[i].argmax(), T[i].argmax()
        cells = row.split()
        at = cells.index(f"{P[i, said]:.3f}")
        assert cells[at - 2 : at] == [classes[target], classes[said]]
        assert cells[-1] == ("✓" if said == target else "✗")
        assert "█" in row


def test_of_several_classes_the_least_probable_target_comes_first(tmp_path: Path) -> None:
    species = picture_of(tmp_path, recorded.species())
    likely = (species.predictions["P"] * species.rows["T"]).sum(axis=1)
    shown = predictions(species, (60, 32))
    assert [int(row.split()[0]) - 1 for row in shown[1:31]] == np.argsort(likely, kind="stable").tolist()


@pytest.mark.parametrize("width", [22, 26, 32, 44, 116])
def test_of_several_classes_mark_and_probability_are_seen_in_any_width(tmp_path: Path, width: int) -> None:
    shown = predictions(picture_of(tmp_path, recorded.species()), (width, 10))
    for row in shown[1:]:
        assert row.rstrip()[-1] in "✓✗"
        assert "0." in row


def test_of_an_image_the_predicted_class_stands_under_the_target(tmp_path: Path) -> None:
    shown = predictions(picture_of(tmp_path, recorded.ten_digits()), (24, 5))
    assert [row[8:].split() for row in shown[1:3]] == [["✗", "7"], ["→", "8"]]
    assert shown[3][8:].split()[0] == "0.541"


def test_of_numbers_target_prediction_and_error_are_told(tmp_path: Path) -> None:
    heights = picture_of(tmp_path, recorded.heights())
    pane = PredictionPane("braille")
    shown = unmarked(show(pane, heights, (44, 20)))
    assert shown[0].split() == ["row", "x1", "x2", "height", "pred", "error"]
    P, T = heights.predictions["P"][:, 0], heights.rows["T"][:, 0]
    order = [int(row.split()[0]) - 1 for row in shown[1:]]
    assert order == np.argsort(-np.abs(P - T), kind="stable")[:19].tolist()
    for i, row in zip(order, shown[1:], strict=True):
        assert row.split()[-3:] == [f"{T[i]:.3f}", f"{P[i]:.3f}", f"{P[i] - T[i]:+.3f}"]
    assert len({tuple(i for i, char in enumerate(row) if char == ".")[-3:] for row in shown[1:]}) == 1
    r2 = 1 - ((P - T) ** 2).sum() / ((T - T.mean()) ** 2).sum()
    assert str(pane.border_subtitle) == f"worst first · R² {r2:.4f}"


@pytest.mark.parametrize(("width", "outputs"), [(18, 1), (32, 1), (60, 2), (116, 4)])
def test_of_several_outputs_as_many_are_told_as_fit(tmp_path: Path, width: int, outputs: int) -> None:
    shape = recorded.heights()
    several = replace(shape, T=np.hstack([shape.T * k for k in (1, 100, 1e-4, -1)]), outputs=("a", "b", "c", "d"))
    pane = PredictionPane("braille")
    shown = show(pane, picture_of(tmp_path, several), (width, 10))
    assert [name for name in shown[0].split() if name in "abcd"] == list("abcd")[:outputs]
    assert ("outputs" in str(pane.border_subtitle)) == (outputs < 4 and width > 40)


def test_a_prediction_that_is_not_finite_is_wrong(table: Picture) -> None:
    P = np.array([[np.nan], [0.9], [0.9], [0.1]], dtype=np.float32)
    pane = PredictionPane("braille")
    shown = unmarked(show(pane, told(table, P), (44, 6)))
    assert shown[1].split()[0] == "1"
    assert shown[1].rstrip().endswith("✗")
    assert str(pane.border_subtitle).startswith("worst first · 3/4 right")


def test_an_image_stands_beside_its_words(images: Picture) -> None:
    shown = predictions(images, (24, 10), in_order=True)
    assert shown[0][:8] == "▀" * 8
    assert shown[0][8:].split() == ["1", "train"]
    assert shown[1][8:].split() == ["✓", "even"]


def test_a_large_image_in_colour_is_averaged_down_to_the_room_there_is(tmp_path: Path) -> None:
    shape = recorded.images()
    X = np.tile(np.linspace(0, 255, 64), (4, 64 * 3))
    cats = replace(
        shape,
        X=X,
        T=np.array([[0.0], [1.0], [0.0], [1.0]]),
        features=tuple(f"p{i}" for i in range(64 * 64 * 3)),
        image=(64, 64, 3),
        value_range=(0.0, 255.0),
        test_rows=0,
    )
    picture = picture_of(tmp_path, cats)
    for size, drawn in (((32, 5), 10), ((44, 12), 24), ((44, 20), 18), ((116, 35), 34)):
        shown = predictions(picture, size)
        assert len(shown[0]) - len(shown[0].lstrip("▀")) == drawn, size
    assert "row" in predictions(picture, (44, 3))[0]


# Thumbnails


@given(st.tuples(st.integers(1, 90), st.integers(1, 90), st.just(3)), st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_a_thumbnail_fits_and_keeps_its_shape(image: tuple[int, int, int], most: tuple[int, int]) -> None:
    rows, columns = thumbnail_size(image, most)
    assert 1 <= rows <= min(most[0], image[0])
    assert 1 <= columns <= min(most[1], image[1])
    if image[0] <= most[0] and image[1] <= most[1]:
        assert (rows, columns) == image[:2]
    elif min(rows, columns) > 1:
        assert abs(rows - columns * image[0] / image[1]) <= 0.5 + 0.5 * image[0] / image[1]


def test_a_thumbnail_is_half_as_high_as_its_image() -> None:
    pixels = np.linspace(0, 1, 40).reshape(5, 8, 1)
    for shaded in (False, True):
        rows = thumbnail(pixels, (5, 8), shaded=shaded)
        assert [row.cell_length for row in rows] == [8, 8, 8]


def test_a_thumbnail_gets_brighter_with_its_pixels() -> None:
    row = thumbnail(np.array([[0.0, 0.25, 0.5, 0.75, 1.0], [0.0] * 5])[:, :, None], (2, 5), shaded=True)[0]
    assert row.text == " .:+#"
    colours = [segment.style.color for segment in thumbnail(np.eye(2)[:, :, None], (2, 2))[0] if segment.style]
    assert len({str(colour) for colour in colours}) == 2


def test_a_thumbnail_has_the_brightness_that_an_eye_sees() -> None:
    red_green_blue = np.zeros((1, 3, 3))
    red_green_blue[0, [0, 1, 2], [0, 1, 2]] = 1
    assert thumbnail(red_green_blue, (1, 3), shaded=True)[0].text == ".: "


def test_the_pixels_of_a_thumbnail_are_means() -> None:
    pixels = np.zeros((4, 6, 1))
    pixels[:2, :3] = 1  # a quarter of the picture
    pixels[2:, 3:] = [[[0.5]]]
    assert thumbnail(pixels, (2, 2), shaded=True)[0].text == "#:"
    assert thumbnail(pixels, (1, 1), shaded=True)[0].text == ":"  # 0.375
    assert thumbnail(np.full((7, 5, 1), np.nan), (3, 2), shaded=True)[0].text == "  "
