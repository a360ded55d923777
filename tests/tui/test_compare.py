"""Runs beside each other: curves, figures, differences, and live ones that go on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from textual.pilot import Pilot

from nntui import paths
from nntui.tui.panes.runs.comparison import differences
from nntui.tui.reading import read_curves
from nntui.tui.screens import compare as subject
from nntui.tui.screens.compare import CompareScreen
from tests.tui import recorded
from tests.tui.recorded import Recording
from tests.tui.screen import play, shows, text, until


@pytest.fixture
def runs() -> Path:
    return paths.runs_dir()


async def compare(pilot: Pilot[None], *folders: Path) -> CompareScreen:
    screen = CompareScreen(folders, "braille")
    await pilot.app.push_screen(screen)
    await shows(pilot, "Figures")
    await until(pilot, lambda: screen._found)
    return screen


def test_figures_and_differences_stand_beside_each_other(runs: Path) -> None:
    folders = [
        recorded.finished(runs, shape(), run_id=f"run{number}", name=f"net {number}")
        for number, shape in enumerate((recorded.images, recorded.species))
    ]

    async def scenario(pilot: Pilot[None]) -> None:
        await compare(pilot, *folders)
        await shows(pilot, "1 net 0", "2 net 1", "accuracy", "differs", "layers", "[20, 7]", "[8]", "0.002", "0.125")
        shown = text(pilot)
        assert "dropout" not in shown
        assert "seed" not in shown

    play(scenario, None)


def test_a_key_goes_through_the_metrics_that_were_recorded(runs: Path) -> None:
    folders = [recorded.finished(runs, recorded.images(), run_id="a"), recorded.finished(runs, recorded.table())]

    async def scenario(pilot: Pilot[None]) -> None:
        await compare(pilot, *folders)
        for title in ("Compare: loss, log", "Compare: val_loss, log", "Compare: accuracy", "Compare: val_accuracy"):
            await shows(pilot, title)
            await pilot.press("v")
        await shows(pilot, "Compare: loss, log")
        await pilot.press("y")
        await until(pilot, lambda: "Compare: loss, log" not in text(pilot))

    play(scenario, None)


def test_live_runs_go_on(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "REFRESH_SECONDS", 0.05)
    live = Recording(runs, recorded.table(), run_id="live", name="going on")
    live.train(100)
    ended = recorded.finished(runs, recorded.table(), run_id="ended")

    async def scenario(pilot: Pilot[None]) -> None:
        await compare(pilot, live.folder, ended)
        await shows(pilot, "running", "100")
        live.train(650)
        await shows(pilot, "750")
        live.end()
        await until(pilot, lambda: "running" not in text(pilot))

    play(scenario, None)


def test_a_run_that_vanishes_leaves_the_others(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "REFRESH_SECONDS", 0.05)
    live = Recording(runs, recorded.table(), run_id="live", name="going on")
    live.train(100)
    gone = recorded.finished(runs, recorded.table(), run_id="gone", name="soon gone")

    async def scenario(pilot: Pilot[None]) -> None:
        await compare(pilot, live.folder, gone)
        await shows(pilot, "soon gone")
        shutil.rmtree(gone)
        await shows(pilot, "1 runs", "going on")
        live.end()

    play(scenario, None)


def test_eight_runs_fit_in_any_terminal(runs: Path) -> None:
    hostile = "\x1b[31m[red]" + "漢" * 300
    folders = [recorded.finished(runs, recorded.table(), run_id=f"run{n}", name=f"{n} {hostile}") for n in range(8)]

    async def scenario(pilot: Pilot[None]) -> None:
        screen = await compare(pilot, *folders)
        for _ in range(30):
            await pilot.press("down")
        for size in ((200, 60), (80, 24), (40, 12), (20, 5)):
            await pilot.resize_terminal(*size)
            for _ in range(5):
                await pilot.press("up", "down")
            assert "\x1b" not in text(pilot)
            assert len({(symbol, style.color) for symbol, _, style in screen._chart.legend()}) == 8

    play(scenario, None)


def test_runs_without_a_step_are_borne(runs: Path) -> None:
    recordings = [Recording(runs, recorded.table(), run_id=f"run{number}") for number in range(2)]

    async def scenario(pilot: Pilot[None]) -> None:
        await compare(pilot, *(recording.folder for recording in recordings))
        await shows(pilot, "No loss was recorded yet.", "Their configurations are the same.")

    play(scenario, None)
    for recording in recordings:
        recording.end()


def test_only_what_is_not_the_same_differs(runs: Path) -> None:
    records = [recorded.Recording(runs, shape(), run_id=shape().name) for shape in (recorded.table, recorded.heights)]
    found = differences([read_curves(record.folder, (), 1)[0] for record in records])
    for record in records:
        record.end()
    names = dict(found)
    assert names["source"] == ["truth-table", "bumps"]
    assert "momentum" not in names
