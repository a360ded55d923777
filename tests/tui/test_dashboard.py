"""The dashboard, driven by keys and mouse: each does what its help says, and nothing that comes can break it."""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
from textual.events import MouseScrollDown
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import Input

from nntui import config, launch, paths
from nntui.diagnosis import Finding
from nntui.knob import Knob
from nntui.knobs import KNOBS
from nntui.store import catalog, room
from nntui.store.reader import Reader
from nntui.store.records import Event
from nntui.tui import keymap, svg
from nntui.tui.app import NntuiApp
from nntui.tui.panes import events
from nntui.tui.panes.board import Board
from nntui.tui.panes.curves import CurvePane, LossPane
from nntui.tui.panes.events import EventPane
from nntui.tui.panes.gradients import GradientPane
from nntui.tui.panes.knobs.pane import LIVE, KnobPane
from nntui.tui.panes.layers import pane as layers
from nntui.tui.screens.dashboard import DashboardScreen
from nntui.tui.screens.explanation import Explanation
from nntui.tui.screens.help import HelpScreen
from nntui.tui.screens.value import ValueEntry
from tests.tui import recorded
from tests.tui.recorded import Recording
from tests.tui.screen import lines, play, settled, shows, text, unpaced, until

#: Learning rates above and below that of a recorded run, 0.125.
UP = ["0.16", "0.2", "0.25", "0.32", "0.4"]


@pytest.fixture
def live() -> Recording:
    """A run that this process trains; nobody answers its commands but the test."""
    recording = Recording(paths.runs_dir(), recorded.table())
    recording.train(100)
    return recording


@pytest.fixture
def kept() -> Path:
    """A run that has finished."""
    return recorded.finished(paths.runs_dir(), recorded.images())


def dashboard(pilot: Pilot[None]) -> DashboardScreen:
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, DashboardScreen))


def seen(pilot: Pilot[None]) -> list[int]:
    """The numbers of the panes that are shown."""
    return [pane.number for pane in dashboard(pilot).query_one(Board).panes if pane.region]


def focused(pilot: Pilot[None]) -> int | None:
    return getattr(pilot.app.screen.focused, "number", None)


async def asked(pilot: Pilot[None], live: Recording, count: int) -> list[tuple[str, str, str]]:
    """Waits for so many commands; returns kind, key and value of all that wait for an answer."""
    await until(pilot, lambda: len(live.writer.waiting()) >= count)
    return [(command.kind, command.key, command.value) for command in live.writer.waiting()]


# Commands

ASKING = [
    ("space", ("pause", "", "")),
    ("full_stop", ("step", "", "1")),
    ("n", ("step", "", "1")),
    ("left_square_bracket", ("turn", "training.lr", "-1")),
    ("right_square_bracket", ("turn", "training.lr", "+1")),
    ("left", ("turn", "training.lr", "-1")),
    ("h", ("turn", "training.lr", "-1")),
    ("minus", ("turn", "training.lr", "-1")),
    ("right", ("turn", "training.lr", "+1")),
    ("l", ("turn", "training.lr", "+1")),
    ("plus", ("turn", "training.lr", "+1")),
    ("equals_sign", ("turn", "training.lr", "+1")),
]


def test_a_key_asks_the_trainer(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        for key, command in ASKING:
            await pilot.press(key)
            assert await asked(pilot, live, 1) == [command], key
            live.answer("refused")
            await until(pilot, lambda: not dashboard(pilot).query_one(KnobPane)._asked)

    play(scenario, live.folder)


def test_space_goes_on_with_a_paused_run(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        live.commit(state="paused")
        await shows(pilot, "paused", "space go on")
        await pilot.press("space")
        assert await asked(pilot, live, 1) == [("resume", "", "")]

    play(scenario, live.folder)


def test_a_second_space_takes_the_first_one_back_before_the_trainer_has_answered(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("space", "space", "space")
        given = await asked(pilot, live, 3)
        assert [kind for kind, _, _ in given] == ["pause", "resume", "pause"]

    play(scenario, live.folder)


def test_the_run_goes_on_beneath_a_dialog(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("s")
        await shows(pilot, "Stop this run")
        live.train(100)
        await shows(pilot, f"{live.status.step:,}", "Stop this run")

    play(scenario, live.folder)


def test_stopping_asks_and_takes_no(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        for key in ("n", "escape", "q"):
            await pilot.press("s")
            await shows(pilot, "Stop this run for good?")
            await pilot.press(key)
            await until(pilot, lambda: isinstance(pilot.app.screen, DashboardScreen))
        await pilot.press("space")
        assert await asked(pilot, live, 1) == [("pause", "", "")]

    play(scenario, live.folder)


def test_stopping_asks_and_takes_yes(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        for key in ("y", "enter"):
            await pilot.press("s", key)
            assert await asked(pilot, live, 1) == [("stop", "", "")], key
            live.answer()
        live.commit(state="stopped", reason="by somebody")
        await shows(pilot, "stopped at step 100")

    play(scenario, live.folder)


def test_the_question_is_answered_by_a_click(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("s")
        await shows(pilot, " y yes ")
        row = next(y for y, line in enumerate(lines(pilot)) if " y yes " in line)
        await pilot.click(offset=(lines(pilot)[row].index("yes"), row))
        assert await asked(pilot, live, 1) == [("stop", "", "")]

    play(scenario, live.folder)


def test_rapid_presses_add_up(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        for _ in UP:
            pilot.app.simulate_key("right")  # without waiting for what the key before has done
        commands = await asked(pilot, live, len(UP))
        assert commands == [("turn", "training.lr", "+1")] * len(UP)
        assert dashboard(pilot).query_one(KnobPane).value(KNOBS["training.lr"]) == float(UP[-1])

    play(scenario, live.folder)


def test_each_knob_that_matters_is_chosen_and_turned(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane = dashboard(pilot).query_one(KnobPane)
        met: list[Knob] = []
        while not met or met[-1] is not pane.chosen:
            met.append(pane.chosen)
            if pane.chosen.name != "steps":  # whose end has to lie ahead
                await pilot.press("right")
            await pilot.press("down")
        assert {knob for knob in LIVE if knob.matters(live.config.get)} < set(met)
        met = [knob for knob in met if knob.live and knob.name != "steps"]
        assert KNOBS["training.momentum"] in met  # of the optimizer that comes next
        before = {knob: live.config.get(knob.key) for knob in met}
        wanted = [("turn", knob.key, "+1") for knob in met]
        wanted = [want for want, knob in zip(wanted, met, strict=True) if knob.turned(before[knob], 1) != before[knob]]
        assert await asked(pilot, live, len(wanted)) == wanted

    play(scenario, live.folder)


def test_knobs_are_chosen_by_letters_as_by_arrows(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        for keys, name in (
            (["j"], "optimizer"),
            (["k"], "lr"),
            (["down"], "optimizer"),
            ("jjkk", "optimizer"),
            ("kkk", "lr"),
        ):
            await pilot.press(*keys)
            assert dashboard(pilot).query_one(KnobPane).chosen.name == name, keys
            assert any(f"▸ {name} " in line for line in lines(pilot))

    play(scenario, live.folder)


def test_a_choice_that_cannot_stand_with_the_others_is_passed_by() -> None:
    recording = Recording(paths.runs_dir(), recorded.heights())  # for numbers there is no cross-entropy
    recording.train(100)

    async def scenario(pilot: Pilot[None]) -> None:
        pane = dashboard(pilot).query_one(KnobPane)
        pane.turn(KNOBS["model.loss"], 1)
        assert await asked(pilot, recording, 1) == [("turn", "model.loss", "+1")]
        assert pane.value(KNOBS["model.loss"]) == "squared-error"

    play(scenario, recording.folder)


def test_several_activations_are_typed_and_turned_to_one(live: Recording) -> None:
    live.config = live.config.with_value("model.layers", (4, 4)).with_value("model.activation", ("relu", "tanh"))
    live.writer.configure(live.config.to_dict())
    live.commit(step=101)

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "[relu, tanh]")
        pane = dashboard(pilot).query_one(KnobPane)
        pane.chosen = KNOBS["model.activation"]
        await pilot.press("right", "enter")
        pilot.app.screen.query_one(Input).value = "elu, gelu"
        await pilot.press("enter")
        assert await asked(pilot, live, 2) == [
            ("turn", "model.activation", "+1"),
            ("set", "model.activation", "[elu, gelu]"),
        ]
        await shows(pilot, "[elu, gelu]")

    play(scenario, live.folder)


def test_a_knob_at_the_end_of_its_ladder_asks_for_nothing(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        dashboard(pilot).query_one(KnobPane).chosen = KNOBS["training.l2"]  # which is 0
        await pilot.press("left", "space")
        assert await asked(pilot, live, 1) == [("pause", "", "")]

    play(scenario, live.folder)


def test_what_was_asked_is_shown_at_once_and_stays_when_applied(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane = dashboard(pilot).query_one(KnobPane)
        before = pane.get_component_rich_style("knobs--asked")
        assert before is not None
        await pilot.press("right")
        await shows(pilot, "0.16")
        await asked(pilot, live, 1)
        live.answer()
        await until(pilot, lambda: not pane._asked)
        assert pane.value(KNOBS["training.lr"]) == 0.16
        assert "0.16" in text(pilot)

    play(scenario, live.folder)


def test_a_refused_value_is_told_and_the_knob_goes_back(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("right")
        await asked(pilot, live, 1)
        live.answer("refused", "training.lr: [red]not[/red] today")
        await shows(pilot, "training.lr: [red]not[/red] today")
        pane = dashboard(pilot).query_one(KnobPane)
        await until(pilot, lambda: pane.value(KNOBS["training.lr"]) == 0.125)

    play(scenario, live.folder)


def test_of_several_values_asked_for_the_last_is_shown(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane = dashboard(pilot).query_one(KnobPane)
        await pilot.press("right", "right")
        await asked(pilot, live, 2)
        first = live.writer.waiting()[0]
        live.config = live.config.with_value("training.lr", 0.16)
        live.writer.answer(first, "applied", 100, "")
        live.commit(step=101)
        await until(pilot, lambda: dashboard(pilot)._picture.run.step == 101)  # type: ignore[union-attr]
        assert pane.value(KNOBS["training.lr"]) == 0.2
        live.answer()
        await until(pilot, lambda: not pane._asked)
        assert pane.value(KNOBS["training.lr"]) == 0.2

    play(scenario, live.folder)


def test_a_change_from_elsewhere_turns_the_knob_here(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        live.config = live.config.with_value("training.lr", 0.5)
        live.writer.configure(live.config.to_dict())
        live.commit(step=101)
        pane = dashboard(pilot).query_one(KnobPane)
        await until(pilot, lambda: pane.value(KNOBS["training.lr"]) == 0.5)
        await pilot.press("right")
        assert await asked(pilot, live, 1) == [("turn", "training.lr", "+1")]
        await shows(pilot, "0.63")

    play(scenario, live.folder)


# Undoing


def test_u_turns_back_what_was_turned_here_last(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("right", "right", "down", "right")
        assert len(await asked(pilot, live, 3)) == 3
        await pilot.press("u", "u", "u")
        assert (await asked(pilot, live, 6))[3:] == [
            ("set", "training.optimizer", "sgd"),
            ("set", "training.lr", "0.16"),
            ("set", "training.lr", "0.125"),
        ]
        await pilot.press("u")
        await shows(pilot, "nothing to undo")
        assert len(await asked(pilot, live, 6)) == 6

    play(scenario, live.folder)


def test_undoing_gives_back_what_the_trainer_says_there_was(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("right")
        await asked(pilot, live, 1)
        live.answer(text="0.3 → 0.16")
        await until(pilot, lambda: not dashboard(pilot).query_one(KnobPane)._asked)
        await pilot.press("u")
        assert await asked(pilot, live, 1) == [("set", "training.lr", "0.3")]

    play(scenario, live.folder)


def test_a_press_counts_from_where_somebody_else_has_left_the_knob(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane = dashboard(pilot).query_one(KnobPane)
        await pilot.press("right", "right")
        assert await asked(pilot, live, 2) == [("turn", "training.lr", "+1")] * 2
        assert pane.value(KNOBS["training.lr"]) == 0.2
        one, other = live.writer.waiting()
        live.config = live.config.with_value("training.lr", 0.5)  # what the two have made of 0.32
        live.writer.configure(live.config.to_dict())
        live.writer.answer(one, "applied", 100, "0.32 → 0.4")
        live.commit(step=101)
        await until(pilot, lambda: len(live.writer.waiting()) == 1)
        assert pane.value(KNOBS["training.lr"]) == 0.2, "until the last press is answered"
        live.writer.answer(other, "applied", 100, "0.4 → 0.5")
        live.commit(step=102)
        await until(pilot, lambda: pane.value(KNOBS["training.lr"]) == 0.5)
        await pilot.press("u", "u")
        assert await asked(pilot, live, 2) == [("set", "training.lr", "0.4"), ("set", "training.lr", "0.32")]

    play(scenario, live.folder)


def test_the_answer_to_an_undo_is_no_change(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        async def answered(key: str, value: str, before: str) -> None:
            await pilot.press(key)
            command = ("turn", "training.lr", "+1") if key == "right" else ("set", "training.lr", value)
            assert await asked(pilot, live, 1) == [command]
            live.answer(text=f"{before} → {value}")
            await until(pilot, lambda: not dashboard(pilot).query_one(KnobPane)._asked)

        await answered("right", "0.16", "0.125")
        await answered("right", "0.2", "0.16")
        await answered("u", "0.16", "0.2")
        await answered("u", "0.125", "0.16")
        await pilot.press("u")
        await shows(pilot, "nothing to undo")

    play(scenario, live.folder)


def test_a_refused_change_is_not_undone(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("right")
        await asked(pilot, live, 1)
        live.answer("refused", "not today")
        await shows(pilot, "not today")
        await pilot.press("u")
        await shows(pilot, "nothing to undo")
        assert live.writer.waiting() == []

    play(scenario, live.folder)


def test_a_knob_that_needs_a_new_run_says_so(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane = dashboard(pilot).query_one(KnobPane)
        pane.chosen = KNOBS["training.seed"]
        pane.redraw()
        await shows(pilot, "▸ seed", "needs a new run: seed of")
        for key in ("right", "enter"):
            await pilot.press(key)
            await shows(pilot, "seed cannot change while the network trains")
            pilot.app.clear_notifications()
        assert isinstance(pilot.app.screen, DashboardScreen)
        assert live.writer.waiting() == []

    play(scenario, live.folder)


# Events


def told(recording: Recording, *events: tuple[int, str, str]) -> None:
    for step, kind, words in events:
        recording.writer.event(step, kind, words)
    recording.commit()


def test_events_are_searched_as_one_types(live: Recording) -> None:
    told(live, (1, "state", "started"), *((n, "set", f"lr 0.{n} → 0.{n + 1} by ada@pts/{n}") for n in range(10, 60)))

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "51 events")
        await pilot.press("7", "slash", *"pts/2s", "backspace", "3")
        await shows(pilot, "1 of 51", "lr 0.23 → 0.24 by", "ada@pts/23")
        assert "maximise" not in lines(pilot)[-1]  # the key bar tells what keys do while one types
        assert "take away" in lines(pilot)[-1]
        assert live.writer.waiting() == []  # letters were letters
        await pilot.press("enter", "escape")
        await shows(pilot, "51 events", "lr 0.59")
        await pilot.press("slash", *"xyz")
        await shows(pilot, "Nothing found.", "0 of 51")
        await pilot.press("escape", "space")
        assert await asked(pilot, live, 1) == [("pause", "", "")]

    play(scenario, live.folder)


def test_events_are_looked_through_only_for_what_is_new(live: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    searched, looked = events._searched, list[int]()

    def counted(event: Event) -> str:
        looked.append(event.id)
        return searched(event)

    monkeypatch.setattr(events, "_searched", counted)
    told(live, *((n, "set", f"lr 0.{n}") for n in range(10, 60)))

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "50 events")
        assert looked == []
        await pilot.press("7", "slash", "5", "enter")
        await shows(pilot, "14 of 50")
        before = len(looked)
        live.commit(step=live.status.step + 1)
        await until(pilot, lambda: dashboard(pilot)._picture.run.step == live.status.step)  # type: ignore[union-attr]
        await settled(pilot)
        assert len(looked) == before
        told(live, (60, "set", "lr 0.5"))
        await shows(pilot, "15 of 51")

    play(scenario, live.folder)


def test_the_chosen_event_is_told_in_full_and_stays_chosen(live: Recording) -> None:
    long = "a warning of many words that say " + "what went wrong and why, " * 5 + "to the end"
    told(live, *((n, "state", f"event {n}") for n in range(1, 40)), (40, "warning", long), (41, "state", "event 41"))

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "41 events")
        await pilot.press("7", "m")
        assert "to the end" not in text(pilot)
        await pilot.press("down")
        await shows(pilot, "to the end")
        told(live, (42, "state", "event 42"))
        await shows(pilot, "42 events")
        assert "to the end" in text(pilot)
        await pilot.press("end")
        await shows(pilot, " event 1 ")
        await pilot.press("home")
        await shows(pilot, " event 42 ")

    play(scenario, live.folder, size=(120, 44))


# Typing a value


def test_a_value_is_typed(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        await shows(pilot, "lr: learning rate", "a number from 1e-09 to 1000")
        await pilot.press(*"0.3", "enter")
        assert await asked(pilot, live, 1) == [("set", "training.lr", "0.3")]
        assert isinstance(pilot.app.screen, DashboardScreen)

    play(scenario, live.folder)


def test_a_wrong_value_is_told_while_it_is_typed_and_not_taken(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("enter", *"5000")
        await shows(pilot, "training.lr = 5000", "from 1e-09 to 1000")
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ValueEntry)
        await pilot.press("backspace", "backspace")
        await until(pilot, lambda: "training.lr = 50" not in text(pilot))
        await pilot.press("enter")
        assert await asked(pilot, live, 1) == [("set", "training.lr", "50")]

    play(scenario, live.folder)


def test_whatever_is_typed_is_an_error_in_words(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        for typed in ("[red]", "\x1b[31m", "[/]", "1e999", "nan", "-inf", "x" * 500):
            pilot.app.screen.query_one(Input).value = "1"
            await until(pilot, lambda: "must be" not in text(pilot))
            pilot.app.screen.query_one(Input).value = typed
            await shows(pilot, "training.lr =", "must be")
            await pilot.press("enter")
            assert isinstance(pilot.app.screen, ValueEntry), typed
        await pilot.press("escape", "space")
        assert await asked(pilot, live, 1) == [("pause", "", "")]

    play(scenario, live.folder)


def test_typing_is_left_by_escape(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("enter", *"0.3", "escape")
        assert isinstance(pilot.app.screen, DashboardScreen)
        await pilot.press("space")
        assert await asked(pilot, live, 1) == [("pause", "", "")]

    play(scenario, live.folder)


def test_keys_of_the_dashboard_are_letters_while_one_types(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("enter", "q", "s", "question_mark", "space", "1")
        assert pilot.app.screen.query_one(Input).value == "qs? 1"

    play(scenario, live.folder)


# Panes


ALL = [1, 2, 3, 4, 5, 6, 7]


def test_a_digit_goes_to_its_pane_hides_it_from_there_and_shows_it_again(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        for number in (1, 2, 4, 3, 5, 6, 7):  # 3 has the focus at first
            await pilot.press(str(number))
            assert seen(pilot) == ALL
            assert focused(pilot) == number
            await pilot.press(str(number))
            assert seen(pilot) == [n for n in ALL if n != number]
            assert focused(pilot) != number
            await pilot.press(str(number))
            assert seen(pilot) == ALL
            assert focused(pilot) == number

    play(scenario, kept)


def test_the_last_pane_cannot_be_hidden(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press(*"11234567")
        assert seen(pilot) == [7]
        assert focused(pilot) == 7
        await pilot.press("7")
        assert seen(pilot) == [7]
        await pilot.press("1")
        assert seen(pilot) == [1, 7]

    play(scenario, kept)


def test_what_is_left_fills_the_room(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press(*"3445577")
        loss = dashboard(pilot).query_one(LossPane)
        assert loss.region.width == 120
        await pilot.press(*"2266")
        assert loss.region.height == 36

    play(scenario, kept)


def test_tab_goes_round_the_panes(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        order = []
        for _ in ALL:
            order.append(focused(pilot))
            await pilot.press("tab")
        assert order == [3, 4, 5, 6, 7, 1, 2]
        await pilot.press("shift+tab")
        assert focused(pilot) == 2

    play(scenario, kept)


def test_a_pane_fills_the_screen_and_goes_back(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("tab", "tab", "m")
        assert seen(pilot) == [5]
        await pilot.press("tab", "tab", "tab")
        assert seen(pilot) == [1]
        await pilot.press("2")
        assert seen(pilot) == [2]
        await pilot.press("m")
        assert seen(pilot) == ALL
        assert focused(pilot) == 2
        await pilot.press("z")
        assert seen(pilot) == [2]
        await pilot.press("escape")
        assert seen(pilot) == ALL

    play(scenario, kept)


def test_y_changes_the_axis_of_the_chart_in_focus(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        loss, gradients = dashboard(pilot).query_one(LossPane), dashboard(pilot).query_one(GradientPane)

        def axes() -> tuple[bool, bool]:
            return loss.view.log, gradients.view.log

        assert axes() == (False, True)
        loss.focus()
        await pilot.press("y")
        assert axes() == (True, True)
        await shows(pilot, "loss, log")
        gradients.focus()
        await pilot.press("y")
        assert axes() == (True, False)

    play(scenario, kept)


def test_a_click_gives_a_pane_the_focus_and_chooses_a_knob(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        panes = ("#loss", "#gradients", "#knobs", "#layers", "#predictions", "#plane", "#events")
        for number, selector in enumerate(panes, start=1):
            await pilot.click(selector)
            assert focused(pilot) == number
        pane = dashboard(pilot).query_one(KnobPane)
        row = next(y for y, line in enumerate(lines(pilot)) if "batch_size" in line)
        await pilot.click(offset=(pane.region.x + 5, row))
        assert pane.chosen.name == "batch_size"
        assert focused(pilot) == 3

    play(scenario, live.folder)


def test_a_click_on_the_key_bar_presses_the_key(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        for hint in ("step", "pause"):
            await pilot.click(offset=(lines(pilot)[-1].index(hint), 39))
        assert [kind for kind, _, _ in await asked(pilot, live, 2)] == ["step", "pause"]

    play(scenario, live.folder)


# Predictions


def images_shown(pilot: Pilot[None]) -> list[int]:
    """The numbers of the rows that are shown, line by line."""
    area = dashboard(pilot).query_one("#predictions").content_region
    shown = [line[area.x : area.right] for line in lines(pilot)[area.y : area.bottom]]
    return [int(number) for line in shown for number in re.findall(r"(\d+) (?:train|test)", line)]


def chosen_row(pilot: Pilot[None]) -> int:
    """The number of the row that is marked."""
    area = dashboard(pilot).query_one("#predictions").content_region
    shown = [line[area.x : area.right] for line in lines(pilot)[area.y : area.bottom]]
    (number,) = re.findall(r"▸(\d+)", "".join(shown))
    return int(number)


def test_predictions_are_ordered_and_moved_through(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("5")
        assert "worst first" in text(pilot)
        assert chosen_row(pilot) == images_shown(pilot)[0] == 28  # a distance of 0.594, the greatest
        await pilot.press("o")
        assert "in order" in text(pilot)
        assert chosen_row(pilot) == images_shown(pilot)[0] == 1
        places = {}
        for keys in ("down", "j", "pagedown", "up", "k", "pageup", "end", "home", "G", "g"):
            await pilot.press(keys)
            places[keys] = chosen_row(pilot)
        assert places["down"] < places["j"] < places["pagedown"] > places["up"] > places["k"] > places["pageup"]
        assert places["end"] == places["G"] == 60
        assert places["home"] == places["g"] == 1

    play(scenario, kept)


def test_the_wheel_scrolls_the_predictions(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("5", "o")
        assert images_shown(pilot)[0] == 1
        for _ in range(5):
            await pilot._post_mouse_events([MouseScrollDown], "#predictions")
        assert images_shown(pilot)[0] > 1

    play(scenario, kept)


def test_a_page_is_what_was_seen(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("5", "o")
        seen_first = images_shown(pilot)
        await pilot.press("pagedown")
        assert chosen_row(pilot) == max(seen_first) + 1

    play(scenario, kept)


# Over the dashboard


def test_help_opens_once_and_closes(kept: Path) -> None:
    pages: set[int] = set()

    async def scenario(pilot: Pilot[None]) -> None:
        for opening, closing in (("question_mark", "escape"), ("f1", "q"), ("question_mark", "f1")):
            await pilot.press(opening)
            assert isinstance(pilot.app.screen, HelpScreen)
            pages.add(id(pilot.app.screen))
            await pilot.press(closing)
            assert isinstance(pilot.app.screen, DashboardScreen)
        assert len(pages) == 1, "it is made once"

    play(scenario, kept)


def test_help_opened_again_is_as_if_opened_first(kept: Path) -> None:
    """In the size, the colours and at the place of now, whatever they were when it was first seen."""

    def opened(before: Sequence[str], size: tuple[int, int]) -> str:
        page = []

        async def scenario(pilot: Pilot[None]) -> None:
            for key in before:
                await pilot.press(key, "question_mark", "end", "escape")
                await settled(pilot)
            await pilot.resize_terminal(*size)
            pilot.app.theme = "nntui-light"
            await pilot.press("4", "question_mark")
            await settled(pilot)
            page.append(re.sub(r"terminal-\d+", "", svg.picture(pilot.app)))

        play(scenario, kept)
        return page[0]

    for size in ((120, 40), (80, 24)):
        assert opened("56", size) == opened("", size)


def test_what_is_closed_once_too_often_closes_nothing_else(live: Recording) -> None:
    """As by a key that is typed again before the screen it closed has gone."""

    async def scenario(pilot: Pilot[None]) -> None:
        for opening in ("question_mark", "ctrl+p", "s", "enter"):
            await pilot.press(opening)
            over = pilot.app.screen
            assert not isinstance(over, DashboardScreen), opening
            for _ in range(3):
                over.dismiss(None)
            await settled(pilot)
            assert isinstance(pilot.app.screen, DashboardScreen), opening
            await shows(pilot, "1 Loss")

    play(scenario, live.folder)


def test_the_palette_opens_and_a_theme_changes_the_colours(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        def colours() -> set[str]:
            strips = dashboard(pilot)._compositor.render_strips()
            return {str(style.bgcolor) for strip in strips for _, style, _ in strip if style and style.bgcolor}

        def ink() -> set[str]:
            strips = dashboard(pilot)._compositor.render_strips()
            return {str(style.color) for strip in strips for _, style, _ in strip if style and style.color}

        backgrounds, inks = colours(), ink()
        await pilot.press("ctrl+p")
        await until(pilot, lambda: pilot.app.screen.id == "--command-palette")
        await pilot.press(*"theme")
        await shows(pilot, "Other colours")
        await pilot.press("escape")
        pilot.app.theme = "textual-light"
        await settled(pilot)
        changed = colours()
        await until(pilot, lambda: not inks & ink() or len(inks & ink()) < len(inks) / 3)
        assert changed != backgrounds

    play(scenario, kept)


def test_the_palette_offers_the_keys_of_the_focused_pane_and_presses_them(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        commands = {command.title: command for command in pilot.app.get_system_commands(pilot.app.screen)}
        assert {"Help", "Theme", "Leave; training goes on", "All panes where they were at first"} <= commands.keys()
        assert not {"Keys", "Maximize", "Screenshot", "Pause the training, or go on"} & commands.keys()
        await pilot.press("ctrl+p")
        await until(pilot, lambda: pilot.app.screen.id == "--command-palette")
        await pilot.press(*"rows of colour")
        await shows(pilot, "Curves, or layers as rows of colour over the whole run")
        await pilot.press("down", "enter")
        await until(pilot, lambda: dashboard(pilot).query_one(GradientPane).as_rows)

    play(scenario, kept)


def test_panes_that_were_hidden_are_counted_in_the_key_bar(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        assert "hidden" not in lines(pilot)[-1]
        await pilot.press("2", "2", "4", "4")
        await until(pilot, lambda: "1-7 panes, 2 hidden" in lines(pilot)[-1])
        await pilot.press("0")
        await until(pilot, lambda: "hidden" not in lines(pilot)[-1])

    play(scenario, kept)


def test_the_help_begins_at_the_focused_pane(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("5", "question_mark")
        await shows(pilot, "The predictions", "choose the row above")
        assert not any("A run" in line for line in lines(pilot))

    play(scenario, kept)


def test_no_key_is_offered_that_does_nothing_of_images(tmp_path: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("6", "m")
        await shows(pilot, "scroll")
        assert not {"view", "cross"} & set(lines(pilot)[-1].split())

    play(scenario, recorded.finished(tmp_path / "runs", recorded.images()))


def test_q_leaves(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("q")
        await until(pilot, lambda: pilot.app._exit)
        assert pilot.app.return_code == 0

    play(scenario, kept)


def answering() -> list[int]:
    """The processes of this one that answer for networks."""
    return [child.pid for child in psutil.Process().children() if "nntui.inference" in child.cmdline()]


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_leaving_ends_the_process_that_answers(live: Recording, real_answers: None, key: str) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await until(pilot, answering)
        await pilot.press(key)
        await until(pilot, lambda: pilot.app._exit)

    play(scenario, live.folder)
    assert answering() == []


def test_escape_does_not_leave_a_run_opened_by_name(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("escape", "escape")
        assert isinstance(pilot.app.screen, DashboardScreen)

    play(scenario, kept)


# How a run ends


def test_an_ended_run_cannot_be_steered(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        bar = lines(pilot)[-1]
        assert not any(word in bar for word in ("pause", "step", "stop", "turn", "type", "rate", "training goes on"))
        keys = ["full_stop", "K", "s", "left", "right", "enter", "left_square_bracket", "right_square_bracket"]
        await pilot.press(*keys)
        assert isinstance(pilot.app.screen, DashboardScreen)
        assert "finished: no longer live" in text(pilot)

    play(scenario, kept)
    assert commands_in(kept) == []


def commands_in(folder: Path) -> list[str]:
    reader = Reader(folder)
    try:
        return [command.kind for command in reader.commands()]
    finally:
        reader.close()


def test_a_diverged_run_says_where(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        live.train(50, bad=(150,))
        live.end("diverged", "not finite, first in layer 1")
        await shows(pilot, "✕ diverged", "at step 150: not finite, first in layer 1", "✗")

    play(scenario, live.folder)


def test_a_run_without_its_trainer_says_crashed(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        live.update(pid_started=1.0)
        await shows(pilot, "crashed", "at step 100")
        assert "pause" not in lines(pilot)[-1]

    play(scenario, live.folder)


def test_a_run_that_cannot_be_read_says_so_and_the_screen_lives_on(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        recorded.execute(live.folder, "UPDATE run SET config = '{'")
        live.commit(step=101)
        await shows(pilot, "be read")
        assert "pause" not in lines(pilot)[-1]
        await pilot.press("space", "right", "question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)

    play(scenario, live.folder)


def test_a_folder_without_a_run_says_so(tmp_path: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "holds no run")
        await pilot.press(*"12345", "space", "tab", "m", "y", "o", "right", "enter", "question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)

    play(scenario, tmp_path)


# With a real trainer


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_a_real_run_is_paused_stepped_turned_resumed_and_stopped() -> None:
    settings = config.from_dict(
        {"data": {"test_fraction": 0.0}, "model": {"layers": [3]}, "training": {"epochs": 10**9}}
    )
    folder, trainer = launch.start_run(settings, preset="xor")

    def run() -> Any:
        return catalog.open_run(folder)

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "running", "training")
        await pilot.press("space")
        await shows(pilot, "paused", "go on")
        before = run().step
        await pilot.press("full_stop", "full_stop")
        await until(pilot, lambda: run().step == before + 2)
        await pilot.press("right")
        await until(pilot, lambda: run().config["training"]["lr"] == 0.125)
        await shows(pilot, "▲")
        await pilot.press("space")
        await until(pilot, lambda: run().step > before + 2)
        await shows(pilot, "running")
        await pilot.press("s", "y")
        await shows(pilot, "stopped at step")

    play(scenario, folder)
    assert trainer.wait(20) == 0


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_a_real_trainer_that_is_killed_has_crashed() -> None:
    settings = config.from_dict({"data": {"test_fraction": 0.0}, "training": {"epochs": 10**9}})
    folder, trainer = launch.start_run(settings, preset="xor")

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "running")
        await until(pilot, lambda: catalog.open_run(folder).step > 0)
        psutil.Process(trainer.pid).kill()
        await shows(pilot, "crashed at step", "crashed")

    play(scenario, folder)
    trainer.wait(20)


# Sizes

SIZES = [(40, 12), (80, 24), (120, 40), (20, 5), (1, 1), (72, 20), (71, 19), (30, 8), (300, 8), (30, 100), (120, 40)]


@pytest.mark.parametrize(
    ("make", "marker"),
    [(recorded.images, "ascii"), (recorded.heights, "braille")],
)
def test_resizing_loses_nothing(make: Callable[[], recorded.Shape], marker: str) -> None:
    folder = recorded.finished(paths.runs_dir(), make())

    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("tab", "tab", "y", "4", "tab", "o")
        await settled(pilot)
        before, focus = text(pilot), focused(pilot)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await settled(pilot)
            assert [len(line) for line in lines(pilot)] == [size[0]] * size[1]
        assert text(pilot) == before
        assert focused(pilot) == focus

    play(scenario, folder, marker=marker)


def test_resizing_while_a_run_trains(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        for size in SIZES:
            live.train(20)
            await pilot.resize_terminal(*size)
        await shows(pilot, f"step {live.status.step}")

    play(scenario, live.folder, every_frame=True)


def test_resizing_under_a_dialog(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        for over in ("question_mark", "s", "enter", "ctrl+p"):
            await pilot.press(over)
            for size in ((40, 12), (20, 5), (1, 1), (120, 40)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
            assert not isinstance(pilot.app.screen, DashboardScreen), over
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, DashboardScreen))

    play(scenario, live.folder, every_frame=True)


def test_a_small_terminal_shows_one_pane_and_keys_bring_another(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        assert seen(pilot) == [1]
        for number in (3, 5, 2, 7, 4, 6, 1):
            await pilot.press(str(number))
            assert seen(pilot) == [number]
            assert focused(pilot) == number
        await pilot.press("tab")
        assert seen(pilot) == [2]
        await pilot.press("shift+tab", "shift+tab")
        assert seen(pilot) == [7]

    play(scenario, kept, size=(40, 12))


def test_too_small_a_terminal_says_so(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        for size in ((20, 5), (29, 40), (120, 7)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
            assert " ".join(text(pilot).split()) == "terminal too small: 30×8 needed", size
        await pilot.resize_terminal(30, 8)
        await shows(pilot, "1 Loss", "finished")
        assert "small" not in text(pilot)

    play(scenario, kept, size=(20, 5))


def test_a_chart_that_is_not_seen_is_not_read_for(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        feed = dashboard(pilot)._feed
        assert feed is not None
        await until(pilot, lambda: set(feed._reading.queries) == {"loss", "gradients", "layers"})
        await pilot.press("1", "1")
        await until(pilot, lambda: set(feed._reading.queries) == {"gradients", "layers"})
        await pilot.press("1")
        await until(pilot, lambda: set(feed._reading.queries) == {"loss", "gradients", "layers"})
        widest = max(pane.buckets_wanted for pane in dashboard(pilot).query(CurvePane).results(CurvePane))
        assert max(query.buckets for query in feed._reading.queries.values()) <= widest

    play(scenario, live.folder)


def test_a_run_that_is_left_is_not_followed(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        screen = DashboardScreen(live.folder, marker="braille")
        await pilot.app.push_screen(screen)
        await until(pilot, lambda: screen._picture is not None)
        await pilot.press("escape")
        await until(pilot, lambda: screen._feed is not None and screen._feed._ended)

    play(scenario, None)


def test_a_run_just_made_shows_words_where_there_is_nothing_yet() -> None:
    recording = Recording(paths.runs_dir(), recorded.table())

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "starting", "The curve appears after the first step", "The predictions appear")

    play(scenario, recording.folder)
    recording.writer.close()


# Where panes stand


def regions(pilot: Pilot[None]) -> dict[int, Region]:
    return {pane.number: pane.region for pane in dashboard(pilot).query_one(Board).panes if pane.display}


async def drag(pilot: Pilot[None], start: tuple[int, int], end: tuple[int, int]) -> None:
    await pilot.mouse_down(offset=start)
    await pilot.hover(offset=((start[0] + end[0]) // 2, (start[1] + end[1]) // 2))
    await pilot.hover(offset=end)
    await pilot.mouse_up(offset=end)
    await pilot.pause()


def remembered(home: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((home / "screen.toml").read_text())
    except FileNotFoundError:
        return {}


def kept_plan(home: Path) -> dict[str, Any]:
    """What is remembered of a terminal of 120 columns."""
    plan: dict[str, Any] = remembered(home).get("layout", {}).get("full", {})
    return plan


@pytest.mark.parametrize(("size", "numbers"), [((80, 24), [1, 2, 3, 4, 5]), ((120, 40), ALL), ((200, 60), ALL)])
def test_what_there_is_room_for_is_seen_at_first(kept: Path, size: tuple[int, int], numbers: list[int]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        assert seen(pilot) == numbers
        assert len({region.x for region in regions(pilot).values()}) == (3 if size[0] == 200 else 2)

    play(scenario, kept, size=size)


def test_the_mouse_drags_the_lines_between_panes(kept: Path, nntui_home: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        before = regions(pilot)
        await drag(pilot, (before[1].right, 20), (50, 20))
        assert regions(pilot)[1].right == regions(pilot)[3].x == 50
        below = regions(pilot)[1].bottom
        await drag(pilot, (20, below), (20, below + 5))
        assert regions(pilot)[1].bottom == regions(pilot)[2].y == below + 5
        await until(
            pilot, lambda: set(remembered(nntui_home).get("layout", {}).get("full", {})) == {"widths", "heights"}
        )
        await pilot.press("0")
        await pilot.pause()
        assert regions(pilot) == before
        await until(pilot, lambda: remembered(nntui_home) == {"layout": {}})

    play(scenario, kept)


def test_the_border_of_curves_is_held_by_the_board_alone(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        right, pane = regions(pilot)[1].right, dashboard(pilot).query_one(LossPane)
        await drag(pilot, (right - 1, 10), (right + 7, 10))
        assert regions(pilot)[1].right == right + 7
        await pilot.hover(offset=(20, 10))
        assert pane.view.cursor is None

    play(scenario, kept)


def test_a_click_on_a_border_moves_nothing(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        before = regions(pilot)
        await pilot.click(offset=(before[1].right, 20))
        await pilot.hover(offset=(20, 20))
        assert regions(pilot) == before

    play(scenario, kept)


def test_keys_move_the_sides_of_the_pane_in_focus(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        before = regions(pilot)[3]
        for key, change in (
            ("greater_than_sign", (2, 0)),
            ("less_than_sign", (0, 0)),
            ("right_curly_bracket", (0, 1)),
            ("left_curly_bracket", (0, 0)),
        ):
            await pilot.press(key)
            await pilot.pause()
            now = regions(pilot)[3]
            assert (now.width - before.width, now.height - before.height) == change

    play(scenario, kept)


def test_what_was_moved_and_hidden_is_so_the_next_time_in_a_terminal_of_this_size(kept: Path, nntui_home: Path) -> None:
    found: list[dict[int, Region]] = []

    async def first(pilot: Pilot[None]) -> None:
        await pilot.press("6", "6", "greater_than_sign", "right_curly_bracket")
        await pilot.pause()
        found.append(regions(pilot))
        await until(pilot, lambda: set(kept_plan(nntui_home)) == {"hidden", "widths", "heights"})

    async def second(pilot: Pilot[None]) -> None:
        assert regions(pilot) == found[0]
        assert 6 not in found[0]
        await pilot.resize_terminal(200, 60)
        await settled(pilot)
        assert seen(pilot) == ALL
        await pilot.resize_terminal(120, 40)
        await settled(pilot)
        assert regions(pilot) == found[0]

    play(first, kept)
    play(second, kept)


def test_the_theme_that_was_chosen_is_the_next_time(kept: Path, nntui_home: Path) -> None:
    async def choose(pilot: Pilot[None]) -> None:
        pilot.app.theme = "nord"
        await until(pilot, lambda: remembered(nntui_home).get("theme") == "nord")

    async def again(pilot: Pilot[None]) -> None:
        assert pilot.app.theme == "nord"

    play(choose, kept)
    play(again, kept)


@pytest.mark.parametrize(
    "content", ["theme = 'no such'", "layout = 3", "[layout]\nfull = 1", "[layout.full]\nhidden=[1,2,3,4,5,6,7]"]
)
def test_a_strange_memory_is_as_good_as_none(kept: Path, nntui_home: Path, content: str) -> None:
    (nntui_home / "screen.toml").write_text(content)

    async def scenario(pilot: Pilot[None]) -> None:
        assert seen(pilot) == ALL

    play(scenario, kept)


def test_looking_at_a_run_writes_nothing(kept: Path, nntui_home: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("tab", "m", "m", "question_mark", "escape")

    play(scenario, kept)
    assert sorted(path.name for path in nntui_home.iterdir()) == ["runs"]


def test_a_run_that_is_damaged_in_the_middle_is_told_as_such_and_promises_nothing(kept: Path) -> None:
    database = kept / "run.db"
    content = bytearray(database.read_bytes())
    content[len(content) // 5 : len(content) * 4 // 5] = b"x" * (len(content) * 4 // 5 - len(content) // 5)
    database.write_bytes(content)

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "run.db: cannot be read: damaged")
        assert "crashed" not in text(pilot)
        assert "appear" not in text(pilot)

    play(scenario, kept)
    assert database.read_bytes() == content


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_each_pane_explains_itself(kept: Path, size: tuple[int, int]) -> None:
    def words(page: str) -> list[str]:
        return "".join(char if char.isalnum() else " " for char in page).split()

    async def scenario(pilot: Pilot[None]) -> None:
        for number in ALL:
            pane = dashboard(pilot).query_one(Board).panes[number - 1]
            if not pane.has_focus:
                await pilot.press(str(number))
            await pilot.press("e")
            assert isinstance(pilot.app.screen, Explanation)
            page = " ".join(words(text(pilot)))
            assert len(pane.EXPLAIN) == 3
            for sentence in pane.EXPLAIN:
                assert sentence.endswith(".")
                assert " ".join(words(sentence)[:4]) in page
            assert pilot.app.screen.query_one("#explanation").max_scroll_y == 0
            await pilot.press("escape")
            assert isinstance(pilot.app.screen, DashboardScreen)

    play(scenario, kept, size)


def test_keys_of_ones_own_work_instead_of_those_of_the_keymap(live: Recording) -> None:
    async def session() -> None:
        changes = {"a run: toggle_pause": ("B",), "the knobs: turn(1)": ("x",)}
        app = NntuiApp(live.folder, keys=keymap.remapped(changes, ""))
        async with app.run_test(size=(120, 40)) as pilot:
            await settled(pilot)
            await pilot.press("space", "right", "B", "x")
            assert await asked(pilot, live, 2) == [("pause", "", ""), ("turn", "training.lr", "+1")]

    with unpaced():
        asyncio.run(session())


def test_the_system_line_tells_what_trainer_and_screen_take(live: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    async def session() -> None:
        monkeypatch.setattr("nntui.tui.screens.dashboard.SYSTEM_SECONDS", 0.05)
        app = NntuiApp(live.folder)
        async with app.run_test(size=(120, 40)) as pilot:
            await shows(pilot, "trainer", "% cpu", "MiB", "12,345 steps/s", "KiB/s")
            assert "% cpu" in lines(pilot)[2]
            await pilot.resize_terminal(90, 40)
            await until(pilot, lambda: "% cpu" not in text(pilot))

    asyncio.run(session())


def test_the_layers_take_no_more_room_than_there_is_to_tell(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Finding] = []
    monkeypatch.setattr(layers, "findings", lambda _: tuple(found))

    async def scenario(pilot: Pilot[None]) -> None:
        pane = pilot.app.screen.query_one(layers.LayerPane)
        before = pane.size.height
        found.append(Finding("vanishing", (0,), "no gradient at all", "fewer layers"))
        pane.redraw()
        await shows(pilot, "vanishing: no gradient")
        await until(pilot, lambda: pane.size.height > before)
        found.clear()
        pane.redraw()
        await until(pilot, lambda: pane.size.height == before)

    play(scenario, kept)


def test_a_pane_whose_picture_has_not_changed_is_not_drawn_again(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        screen = pilot.app.screen
        assert isinstance(screen, DashboardScreen)
        loss, events = screen.query_one(LossPane), screen.query_one(EventPane)
        loss.focus()
        await settled(pilot)
        drawn, before = (loss._drawn_at, events._drawn_at), screen._picture
        await pilot.press("plus")  # other buckets of the loss
        await until(pilot, lambda: screen._picture is not before)
        await settled(pilot)
        assert loss._drawn_at > drawn[0]
        assert events._drawn_at == drawn[1]

    play(scenario, kept)


def test_only_what_tells_of_the_focus_is_drawn_for_it(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        loss, events = pilot.app.screen.query_one(LossPane), pilot.app.screen.query_one(EventPane)
        for pane in (loss, events):
            pilot.app.screen.query_one(KnobPane).focus()
            await settled(pilot)
            before = pane._drawn_at
            pane.focus()
            await settled(pilot)
            assert (pane._drawn_at > before) is (pane is events)

    play(scenario, kept)


def test_a_full_disk_is_told_while_there_is_no_room(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "● running")
        room.tell(live.folder, lacks=True)
        await shows(pilot, "◌ waits", "no room on the disk")
        room.tell(live.folder, lacks=False)
        await shows(pilot, "● running")

    play(scenario, live.folder)
