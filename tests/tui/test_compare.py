"""Runs beside each other: curves, figures, differences, and live ones that go on."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from nntui import paths
from nntui.store.records import Curve
from nntui.tui.app import NntuiApp
from nntui.tui.panes.runs.comparison import Comparison
from nntui.tui.panes.runs.runcurves import RunCurves
from nntui.tui.screens import compare as subject
from nntui.tui.screens.compare import CompareScreen
from nntui.tui.screens.dashboard import DashboardScreen
from tests.tui import recorded
from tests.tui.recorded import Recording, tuned
from tests.tui.screen import lines, play, settled, shows, text, until


@pytest.fixture
def runs() -> Path:
    return paths.runs_dir()


async def compare(pilot: Pilot[None], *folders: Path) -> CompareScreen:
    screen = CompareScreen(folders, "braille")
    await pilot.app.push_screen(screen)
    await shows(pilot, "Figures", "▸")
    return screen


def seeds(runs: Path, count: int = 3, **training: float) -> list[Path]:
    """Runs that differ only in their seed; the loss of each is twice that of the one before."""
    return [
        recorded.finished(
            runs,
            tuned(recorded.images(), seed=seed, **training),
            run_id="".join(f"{name}{value}" for name, value in training.items()) + f"seed{seed}",
            name="net",
            worse=2.0**seed,
        )
        for seed in range(count)
    ]


def row(pilot: Pilot[None], name: str) -> str:
    """The line of the table in which a name stands."""
    table = pilot.app.screen.query_one(Comparison).region
    return next(line for line in lines(pilot)[table.y : table.bottom] if name in line)


def order(pilot: Pilot[None]) -> list[str]:
    """The numbers of the lines of the table, as they stand."""
    return [str(int(number) + 1) for number in pilot.app.screen.query_one(Comparison).ids]


def test_curves_are_drawn_once_they_are_read_as_far_as_they_go(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = seeds(runs)
    windows: list[list[int]] = []
    plot = RunCurves.plot

    def note(chart: RunCurves, curves: Sequence[Curve], **options: Any) -> None:
        windows.append([int(curve.last.max()) for curve in curves])
        plot(chart, curves, **options)

    monkeypatch.setattr(RunCurves, "plot", note)

    async def scenario(pilot: Pilot[None]) -> None:
        await compare(pilot, *folders)
        await shows(pilot, "Compare: loss", "1 net")

    play(scenario, None)
    assert windows
    assert {step for window in windows for step in window} == {2000}


def test_figures_and_differences_stand_beside_each_other(runs: Path) -> None:
    folders = [
        recorded.finished(runs, shape(), run_id=f"run{number}", name=f"net {number}")
        for number, shape in enumerate((recorded.images, recorded.species))
    ]

    async def scenario(pilot: Pilot[None]) -> None:
        await compare(pilot, *folders)
        await shows(pilot, "1 net 0", "2 net 1", "accuracy", "layers", "[20, 7]", "[8]", "0.002", "0.125")
        shown = text(pilot)
        assert "dropout" not in shown
        assert "seed" not in shown

    play(scenario, None, size=(240, 60))


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
    monkeypatch.setattr(subject, "ENDED_SECONDS", 0.05)
    live = Recording(runs, recorded.table(), run_id="live", name="going on")
    live.train(100)
    gone = recorded.finished(runs, recorded.table(), run_id="gone", name="soon gone")

    async def scenario(pilot: Pilot[None]) -> None:
        await compare(pilot, live.folder, gone)
        await shows(pilot, "soon gone")
        shutil.rmtree(gone)
        await shows(pilot, "1 run ", "going on")
        live.end()

    play(scenario, None)


def test_a_run_that_can_be_read_again_comes_back(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "ENDED_SECONDS", 0.05)
    said, looks = list[str](), list[set[int]]()
    monkeypatch.setattr(subject, "say", lambda screen, text, severity: said.append(text))
    read = subject._read_all

    def look(folders: Sequence[Path], wanted: Mapping[int, Any]) -> Any:
        looks.append(set(wanted))
        return read(folders, wanted)

    monkeypatch.setattr(subject, "_read_all", look)
    one, other = (recorded.finished(runs, recorded.table(), run_id=run_id, name=run_id) for run_id in ("one", "other"))

    async def scenario(pilot: Pilot[None]) -> None:
        await compare(pilot, one, other)
        await shows(pilot, "2 runs")
        other.rename(runs / ".aside")
        await shows(pilot, "1 run ")
        before = len(looks)
        await until(pilot, lambda: len(looks) > before + 3)
        assert len(said) == 1
        (runs / ".aside").rename(other)
        await shows(pilot, "2 runs")

    play(scenario, None)


def test_thirty_two_runs_can_be_told_in_any_terminal(runs: Path) -> None:
    hostile = "\x1b[31m[red]" + "漢" * 300
    folders = [recorded.finished(runs, recorded.table(), run_id=f"run{n}", name=f"{n} {hostile}") for n in range(32)]

    async def scenario(pilot: Pilot[None]) -> None:
        screen = await compare(pilot, *folders)
        for _ in range(40):
            pilot.app.simulate_key("down")
        await shows(pilot, "▸32")
        for size in ((200, 60), (80, 24), (40, 12), (20, 5)):
            await pilot.resize_terminal(*size)
            await pilot.press("up", "down", "c", "m", "o", "greater_than_sign")
            assert "\x1b" not in text(pilot)
            drawn = screen._chart.drawn_as()
            assert len({(symbol, style.color) for symbol, style in drawn.values()}) == len(drawn) in (1, 32)

    play(scenario, None)


def test_runs_without_a_step_are_borne(runs: Path) -> None:
    recordings = [Recording(runs, recorded.table(), run_id=f"run{number}") for number in range(2)]

    async def scenario(pilot: Pilot[None]) -> None:
        await compare(pilot, *(recording.folder for recording in recordings))
        await shows(pilot, "No loss was recorded yet.", "their configurations are the same")
        await pilot.press("t", "w", "plus", "c", "left", "m", "o", "O", "space", "v", "x")
        await shows(pilot, "All are hidden.")

    play(scenario, None)
    for recording in recordings:
        recording.end()


def test_the_app_can_begin_with_runs_beside_each_other(runs: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "Compare: loss", "3 runs", "they differ in seed")
        assert "back" not in lines(pilot)[-1]
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(pilot.app.screen, CompareScreen)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DashboardScreen))
        assert isinstance(pilot.app, NntuiApp)
        assert pilot.app.last_folder == runs / "seed1"
        await shows(pilot, "net")
        await pilot.press("escape")
        await shows(pilot, "Compare: loss", "▸ 2")

    play(scenario, None, compared=seeds(runs))


def test_a_run_keeps_its_looks_whatever_becomes_of_others(runs: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        screen = pilot.app.screen
        assert isinstance(screen, CompareScreen)
        looks = screen._chart.drawn_as()
        assert len(looks) == 4
        await pilot.press("space")
        await shows(pilot, "▸ 1 off")
        assert screen._chart.drawn_as() == {number: look for number, look in looks.items() if number != 0}
        await pilot.press("o", "o", "v", "v", "down", "m")
        await shows(pilot, "net ×2")
        assert screen._chart.drawn_as() == {number: looks[number] for number in (0, 3)}
        await pilot.press("m", "0")
        await until(pilot, lambda: screen._chart.drawn_as() == looks)

    play(scenario, None, compared=[*seeds(runs), recorded.finished(runs, recorded.table())])


def test_the_table_is_sorted_by_any_figure(runs: Path) -> None:
    folders = [*reversed(seeds(runs)), recorded.finished(runs, recorded.table(), run_id="other", worse=3.0)]

    async def scenario(pilot: Pilot[None]) -> None:
        assert order(pilot) == ["1", "2", "3", "4"]
        await pilot.press("o")
        await shows(pilot, "Figures by loss", "loss▼")
        assert order(pilot) == ["3", "2", "4", "1"]
        await pilot.press("O")
        await shows(pilot, "loss▲")
        assert order(pilot) == ["1", "4", "2", "3"]
        await pilot.press("o")
        await shows(pilot, "Figures by val_loss")
        assert order(pilot)[-1] == "4", "what has no value comes last"
        table = pilot.app.screen.query_one(Comparison)
        heading = lines(pilot)[table.content_region.y]
        x = heading.index(" seed ") + 2 - table.content_region.x
        await pilot.click(Comparison, offset=(x + 2, 1))
        await shows(pilot, "Figures by seed")
        assert order(pilot)[:2] == ["3", "4"]
        assert "0.1159*" in row(pilot, "seed0"), "the best is marked"
        assert "0.2318*" not in row(pilot, "seed1")

    play(scenario, None, compared=folders, size=(260, 40))


def test_columns_that_have_no_room_are_reached_by_keys(runs: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        assert "id" not in row(pilot, "name")
        for _ in range(20):
            await pilot.press("greater_than_sign")
        await shows(pilot, "◂")
        assert "id" in row(pilot, "name")
        await pilot.press("o", "o", "o")
        await shows(pilot, "accuracy▼")

    play(scenario, None, compared=seeds(runs), size=(60, 24))


def test_seeds_become_one_line_with_a_band_and_their_spread(runs: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        screen = pilot.app.screen
        assert isinstance(screen, CompareScreen)
        await pilot.press("m")
        await shows(pilot, "line: mean of the seeds, band: least to greatest", "net ×3", "0 1 2", "5 runs")
        [mean, *others] = screen._chart._plotted.curves
        spread = mean.high / mean.low
        assert spread[1:-1].min() > 3.5
        assert len(others) == 2
        assert "0.2705 ±0.18" in row(pilot, "net ×3"), "0.1159 times 1, 2 and 4"
        assert "±" not in row(pilot, "other")
        await pilot.press("c")
        await shows(pilot, "@ 2,000")
        await pilot.press("down", "space", "m")
        await until(pilot, lambda: "×3" not in text(pilot))

    folders = [*seeds(runs), *seeds(runs, 1, lr=0.5)]
    other = recorded.finished(runs, recorded.images(), run_id="other", name="other")
    recorded.execute(other, "UPDATE run SET config = replace(config, '0.002', '0.003')")
    play(scenario, None, compared=[*folders, other])
